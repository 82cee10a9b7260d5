"""Test data for events of a running server: brings one into a state directly in its stores, for a browser to find."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.live import Server
from tests.rows import change
from webapp import create_app
from webapp.extensions import db
from webapp.models import Event as EventRow
from webapp.rules import clock
from webapp.rules.events.joining_details import JoiningDetails
from webapp.services.events import (
    event_changes,
    event_messages,
    own_registrations,
    published_events,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import stores
from webapp.settings import Settings

COORDINATOR = UUID(int=1)
JOINING_LINK = "https://meet.example.net/j/8412"
PROCESSES = ("public", "desk", "worker")
TURNS = count(1)


class Meetings:
    """What happened at one server before a browser looks: published, booked, begun, over, called off."""

    def __init__(self, server: Server) -> None:
        config = server.instance / "config"
        environ = {
            "PATH": os.environ["PATH"],
            "INSTANCE": str(server.instance),
            "CONFIG": ":".join(str(config / f"{process}.env") for process in PROCESSES),
            "DOORS": ",".join(PROCESSES),
            "LIMIT_FACTOR": "1000000",
        }
        self.app = create_app(Settings.from_environment(environ))

    def close(self) -> None:
        """Let the stores go."""
        with self.app.app_context():
            for engine in db.engines.values():
                engine.dispose()

    def publish(self, like: str, slug: str, **changes: Any) -> Event:
        """An event like one of the demo's, at an address of its own: tests of one worker share a server."""
        with self.app.app_context():
            return publish_demo_event(like, f"{slug}-{next(TURNS)}", **changes)

    def book(self, event: Event, name: str, **answers: Any) -> Booked:
        """One more person books; a seat, or a place in line."""
        with self.app.app_context():
            return register_one(event, f"{name}@example.org", **answers)

    def book_without_address(self, event: Event) -> Booked:
        """One more person books who gives no e-mail address."""
        with self.app.app_context():
            return register_one(event, None)

    def fill(self, event: Event, how_many: int) -> list[Booked]:
        """So many people book."""
        with self.app.app_context():
            return register_some(event, how_many)

    def cancel(self, person: Booked) -> None:
        with self.app.app_context():
            waiting_list.cancel(person.id)

    def state(self, ticket: str) -> str:
        with self.app.app_context():
            return own_registrations.find_own(ticket).state

    def set_link(self, event: Event) -> None:
        with self.app.app_context():
            published_events.set_joining_details(
                event.id, JoiningDetails(link=JOINING_LINK), opens_minutes=15, actor=COORDINATOR
            )

    def shut(self, event: Event) -> None:
        """Booking is closed."""
        with self.app.app_context():
            event_changes.close(event.id, actor=COORDINATOR)

    def write(self, event: Event, words: str) -> None:
        """A coordinator writes to all registrants who are in."""
        with self.app.app_context():
            event_messages.send(event.id, uuid4(), words, actor=COORDINATOR)

    def call_off(self, event: Event) -> None:
        with self.app.app_context():
            event_changes.call_off(event.id, actor=COORDINATOR, reason="Nobody can lead it")

    def begins_in(self, event: Event, **time: float) -> None:
        """Turn the clock: `begins_in(event, minutes=10)`; `hours=-3` is three hours after it began."""
        starts_at = clock.now() + timedelta(**time)
        self._change(
            event,
            starts_at=int(starts_at.timestamp()),
            ends_at=int((starts_at + (event.ends_at - event.starts_at)).timestamp()),
        )

    def with_seats(self, event: Event, seats: int) -> None:
        """The room becomes larger, and no registrant has moved up yet."""
        self._change(event, seats=seats)

    def _change(self, event: Event, **values: int) -> None:
        with self.app.app_context(), stores.writing() as main:
            change(main, select(EventRow).where(EventRow.id == event.id), values)


@contextmanager
def beside(server: Server) -> Iterator[Meetings]:
    """Reach the stores of a running server while the block lasts."""
    meetings = Meetings(server)
    try:
        yield meetings
    finally:
        meetings.close()
