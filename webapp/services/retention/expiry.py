"""Retention: erasure of every row on its due day, and none by a clock that jumped.

Every part carries its due day. The worker goes by a moment that the clock guard has looked at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from webapp.models import EntryDraft, Event, OwnCopy, Part, Registration, ReturnDraft
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
    """Erase everything that is due (worker). Returns how many; raises `ClockDoubted` and `StoreUnavailable`."""
    sure = clock_guard.sure()
    erased = 0
    for erase_batch in (_erase_batch, _erase_registrations, _erase_drafts, _erase_entries):
        while batch := erase_batch(sure.today):
            erased += batch
    while _forget_addresses(sure.now):
        pass
    duplicate_addresses.forget_over(sure.now)
    event_messages.forget_old(sure.now)
    shredding.finish_waiting()
    return erased


def _erase_batch(today: date) -> int:
    with stores.writing() as main:
        owners = submission_locks.lock_submissions(main, _owners_of_due(main, today))
        due = [*_due(main, Part, owners, today), *_due(main, OwnCopy, owners, today)]
        for part in due:
            if isinstance(part, Part):
                audit.enter(
                    main,
                    audit.WORKER,
                    EXPIRED[part.purpose],
                    part.submission_id or part.call_id,
                )
        shredding.shred_parts(main, due)
        erasing.remove_empty_submissions(main, owners)
    return len(due)


def _owners_of_due(main: Session, today: date) -> set[UUID]:
    owners: set[UUID] = set()
    for table in (Part, OwnCopy):
        named = select(table.submission_id).where(
            table.due_on <= today, table.submission_id.is_not(None)
        )
        owners.update(owner for owner in main.scalars(named.limit(BATCH)) if owner)
    return owners


def _due(
    main: Session, table: type[Part] | type[OwnCopy], owners: list[UUID], today: date
) -> list[Part | OwnCopy]:
    """What is due of these submissions, and of answers about equality, which name no submission."""
    query = (
        select(table)
        .where(
            table.due_on <= today,
            or_(table.submission_id.in_(owners), table.submission_id.is_(None)),
        )
        .limit(BATCH)
    )
    return list(main.scalars(query.with_for_update(skip_locked=True)))


def _erase_registrations(today: date) -> int:
    """Erase registrations that are due; how many there were in each state stays."""
    with stores.writing() as main:
        _lock_events_with_due(main, today)
        due = main.scalars(
            select(Registration)
            .where(Registration.due_on <= today)
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for row in due:
            # A request that no one confirmed is no registration: a stranger could fill the audit log with them.
            if row.state != RegistrationState.REQUESTED:
                audit.enter(main, audit.WORKER, AuditEvent.REGISTRATION_EXPIRED, row.id)
            registration_erasing.shred_registration(main, row)
    return len(due)


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


def _lock_events_with_due(main: Session, today: date) -> None:
    """Lock order: events before registrations, as in every change of registrations, against deadlocks."""
    past = select(Registration.event_id).where(Registration.due_on <= today)
    for event_id in sorted(main.scalars(past.distinct())):
        published_events.lock(main, event_id)


def _forget_addresses(now: datetime) -> int:
    """Shred the e-mail addresses of registrants whose event is over."""
    over = select(Event.id).where(Event.ends_at <= int(now.timestamp()))
    with stores.writing() as main:
        rows = main.scalars(
            select(Registration)
            .where(Registration.mail_secret_id.is_not(None), Registration.event_id.in_(over))
            .limit(BATCH)
            .with_for_update(skip_locked=True)
        ).all()
        for row in rows:
            registration_erasing.forget_address(main, row)
    return len(rows)


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
    """What will be erased within the next 30 days, so that coordinators are told before it happens."""
    with stores.reading() as main:
        rows = main.execute(
            select(Part.call_id, Part.purpose, Part.due_on, func.count())
            .where(Part.due_on <= clock.today() + NOTICE)
            .group_by(Part.call_id, Part.purpose, Part.due_on)
            .order_by(Part.due_on)
        )
        return tuple(DueSoon(*row) for row in rows)
