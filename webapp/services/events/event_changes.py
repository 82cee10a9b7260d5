"""Changing an event that has registrations: moving, closing, cancelling it, adding seats."""

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Event as EventRow
from webapp.models import Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.mail_kinds import Cancelled, EventChanged
from webapp.rules.states import SEATED, EventState, RegistrationState
from webapp.services.events import (
    cancellation_log,
    published_events,
    registrations,
    waiting_list,
)
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine


class AlreadyOver(ValueError):
    """An event that has ended took place: it cannot be called off any more, and no seat is needed."""


class CalledOff(ValueError):
    """An event that was called off needs no more seats."""


class CannotMove(ValueError):
    """An event is moved to a time that is still to come, and not after it was called off or is over."""


def move(event_id: UUID, starts_at: datetime, *, actor: UUID, reason: str) -> None:
    """Move an event to another start (aware), as long as before; mail every registrant with a seat or a place.

    Registrations are erased as many days after the new end. Raises `CannotMove`, `NoSuchEvent`.
    """
    with stores.writing() as main:
        row = published_events.lock(main, event_id)
        now = clock.now()
        # When it is over, the days until its registrations are erased have begun: nothing puts them off.
        if row.state == EventState.CANCELLED or row.ends_at <= now.timestamp() or starts_at <= now:
            raise CannotMove
        if row.starts_at == int(starts_at.timestamp()):
            # Idempotent: sent twice, it mails no one again.
            return
        length = row.ends_at - row.starts_at
        row.starts_at = int(starts_at.timestamp())
        row.ends_at = row.starts_at + length
        row.calendar_sequence += 1
        main.flush()
        due_on = registrations.due_on(published_events.with_id(main, event_id))
        for registration in everybody_in(main, event_id, lock=True):
            # The promise only moves with the event that it is about.
            registration.due_on = due_on
            registrations.tell(main, registration, EventChanged, str(row.calendar_sequence))
        _keep_applied_until(main, event_id, due_on)
        _not_later_than(main, event_id, due_on)
        audit.enter(main, actor, AuditEvent.EVENT_MOVED, event_id, reason)


def call_off(event_id: UUID, *, actor: UUID, reason: str) -> None:
    """Cancel an event: every registration is cancelled and mailed once. Idempotent.

    Raises `NoSuchEvent`, `AlreadyOver`, and `StoreUnavailable` where it could not be noted for a restore, too.
    """
    with stores.writing() as main:
        row = published_events.lock(main, event_id)
        if row.state == EventState.CANCELLED:
            return
        if row.ends_at <= clock.now().timestamp():
            raise AlreadyOver
        today = clock.today()
        _call_off(main, row, today)
        audit.enter(main, actor, AuditEvent.EVENT_CALLED_OFF, event_id, reason)
        cancellation_log.note_called_off(event_id, today)


def call_off_again(event_id: UUID, day: date, reason: str) -> bool:
    """Cancel an event that was called off on this day and that a backup brought back, at any time (operator).

    Returns whether it was not cancelled before. Raises `NoSuchEvent`.
    """
    with stores.writing() as main:
        row = published_events.lock(main, event_id)
        if row.state == EventState.CANCELLED:
            return False
        _call_off(main, row, day)
        audit.enter(main, audit.OPERATOR, AuditEvent.EVENT_CALLED_OFF, event_id, reason)
        return True


def _call_off(main: Session, row: EventRow, day: date) -> None:
    row.state, row.calendar_sequence = EventState.CANCELLED, row.calendar_sequence + 1
    for registration in everybody_in(main, row.id, lock=True):
        registration.state = RegistrationState.CANCELLED
        registration.seat = registration.place = None
        main.flush()
        registrations.tell(main, registration, Cancelled)
    # What is kept "so many days after it" is not kept until long after a day on which nothing takes place.
    keep = timedelta(days=published_events.with_id(main, row.id).definition.keep_days)
    _not_later_than(main, row.id, day + keep)


def close(event_id: UUID, *, actor: UUID) -> None:
    """Take no more registrations; those there are stay. Raises `NoSuchEvent`."""
    with stores.writing() as main:
        row = published_events.lock(main, event_id)
        if row.state == EventState.OPEN:
            row.state = EventState.CLOSED
            audit.enter(main, actor, AuditEvent.EVENT_CLOSED, event_id)


def add_seats(
    event_id: UUID, more: int, *, actor: str | UUID, reason: str, was: int | None = None
) -> int:
    """Make the room larger by so many seats (1 or more). Returns how many there are now.

    The waiting list moves up, longest wait first, until the seats are taken; not once the event has begun.
    `was` makes it idempotent: how many seats there were when it was asked for. Raises `NoSuchEvent`, `AlreadyOver`,
    `CalledOff`, and `EditConflict` where there are other seats now.
    """
    if more < 1:
        raise ValueError("a room is not made smaller: its seats may be taken")
    with stores.writing() as main:
        row = published_events.lock(main, event_id)
        if row.state == EventState.CANCELLED:
            raise CalledOff
        if row.ends_at <= clock.now().timestamp():
            raise AlreadyOver
        if was is not None and row.seats == was + more:
            return row.seats
        if was is not None and row.seats != was:
            raise EditConflict
        row.seats += more
        main.flush()
        waiting_list.move_up(main, row)
        audit.enter(main, actor, AuditEvent.SEATS_ADDED, event_id, reason)
    return row.seats


def _keep_applied_until(main: Session, event_id: UUID, day: date) -> None:
    """Registrations that wait for a coordinator are kept as long as those with a seat; nothing was promised by mail.

    A request keeps its own day, on which it lapses.
    """
    applied = select(Registration).where(
        Registration.event_id == event_id, Registration.state == RegistrationState.APPLIED
    )
    in_order = applied.order_by(Registration.id).with_for_update()
    for registration in genuine(main.scalars(in_order, execution_options=TOLERANT)):
        registration.due_on = day


def _not_later_than(main: Session, event_id: UUID, day: date) -> None:
    """Registrations of this event, cancelled ones included, are erased on this day or before it."""
    later = select(Registration).where(Registration.event_id == event_id, Registration.due_on > day)
    in_order = later.order_by(Registration.id).with_for_update()
    for registration in genuine(main.scalars(in_order, execution_options=TOLERANT)):
        registration.due_on = day


def everybody_in(main: Session, event_id: UUID, *, lock: bool = False) -> list[Registration]:
    """Everyone with a seat or a place, in the order of their ids; locked where the caller changes or tells them.

    Without those that Hearth did not write: for one false row, an event must not take place unannounced.
    """
    query = select(Registration).where(
        Registration.event_id == event_id,
        Registration.state.in_([*SEATED, RegistrationState.WAITING]),
    )
    query = query.order_by(Registration.id)
    found = query.with_for_update() if lock else query
    return genuine(main.scalars(found, execution_options=TOLERANT))
