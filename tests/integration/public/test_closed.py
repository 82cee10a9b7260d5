"""A call that closes: before a participant begins, while they answer, and at the last button."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from time_machine import Traveller

from tests.factories import publish_demo_call
from tests.integration.public.steps import kept, rows_in, value_of
from tests.people import begin, come_back, send, shown_code
from tests.visitor import Visitor
from webapp.rules.clock import COALITION_ZONE

LAST_EVENING = datetime(2027, 3, 31, 23, 20, tzinfo=COALITION_ZONE)
CALL = "spring"
CLOSED = "This has closed"
TOO_LATE = "It closed while you were answering, and we are sorry. What you wrote here was not sent"


@pytest.fixture
def evening(page_app: Flask) -> Iterator[Traveller]:
    """The last evening of a call; the clock stands still until a test moves it."""
    with time_machine.travel(LAST_EVENING, tick=False) as traveller:
        with page_app.app_context():
            publish_demo_call(CALL, closes_on=LAST_EVENING.date())
        yield traveller


def to_send(visitor: Visitor) -> None:
    begin(visitor, call=CALL)
    visitor.press("Continue", adult="yes")
    visitor.get(f"/en/calls/{CALL}/check")
    visitor.press("Continue")


def test_the_last_day_counts_to_its_end(
    page_app: Flask, page_visitor: Visitor, evening: Traveller
) -> None:
    evening.shift(timedelta(minutes=39))
    to_send(page_visitor)
    page_visitor.press("Send")
    assert rows_in(page_app, "submissions") == 1


def test_before_a_visitor_begins(
    page_app: Flask, page_visitor: Visitor, evening: Traveller
) -> None:
    # Given a start page that was open over midnight
    page_visitor.get(f"/en/calls/{CALL}/")
    evening.shift(timedelta(hours=1))
    # When a visitor presses Begin
    page_visitor.press("Begin")
    # Then they are told, kindly, and no Visit is made
    assert page_visitor.status == 410
    assert page_visitor.page.h1 == CLOSED
    assert "It was open until 31 March 2027" in page_visitor.page.text
    assert TOO_LATE not in page_visitor.page.text
    assert rows_in(page_app, "public_visits") == 0
    # And so is a visitor who comes by a link
    page_visitor.get(f"/en/calls/{CALL}/")
    assert page_visitor.status == 410
    page_visitor.get("/en/")
    assert CALL not in page_visitor.page.html


@pytest.mark.parametrize("how", ["looks", "continues"])
def test_while_a_participant_answers(
    page_app: Flask, page_visitor: Visitor, evening: Traveller, how: str
) -> None:
    # Given a participant in the middle of answering at midnight
    begin(page_visitor, call=CALL)
    evening.shift(timedelta(hours=1))
    # When they go on
    if how == "looks":
        page_visitor.get(f"/en/calls/{CALL}/page/change")
    else:
        page_visitor.press("Continue", adult="yes")
    # Then they are told that nothing was sent
    assert page_visitor.status == 410
    assert TOO_LATE in page_visitor.page.text
    assert kept(page_app) == {}


def test_at_the_last_button(page_app: Flask, page_visitor: Visitor, evening: Traveller) -> None:
    # Given a participant before Send at midnight
    to_send(page_visitor)
    evening.shift(timedelta(hours=1))
    # When they press it
    page_visitor.press("Send", consent=["quote"])
    # Then they do not believe that it was sent, and it was not
    assert page_visitor.status == 410
    assert TOO_LATE in page_visitor.page.text
    assert kept(page_app) == {}


def test_a_participant_whose_visit_expired_as_well(
    page_app: Flask, page_visitor: Visitor, evening: Traveller
) -> None:
    # Given a participant who presses Continue on the next morning
    begin(page_visitor, call=CALL)
    evening.shift(timedelta(hours=10))
    page_visitor.press("Continue", adult="yes")
    # Then they are told the same
    assert page_visitor.status == 410
    assert TOO_LATE in page_visitor.page.text
    assert rows_in(page_app, "public_visits") <= 1


def test_what_was_sent_in_time_is_not_called_late(
    page_app: Flask, page_visitor: Visitor, evening: Traveller
) -> None:
    # Given a participant who sent before midnight, their code on the screen
    to_send(page_visitor)
    token = value_of(page_visitor, "csrf_token")
    page_visitor.press("Send")
    code = shown_code(page_visitor)
    evening.shift(timedelta(hours=1))
    # When the page is loaded again after midnight, or the post is sent again, or they go back
    page_visitor.get(f"/en/calls/{CALL}/done")
    assert shown_code(page_visitor) == code
    page_visitor.post(f"/en/calls/{CALL}/agree", {"csrf_token": token})
    assert shown_code(page_visitor) == code
    page_visitor.get(f"/en/calls/{CALL}/page/change")
    assert shown_code(page_visitor) == code
    # Then it is one submission, and the code opens it
    assert rows_in(page_app, "submissions") == 1
    come_back(page_visitor, code)
    assert page_visitor.path == "/en/choices/held"


def test_a_look_at_my_choices_is_not_called_late(
    page_app: Flask, page_visitor: Visitor, evening: Traveller
) -> None:
    # Given a participant who only came with a code
    begin(page_visitor, call=CALL)
    page_visitor.press("Continue", adult="yes")
    page_visitor.get(f"/en/calls/{CALL}/check")
    code = send(page_visitor)
    evening.shift(timedelta(hours=1))
    new = Visitor(page_app.test_client())
    come_back(new, code)
    # When they look at the closed call
    new.get(f"/en/calls/{CALL}/page/change")
    # Then no page tells them that something was not sent
    assert new.status == 410
    assert TOO_LATE not in new.page.text
