"""A registrant with two bookings knows from a mail which one it is about; where survivors may come, no mail says."""

import re
from datetime import timedelta
from uuid import uuid4

from flask import Flask

from tests.factories import publish_demo_event, register_one
from tests.integration.house import BASE_URL
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import ACTOR
from webapp.rules.references import reference
from webapp.services.events import event_changes, event_messages, published_events, waiting_list
from webapp.services.worker import delivery
from webapp.ui.event_time_text import event_when

TWICE = "robin@example.org"


def said_when(slug: str) -> str:
    """When an event is, in English, as a mail says it."""
    return event_when(published_events.find(slug).time).replace("\N{NO-BREAK SPACE}", " ")


def test_of_two_bookings_a_mail_says_which_is_off(inside: Flask, postbox: Postbox) -> None:
    # Given a professional with a seat at two events
    one, other = publish_demo_event(), publish_demo_event(slug="other")
    event_changes.move(other.id, other.starts_at + timedelta(days=9), actor=ACTOR, reason="x")
    first, second = register_one(one, TWICE), register_one(other, TWICE)
    delivery.send_waiting()
    # When one of them is cancelled
    waiting_list.cancel(second.id)
    delivery.send_waiting()
    # Then the mail has that booking's number, day and time, and leads to its page
    body = postbox.mails[-1].body.replace("\r\n", "\n")
    assert postbox.mails[-1].subject == "Your booking is cancelled"
    assert f"Your booking number: {reference(second.id)}\nWhen: {said_when('other')}\n" in body
    assert f"{BASE_URL}/en/r/{second.ticket}" in body
    assert reference(first.id) not in body


def test_a_mail_about_a_move_says_the_new_time(inside: Flask, postbox: Postbox) -> None:
    event = publish_demo_event()
    register_one(event)
    delivery.send_waiting()
    before = said_when("round-table")
    event_changes.move(event.id, event.starts_at + timedelta(days=3), actor=ACTOR, reason="x")
    delivery.send_waiting()
    body = postbox.mails[-1].body
    assert f"When: {said_when('round-table')}" in body
    assert before not in body


def test_news_comes_without_a_word_of_it(inside: Flask, postbox: Postbox) -> None:
    event = publish_demo_event()
    person = register_one(event)
    event_messages.send(event.id, uuid4(), "Canary words", actor=ACTOR)
    delivery.send_waiting()
    mail = next(one for one in postbox.mails if one.subject == "Your booking page has news")
    assert "Canary" not in mail.everything
    assert f"{BASE_URL}/en/r/{person.ticket}" in mail.body


def test_where_survivors_may_come_a_mail_says_neither(inside: Flask, postbox: Postbox) -> None:
    event = publish_demo_event("small-group")
    person = register_one(event)
    event_messages.send(event.id, uuid4(), "Canary words", actor=ACTOR)
    delivery.send_waiting()
    waiting_list.cancel(person.id)
    delivery.send_waiting()
    assert len(postbox.mails) == 3
    for mail in postbox.mails:
        # Then there is no number and no day in it: nothing but the link to their page
        assert not re.search(r"[0-9]", re.sub(r"https?://\S+", "", mail.body))
        assert f"{BASE_URL}/en/r/{person.ticket}" in mail.body
