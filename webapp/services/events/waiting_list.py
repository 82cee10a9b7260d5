"""The waiting list: a seat that is given back goes to the longest wait (FIFO), in the same transaction.

Every decision is made under a lock on the event's row; `rules.events.seats` makes it, and the tables' unique
constraints stand behind it.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Event as EventRow
from webapp.models import Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events import seats
from webapp.rules.mail_kinds import Cancelled, MovedUp
from webapp.rules.states import EventState, RegistrationState
from webapp.services.events import cancellation_log, published_events, registration_erasing
from webapp.services.events.occupancy import Held
from webapp.services.events.registrations import (
    NoSuchRegistration,
    lock,
    lock_even_false,
    tell,
)
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import is_genuine
from webapp.services.sealed import shredding
from webapp.services.sealed.shredding import ErasureResult


class TooLate(Exception):
    """The event has begun, or no seat is free for this."""


def cancel(registration_id: UUID, *, actor: str | UUID = audit.PUBLIC, reason: str = "") -> None:
    """Cancel a registration, and move the next in line up. Idempotent.

    Raises `NoSuchRegistration`, `TooLate` once the event has begun, and `StoreUnavailable` where it could not be noted
    for a restore, too: then nothing was cancelled.
    """
    with stores.writing() as main:
        row, event = lock_with_event(main, registration_id)
        if row.state == RegistrationState.CANCELLED:
            return
        if not _can_cancel(row, event):
            raise TooLate
        cancel_locked(main, row, event)
        if actor == audit.PUBLIC:
            audit.note(main, AuditEvent.REGISTRATION_CANCELLED, row.id)
        else:
            audit.enter(main, actor, AuditEvent.REGISTRATION_CANCELLED, row.id, reason)
        cancellation_log.note_cancelled(row.id)


def cancel_locked(main: Session, row: Registration, event: EventRow) -> bool:
    """The same inside the caller's transaction and locks, at any time. Returns whether it was not cancelled before."""
    if row.state == RegistrationState.CANCELLED:
        return False
    if row.state.is_pending:
        # No one has confirmed that the address is theirs: it hears of nothing else.
        registration_erasing.forget_address(main, row)
    _leave(main, row)
    tell(main, row, Cancelled)
    move_up(main, event)
    return True


def delete_own(registration_id: UUID) -> ErasureResult:
    """Erase a registration with all that the registrant told us, as they asked; the next in line moves up.

    Until the event begins it counts as cancelled, afterwards as what it was. No mail is sent: there is nothing left to
    send it with. Raises `NoSuchRegistration` when it was deleted already.
    """
    with stores.writing() as main:
        take_out(main, registration_id)
        audit.note(main, AuditEvent.REGISTRATION_ERASED, registration_id)
    return ErasureResult(shredding.finish_now())


def take_out(main: Session, registration_id: UUID) -> None:
    """Erase a registration and give its seat on, inside the caller's transaction. Raises `NoSuchRegistration`."""
    event = published_events.lock_even_false(main, _event_of(main, registration_id))
    row = lock_even_false(main, registration_id)
    # Erasing never needs a row to be genuine: nobody may keep what a person wants gone by changing it.
    is_ours = is_genuine(event) and is_genuine(row)
    if is_ours and _can_cancel(row, event) and not row.state.is_pending:
        _leave(main, row)
    registration_erasing.shred_registration(main, row)
    if is_genuine(event):
        move_up(main, event)


def _can_cancel(row: Registration, event: EventRow) -> bool:
    return seats.can_cancel(row.state, clock.now(), clock.moment(event.starts_at))


def _leave(main: Session, row: Registration) -> None:
    row.state, row.seat, row.place = RegistrationState.CANCELLED, None, None
    main.flush()


def promote(registration_id: UUID, *, actor: UUID, reason: str) -> None:
    """Give a waiting registrant a free seat by hand, before longer waits; the reason is in the audit log.

    Raises `NoSuchRegistration`, and `TooLate` when no seat is free or the event has begun.
    """
    with stores.writing() as main:
        row, event = lock_with_event(main, registration_id)
        seat = seats.free_seat(Held(main, event.id).seats(), event.seats)
        if not seats.can_promote(
            row.state,
            is_full=seat is None,
            now=clock.now(),
            starts_at=clock.moment(event.starts_at),
        ):
            raise TooLate
        _seat(main, row, seat)
        audit.enter(main, actor, AuditEvent.REGISTRATION_PROMOTED, row.id, reason)


def put_first(registration_id: UUID, *, actor: UUID, reason: str) -> None:
    """Put a waiting registrant first in the list by hand: the next free seat is theirs. No mail is sent until then.

    Idempotent. Raises `NoSuchRegistration`, and `TooLate` when they do not wait, or the event has begun.
    """
    with stores.writing() as main:
        row, event = lock_with_event(main, registration_id)
        held = Held(main, event.id)
        if not seats.can_put_first(row.state, clock.now(), clock.moment(event.starts_at)):
            raise TooLate
        if held.first_in_line() is row:
            return
        row.place = held.place_in_front()
        audit.enter(main, actor, AuditEvent.REGISTRATION_PUT_FIRST, row.id, reason)


def move_up(main: Session, event: EventRow) -> None:
    """Give every free seat to the longest wait, inside the caller's transaction and lock."""
    if event.state == EventState.CANCELLED or event.starts_at <= clock.now().timestamp():
        return
    for row, confirmed in seats.moves_up(Held(main, event.id), event.seats):
        _seat(main, row, confirmed.seat)


def _seat(main: Session, row: Registration, seat: int | None) -> None:
    row.state, row.seat, row.place = RegistrationState.CONFIRMED, seat, None
    main.flush()
    tell(main, row, MovedUp)


def lock_with_event(main: Session, registration_id: UUID) -> tuple[Registration, EventRow]:
    """Lock order, against deadlock: the event first, then the registration, wherever both are locked.

    Raises `NoSuchRegistration`.
    """
    event = published_events.lock(main, _event_of(main, registration_id))
    return lock(main, registration_id), event


def _event_of(main: Session, registration_id: UUID) -> UUID:
    """Which event to lock first. Raises `NoSuchRegistration`."""
    event_id = main.scalar(select(Registration.event_id).where(Registration.id == registration_id))
    if event_id is None:
        raise NoSuchRegistration
    return event_id
