"""Bookings of a backup of `main`: what was cancelled since then is cancelled again, before anyone uses it.

So nobody is reminded of an event that they had said no to, or stands on a list that they had left. The log that says
so outlives the databases (`services.events.cancellation_log`). A seat that is given back goes to the longest wait of
the backup, who is told, perhaps once more. Whose own mail about the cancellation had left has no address any more.
"""

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy.orm import Session

from webapp.rules.audit_events import AuditEvent
from webapp.services.events import cancellation_log, event_changes, registrations, waiting_list
from webapp.services.events.published_events import NoSuchEvent
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import RowForged

#: What the record says of why.
REASON = "Again, after a restore"


@dataclass(frozen=True)
class Again:
    """How many bookings were cancelled again, people taken off a list, and events called off."""

    cancelled: int
    unlisted: int
    called_off: int


def cancel_again() -> Again:
    """Replay the cancellation log over a `main` that was put back.

    Idempotent, and without effect on a `main` of today. Raises `StoreUnavailable`.
    """
    noted = cancellation_log.read()
    # Events first: a seat that is given back at one that was called off goes to nobody.
    called_off = _each(noted.called_off, lambda one: _call_off(one, noted.called_off[one]))
    return Again(
        cancelled=_each(noted.cancelled, _cancel),
        unlisted=_each(noted.unlisted, _take_off_list),
        called_off=called_off,
    )


def _each(ids: Iterable[UUID], again: Callable[[UUID], bool]) -> int:
    """How many of these it changed. What is gone or false is passed over: it is used for nothing anyway."""
    changed = 0
    for one in sorted(ids):
        with suppress(NoSuchRegistration, NoSuchEvent, RowForged):
            changed += again(one)
    return changed


def _call_off(event_id: UUID, day: date) -> bool:
    return event_changes.call_off_again(event_id, day, REASON)


def _cancel(registration_id: UUID) -> bool:
    with stores.writing() as main:
        row, event = waiting_list.lock_with_event(main, registration_id)
        if not waiting_list.cancel_locked(main, row, event):
            return False
        _enter(main, AuditEvent.REGISTRATION_CANCELLED, registration_id)
        return True


def _take_off_list(registration_id: UUID) -> bool:
    with stores.writing() as main:
        row = registrations.lock(main, registration_id)
        if row.listed_on is None:
            return False
        row.listed_on = None
        _enter(main, AuditEvent.REGISTRATION_UNLISTED, registration_id)
        return True


def _enter(main: Session, event: AuditEvent, registration_id: UUID) -> None:
    audit.enter(main, audit.OPERATOR, event, registration_id, REASON)
