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

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, update
from sqlalchemy.orm import Session

from webapp.models import EntryDraft, Event, OwnCopy, Part, Registration, ReturnDraft, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.retention import draft_due_on
from webapp.rules.states import RegistrationState
from webapp.services.answers import erasing, submission_locks
from webapp.services.events import (
    duplicate_addresses,
    event_messages,
    published_events,
    registration_erasing,
)
from webapp.services.infrastructure import audit, clock_guard, stores
from webapp.services.infrastructure.existence import is_any
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.retention import false_rows, row_batches
from webapp.services.sealed import shredding

BATCH = 200
EXPIRED: Final[Mapping[str, AuditEvent]] = {
    "testimony": AuditEvent.TESTIMONY_EXPIRED,
    "contact": AuditEvent.CONTACT_EXPIRED,
    "equality": AuditEvent.EQUALITY_EXPIRED,
}
#: In which order what is due is read: that of an index.
DUE_ORDER: Final[Mapping[type[Part] | type[OwnCopy], tuple[Any, ...]]] = {
    Part: (Part.due_on, Part.call_id, Part.purpose, Part.id),
    OwnCopy: (OwnCopy.due_on, OwnCopy.id),
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

    A false row whose day is not believed is passed over, and none that raises keeps the others (`row_batches`).
    """
    sure = clock_guard.sure()
    today, erased = sure.today, 0
    for table, order in DUE_ORDER.items():
        due = select(table.submission_id).where(
            table.due_on <= today, table.submission_id.is_not(None)
        )
        erased += _through_all(partial(_erase_answers, today), due, *order)
    apart = select(Part.id).where(Part.due_on <= today, Part.submission_id.is_(None))
    erased += _through_all(partial(_erase_apart, today), apart, *DUE_ORDER[Part])
    past = select(Registration.id).where(Registration.due_on <= today)
    order = (Registration.due_on, Registration.id)
    erased += _through_all(partial(_erase_registrations, today), past, *order)
    erased += _erase_kept_too_long(today)
    for drafts in (ReturnDraft, EntryDraft):
        erased += _erase_drafts(drafts, today)
    _forget_addresses(sure.now)
    row_batches.apart(partial(duplicate_addresses.forget_over, sure.now))
    row_batches.apart(partial(event_messages.forget_old, sure.now))
    shredding.finish_waiting()
    return erased


def _through_all(
    erase: Callable[[Sequence[UUID]], int], query: Select[*tuple[Any, ...]], *order: Any
) -> int:
    return sum(row_batches.each(erase, ids) for ids in row_batches.ids_of(query, *order))


def _erase_answers(today: date, named: Sequence[UUID]) -> int:
    """What is due of these submissions: their parts and own copies."""
    with stores.writing() as main:
        owners = submission_locks.lock_submissions(main, named)
        due = [
            row
            for table in (Part, OwnCopy)
            for row in _due(main, table, table.submission_id.in_(owners), today)
        ]
        _erase(main, due, owners)
    return len(due)


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


def erase_all_due() -> int:
    """The same with every row that may say a later day than was promised, not the next ones alone (operator)."""
    erased, going_on = 0, set(false_rows.IN_TURN)
    while going_on:
        erased += erase_due()
        # Each comes round by itself: both at one moment might be a very long time away.
        going_on = {one for one in going_on if not one.is_at_start}
    return erased


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


def _erase_apart(today: date, ids: Sequence[UUID]) -> int:
    """Answers about equality, which name no submission."""
    with stores.writing() as main:
        due = _due(main, Part, and_(Part.id.in_(ids), Part.submission_id.is_(None)), today)
        _erase(main, due)
    return len(due)


def _erase_kept_too_long(today: date) -> int:
    """What was changed by hand to say a later day than was promised."""
    erased = 0
    with false_rows.kept_too_long(today) as (parts, copies):
        for table, found in ((Part, parts), (OwnCopy, copies)):
            ids = sorted(one for one in found if isinstance(one, UUID))
            for start in range(0, len(ids), BATCH):
                these = partial(_erase_these, table, today)
                erased += row_batches.each(these, ids[start : start + BATCH])
    return erased


def _erase_these(table: type[Part] | type[OwnCopy], today: date, ids: Sequence[UUID]) -> int:
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


def _erase_registrations(today: date, ids: Sequence[UUID]) -> int:
    """Erase registrations that are due; how many there were in each state stays."""
    with stores.writing() as main:
        events = select(Registration.event_id).where(Registration.id.in_(ids)).distinct()
        # Lock order: events before registrations, as in every change of registrations, against deadlocks.
        for event_id in sorted(main.scalars(events)):
            published_events.lock_even_false(main, event_id)
        rows = main.scalars(
            select(Registration)
            .where(Registration.id.in_(ids))
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
    return len(due)


def _erase_drafts(table: Waiting, today: date) -> int:
    """Erase abandoned drafts: of participants, and those that coordinators began to enter for them.

    They are not in the audit log: they are no submissions, the desk never had access to the first kind, and there is
    nothing to account for.
    """
    _bring_near(table, today)
    due = select(table.id).where(table.due_on <= today)
    return _through_all(partial(_erase_waiting, table, today), due, table.due_on, table.id)


def _erase_waiting(table: Waiting, today: date, ids: Sequence[UUID]) -> int:
    with stores.writing() as main:
        these = select(table).where(table.id.in_(ids), table.due_on <= today)
        due: Any = main.scalars(these.with_for_update(skip_locked=True)).all()
        shredding.shred_parts(main, due)
    return len(due)


def _bring_near(table: Waiting, today: date) -> None:
    """Correct due days that were set while the clock was ahead: a draft lives fourteen days from the right day."""
    last = draft_due_on(today)
    with stores.writing() as main:
        main.execute(update(table).where(table.due_on > last).values(due_on=last))


def _forget_addresses(now: datetime) -> None:
    """Shred the e-mail addresses of registrants whose event is over. The end of a false event ends nothing."""
    with stores.reading() as main:
        over = _events_over(main, now)
    if over:
        theirs = select(Registration.id).where(_has_address(over))
        _through_all(
            partial(_shred_addresses, over), theirs, Registration.event_id, Registration.id
        )


def _has_address(events: Sequence[UUID]) -> ColumnElement[bool]:
    return and_(Registration.event_id.in_(events), Registration.mail_secret_id.is_not(None))


def _shred_addresses(events: Sequence[UUID], ids: Sequence[UUID]) -> int:
    with stores.writing() as main:
        rows = main.scalars(
            select(Registration)
            .where(_has_address(events), Registration.id.in_(ids))
            .order_by(Registration.id)
            .with_for_update(skip_locked=True)
            .execution_options(**TOLERANT)
        ).all()
        known = genuine(rows)
        for row in known:
            registration_erasing.forget_address(main, row)
    return len(known)


def _events_over(main: Session, now: datetime) -> list[UUID]:
    """The events that are over and still have an address."""
    addresses = is_any(Registration.event_id == Event.id, Registration.mail_secret_id.is_not(None))
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
            .group_by(Registration.due_on, Registration.event_id)
            .order_by(Registration.due_on)
        )
        return tuple(RegistrationsDueSoon(*row) for row in rows)


def due_soon() -> tuple[DueSoon, ...]:
    """What will be erased within the next 30 days, so that coordinators are told before it happens. Not what they put
    aside as not genuine: few, who are looked up once, so that the others are counted in an index alone."""
    aside = select(Submission.id).where(Submission.set_aside_id.is_not(None))
    is_listed = or_(Part.submission_id.is_(None), Part.submission_id.not_in(aside))
    with stores.reading() as main:
        rows = main.execute(
            select(Part.call_id, Part.purpose, Part.due_on, func.count())
            .where(Part.due_on <= clock.today() + NOTICE, is_listed)
            .group_by(Part.due_on, Part.call_id, Part.purpose)
            .order_by(Part.due_on)
        )
        return tuple(DueSoon(*row) for row in rows)
