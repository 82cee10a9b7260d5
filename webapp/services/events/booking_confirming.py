"""Confirming a booking (double opt-in): from here on it holds a seat, or the next place in the waiting list.

The registrant confirms by the link in their mail, with a button: mail scanners follow links. A coordinator confirms for
a registrant who rings, and says yes to bookings without an address.
"""

from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from webapp.models import Event as EventRow
from webapp.models import Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events import seats
from webapp.rules.states import RegistrationState
from webapp.services.events import published_events
from webapp.services.events.occupancy import Held
from webapp.services.events.registration_sealing import lookup_of
from webapp.services.events.registrations import NoSuchRegistration, allot, tell_standing
from webapp.services.events.waiting_list import TooLate, lock_with_event
from webapp.services.infrastructure import audit, outbox, stores


def confirm_own(registration_id: UUID, ticket: str) -> None:
    """Confirm the address of a request, or one that was changed: its owner followed the link and pressed the button.
    Idempotent.

    Raises `NoSuchRegistration`, also where the link was replaced with the address meanwhile; and `TooLate` when the
    request has lapsed or the event has begun.
    """
    with stores.writing() as main:
        row, event = lock_with_event(main, registration_id)
        if row.lookup != lookup_of(ticket):
            raise NoSuchRegistration
        if not row.state.is_pending:
            _confirm_address(main, row)
            return
        now = clock.now()
        in_time = clock.day_of(now) < row.due_on
        if not in_time or not seats.can_confirm(
            row.state, event.state, now, clock.moment(event.starts_at)
        ):
            raise TooLate
        _confirm(main, row, event)


def confirm_by_hand(registration_id: UUID, *, actor: UUID, reason: str) -> None:
    """Confirm for a registrant: their address, or a booking without one; the reason is in the audit log. Idempotent.

    Raises `NoSuchRegistration`, and `TooLate` once the event has begun or is called off.
    """
    with stores.writing() as main:
        row, event = lock_with_event(main, registration_id)
        if not row.state.is_pending:
            return
        if not seats.can_confirm_by_hand(
            row.state, event.state, clock.now(), clock.moment(event.starts_at)
        ):
            raise TooLate
        _confirm(main, row, event)
        audit.enter(main, actor, AuditEvent.REGISTRATION_CONFIRMED, row.id, reason)


def _confirm_address(main: Session, row: Registration) -> None:
    """From here on this address hears of the booking. Without a question that waits, nothing changes."""
    if outbox.awaits_owner(main, row.id):
        outbox.owner_answered(main, row.id)
        if row.state in (RegistrationState.CONFIRMED, RegistrationState.WAITING):
            tell_standing(main, row, uuid4().hex[:8])


def _confirm(main: Session, row: Registration, event: EventRow) -> None:
    keep_days = published_events.with_id(main, event.id).definition.keep_days
    allot(row, event, Held(main, event.id), keep_days)
    main.flush()
    tell_standing(main, row)
