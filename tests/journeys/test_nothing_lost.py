"""What a participant wrote is there again, with and without scripts: after two hours, Back, a double press, a reload,
a mistake, and a network that goes and comes.

What was typed since the last button is on the page alone: `docs/decisions/0024` says where it is lost, and why.
"""

import sqlite3
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Request, expect

from tests import browser as browsers
from tests import live
from tests.browser import Person
from tests.journeys.leaving import SECRET, at_a_question, at_check
from tests.journeys.steps import (
    come_back,
    fill,
    page_address,
    path,
    press,
    shown_code,
    step_address,
)
from tests.live import Server

CHANGE = page_address("change")
AFTER = page_address("contact")
ERROR_PAGE = "chrome-error://"
TOO_LONG = "Some words that matter. " * 60


@pytest.fixture
def writer(browser: Browser, own_server: Server) -> Iterator[Person]:
    """A participant whose browser runs no scripts. With them, a button without a network is held back: test_script."""
    with browsers.person_at(browser, own_server.url, scripts=False) as one:
        yield one


def words(person: Person) -> str:
    return person.page.input_value("textarea")


def two_hours_go_by(server: Server) -> None:
    """Every Visit has reached its end."""
    with sqlite3.connect(server.instance / "volatile.sqlite3", timeout=10) as volatile:
        volatile.execute("UPDATE public_visits SET expires_at = 1")
    volatile.close()


def posts(person: Person) -> list[Request]:
    """What is sent from now on, as it grows."""
    sent: list[Request] = []
    person.context.on("request", lambda one: sent.append(one) if one.method == "POST" else None)
    return sent


# A Visit that ended


def test_words_outlive_the_visit(person: Person, own_server: Server) -> None:
    # Given a participant who wrote for more than two hours
    at_a_question(person)
    two_hours_go_by(own_server)
    # When they press the button
    press(person, "Continue")
    # Then they are told what is erased and what is not
    expect(person.page.locator("main .notice")).to_contain_text("More than 2 hours went by")
    # And what they wrote last is there
    person.go(CHANGE)
    assert words(person) == SECRET


# Back, and loading again


def test_back_shows_what_was_kept(person: Person) -> None:
    # Given a participant who went on
    at_a_question(person)
    press(person, "Continue")
    assert path(person) == AFTER
    # When they press Back, and forward, and Back again
    for _ in range(2):
        person.page.go_back()
        # Then it is there
        assert path(person) == CHANGE
        assert words(person) == SECRET
        person.page.go_forward()
        assert path(person) == AFTER


def test_loading_a_page_again_asks_nothing_and_loses_nothing(person: Person) -> None:
    # Given a participant on the page that follows, or at their own words, or at a mistake
    at_a_question(person)
    press(person, "Continue")
    sent = posts(person)
    person.page.reload()
    assert path(person) == AFTER
    person.go(CHANGE)
    person.page.reload()
    assert words(person) == SECRET
    fill(person, change_words=TOO_LONG)
    press(person, "Continue")
    # When they load it again and again
    for _ in range(2):
        person.page.reload()
        # Then what they wrote is there with what to do, and was sent once
        expect(person.page.get_by_role("alert")).to_be_visible()
        assert words(person) == TOO_LONG
    assert len(sent) == 1


# Pressing twice


def twice(person: Person, button: str) -> None:
    """Press a button twice, as fast as hands do."""
    person.page.get_by_role("button", name=button, exact=True).dblclick(no_wait_after=True)


def test_a_double_press_loses_nothing(person: Person) -> None:
    # Given a participant who presses Continue twice
    at_a_question(person)
    twice(person, "Continue")
    person.page.wait_for_url("**/contact*")
    # Then they are one page further, and it is kept
    assert path(person) == AFTER
    person.go(CHANGE)
    assert words(person) == SECRET


def test_send_pressed_twice_is_one_code_that_opens_it(person: Person) -> None:
    # Given a participant who presses Send twice
    at_check(person)
    press(person, "Continue")
    twice(person, "Send")
    person.page.wait_for_url("**/done*")
    # Then there is one code
    code = shown_code(person)
    person.page.reload()
    assert shown_code(person) == code
    # And it opens what they wrote
    come_back(person, code)
    person.go("/en/choices/answers")
    expect(person.page.get_by_text(SECRET).first).to_be_visible()


# A mistake


def test_what_was_refused_is_there(person: Person) -> None:
    # Given an answer that is far too long
    at_a_question(person)
    fill(person, change_words=TOO_LONG)
    press(person, "Continue")
    # Then it is there, also after going away and coming back
    assert words(person) == TOO_LONG
    person.go(step_address("check"))
    person.page.go_back()
    assert words(person) == TOO_LONG


# The network


def press_into_nothing(person: Person) -> None:
    """Press the button; what comes is the browser's own page, which says that it reached no server."""
    button = person.page.get_by_role("button", name="Continue", exact=True)
    with person.page.expect_event("framenavigated", lambda one: one.url.startswith(ERROR_PAGE)):
        button.click(no_wait_after=True)


def start_again(server: Server) -> None:
    """Start a server that was stopped, at the address where it was."""
    port = server.url.rpartition(":")[2]
    server.process = live.start(server.instance, demo=False, PORT=port).process


def test_what_met_no_network_is_sent_by_loading_again(writer: Person) -> None:
    # Given a participant without scripts, whose network goes while they write
    at_a_question(writer)
    writer.context.set_offline(True)
    press_into_nothing(writer)
    # When it is back, and they load that page again
    writer.context.set_offline(False)
    writer.page.reload()
    # Then they are one page further, and every word is kept
    assert path(writer) == AFTER
    writer.go(CHANGE)
    assert words(writer) == SECRET


def test_what_met_no_server_is_sent_by_loading_again(person: Person, own_server: Server) -> None:
    # Given a server that is stopped while a participant writes: their browser knows of nothing
    at_a_question(person)
    own_server.stop()
    try:
        press_into_nothing(person)
    finally:
        start_again(own_server)
    # When it runs again, and they load that page again
    person.page.reload()
    # Then they are one page further, and every word is kept
    assert path(person) == AFTER
    person.go(CHANGE)
    assert words(person) == SECRET


# What no button has sent


def test_back_from_no_network_shows_what_the_last_button_kept(writer: Person) -> None:
    # Given a participant without scripts who kept some words, and wrote others when the network went
    at_a_question(writer)
    press(writer, "Continue")
    writer.go(CHANGE)
    fill(writer, change_words="Others.")
    writer.context.set_offline(True)
    press_into_nothing(writer)
    # When they press Back instead
    writer.context.set_offline(False)
    writer.page.go_back()
    writer.go(CHANGE)
    # Then they have what was kept. The others are nowhere
    assert words(writer) == SECRET


def test_no_browser_brings_back_what_no_button_sent(writer: Person) -> None:
    # Given words that were typed and not sent, without scripts
    at_a_question(writer)
    # When the page is loaded again, or left and come back to
    writer.page.reload()
    # Then they are not there, not for the next person either
    assert words(writer) == ""
    fill(writer, change_words=SECRET)
    writer.go("/en/safety")
    writer.page.go_back()
    assert words(writer) == ""


# Too long for us


def test_what_was_too_long_for_us_leads_back_to_its_question(writer: Person) -> None:
    # Given a participant without scripts, whose words are kept
    at_a_question(writer)
    press(writer, "Continue")
    writer.go(CHANGE)
    # When they paste far more than any form may send
    fill(writer, change_words="w" * 900_000)
    press(writer, "Continue")
    # Then it is our page that answers, says that it is not kept, and leads back
    expect(writer.page.locator("main")).to_contain_text("is not kept. Paste a shorter part.")
    writer.page.get_by_role("link", name="Back to the question").click()
    # And what was kept before is there
    assert path(writer) == CHANGE
    assert words(writer) == SECRET
