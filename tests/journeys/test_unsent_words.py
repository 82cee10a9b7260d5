"""Words that were typed and not sent, in a real browser: no participant types anything twice."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests import browser as browsers
from tests.browser import Person
from tests.journeys.keyboard import press_key, tab_to
from tests.journeys.leaving import ADDRESS, EVENT, SECRET, adult, at_a_booking, leave, visits
from tests.journeys.steps import fill, follow, page_address, path, press, press_first
from tests.live import OpenBrowser, Server

TOO_LONG = "Too long. " * 200
PAUSE = 1500  # milliseconds; the script waits 900
SCRIPTS = pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])


def choose_arabic(person: Person) -> None:
    """Open the list of languages, and choose."""
    person.page.locator(".tongues summary").click()
    with person.page.expect_navigation():
        person.page.locator(".tongues [lang=ar]").click()


def back_and_on(person: Person) -> None:
    """The page's own way back, then on again."""
    press(person, "Back")
    press_first(person)


TURNS: dict[str, Callable[[Person], None]] = {
    "back and on": back_and_on,
    "another language": choose_arabic,
}


def at_the_last_question(person: Person, words: str = SECRET) -> None:
    """A participant has written something, and not sent it."""
    adult(person)
    person.go(page_address("change"))
    fill(person, change_words=words)


@SCRIPTS
@pytest.mark.parametrize("way", TURNS)
@pytest.mark.parametrize("words", [SECRET, TOO_LONG], ids=["a few words", "too many"])
def test_turning_away_keeps_what_was_written(
    open_browser: OpenBrowser, scripts: bool, way: str, words: str
) -> None:
    # Given a participant who is writing
    person = open_browser(scripts=scripts)
    at_the_last_question(person, words)
    # When they turn away by a button of the page, and come back
    TURNS[way](person)
    # Then it is there as they wrote it, and nothing is said to be wrong
    assert path(person).endswith("/page/change")
    assert person.page.input_value("textarea") == words
    assert person.page.get_by_role("alert").count() == 0


@SCRIPTS
def test_a_booking_in_another_language_keeps_what_was_written(
    open_browser: OpenBrowser, scripts: bool
) -> None:
    person = open_browser(scripts=scripts)
    at_a_booking(person)
    choose_arabic(person)
    assert path(person) == EVENT.replace("/en/", "/ar/") + "/register"
    assert person.page.input_value("[name=registrant_email]") == ADDRESS


@SCRIPTS
def test_enter_in_a_field_goes_on(open_browser: OpenBrowser, scripts: bool) -> None:
    """The first button of a form is the one that Enter presses, and "Back" stands before the others."""
    # Given a participant at a page with a line to write in
    person = open_browser(scripts=scripts)
    at_a_booking(person)
    fill(person, registrant_email="not yet")
    # When they press Enter
    press_key(person, "Enter", goes_on=True)
    # Then it is sent, and they are told what is wrong: they are not back, and not in another language
    assert path(person) == f"{EVENT}/register"
    assert person.page.get_by_role("alert").count() == 1


@SCRIPTS
def test_by_keyboard_the_way_out_comes_before_the_way_back(
    open_browser: OpenBrowser, scripts: bool
) -> None:
    # Given a participant without a mouse, at the top of a question
    person = open_browser(scripts=scripts)
    adult(person)
    person.go(page_address("change"))
    # Then leaving is first, and nothing unseen takes the focus on the way to "Back"
    assert tab_to(person, ".leave") == 1
    tab_to(person, ".tongues summary")
    assert tab_to(person, ".back button", "Back") == 1
    assert tab_to(person, "textarea") <= 3


# With scripts: what is being written is kept without a button


def kept(person: Person) -> None:
    """A participant pauses, and the script has kept what they wrote."""
    with person.page.expect_response("**/words") as answer:
        person.page.locator("main :is(textarea, input.box)").last.press("End")
        person.page.locator("main :is(textarea, input.box)").last.type(".")
    assert answer.value.status == 204


def load_again(person: Person) -> None:
    person.page.reload()


def back_and_forward(person: Person) -> None:
    person.page.go_back()
    person.page.go_forward()


def look_at_the_menu(person: Person) -> None:
    follow(person, "Safety")
    person.page.go_back()


GOING: dict[str, Callable[[Person], None]] = {
    "loading again": load_again,
    "back and forward": back_and_forward,
    "a link of the menu": look_at_the_menu,
}


@pytest.mark.parametrize("way", GOING)
@pytest.mark.parametrize("words", [SECRET, TOO_LONG], ids=["a few words", "too many"])
def test_what_is_being_written_is_kept(open_browser: OpenBrowser, way: str, words: str) -> None:
    # Given a participant who writes, and pauses
    person = open_browser()
    at_the_last_question(person, words)
    kept(person)
    # When they go elsewhere and come back
    GOING[way](person)
    # Then it is there, and nothing is said to be wrong
    assert path(person) == page_address("change")
    assert person.page.input_value("textarea") == f"{words}."
    assert person.page.get_by_role("alert").count() == 0


def test_a_link_right_after_writing_keeps_it(open_browser: OpenBrowser) -> None:
    # Given a participant who follows a link without a pause
    person = open_browser()
    at_the_last_question(person)
    with person.page.expect_request("**/words"):
        look_at_the_menu(person)
    # Then it is there all the same
    person.page.reload()
    assert person.page.input_value("textarea") == SECRET


def test_a_booking_is_kept_while_it_is_written(open_browser: OpenBrowser) -> None:
    person = open_browser()
    at_a_booking(person)
    with person.page.expect_response("**/words"):
        person.page.locator("[name=registrant_email]").type("x")
    person.page.reload()
    assert person.page.input_value("[name=registrant_email]") in (f"{ADDRESS}x", f"x{ADDRESS}")


def test_a_page_that_was_sent_is_not_kept_once_more(open_browser: OpenBrowser) -> None:
    # Given a participant who writes, pauses, writes on, and sends the page
    person = open_browser()
    at_the_last_question(person)
    kept(person)
    fill(person, change_words="The last word.")
    asked: list[str] = []
    person.context.on("request", lambda request: asked.append(request.url))
    press(person, "Continue")
    person.page.wait_for_timeout(PAUSE)
    # Then nothing older comes after it
    assert [address for address in asked if address.endswith("/words")] == []
    person.go(page_address("change"))
    assert person.page.input_value("textarea") == "The last word."


def test_without_a_network_it_is_kept_when_there_is_one(open_browser: OpenBrowser) -> None:
    # Given a participant who writes where there is no network
    person = open_browser()
    at_the_last_question(person)
    person.context.set_offline(True)
    person.page.wait_for_timeout(PAUSE)
    # When it is back, and they write on
    person.context.set_offline(False)
    kept(person)
    # Then all of it is kept
    person.page.reload()
    assert person.page.input_value("textarea") == f"{SECRET}."


def test_a_participant_who_leaves_keeps_nothing(
    own_server: Server, browser: Browser, elsewhere: str
) -> None:
    # Given a participant who leaves while they write
    before = visits(own_server)
    with browsers.person_at(browser, own_server.url) as person:
        at_the_last_question(person)
        asked: list[str] = []
        person.context.on("request", lambda request: asked.append(request.url))
        leave(person, elsewhere)
        person.page.wait_for_timeout(PAUSE)
        # Then nothing is kept after that
        assert [address for address in asked if address.endswith("/words")] == []
        assert visits(own_server) == before
