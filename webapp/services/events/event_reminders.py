"""Reminders: one mail to everyone with a seat, on the day before an event."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Event, OutboxMessage, Registration
from webapp.rules import clock
from webapp.rules.events.event_times import reminding_from
from webapp.rules.mail_kinds import Reminder
from webapp.rules.states import EventState, RegistrationState
from webapp.services.events import registrations
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine


def promise() -> int:
    """Queue one reminder for each registrant with a seat, for the morning of the day before. Returns how many.

    A registrant who is given a seat later on that day is reminded at once; one who books on it has just read the time.
    """
    with stores.reading() as main:
        # Nothing is locked where all are promised: the worker asks every few seconds.
        if not _due(main):
            return 0
    with suppress(IntegrityError), stores.writing() as main:
        due = _due(main)
        for row, starts_at in due:
            morning = reminding_from(starts_at, clock.COALITION_ZONE)
            when = morning if morning > clock.now() else None
            registrations.tell(main, row, Reminder, _once(), when)
        return len(due)
    # Another worker promises them at this very moment.
    return 0


def _due(main: Session) -> list[tuple[Registration, datetime]]:
    """Those who can be written to and are not promised a reminder yet, each with the start of their event."""
    tomorrow = clock.today() + timedelta(days=1)
    now = int(clock.now().timestamp())
    ahead = select(Event).where(
        Event.state != EventState.CANCELLED, Event.starts_at.between(now, now + 2 * 24 * 3600)
    )
    starts = {
        event.id: datetime.fromtimestamp(event.starts_at, clock.COALITION_ZONE)
        for event in genuine(main.scalars(ahead, execution_options=TOLERANT))
    }
    near = [event_id for event_id, start in starts.items() if start.date() == tomorrow]
    if not near:
        return []
    have_a_seat = and_(
        Registration.event_id.in_(near), Registration.state == RegistrationState.CONFIRMED
    )
    seated = select(Registration).where(
        have_a_seat,
        Registration.received_on < clock.today(),
        Registration.mail_secret_id.is_not(None),
        Registration.id.not_in(_promised(main, have_a_seat)),
    )
    # Lock order: two workers that queue the same mails must not deadlock.
    found = main.scalars(seated.order_by(Registration.id), execution_options=TOLERANT)
    return [(row, starts[row.event_id]) for row in genuine(found)]


def _promised(main: Session, these: ColumnElement[bool]) -> set[UUID]:
    """To whom tomorrow's reminder is promised. A false mail is none: it must not keep the true one from going out."""
    mails = (
        select(OutboxMessage)
        .join(Registration, Registration.id == OutboxMessage.subject_id)
        .where(these, OutboxMessage.kind == Reminder.name)
    )
    found = genuine(main.scalars(mails, execution_options=TOLERANT))
    return {mail.subject_id for mail in found if mail.dedupe_key.endswith(_once())}


def _once() -> str:
    """What tells this reminder from one for another day."""
    return (clock.today() + timedelta(days=1)).isoformat()
