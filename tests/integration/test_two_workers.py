"""Two workers do their chores beside each other, on both databases: neither fails, and everything is done once."""

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests.conftest import MakeApp
from tests.factories import publish_demo_event, register_some
from tests.integration.at_once import at_once
from tests.integration.house import make_house
from tests.turned import the_worker_kept_running
from webapp.models import EventCount, OutboxMessage, Registration
from webapp.services.events import waiting_list
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores
from webapp.services.retention import expiry
from webapp.services.worker import delivery

ROUNDS = 5


@pytest.fixture
def house(make_app: MakeApp) -> Flask:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    return make_house(make_app)


def last_day(event: Event) -> float:
    """When registrations for an event must be erased, in epoch seconds."""
    return (event.ends_at + timedelta(days=event.definition.keep_days)).timestamp()


def left(event: Event) -> int:
    """How many registrations for an event there are still."""
    with stores.reading() as main:
        query = select(func.count()).where(Registration.event_id == event.id)
        return main.scalar(query) or 0


def test_one_wipes_a_mail_as_the_other_erases_whom_it_was_for(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            # Given mails to people who cancelled, that no server took for as long as they could matter
            event = publish_demo_event("small-group", f"wipe-{number}", seats=6)
            for person in register_some(event, 6):
                waiting_list.cancel(person.id)
        with time_machine.travel(last_day(event)):
            with house.app_context():
                the_worker_kept_running()
            # When one worker gives these mails up as another one erases the people
            came = at_once(house, delivery.send_waiting, expiry.erase_due)
            # Then neither waits for the other for ever, and the next round leaves nothing
            assert all(isinstance(done, int) for done in came), came
            with house.app_context():
                expiry.erase_due()
        with house.app_context(), stores.reading() as main:
            assert left(event) == 0
            assert main.scalar(select(func.count()).select_from(OutboxMessage)) == 0


def test_both_erase_the_same_event(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expiry, "BATCH", 2)
    for number in range(ROUNDS):
        with house.app_context():
            # Given an event that is long over, with people in several states
            event = publish_demo_event("small-group", f"over-{number}", seats=3)
            people = register_some(event, 8)
            for person in people[:2]:
                waiting_list.cancel(person.id)
        # When two workers erase what is due
        with time_machine.travel(last_day(event)):
            with house.app_context():
                the_worker_kept_running()
            came = at_once(house, expiry.erase_due, expiry.erase_due)
        # Then together they erase everybody, and count everybody once
        assert all(isinstance(erased, int) for erased in came), came
        with house.app_context(), stores.reading() as main:
            assert left(event) == 0
            kept = select(EventCount).where(EventCount.event_id == event.id)
            counted = {row.state: row.people for row in main.scalars(kept)}
            assert counted == {"cancelled": 2, "confirmed": 3, "waiting": 3}
            assert audit.verify()
