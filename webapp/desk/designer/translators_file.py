"""A language of a draft as a file for a translator (PO), and the file taken in again."""

from collections.abc import Mapping
from dataclasses import asdict
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import Response, request
from flask_babel import gettext, lazy_gettext, ngettext
from wtforms import TextAreaField

from webapp.desk.designer.draft_edits import (
    DRAFT,
    Answer,
    DraftForm,
    form_page,
    long_body,
    saved,
    short,
    to_change,
)
from webapp.desk.designer.draft_languages import find_language
from webapp.desk.designer.language_words import role_of
from webapp.desk.shared.blueprint import blueprint, see_other
from webapp.rules import clock
from webapp.rules.forms.call_draft import CallDraftContent
from webapp.rules.forms.draft_translation import standing
from webapp.rules.forms.texts import LONGEST_TEXT
from webapp.rules.forms.translator_entries import TranslatorEntry, take_in
from webapp.rules.languages.site_languages import LANGUAGES, Language
from webapp.rules.roles import Act
from webapp.services.forms import translator_files
from webapp.services.forms.call_drafts import Draft
from webapp.services.forms.translator_files import NotTheFile, OtherLanguage, TooLong
from webapp.web.guards import may, takes_words

#: What is said about the entries of a file, by the names of `TakenIn`: for one, and for more.
REPORT: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(
    {
        "taken": ("One translation was taken in.", "%(num)s translations were taken in."),
        "older": (
            (
                "One of them stays marked as older than the English: the English was changed meanwhile, or the "
                "translator left the mark."
            ),
            (
                "%(num)s of them stay marked as older than the English: the English was changed meanwhile, or the "
                "translator left the mark."
            ),
        ),
        "unknown": (
            "One entry was left out: its text is not in this call any more.",
            "%(num)s entries were left out: their texts are not in this call any more.",
        ),
        "newer_here": (
            "One entry was left out: it was made from older English, and here is a newer translation.",
            "%(num)s entries were left out: they were made from older English, and here are newer translations.",
        ),
        "unsure": (
            "One entry was left out: the translator marked it as not sure (fuzzy).",
            "%(num)s entries were left out: the translator marked them as not sure (fuzzy).",
        ),
    }
)


class TranslatorsFileForm(DraftForm):
    """A whole file that a translator sent back."""

    file = TextAreaField(
        lazy_gettext("The file that came back"),
        description=lazy_gettext(
            "Open it in a text editor, copy all of it, and paste it here. What the file does not have stays as it is."
        ),
    )


@blueprint.get(f"{DRAFT}/languages/<code>/file")
@may(Act.WRITE_CALLS)
def designer_language_file(draft_id: UUID, code: str) -> Answer:
    """How the file goes out and comes in; and after it came in, what was taken and what was not."""
    draft, language = to_change(draft_id), find_language(code)
    return _page(draft, language, TranslatorsFileForm(formdata=None))


@blueprint.get(f"{DRAFT}/languages/<code>/file/download")
@may(Act.WRITE_CALLS)
def designer_language_download(draft_id: UUID, code: str) -> Response:
    """The file: every text with its translation so far."""
    draft, language = to_change(draft_id), find_language(code)
    roles = {one.path: role_of(one.path) for one in standing(draft.content, code).texts}
    file = translator_files.write_file(draft.content, code, roles)
    response = Response(file, mimetype=translator_files.MIMETYPE)
    name = f"call-{language.code}-{clock.today():%Y-%m-%d}.po"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.post(f"{DRAFT}/languages/<code>/file")
@may(Act.WRITE_CALLS)
@takes_words(long_body, asked_on="desk.designer_language_file")
def designer_language_file_post(draft_id: UUID, code: str) -> Answer:
    """Take in what was pasted. It is one change, which can be undone."""
    draft, language = to_change(draft_id), find_language(code)
    form = TranslatorsFileForm()
    try:
        entries = translator_files.read_file(form.file.data or "", code)
    except NotTheFile as refused:
        form.file.errors = [_why_not(refused, language)]
        return _page(draft, language, form)
    _, taken = take_in(draft.content, code, entries)
    if taken.unknown == len(entries):
        form.file.errors = [
            gettext("Nothing was taken in: no entry belongs to a text of this call")
        ]
        return _page(draft, language, form)
    what = gettext("Took in a translator’s file for %(language)s", language=language.english_name)
    if saved(form, draft, lambda content: _taken_in(content, code, entries), what):
        counts = {name: number for name, number in asdict(taken).items() if number}
        return see_other(
            "designer_language_file", draft_id=draft.id, code=code, done="taken", **counts
        )
    return _page(draft, language, form)


def _taken_in(
    content: CallDraftContent, code: str, entries: tuple[TranslatorEntry, ...]
) -> CallDraftContent:
    return take_in(content, code, entries)[0]


def _why_not(refused: NotTheFile, language: Language) -> str:
    if isinstance(refused, OtherLanguage):
        return gettext(
            "Nothing was taken in: the file says that it is in %(other)s, and this page is for %(language)s",
            other=_language_named(str(refused)),
            language=language.english_name,
        )
    if isinstance(refused, TooLong):
        return ngettext(
            "Nothing was taken in: the translation of “%(words)s” is one letter too long",
            "Nothing was taken in: the translation of “%(words)s” is %(num)s letters too long",
            len(refused.entry.words) - LONGEST_TEXT,
            words=short(refused.entry.english),
        )
    return gettext(
        "Nothing was taken in, because this is not a file from this page, or it was damaged. "
        "Download it again, and ask the translator to save it as PO in UTF-8"
    )


def _language_named(locale: str) -> str:
    found = (one.english_name for one in LANGUAGES.values() if one.locale == locale)
    return next(found, gettext("another language"))


def _report(counts: Mapping[str, str]) -> list[str]:
    """What became of the entries, as the address counts them."""
    numbers = {name: _number(counts.get(name, "")) for name in REPORT}
    return [
        ngettext(*REPORT[name], number)
        for name, number in numbers.items()
        if number or name == "taken"
    ]


def _number(typed: str) -> int:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else 0


def _page(draft: Draft, language: Language, form: TranslatorsFileForm) -> Answer:
    return form_page(
        "language_file",
        draft,
        form,
        language=language,
        report=_report(request.args) if request.args.get("done") == "taken" else [],
    )
