"""Reminders: one, at an hour that wakes no registrant, and none for a registrant who has just read when it is."""

from datetime import timedelta

import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from webapp.services.events import waiting_list
from webapp.services.infrastructure import outbox
from webapp.services.worker import delivery


def test_no_registrant_is_woken_by_a_reminder(make_app: MakeApp, postbox: Postbox) -> None:
    house = make_house(make_app, postbox.port)
    with house.app_context():
        # Given a registrant with a seat at an event in the afternoon
        event = publish_demo_event(seats=1)
        person, waits = register_some(event, 2)
        delivery.send_waiting()
        before = len(postbox.mails)
        day_before = event.time.local_start - timedelta(days=1)
        # When the worker looks all through the night before
        for hour in range(9):
            with time_machine.travel(day_before.replace(hour=hour, minute=0)):
                assert delivery.send_waiting() == 0
                # Then nothing is late: the desk is not told that mails are stuck
                assert outbox.backlog() == outbox.Backlog(0, 0)
        # But in the morning it leaves, and once
        for hour in (9, 10, 23):
            with time_machine.travel(day_before.replace(hour=hour, minute=0)):
                delivery.send_waiting()
    (mail,) = postbox.mails[before:]
    assert (mail.recipients, mail.subject) == ((person.address,), "A reminder for tomorrow")
    assert waits.address not in mail.everything


def test_who_books_on_the_day_before_needs_no_reminder(inside: Flask, postbox: Postbox) -> None:
    # Given a full event, and one registrant in line
    event = publish_demo_event(seats=1)
    leaves, moves_up = register_some(event, 2)
    with time_machine.travel(event.starts_at - timedelta(days=1)):
        delivery.send_waiting()
        # When on the day before one leaves, one moves up and leaves, and another one books the seat
        waiting_list.cancel(leaves.id)
        delivery.send_waiting()
        waiting_list.cancel(moves_up.id)
        books = register_one(event, "books-late@example.org")
        delivery.send_waiting()
    # Then who moved up was told that it is tomorrow, and who has just read so was not
    assert "A reminder for tomorrow" in postbox.of(moves_up.address)
    assert postbox.of(books.address) == ["Your seat is booked"]
