"""Promising a month by which people are told what became of a call, moving it, and writing the page.

Nothing here is about one person, so it outlives the answers: no retention rule, and no code, deletes it.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import TellBack, TellBackText
from webapp.rules import clock
from webapp.rules.audit_details import OfLanguage, OfMonths
from webapp.rules.audit_events import AuditEvent
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.tell_back import LONGEST_TOLD, Month, check_month
from webapp.services.calls import published_calls, tell_backs
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import coordinators


class NotPromised(Exception):
    """The call has no month yet: name one first."""


class NotLater(Exception):
    """The month can only be moved to a later one: people count on it. Nothing was changed."""


class EnglishFirst(Exception):
    """English is written first, because every other language falls back to it. Nothing was changed."""


class WordsMissing(ValueError):
    """One of the three texts is empty or too long. "Nothing yet, and why" is an answer; silence is none."""


class PromiseChanged(EditConflict):
    """Another coordinator moved the month since the page was shown."""


class TextChanged(EditConflict):
    """Another coordinator wrote in this language since the page was shown. `now` is what stands; `who` may be empty."""

    def __init__(self, now: tell_backs.Told, who: str) -> None:
        super().__init__(now.version)
        self.now, self.who = now, who


@dataclass(frozen=True)
class Words:
    """The three texts of the page in one language: plain, a blank line starts a new paragraph."""

    heard: str
    asked: str
    since: str


def promised(call_id: UUID, month: Month) -> TellBack:
    """The row of a new promise, to be stored in the caller's transaction."""
    return TellBack(call_id=call_id, by_month=str(month), first_month=str(month))


def promise(call: Call, month: Month, *, actor: str | UUID) -> None:
    """Name the month for a call that was published without one. Idempotent.

    Raises `MonthTooEarly`, `MonthTooLate`; `PromiseChanged` where another month was named meanwhile.
    """
    check_month(month, call.closes_on, clock.today())
    with stores.writing() as main:
        # The lock of the call's row: two at once must not both find none.
        published_calls.lock(main, call.id)
        there = main.get(TellBack, call.id)
        if there is not None:
            if there.by_month != str(month):
                raise PromiseChanged
            return
        main.add(promised(call.id, month))
        detail = OfMonths(str(month))
        audit.enter(main, actor, AuditEvent.TELL_BACK_PROMISED, call.id, detail=detail)
    tell_backs.forget(call.id)


def move(call: Call, month: Month, *, seen: Month, actor: UUID, reason: str) -> None:
    """Move the month to a later one. People see that it was moved; the record keeps the reason (200 characters).

    `seen` is the month that the page showed. Idempotent. Raises `NotPromised`, `NotLater`, `PromiseChanged`,
    `MonthTooEarly`, `MonthTooLate`.
    """
    check_month(month, call.closes_on, clock.today())
    with stores.writing() as main:
        row = _locked(main, call.id)
        if row.by_month == str(month):
            return
        if row.by_month != str(seen):
            raise PromiseChanged
        if month < seen:
            raise NotLater
        row.by_month = str(month)
        detail = OfMonths(str(month), str(seen))
        audit.enter(main, actor, AuditEvent.TELL_BACK_MOVED, call.id, reason, detail=detail)
    tell_backs.forget(call.id)


def publish(call: Call, language: str, words: Words, *, based_on: int, actor: UUID) -> None:
    """Publish the page in one language, or correct it: the words replace those that stood there.

    `based_on` is the version that the page showed, 0 for none (optimistic locking). Idempotent: what stands already is
    not stored again. Raises `NotPromised`, `EnglishFirst`, `WordsMissing`, `TextChanged`, `RowForged`.
    """
    if not all(0 < len(one) <= LONGEST_TOLD for one in (words.heard, words.asked, words.since)):
        raise WordsMissing
    names = coordinators.names()
    with stores.writing() as main:
        _locked(main, call.id)
        there = main.get(TellBackText, (call.id, language))
        if there is not None and _says(there, words):
            return
        if there is None and language != FALLBACK_LANGUAGE:
            _require_english(main, call.id)
        if (there.version if there else 0) != based_on:
            raise _changed(main, call.id, language, names)
        row = there or TellBackText(call_id=call.id, language=language, version=0)
        row.heard, row.asked, row.since = words.heard, words.asked, words.since
        row.version, row.changed_by, row.changed_on = row.version + 1, actor, clock.today()
        main.add(row)
        audit.enter(main, actor, AuditEvent.TOLD_BACK, call.id, detail=OfLanguage(language))
    tell_backs.forget(call.id)


def stands_before(main: Session, call_id: UUID, last_day: date) -> bool:
    """Whether the promised month comes too early for this last day: people could still answer in it."""
    row = main.get(TellBack, call_id)
    return row is not None and Month.parse(row.by_month) <= Month.of(last_day)


def _locked(main: Session, call_id: UUID) -> TellBack:
    query = select(TellBack).where(TellBack.call_id == call_id).with_for_update()
    row = main.scalars(query).one_or_none()
    if row is None:
        raise NotPromised
    return row


def _says(row: TellBackText, words: Words) -> bool:
    return Words(row.heard, row.asked, row.since) == words


def _require_english(main: Session, call_id: UUID) -> None:
    if main.get(TellBackText, (call_id, FALLBACK_LANGUAGE)) is None:
        raise EnglishFirst


def _changed(main: Session, call_id: UUID, language: str, names: dict[str, str]) -> Exception:
    # The page showed a version that is not there: words of a page that never was, or of a store that came back.
    now = tell_backs.find_in(main, call_id).texts.get(language)
    return TextChanged(now, names.get(str(now.changed_by), "")) if now else EditConflict()
