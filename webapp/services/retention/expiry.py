"""Retention: erasure of every row on its due day, and none by a clock that jumped.

Every part carries its due day. The worker goes by a moment that the clock guard has looked at. The day of a row that
was changed by hand is not believed (`false_rows`).
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any, Final, cast
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from webapp.models import EntryDraft, Event, OwnCopy, Part, Registration, ReturnDraft
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.retention import draft_due_on
from webapp.rules.states import RegistrationState
from webapp.services.answers import erasing, submission_locks
from webapp.services.answers.in_lists import is_in_lists
from webapp.services.events import (
    duplicate_addresses,
    event_messages,
    published_events,
    registration_erasing,
)
from webapp.services.infrastructure import audit, clock_guard, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.retention import false_rows
from webapp.services.sealed import shredding

BATCH = 200
EXPIRED: Final[Mapping[str, AuditEvent]] = {
    "testimony": AuditEvent.TESTIMONY_EXPIRED,
    "contact": AuditEvent.CONTACT_EXPIRED,
    "equality": AuditEvent.EQUALITY_EXPIRED,
}
#: Drafts that were not submitted.
Waiting = type[ReturnDraft] | type[EntryDraft]
NOTICE = timedelta(days=30)


@dataclass(frozen=True)
class DueSoon:
    """How many parts of one purpose of one call will be erased on a day that is near."""

    call_id: UUID
    purpose: str
    due_on: date
    parts: int


def erase_due() -> int:
    """Erase everything that is due (worker). Returns how many; raises `ClockDoubted` and `StoreUnavailable`.

    In batches by id (keyset pagination): a false row whose day is not believed is passed over, and cannot keep the
    worker from what comes after it.
    """
    sure = clock_guard.sure()
    erased = 0
    for batches in (_erase_answers, _erase_apart, _erase_registrations):
        erased += _through_all(partial(batches, sure.today))
    erased += _erase_kept_too_long(sure.today)
    for erase_batch in (_erase_drafts, _erase_entries):
        while batch := erase_batch(sure.today):
            erased += batch
    _through_all(partial(_forget_addresses, sure.now))
    duplicate_addresses.forget_over(sure.now)
    event_messages.forget_old(sure.now)
    shredding.finish_waiting()
    return erased


@dataclass(frozen=True)
class Batch:
    """What one transaction erased, and the id after which the next one goes on; None when that was the last."""

    erased: int
    last: UUID | None


#: Below every random id.
FIRST: Final = UUID(int=0)


def _through_all(erase_after: Callable[[UUID], Batch]) -> int:
    erased, after = 0, FIRST
    while True:
        batch = erase_after(after)
        erased += batch.erased
        if batch.last is None:
            return erased
        after = batch.last


def _erase_answers(today: date, after: UUID) -> Batch:
    """What is due of the next submissions: their parts and own copies."""
    with stores.writing() as main:
        named = _owners_of_due(main, today, after)
        owners = submission_locks.lock_submissions(main, named)
        due = [
            row
            for table in (Part, OwnCopy)
            for row in _due(main, table, table.submission_id.in_(owners), today)
        ]
        _erase(main, due, owners)
    return Batch(len(due), named[-1] if named else None)


def _owners_of_due(main: Session, today: date, after: UUID) -> list[UUID]:
    owners: set[UUID] = set()
    for table in (Part, OwnCopy):
        named = (
            select(table.submission_id)
            .where(table.due_on <= today, table.submission_id > after)
            .order_by(table.submission_id)
            .distinct()
            .limit(BATCH)
        )
        owners.update(one for one in main.scalars(named) if one)
    return sorted(owners)[:BATCH]


def _due(
    main: Session, table: type[Part] | type[OwnCopy], these: ColumnElement[bool], today: date
) -> list[Part | OwnCopy]:
    query = (
        select(table)
        .where(table.due_on <= today, these)
        .order_by(table.id)
        .with_for_update(skip_locked=True)
        .execution_options(**TOLERANT)
    )
    rows = cast(Iterable[Part | OwnCopy], main.scalars(query))
    return [row for row in rows if false_rows.is_due(main, row, today)]


def _erase(main: Session, due: Sequence[Part | OwnCopy], owners: Sequence[UUID] = ()) -> None:
    """Erase these rows, and what is left of their submissions. Lock order: the head of the record last."""
    expired = [
        (EXPIRED[row.purpose], row.submission_id or row.call_id)
        for row in due
        if isinstance(row, Part)
    ]
    shredding.shred_parts(main, due)
    erasing.remove_empty_submissions(main, owners)
    for event, about in expired:
        audit.enter(main, audit.WORKER, event, about)


def _erase_apart(today: date, after: UUID) -> Batch:
    """Answers about equality, which name no submission."""
    with stores.writing() as main:
        apart = select(Part.id).where(
            Part.due_on <= today, Part.submission_id.is_(None), Part.id > after
        )
        ids = main.scalars(apart.order_by(Part.id).limit(BATCH)).all()
        due = _due(main, Part, Part.id.in_(ids), today)
        _erase(main, due)
    return Batch(len(due), ids[-1] if ids else None)


def _erase_kept_too_long(today: date) -> int:
    """What was changed by hand to say a later day than was promised."""
    with stores.reading() as main:
        parts, copies = false_rows.kept_too_long(main, today)
    erased = 0
    for table, ids in ((Part, sorted(parts)), (OwnCopy, sorted(copies))):
        for start in range(0, len(ids), BATCH):
            erased += _erase_these(table, ids[start : start + BATCH], today)
    return erased


def _erase_these(table: type[Part] | type[OwnCopy], ids: list[UUID], today: date) -> int:
    with stores.writing() as main:
        named = select(table.submission_id).where(table.id.in_(ids))
        owners = submission_locks.lock_submissions(
            main, {one for one in main.scalars(named) if one}
        )
        these = select(table).where(table.id.in_(ids)).with_for_update(skip_locked=True)
        found = main.scalars(these.execution_options(**TOLERANT)).all()
        rows = [
            row
            for row in cast(Sequence[Part | OwnCopy], found)
            if not is_genuine(row) and false_rows.is_due(main, row, today)
        ]
        _erase(main, rows, owners)
    return len(rows)


def _erase_registrations(today: date, after: UUID) -> Batch:
    """Erase registrations that are due; how many there were in each state stays."""
    with stores.writing() as main:
        past = select(Registration.id, Registration.event_id).where(
            Registration.due_on <= today, Registration.id > after
        )
        named = main.execute(past.order_by(Registration.id).limit(BATCH)).all()
        # Lock order: events before registrations, as in every change of registrations, against deadlocks.
        for event_id in sorted({event_id for _, event_id in named}):
            published_events.lock_even_false(main, event_id)
        rows = main.scalars(
            select(Registration)
            .where(Registration.id.in_([registration_id for registration_id, _ in named]))
            .order_by(Registration.id)
            .with_for_update(skip_locked=True)
            .execution_options(**TOLERANT)
        ).all()
        due = [row for row in rows if false_rows.registration_is_due(main, row, today)]
        # A request that no one confirmed is no registration: a stranger could fill the audit log with them.
        expired = [row.id for row in due if row.state != RegistrationState.REQUESTED]
        for row in due:
            registration_erasing.shred_registration(main, row)
        # Lock order: the head of the record last.
        for registration_id in expired:
            audit.enter(main, audit.WORKER, AuditEvent.REGISTRATION_EXPIRED, registration_id)
    return Batch(len(due), named[-1][0] if named else None)


def _erase_drafts(today: date) -> int:
    """Erase abandoned drafts of participants. They are not in the audit log: they are no submissions, the desk never
    had access, and there is nothing to account for."""
    return _erase_waiting(ReturnDraft, today)


def _erase_entries(today: date) -> int:
    """The same for drafts that coordinators began to enter for participants."""
    return _erase_waiting(EntryDraft, today)


def _erase_waiting(table: Waiting, today: date) -> int:
    with stores.writing() as main:
        _bring_near(main, table, today)
        due: Any = main.scalars(
            select(table)
            .where(table.due_on <= today)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        shredding.shred_parts(main, due)
    return len(due)


def _bring_near(main: Session, table: Waiting, today: date) -> None:
    """Correct due days that were set while the clock was ahead: a draft lives fourteen days from the right day."""
    last = draft_due_on(today)
    main.execute(update(table).where(table.due_on > last).values(due_on=last))


def _forget_addresses(now: datetime, after: UUID) -> Batch:
    """Shred the e-mail addresses of registrants whose event is over. The end of a false event ends nothing."""
    with stores.writing() as main:
        over = _events_over(main, now)
        rows = main.scalars(
            select(Registration)
            .where(
                Registration.mail_secret_id.is_not(None),
                Registration.event_id.in_(over),
                Registration.id > after,
            )
            .order_by(Registration.id)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
            .execution_options(**TOLERANT)
        ).all()
        for row in rows:
            if is_genuine(row):
                registration_erasing.forget_address(main, row)
    return Batch(len(rows), rows[-1].id if rows else None)


def _events_over(main: Session, now: datetime) -> list[UUID]:
    """The events that are over and still have an address."""
    addresses = exists().where(
        Registration.event_id == Event.id, Registration.mail_secret_id.is_not(None)
    )
    past = select(Event).where(Event.ends_at <= int(now.timestamp()), addresses)
    return [event.id for event in genuine(main.scalars(past.execution_options(**TOLERANT)))]


@dataclass(frozen=True)
class RegistrationsDueSoon:
    """How many registrations for one event will be erased on a day that is near."""

    event_id: UUID
    due_on: date
    people: int


def registrations_due_soon() -> tuple[RegistrationsDueSoon, ...]:
    """The same for registrations. Requests are not announced: they hold nothing, and lapse in two days."""
    with stores.reading() as main:
        rows = main.execute(
            select(Registration.event_id, Registration.due_on, func.count())
            .where(
                Registration.due_on <= clock.today() + NOTICE,
                Registration.state != RegistrationState.REQUESTED,
            )
            .group_by(Registration.event_id, Registration.due_on)
            .order_by(Registration.due_on)
        )
        return tuple(RegistrationsDueSoon(*row) for row in rows)


def due_soon() -> tuple[DueSoon, ...]:
    """What will be erased within the next 30 days, so that coordinators are told before it happens. Not what they put
    aside as not genuine."""
    with stores.reading() as main:
        rows = main.execute(
            select(Part.call_id, Part.purpose, Part.due_on, func.count())
            .where(Part.due_on <= clock.today() + NOTICE, is_in_lists(Part.submission_id))
            .group_by(Part.call_id, Part.purpose, Part.due_on)
            .order_by(Part.due_on)
        )
        return tuple(DueSoon(*row) for row in rows)
