"""State: a draft of answers that a coordinator enters for a participant, with its call. Reading, storing, checking."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from uuid import UUID

from flask import request

from webapp.desk.on_behalf.entered_form import Entered, typed_on
from webapp.desk.shared.blueprint import NotHere, signed_in
from webapp.rules.forms.form_definition import NoSuchPage
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import stopped_by
from webapp.services.answers import on_behalf, on_behalf_drafts
from webapp.services.answers.on_behalf_drafts import Draft, NoSuchDraft, Waiting
from webapp.services.calls import form_versions, published_calls
from webapp.services.calls.published_calls import Call
from webapp.ui.forms import Typed
from webapp.ui.page_timestamps import sent_at

BEHALF = "/calls/<slug>/on-behalf"
DRAFT = f"{BEHALF}/<uuid:draft_id>"


class AlreadySent(Exception):
    """These answers were submitted: only the receipt is left to pass on."""


class CannotBeEntered(Exception):
    """The call is closed for these answers."""


@dataclass(frozen=True)
class Entry:
    """A draft and its call, with the version of the form that the draft was begun on."""

    id: UUID
    call: Call
    draft: Draft
    until: date

    @cached_property
    def entered(self) -> Entered:
        """The whole form as it stands."""
        return Entered(self.call.form, self.draft.typed, frozenset(self.draft.looked_at))

    @property
    def told_on(self) -> date:
        """The day on which the answers reached us."""
        return date.fromisoformat(self.draft.told_on)

    @property
    def begun_on(self) -> date:
        """The day on which a coordinator began to enter them."""
        return date.fromisoformat(self.draft.begun_on)

    @property
    def number(self) -> int | None:
        """Which page was last worked on, counted from 1."""
        keys = [page.key for page in self.call.form.pages]
        return keys.index(self.draft.page) + 1 if self.draft.page in keys else None

    @property
    def go_on_at(self) -> str:
        """The page to go on with."""
        return self.draft.page if self.number and self.draft.page else self.call.form.pages[0].key

    @property
    def can_be_sent(self) -> bool:
        """Whether the call takes these answers today."""
        return on_behalf.may_enter(self.call, self.draft.how, self.told_on)


def take_up(slug: str, draft_id: UUID) -> Entry:
    """A draft of this coordinator, to go on with. Raises `NotHere`, `AlreadySent`."""
    entry = find_entry(slug, draft_id)
    if entry.draft.sent:
        raise AlreadySent
    return entry


def find_entry(slug: str, draft_id: UUID) -> Entry:
    """A draft of this coordinator, sent or not. Raises `NotHere`: it was thrown away, is over, or is a colleague's."""
    try:
        waiting = on_behalf_drafts.find(signed_in(), draft_id)
    except NoSuchDraft:
        raise NotHere(draft_id) from None
    if waiting.draft.slug != slug:
        raise NotHere(draft_id)
    return _entry(published_calls.find_call(slug), waiting)


def entries(slug: str | None = None) -> list[Entry]:
    """The coordinator's drafts, of one call or of all."""
    by_slug = {call.slug: call for call in published_calls.all_calls()}
    return [
        _entry(by_slug[one.draft.slug], one)
        for one in on_behalf_drafts.all_of(signed_in())
        if one.draft.slug in by_slug and slug in (None, one.draft.slug)
    ]


def _entry(call: Call, waiting: Waiting) -> Entry:
    call = form_versions.at_or_newest(call, waiting.draft.form_version)
    return Entry(waiting.id, call, waiting.draft, waiting.until)


def page_of(entry: Entry, key: str) -> Page:
    """The page with this key. Raises `NotHere`."""
    try:
        return entry.call.form.page(key)
    except NoSuchPage:
        raise NotHere(key) from None


def stops(entry: Entry, page: Page, typed: Typed) -> bool:
    """Whether this page screens the participant out. Such an answer is never stored."""
    with_it = Entered(entry.call.form, {**entry.draft.typed, page.key: typed})
    stop = stopped_by(entry.call.form, with_it.typed_answers)
    return stop is not None and stop.question in {one.key for one in page.asked}


def keep_page(entry: Entry, page: Page, typed: Typed, *, pressed: bool) -> Draft:
    """Store a page in the draft. `pressed`: by a button; else by autosave, where older words never win.

    Raises `NotHere`, `AlreadySent`, `TooMuchToKeep`, `StoreUnavailable`.
    """
    at, words = sent_at(), [list(pair) for pair in typed]

    def changed(draft: Draft) -> Draft:
        kept_at = draft.at.get(page.key, 0)
        if draft.sent or (not pressed and at <= kept_at):
            return draft
        return replace(
            draft,
            page=page.key,
            typed={**draft.typed, page.key: words},
            at={**draft.at, page.key: max(at, kept_at)},
            looked_at=sorted({*draft.looked_at, page.key}) if pressed else list(draft.looked_at),
        )

    try:
        kept = on_behalf_drafts.change(signed_in(), entry.id, changed)
    except NoSuchDraft:
        raise NotHere(entry.id) from None
    if kept.sent:
        raise AlreadySent
    return kept


def written_on(page: Page) -> list[list[str]]:
    """The form data of this request that belongs to a page."""
    return typed_on(page, list(request.form.items(multi=True)))


def agreed_to(draft: Draft, agreed: Sequence[Sequence[str]]) -> Draft:
    """The draft with the consents that were ticked on the last page, where something was still missing."""
    return draft if draft.sent else replace(draft, agreed=[list(pair) for pair in agreed])
