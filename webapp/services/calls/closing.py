"""Closing a call: it takes no more answers. Opening it again, with a new last day."""

from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Call as CallRow
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.retention import first_due_on
from webapp.rules.states import CallState
from webapp.services.calls import form_versions, published_calls, telling_back
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.infrastructure import audit, read_cache, stores
from webapp.services.keys import purpose_keys


class CannotReopen(Exception):
    """The call stays closed; the subclass says why. Nothing was changed."""


class StillOpen(CannotReopen):
    """It takes answers already, until another last day."""


class AnswersDue(CannotReopen):
    """The answers of those who took part were due to be erased: the retention period has ended."""


class KeysGone(CannotReopen):
    """There is no key for a part of the answers any more, or a stored one is not authentic."""


class LastDayTooLate(CannotReopen):
    """People were told that they hear by an earlier month what became of the call. Move that month first."""


class LastDayTooEarly(CannotReopen):
    """The new last day is over, or before the one that participants were told: it would break what they were promised.

    `first` is the first day that can be taken.
    """

    def __init__(self, first: date) -> None:
        super().__init__(first)
        self.first = first


def close(slug: str, *, actor: str | UUID, reason: str) -> None:
    """Take no more answers before the call's last day. Answers that are there stay: participants still see, change and
    erase theirs.

    Idempotent. `reason` is at most 200 characters. Raises `NoSuchCall`.
    """
    with stores.writing() as main:
        row = _locked(main, slug)
        if row.state == CallState.OPEN:
            row.state = CallState.CLOSED
            audit.enter(main, actor, AuditEvent.CALL_CLOSED, row.id, reason)
    _forget(slug)


def reopen(slug: str, closes_on: date, *, actor: str | UUID, reason: str) -> None:
    """Take answers again, until a new last day: a call that was closed by hand, or whose last day is over.

    Answers that are there keep the day on which they go, as participants were told; new ones go by the new last day.
    Idempotent. `reason` is at most 200 characters. Raises `NoSuchCall`, `CannotReopen`.
    """
    with stores.writing() as main:
        row = _locked(main, slug)
        call = published_calls.call_with_id(main, row.id)
        if call.accepts_answers(clock.today()) and call.closes_on == closes_on:
            return
        _check(main, call)
        if closes_on < (first := first_new_last_day(call)):
            raise LastDayTooEarly(first)
        if telling_back.stands_before(main, row.id, closes_on):
            raise LastDayTooLate
        row.state, row.closes_on = CallState.OPEN, closes_on
        audit.enter(main, actor, AuditEvent.CALL_REOPENED, row.id, reason)
    _forget(slug)


def check_reopening(call: Call) -> None:
    """Dry run of `reopen`, whatever the new last day. Raises `StillOpen`, `AnswersDue`, `KeysGone`."""
    with stores.reading() as main:
        _check(main, call)


def _check(main: Session, call: Call) -> None:
    today = clock.today()
    # Of every version: the answers to an older one go on the days that it promised.
    forms = form_versions.forms_of(call)
    months = [part.keep_months for form in forms for part in form.parts.values()]
    if call.accepts_answers(today):
        raise StillOpen
    if first_due_on(call.closes_on, months) <= today:
        raise AnswersDue
    if not purpose_keys.can_seal(main, call.id, call.form.parts):
        raise KeysGone


def first_new_last_day(call: Call) -> date:
    """The earliest new last day. Not before the one that was told: answers are never kept longer than their call's
    last day allows, so those that are there would be too late on an earlier one."""
    return max(clock.today(), call.closes_on)


def _locked(main: Session, slug: str) -> CallRow:
    # A submission being sent holds a lock on this row: it is stored before the call closes, or refused after it.
    row = main.scalars(
        select(CallRow).where(CallRow.slug == slug).with_for_update(key_share=True)
    ).one_or_none()
    if row is None:
        raise NoSuchCall(slug)
    return row


def _forget(slug: str) -> None:
    """Pages of this process show the change at once, those of other processes within two seconds."""
    read_cache.forget(("call", slug), "open calls")
