"""Reminders: one mail to everyone with a seat, on the day before an event."""

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from webapp.models import Event, Registration
from webapp.rules import clock
from webapp.rules.events.event_times import reminding_from
from webapp.rules.mail_kinds import Reminder
from webapp.rules.states import EventState, RegistrationState
from webapp.services.events import registrations
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine


def promise() -> int:
    """Queue one reminder for each registrant with a seat, for the morning of the day before. Returns how many.

    A registrant who is given a seat later on that day is reminded at once; one who books on it has just read the time.
    """
    with suppress(IntegrityError):
        # Another worker promises them at this very moment.
        return _promise()
    return 0


def _promise() -> int:
    tomorrow = clock.today() + timedelta(days=1)
    ahead = int(clock.now().timestamp()) + 2 * 24 * 3600
    with stores.writing() as main:
        found = main.execute(
            select(Registration, Event)
            .join(Event, Event.id == Registration.event_id)
            .where(
                Registration.state == RegistrationState.CONFIRMED,
                Registration.received_on < clock.today(),
                Event.state != EventState.CANCELLED,
                Event.starts_at.between(int(clock.now().timestamp()), ahead),
            )
            # Lock order: two workers that queue the same mails must not deadlock.
            .order_by(Registration.id),
            execution_options=TOLERANT,
        ).all()
        rows = [(row, event) for row, event in found if is_genuine(row) and is_genuine(event)]
        moments = [
            (row, datetime.fromtimestamp(event.starts_at, clock.COALITION_ZONE))
            for row, event in rows
        ]
        due = [(row, starts_at) for row, starts_at in moments if starts_at.date() == tomorrow]
        for row, starts_at in due:
            morning = reminding_from(starts_at, clock.COALITION_ZONE)
            when = morning if morning > clock.now() else None
            registrations.tell(main, row, Reminder, tomorrow.isoformat(), when)
    return len(due)
