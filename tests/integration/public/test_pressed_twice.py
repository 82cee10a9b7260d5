"""A button pressed twice on a slow network: the browser throws the first answer away, and its cookie with it.

The second press then comes with the cookie of before. No words may be lost by that, and an attacker who kept
a copy of that cookie must not see more by it than they saw before.
"""

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask

from tests.factories import publish_demo_call
from tests.integration.at_once import at_once
from tests.integration.public.booker import ADDRESS, Booker, publish
from tests.integration.public.steps import (
    CALL,
    START,
    go_to_check,
    later,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back, shown_code
from tests.visitor import Visitor

MINE = "Only I may read this."
LATER = "Said after Begin."
TWO = f"{CALL}-two"
CHANGE = page_address("change")


@pytest.fixture
def press(app: Flask) -> dict[str, Callable[[Visitor], object]]:
    """What a participant may press in the middle of answering. Another call and an event are open, and codes wait."""
    with app.app_context():
        publish_demo_call(TWO)
    publish(app, slug="meeting")
    receipt = send_answers(Visitor(app.test_client()))
    stopped = Visitor(app.test_client())
    begin(stopped, call=TWO)
    stopped.press("Stop for now", adult="yes")
    stopped.press("Give me a return code")
    waiting = shown_code(stopped)
    return {
        "begin": lambda visitor: visitor.post(f"{START}begin"),
        "begin another call": lambda visitor: visitor.post(f"/en/calls/{TWO}/begin"),
        "book": lambda visitor: visitor.post("/en/events/meeting/begin"),
        "a receipt": lambda visitor: come_back(visitor, receipt),
        "a return code": lambda visitor: come_back(visitor, waiting),
    }


PRESSES = ("begin", "begin another call", "book", "a receipt", "a return code")


def cookie_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("hearth")
    assert cookie is not None
    return cookie.value


def twice(visitor: Visitor, press: Callable[[Visitor], object]) -> None:
    """Press, throw the answer away, press again."""
    before = cookie_of(visitor)
    press(visitor)
    visitor.client.set_cookie("hearth", before)
    press(visitor)


def write(visitor: Visitor, words: str = MINE) -> None:
    """Be in the middle of answering, with something that was not sent."""
    walk_to(visitor, "change")
    visitor.press("Continue", change_words=words)


def words_of(visitor: Visitor) -> object:
    visitor.get(CHANGE)
    return value_of(visitor, "change_words") if visitor.path == CHANGE else None


@pytest.mark.parametrize("what", PRESSES)
def test_what_is_pressed_twice_loses_nothing(
    visitor: Visitor, press: dict[str, Callable[[Visitor], object]], what: str
) -> None:
    # Given a participant with answers that were not sent
    write(visitor)
    # When they press twice
    twice(visitor, press[what])
    # Then they see what the button leads to, and their answers are there
    assert visitor.status == 200
    assert words_of(visitor) == MINE


def test_two_presses_at_the_same_moment_lose_nothing(app: Flask) -> None:
    # Given answers that were not sent
    visitor = Visitor(app.test_client())
    write(visitor)
    for _ in range(5):
        # When two presses reach the server together
        cookie, tabs = cookie_of(visitor), [Visitor(app.test_client()) for _ in range(3)]
        for tab in tabs:
            tab.client.set_cookie("hearth", cookie)
        at_once(app, *[partial(tab.post, f"{START}begin") for tab in tabs])
        # Then the answers are there, whichever answer the browser takes
        assert [words_of(tab) for tab in tabs] == [MINE] * 3
        visitor.client.set_cookie("hearth", cookie_of(tabs[0]))


def test_begin_while_another_tab_is_sending_loses_nothing(app: Flask) -> None:
    # Given a participant with a page open in a second tab
    visitor = Visitor(app.test_client())
    write(visitor)
    for turn in range(10):
        tab, before = Visitor(app.test_client()), cookie_of(visitor)
        tab.client.set_cookie("hearth", before)
        tab.get(page_address("later"))
        words = {"csrf_token": value_of(tab, "csrf_token"), "later_words": f"Later {turn}."}
        # When it is sent at the moment when Begin is pressed in the first
        at_once(
            app,
            partial(visitor.client.post, f"{START}begin"),
            partial(tab.client.post, page_address("later"), data=words),
        )
        # Then the cookie that came last leads to all that both wrote
        newest = visitor if cookie_of(tab) == before else tab
        assert words_of(newest) == MINE
        newest.get(page_address("later"))
        assert value_of(newest, "later_words") == f"Later {turn}."


def test_a_page_that_was_on_its_way_while_begin_was_answered_keeps_its_words(
    app: Flask, visitor: Visitor
) -> None:
    # Given a second tab, whose page goes off before the new cookie has come
    write(visitor)
    tab = Visitor(app.test_client())
    tab.client.set_cookie("hearth", cookie_of(visitor))
    tab.get(page_address("later"))
    visitor.post(f"{START}begin")
    # When it arrives
    tab.press("Continue", later_words=LATER)
    # Then the cookie that comes back leads to all of it
    assert cookie_of(tab) != cookie_of(visitor)
    assert words_of(tab) == MINE
    tab.get(page_address("later"))
    assert value_of(tab, "later_words") == LATER


def test_booking_begun_twice_books_once(app: Flask) -> None:
    # Given a participant who pressed Begin twice, and then Book twice
    publish(app, "small-group")
    booker = Booker(app)
    begin(booker)
    twice(booker, lambda one: one.post("/en/events/small-group/begin"))
    booker.get("/en/events/small-group/register")
    form = {
        "csrf_token": value_of(booker, "csrf_token"),
        "registrant_email": ADDRESS,
        "adult": "yes",
    }
    codes = set()
    for _ in range(2):
        booker.post("/en/events/small-group/register", form)
        # Then each time they see the same code of the room
        codes.add(booker.shown_room_code())
    # And one seat is booked
    assert len(codes) == 1 and rows_in(app, "registrations") == 1


# An attacker who has the old cookie


def planted(app: Flask, cookie: str) -> Visitor:
    """Another device, with a cookie that an attacker copied."""
    thief = Visitor(app.test_client())
    thief.client.set_cookie("hearth", cookie)
    return thief


@pytest.mark.parametrize("what", PRESSES)
def test_the_old_cookie_never_shows_what_comes_after(
    app: Flask, visitor: Visitor, press: dict[str, Callable[[Visitor], object]], what: str
) -> None:
    # Given a cookie that an attacker copied, and a participant who presses and goes on
    write(visitor, "Before.")
    thief = planted(app, cookie_of(visitor))
    press[what](visitor)
    visitor.get(CHANGE)
    visitor.press("Continue", change_words=LATER)
    # Then the copy shows what it showed before, also after pressing the same with it
    assert words_of(thief) == "Before."
    thief.post(f"{START}begin")
    assert words_of(thief) == "Before."
    # And nothing that was done with it reaches the participant
    thief.get(CHANGE)
    thief.press("Continue", change_words="Not theirs.")
    assert words_of(visitor) == LATER


def test_the_old_cookie_opens_no_code_that_begin_closed(app: Flask, visitor: Visitor) -> None:
    # Given a participant who looked at what they sent, and a copy of their cookie
    come_back(visitor, send_answers(visitor, change_words=MINE))
    thief = planted(app, cookie_of(visitor))
    # When the next person presses Begin
    begin(visitor)
    # Then the copy does not open it, not even at once
    thief.get("/en/choices/answers")
    assert thief.path == "/en/choices"
    thief.get(step_address("done"))
    assert thief.path == START


def test_the_old_cookie_ends_within_two_minutes_however_it_is_used(
    app: Flask, visitor: Visitor
) -> None:
    write(visitor)
    thief = planted(app, cookie_of(visitor))
    old = cookie_of(visitor)
    visitor.post(f"{START}begin")
    # When it is used all the time
    with later(seconds=50):
        assert words_of(thief) == MINE
        thief.post(f"{START}begin")
    thief.client.set_cookie("hearth", old)
    with later(minutes=2):
        # Then it still comes to its end
        assert words_of(thief) is None
        # And the Visit goes on
        assert words_of(visitor) == MINE


@pytest.mark.parametrize("end", ["leave", "the code is kept"])
def test_who_ends_their_visit_leaves_no_copy(app: Flask, visitor: Visitor, end: str) -> None:
    # Given a participant who pressed Begin, twice even, while they answered
    go_to_check(visitor, change_words=MINE)
    for _ in range(2):
        begin(visitor)
    assert rows_in(app, "public_visits") == 2
    # When they end it
    if end == "leave":
        visitor.client.get("/leave")
    else:
        visitor.get(step_address("check"))
        visitor.press("Stop for now")
        visitor.press("Give me a return code")
        visitor.press("I have kept it")
    # Then nothing of it is left
    assert rows_in(app, "public_visits") == 0
