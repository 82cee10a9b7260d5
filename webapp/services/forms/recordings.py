"""Audio recordings of pages, made by the coalition: optional files in `audio/<language>/` of the instance folder."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import current_app

from webapp.extensions import current_settings
from webapp.rules.forms.questions import Page
from webapp.rules.recordings import (
    START,
    NotARecording,
    Slot,
    read_name,
    same_words_since,
)
from webapp.services.calls import form_versions, published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.events import published_events
from webapp.services.events.published_events import NoSuchEvent

FOLDER = "audio"


class NoSuchRecording(LookupError):
    """There is no such page, or it has no recording."""


@dataclass(frozen=True)
class Recording:
    """A public file: it reads out a public page."""

    path: Path
    mimetype: str


def file_for(slot: Slot, language: str) -> Path | None:
    """The recording of this page in this language; None when there is none."""
    folder = _folder(language)
    return next((folder / name for name in slot.file_names if (folder / name).is_file()), None)


def slot_of(call: Call, page: str, language: str) -> Slot:
    """Where the recording of a page belongs in the version that this call has. Raises `RowForged`.

    Versions never change, so it is found out once in the life of a process.
    """
    if call.form_version == form_versions.FIRST:
        return Slot(call.slug, page)
    known: dict[Any, int] = current_app.extensions.setdefault("hearth_recorded_since", {})
    key = (call.id, call.form_version, page, language)
    if key not in known:
        versions = {one.form_version: one.form for one in form_versions.calls_of(call)}
        known[key] = same_words_since(versions, call.form_version, page, language)
    return Slot(call.slug, page, known[key])


def find(name: str, language: str) -> Recording:
    """Look up the recording with this file name. Raises `NoSuchRecording`; only published pages can have one."""
    try:
        slot, mimetype = read_name(name)
    except NotARecording:
        raise NoSuchRecording(name) from None
    path = _folder(language) / name
    if slot.page not in _pages(slot.slug) or not path.is_file():
        raise NoSuchRecording(name)
    return Recording(path, mimetype)


def _folder(language: str) -> Path:
    return current_settings().instance / FOLDER / language


def _pages(slug: str) -> set[str]:
    """The pages of a published call or event, by key; empty when none has that slug."""
    try:
        forms = form_versions.forms_of(published_calls.recent_call(slug))
        return _keys(page for form in forms for page in form.pages)
    except NoSuchCall:
        pass
    try:
        return _keys(published_events.find(slug).definition.form.pages)
    except NoSuchEvent:
        return set()


def _keys(pages: Iterable[Page]) -> set[str]:
    return {START, *(page.key for page in pages)}
