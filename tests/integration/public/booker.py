"""A registrant who books a seat and comes back by their link, as the tests let them act."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import time_machine
from flask import Flask

from tests.factories import publish_demo_event, register_some
from tests.pages import Page, words
from tests.people import go_on_from_leaving
from tests.visitor import Value, Visitor
from webapp.extensions import current_settings
from webapp.rules.events.joining_details import JoiningDetails
from webapp.services.events import event_changes, own_registrations, published_events
from webapp.services.events.own_registrations import OwnRegistration
from webapp.services.events.published_events import Event

COORDINATOR = UUID(int=1)
ADDRESS = "robin@example.org"
JOINING_LINK = "https://meet.example.net/j/8412?key=Zm9v"


class Booker(Visitor):
    """One browser at the public door, and the application behind it."""

    def __init__(self, app: Flask) -> None:
        super().__init__(app.test_client())
        self.app = app

    def begin(self, slug: str, language: str = "en") -> Page:
        """Read the event's page and press its button."""
        self.get(f"/{language}/events/{slug}/")
        self.press_first()
        go_on_from_leaving(self)
        return self.page

    def book(self, slug: str, language: str = "en", **answers: Value) -> str:
        """Book a seat from the event's page on. Returns the ticket."""
        self.begin(slug, language)
        if "adult" in self.page.html:
            answers.setdefault("adult", "yes")
        self.press_first(**{"registrant_email": ADDRESS, **answers})
        assert self.path.endswith("/registered"), self.page.text
        return self.shown_ticket()

    def shown_ticket(self) -> str:
        """The ticket in the link that the page shows to be kept."""
        (link,) = self._with_class("link")
        with self.app.app_context():
            address = current_settings().base_url or self.base
        # A whole address: it is written down, or sent to another phone.
        assert urlsplit(link).hostname
        assert link.startswith(f"{address}/")
        return link.rpartition("/")[2]

    def shown_room_code(self) -> str:
        (code,) = self._with_class("code")
        return code

    def _with_class(self, name: str) -> list[str]:
        return [words(one) for one in self.page.all("p") if name in one.get("class", "").split()]

    def own(self, ticket: str, language: str = "en") -> Page:
        """Open the own page by its link."""
        return self.get(f"/{language}/r/{ticket}")

    def links_outside(self) -> list[str]:
        found = [one.get("href", "") for one in self.page.all("a")]
        return [address for address in found if address.startswith("http")]


def publish(
    app: Flask, like: str = "round-table", slug: str | None = None, **changes: object
) -> Event:
    """Open one of the demo's events, or one like it."""
    with app.app_context():
        return publish_demo_event(like, slug, **changes)


def fill_up(app: Flask, event: Event, left: int = 0) -> None:
    """Let others take every seat but so many."""
    with app.app_context():
        register_some(event, event.seats - left)


def found(app: Flask, slug: str) -> Event:
    with app.app_context():
        return published_events.find(slug)


def standing(app: Flask, ticket: str) -> OwnRegistration:
    with app.app_context():
        return own_registrations.find_own(ticket)


def set_link(app: Flask, event: Event) -> None:
    with app.app_context():
        published_events.set_joining_details(
            event.id, JoiningDetails(link=JOINING_LINK), opens_minutes=15, actor=COORDINATOR
        )


def close(app: Flask, event: Event) -> None:
    with app.app_context():
        event_changes.close(event.id, actor=COORDINATOR)


def call_off(app: Flask, event: Event) -> None:
    with app.app_context():
        event_changes.call_off(event.id, actor=COORDINATOR, reason="Nobody can lead it")


@contextmanager
def at(event: Event, **before: float) -> Iterator[None]:
    """So much before an event begins: `at(event, minutes=10)`; after it with a minus."""
    with time_machine.travel(event.starts_at - timedelta(**before), tick=False):
        yield
