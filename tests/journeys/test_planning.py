"""A coordinator plans an event without scripts, by keyboard, on a narrow phone; a visitor books it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, expect

from tests import ways
from tests.browser import Person, person_at
from tests.journeys.conftest import NextCode
from tests.journeys.keyboard import enter, press_key, tab_to
from tests.journeys.steps import fill, follow, path, press
from tests.live import Server
from webapp.rules import clock

NARROW = {"width": 320, "height": 640}
TITLE, ABOUT = "An evening about housing", "ስለ መኖሪያ ቤት እንነጋገራለን።"


@pytest.fixture
def phone(browser: Browser, own_server: Server) -> Iterator[Person]:
    """A narrow phone whose browser runs no scripts."""
    with person_at(browser, own_server.url, scripts=False) as person:
        person.page.set_viewport_size(NARROW)
        yield person


def looks_right(person: Person) -> None:
    """The page fits. The engines need scripts: see below."""
    assert not person.scrolls_sideways(), path(person)


def write(person: Person, name: str, words: str) -> None:
    """Go to a field by keyboard, and type in the place of what stands there."""
    tab_to(person, f"[name='{name}']")
    press_key(person, "Control+A")
    person.page.keyboard.type(words)


def test_an_event_is_planned_looked_at_published_and_booked(
    phone: Person, own_server: Server, next_own_code: NextCode
) -> None:
    # Given a coordinator at the list of events
    ways.sign_in(phone, own_server.sign_in, next_own_code())
    phone.go("/desk/events")
    enter(phone, "main a", "Plan an event")
    looks_right(phone)
    enter(phone, "main a", "Plan a round table")
    looks_right(phone)
    # When they fill the form in by keyboard, and forget the day
    for name, words in {
        "title": TITLE,
        "summary": ABOUT,
        "audience": "Anyone who works in housing.",
        "starts": "2.30 pm",
        "ends": "4 pm",
        "address": "evening-housing",
    }.items():
        write(phone, name, words)
    press(phone, "See how it looks")
    # Then the error leads to the day, and what they wrote is there
    looks_right(phone)
    press_key(phone, "Tab")
    press_key(phone, "Enter")
    assert phone.focused() == "day"
    expect(phone.page.locator("[name='summary']")).to_have_value(ABOUT)
    # When they write it, then they see the page as a visitor does
    day = clock.today() + timedelta(days=40)
    for name, number in (("day", day.day), ("month", day.month), ("year", day.year)):
        write(phone, name, str(number))
    press(phone, "See how it looks")
    looks_right(phone)
    expect(phone.page.locator("main")).to_contain_text("This is a preview.")
    expect(phone.page.locator("h1")).to_have_text(TITLE)
    # When they publish it, then a visitor finds it and comes to the booking form
    press(phone, "Publish the event")
    assert path(phone).startswith("/desk/events/evening-housing")
    looks_right(phone)
    phone.go("/en/")
    phone.page.get_by_role("link", name=TITLE).first.click()
    expect(phone.page.locator("main")).to_contain_text(ABOUT)
    press(phone, "Book a seat")
    press(phone, "Go on")
    write(phone, "registrant_email", "robin@example.org")
    press(phone, "Book a seat")
    expect(phone.page.locator("h1")).to_have_text("You do not have a seat yet")


def test_a_call_is_closed_and_opened_again_on_a_narrow_phone(
    phone: Person, own_server: Server, next_own_code: NextCode
) -> None:
    ways.sign_in(phone, own_server.sign_in, next_own_code())
    phone.go("/desk/calls/support-needs")
    enter(phone, "main a", "Close the call")
    looks_right(phone)
    tab_to(phone, "[name='why']")
    press_key(phone, "Space")
    press(phone, "Close the call")
    expect(phone.page.locator("main")).to_contain_text("The call is closed.")
    follow(phone, "Open the call again")
    looks_right(phone)
    # (before the month by which people were told that they can read what became of it)
    day = clock.today() + timedelta(days=130)
    for name, number in (("day", day.day), ("month", day.month), ("year", day.year)):
        write(phone, name, str(number))
    tab_to(phone, "[name='why']")
    press_key(phone, "Space")
    press(phone, "Open it again")
    expect(phone.page.locator("main")).to_contain_text("The call is open again.")


def test_neither_engine_finds_anything_wrong_with_a_plan(
    browser: Browser, own_server: Server, next_own_code: NextCode
) -> None:
    with person_at(browser, own_server.url) as person:
        person.page.set_viewport_size(NARROW)
        ways.sign_in(person, own_server.sign_in, next_own_code())
        # Given the form of a plan, then with errors, then the preview
        person.go("/desk/events/new?start=focus_group")
        assert person.violations() + person.second_opinion() == []
        press(person, "See how it looks")
        assert person.violations() + person.second_opinion() == []
        day = clock.today() + timedelta(days=41)
        fill(
            person,
            title=TITLE,
            summary=ABOUT,
            audience="Adults.",
            day=str(day.day),
            month=str(day.month),
            year=str(day.year),
            starts="11 am",
            ends="12.30 pm",
            address="another-evening",
        )
        press(person, "See how it looks")
        expect(person.page.locator("main")).to_contain_text("This is a preview.")
        assert person.violations() + person.second_opinion() == []
        assert not person.scrolls_sideways()
