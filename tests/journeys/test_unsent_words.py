"""Words that were typed and not sent, in a real browser: nobody types anything twice."""

from collections.abc import Callable

import pytest

from tests.browser import Person
from tests.journeys.keyboard import press_key, tab_to
from tests.journeys.leaving import ADDRESS, EVENT, SECRET, adult, at_a_booking
from tests.journeys.steps import fill, page_address, path, press, press_first
from tests.live import OpenBrowser

TOO_LONG = "Too long. " * 200
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
    """Somebody has written something, and not sent it."""
    adult(person)
    person.go(page_address("change"))
    fill(person, change_words=words)


@SCRIPTS
@pytest.mark.parametrize("way", TURNS)
@pytest.mark.parametrize("words", [SECRET, TOO_LONG], ids=["a few words", "too many"])
def test_turning_away_keeps_what_was_written(
    somebody: OpenBrowser, scripts: bool, way: str, words: str
) -> None:
    # Given somebody who is writing
    person = somebody(scripts=scripts)
    at_the_last_question(person, words)
    # When they turn away by a button of the page, and come back
    TURNS[way](person)
    # Then it is there as they wrote it, and nothing is said to be wrong
    assert path(person).endswith("/page/change")
    assert person.page.input_value("textarea") == words
    assert person.page.get_by_role("alert").count() == 0


@SCRIPTS
def test_a_booking_in_another_language_keeps_what_was_written(
    somebody: OpenBrowser, scripts: bool
) -> None:
    person = somebody(scripts=scripts)
    at_a_booking(person)
    choose_arabic(person)
    assert path(person) == EVENT.replace("/en/", "/ar/") + "/register"
    assert person.page.input_value("[name=registrant_email]") == ADDRESS


@SCRIPTS
def test_enter_in_a_field_goes_on(somebody: OpenBrowser, scripts: bool) -> None:
    """The first button of a form is the one that Enter presses, and "Back" stands before the others."""
    # Given somebody at a page with a line to write in
    person = somebody(scripts=scripts)
    at_a_booking(person)
    fill(person, registrant_email="not yet")
    # When they press Enter
    press_key(person, "Enter", goes_on=True)
    # Then it is sent, and they are told what is wrong: they are not back, and not in another language
    assert path(person) == f"{EVENT}/register"
    assert person.page.get_by_role("alert").count() == 1


@SCRIPTS
def test_by_keyboard_the_way_out_comes_before_the_way_back(
    somebody: OpenBrowser, scripts: bool
) -> None:
    # Given somebody without a mouse, at the top of a question
    person = somebody(scripts=scripts)
    adult(person)
    person.go(page_address("change"))
    # Then leaving is first, and nothing unseen takes the focus on the way to "Back"
    assert tab_to(person, ".leave") == 1
    tab_to(person, ".tongues summary")
    assert tab_to(person, ".back button", "Back") == 1
    assert tab_to(person, "textarea") <= 3
