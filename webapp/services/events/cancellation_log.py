"""The cancellation log: bookings and events that were cancelled, noted outside the databases, so that no restore books
them again.

A backup of `main` has bookings as they stood on its day. Lines of the tombstone file say which were cancelled since,
who asked to be taken off a list of participants, and which events were called off on which day. They name random ids
and no person, and say nothing of bookings that stand. None of the three is ever undone, so a line stays true.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from typing import Final
from uuid import UUID

from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.sealed import tombstone_file

LINE: Final = re.compile(r"(cancelled|unlisted):([0-9a-f]{32})")
CALLED_OFF: Final = re.compile(r"called-off:([0-9a-f]{32}):([0-9]{4}-[0-9]{2}-[0-9]{2})")


@dataclass(frozen=True)
class Noted:
    """What the log says, by the ids of registrations, and of events with the day on which each was called off."""

    cancelled: set[UUID] = field(default_factory=set)
    unlisted: set[UUID] = field(default_factory=set)
    called_off: dict[UUID, date] = field(default_factory=dict)


def note_cancelled(registration_id: UUID) -> None:
    """Note a cancellation before it is committed. Raises `StoreUnavailable`: then nothing was cancelled."""
    _append(f"cancelled:{registration_id.hex}")


def note_unlisted(registration_id: UUID) -> None:
    """Note that someone was taken off the list of participants. Raises as `note_cancelled` does."""
    _append(f"unlisted:{registration_id.hex}")


def note_called_off(event_id: UUID, day: date) -> None:
    """Note an event that was called off on this day. Raises as `note_cancelled` does."""
    _append(f"called-off:{event_id.hex}:{day.isoformat()}")


def _append(line: str) -> None:
    try:
        tombstone_file.append_lines([line])
    except OSError as error:
        # A person is told that it is cancelled only when that outlasts a restore, too.
        raise StoreUnavailable("main") from error


def read() -> Noted:
    """All of it. A line that says none of the three is passed over."""
    found = Noted()
    for line in tombstone_file.lines():
        if told := LINE.fullmatch(line):
            ids = found.cancelled if told[1] == "cancelled" else found.unlisted
            ids.add(UUID(told[2]))
        elif told := CALLED_OFF.fullmatch(line):
            with suppress(ValueError):
                # Of two lines about one event the first is true: the second was noted by a restore.
                found.called_off.setdefault(UUID(told[1]), date.fromisoformat(told[2]))
    return found
