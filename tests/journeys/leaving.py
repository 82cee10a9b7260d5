"""Leaving, in words that the journeys share: where a participant may be, how they leave, and what may be seen then."""

import sqlite3
from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import Person
from tests.journeys.steps import (
    CALL,
    begin,
    come_back,
    fill,
    page_address,
    path,
    press,
    press_first,
    send,
    step_address,
)
from tests.live import Server

SECRET = "I was afraid of my landlord."
ADDRESS = "robin@example.org"
MISTYPED = "ZZQF-2M9X-TC4R-8ZHD-W3NP-J6SQ"
NAME = "Robin Redbreast"
EVENT = "/en/events/round-table"
#: An event where no e-mail address is needed: a booking without one has its page at once.
GROUP = "/en/events/small-group"
#: What would tell the next person who presses Back what this site is about, or what was typed.
TELLING = (
    SECRET,
    ADDRESS,
    NAME,
    MISTYPED,
    "support needs",
    "round table",
    "Hearth",
    "answer",
    "Helpline",
    "What should change",
)
LEAVE = "Leave now"
SHIFT = "Shift"


def leave(person: Person, elsewhere: str) -> None:
    """Press the link that is on every page."""
    person.page.get_by_role("link", name=LEAVE).click()
    arrived(person, elsewhere)


def leave_by_keyboard(person: Person, elsewhere: str) -> None:
    """Press Shift three times, alone, wherever the focus is."""
    for _ in range(3):
        person.page.keyboard.press(SHIFT)
    arrived(person, elsewhere)


def leave_offline(person: Person) -> None:
    """Press the link where no network answers."""
    with person.page.expect_request("**/leave"):
        person.page.get_by_role("link", name=LEAVE).click(no_wait_after=True)
    person.page.wait_for_load_state()


def leave_offline_by_keyboard(person: Person) -> None:
    """The same by Shift."""
    with person.page.expect_request("**/leave"):
        for _ in range(3):
            person.page.keyboard.press(SHIFT)
    person.page.wait_for_load_state()


def arrived(person: Person, elsewhere: str) -> None:
    """They are at the neutral site."""
    person.page.wait_for_url(elsewhere)
    assert person.page.title() == "Weather"


def nothing_is_shown(person: Person) -> None:
    """What stands on the page, what is typed in its fields, and what the tab says."""
    seen = person.page.content() + person.page.title()
    for field in person.page.locator("input, textarea").all():
        seen += field.input_value()
    for word in TELLING:
        assert word not in seen, f"{word!r} at {person.page.url}"
    # And the address says nothing, either.
    assert path(person) == "/"


def visits(server: Server) -> int:
    """How many Visits of the public door the store holds."""
    with sqlite3.connect(server.instance / "volatile.sqlite3") as volatile:
        (count,) = volatile.execute("SELECT count(*) FROM public_visits").fetchone()
    volatile.close()
    return int(count)


# Where a participant may be. Each ends with something there that no other person may see.


def at_the_start(person: Person) -> None:
    person.go(f"/en/calls/{CALL}/")


def told_how_to_leave(person: Person) -> None:
    person.go(f"/en/calls/{CALL}/")
    press_first(person)
    expect(person.page.get_by_role("heading", name="How to leave fast")).to_be_visible()


def adult(person: Person) -> None:
    begin(person)
    fill(person, adult="yes")
    press(person, "Continue")


def at_a_question(person: Person) -> None:
    """One answer is kept, another one typed and not sent."""
    adult(person)
    person.go(page_address("health"))
    fill(person, health_words=SECRET)
    press(person, "Continue")
    person.go(page_address("change"))
    fill(person, change_words=SECRET)


def at_a_mistake(person: Person) -> None:
    adult(person)
    person.go(page_address("change"))
    fill(person, change_words=SECRET * 60)
    press(person, "Continue")
    expect(person.page.get_by_role("alert")).to_be_visible()


def at_check(person: Person) -> None:
    at_a_question(person)
    press(person, "Continue")
    person.go(step_address("check"))
    expect(person.page.get_by_text(SECRET).first).to_be_visible()


def at_agree(person: Person) -> None:
    at_check(person)
    press(person, "Continue")
    person.page.check("[value='quote']")


def at_the_code(person: Person) -> None:
    at_check(person)
    send(person)


def at_my_choices(person: Person) -> None:
    at_check(person)
    code = send(person)
    press(person, "I have kept my code")
    come_back(person, code)
    person.go("/en/choices/answers")
    expect(person.page.get_by_text(SECRET).first).to_be_visible()


def at_a_refused_code(person: Person) -> None:
    """The page answers the post itself, with what was typed."""
    person.go("/en/choices")
    fill(person, code=MISTYPED)
    press_first(person)
    expect(person.page.get_by_role("alert")).to_be_visible()
    expect(person.page.locator("[name=code]")).to_have_value(MISTYPED)


def at_a_booking(person: Person) -> None:
    person.go(f"{EVENT}/")
    press_first(person)
    press_first(person)
    fill(person, registrant_email=ADDRESS)


def at_a_booking_without_address(person: Person) -> None:
    person.go(f"{GROUP}/")
    press_first(person)
    press_first(person)
    fill(person, adult="yes", display_name=NAME)


def at_their_own_page(person: Person) -> None:
    at_a_booking_without_address(person)
    press_first(person)
    person.page.get_by_role("link", name="Go to your booking").click()
    person.page.wait_for_url("**/en/r/*")


def at_a_page_that_is_not_there(person: Person) -> None:
    person.go("/en/nowhere")


PLACES: dict[str, Callable[[Person], None]] = {
    "the start": at_the_start,
    "being told how to leave": told_how_to_leave,
    "a question": at_a_question,
    "a mistake": at_a_mistake,
    "check your answers": at_check,
    "consent": at_agree,
    "the code": at_the_code,
    "my choices": at_my_choices,
    "a refused code": at_a_refused_code,
    "a booking": at_a_booking,
    "their own page": at_their_own_page,
    "a page that is not there": at_a_page_that_is_not_there,
}
