"""A registrant books a seat, waits for one, uses a room code, cancels: without scripts, by keyboard, in Arabic."""

import time
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests import ways
from tests.browser import Person
from tests.event_ways import book, own, shown_ticket
from tests.factories import Booked
from tests.journeys.conftest import NextCode
from tests.journeys.keyboard import enter, press_key, tab_to
from tests.journeys.steps import fill, follow, path, press, press_first, shown_code
from tests.live import OpenBrowser, Server
from tests.meetings import JOINING_LINK, Meetings, beside
from webapp.rules import clock
from webapp.rules.references import reference

MAIL_WITHIN_SECONDS = 60


@pytest.fixture
def meetings(live_server: Server) -> Iterator[Meetings]:
    with beside(live_server) as reached:
        yield reached


def heading(person: Person, words: str) -> None:
    expect(person.page.get_by_role("heading", level=1)).to_have_text(words)


def mails_to(server: Server, address: str, how_many: int) -> list[EmailMessage]:
    """The mails that one person has, once there are so many."""
    deadline = time.monotonic() + MAIL_WITHIN_SECONDS
    while True:
        files = sorted((server.instance / "mail").glob("*.eml"))
        mails = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
        found = [mail for mail in mails if mail["To"] == address]
        if len(found) >= how_many or time.monotonic() > deadline:
            return found  # type: ignore[return-value]
        time.sleep(0.5)


def calendar_file(person: Person) -> str:
    """Download the file for a calendar, by keyboard."""
    tab_to(person, "main a", "Download for a calendar")
    with person.page.expect_download() as coming:
        press_key(person, "Enter")
    assert coming.value.suggested_filename == "meeting.ics"
    return coming.value.path().read_text()


def test_a_seat_is_booked_without_scripts_and_by_keyboard_alone(
    open_browser: OpenBrowser, live_server: Server
) -> None:
    # Given a professional with scripts turned off, who uses no mouse
    person = open_browser(scripts=False)
    person.go("/")
    enter(person, "main a[href^='/en/events/round-table/']", "")
    enter(person, "main button", "Book a seat")
    enter(person, "main form button", "Go on")
    # When they leave out their address
    tab_to(person, "[name='display_name']")
    person.page.keyboard.type("Robin")
    enter(person, "main button", "Book a seat")
    # Then what is wrong has the focus and leads to it, and what they wrote is still there
    assert person.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    press_key(person, "Tab")
    press_key(person, "Enter")
    assert person.focused() == "registrant_email"
    expect(person.page.locator("[name='display_name']")).to_have_value("Robin")
    # When they write it, and what they need
    person.page.keyboard.type("keyboard@example.org")
    tab_to(person, "[name='access_needs'][value='breaks']")
    press_key(person, "Space")
    enter(person, "main button", "Book a seat")
    # Then they have no seat yet, and one mail whose link leads to the button that books it
    heading(person, "You do not have a seat yet")
    (mail,) = mails_to(live_server, "keyboard@example.org", 1)
    assert mail["Subject"] == "Please confirm your booking"
    (link,) = [line for line in mail.get_content().splitlines() if line.startswith("http")]
    person.page.goto(link)
    heading(person, "You do not have a seat yet")
    enter(person, "main button", "Yes, book it")
    # Then they have a seat, and a page of their own
    heading(person, "You have a seat")
    expect(person.page.locator("main")).not_to_contain_text("keyboard@example.org")
    # And can say anew what they need
    enter(person, "main a", "Change what you need")
    tab_to(person, "[name='interpreter_language']")
    person.page.keyboard.type("Dari")
    enter(person, "main button", "Save")
    expect(person.page.get_by_role("status")).to_be_visible()
    # And have it in a calendar that says nothing
    entry = calendar_file(person)
    assert "METHOD:PUBLISH" in entry
    assert "SUMMARY:Meeting" in entry
    assert "support" not in entry.lower()
    # And can give the seat back, and take it out of the calendar
    enter(person, "main a", "Give my seat back")
    enter(person, "main button", "Yes, give it back")
    heading(person, "Your booking is cancelled")
    assert "METHOD:CANCEL" in calendar_file(person)


def test_who_waits_moves_up_when_another_registrant_cancels(
    open_browser: OpenBrowser, live_server: Server, meetings: Meetings
) -> None:
    # Given a meeting with one seat, which a registrant has
    event = meetings.publish("round-table", "one-seat", seats=1)
    first, second = open_browser(scripts=False, phone=True), open_browser(scripts=False)
    leaves = book(first, event.slug, registrant_email="leaves@example.org")
    # When another one comes
    second.go(f"/en/events/{event.slug}/")
    expect(second.page.locator("main")).to_contain_text("All seats are taken")
    waits = book(second, event.slug, registrant_email="waits@example.org")
    # Then they are told that they wait, on the page and by mail
    heading(second, "You are on the waiting list")
    assert mails_to(live_server, "waits@example.org", 1)[0]["Subject"] == (
        "You are on the waiting list"
    )
    press(second, "I have kept it")
    assert second.context.cookies() == []
    # When the seat is given back
    own(first, leaves)
    follow(first, "Give my seat back")
    press(first, "Yes, give it back")
    heading(first, "Your booking is cancelled")
    # Then it is theirs, and one mail says so, and nothing else
    _, mail = mails_to(live_server, "waits@example.org", 2)
    assert mail["Subject"] == "There is a seat for you"
    (link,) = [line for line in mail.get_content().splitlines() if line.startswith("http")]
    assert link == f"{live_server.url}/en/r/{waits}"
    assert "round" not in mail.as_string().lower()
    second.page.goto(link)
    heading(second, "You have a seat")


def test_the_room_opens_with_its_code_and_in_its_time_only(
    open_browser: OpenBrowser, live_server: Server, next_code: NextCode, meetings: Meetings
) -> None:
    # Given a registrant with a seat in the small group, and the code they were shown once
    event = meetings.publish("small-group", "quiet-room")
    person = open_browser(scripts=False, phone=True)
    book(person, event.slug)
    code = shown_code(person)
    expect(person.page.locator("main")).to_contain_text("we cannot show it again")
    follow(person, "Go to your booking")
    expect(person.page.locator("main")).to_contain_text("You will see the link to join here from")
    assert code not in person.page.content()
    # When a coordinator sets the joining link, and moves the meeting to today
    coordinator = open_browser()
    ways.sign_in(coordinator, live_server.sign_in, next_code())
    set_link(coordinator, event.slug)
    person.page.reload()
    assert person.page.locator("[name='code']").count() == 0
    move_to_soon(coordinator, event.slug)
    # Then the page asks for the code
    person.page.reload()
    fill(person, code="K7QF-2M9Z")
    press(person, "Show the link to join")
    expect(person.page.get_by_role("alert")).to_be_visible()
    assert JOINING_LINK not in person.page.content()
    # And opens with the right one, however it is typed
    fill(person, code=code.lower())
    press(person, "Show the link to join")
    join = person.page.get_by_role("link", name="Join now")
    assert join.get_attribute("href") == JOINING_LINK
    # And the next person who opens the page sees nothing of it
    own(person, path(person).split("/")[3])
    assert JOINING_LINK not in person.page.content()


def set_link(coordinator: Person, slug: str) -> None:
    """Set the joining link, to be seen from three hours before."""
    coordinator.go(f"/desk/events/{slug}/link")
    fill(coordinator, link=JOINING_LINK, minutes="180")
    press(coordinator, "Save")
    expect(coordinator.page.locator("main").get_by_role("status")).to_contain_text(
        "The joining link is set"
    )


def move_to_soon(coordinator: Person, slug: str) -> None:
    """Move an event to two hours from now."""
    soon = (clock.now() + timedelta(hours=2)).astimezone(ZoneInfo("Europe/London"))
    coordinator.go(f"/desk/events/{slug}/move")
    fill(coordinator, day=str(soon.day), month=str(soon.month), year=str(soon.year))
    fill(coordinator, time=f"{soon:%H:%M}", why="better")
    press(coordinator, "Continue")
    press(coordinator, "Yes, move it")
    expect(coordinator.page.locator("main").get_by_role("status")).to_contain_text(
        "The event has been moved"
    )


def test_booking_from_right_to_left_on_a_phone_in_the_dark(
    open_browser: OpenBrowser, meetings: Meetings
) -> None:
    # Given a registrant who reads Arabic, on a phone, at night
    person = open_browser(phone=True, dark=True, language="ar", scripts=False)
    event = meetings.publish("small-group", "at-night")
    # When they book
    ticket = book(person, event.slug, "ar", display_name="نور")
    assert person.page.evaluate("getComputedStyle(document.body).direction") == "rtl"
    # Then the code and the link are still read from left to right
    assert person.page.locator(".code").get_attribute("dir") == "ltr"
    assert person.page.locator("p.link").get_attribute("dir") == "ltr"
    assert not person.scrolls_sideways()
    code = shown_code(person)
    # And their own page is theirs, in their language, and they can cancel there
    press_first(person)
    own(person, ticket, "ar")
    assert person.page.locator("html").get_attribute("lang") == "ar"
    assert not person.scrolls_sideways()
    own(person, ticket, "ar", "/cancel")
    fill(person, code=code)
    press_first(person)
    assert meetings.state(ticket) == "cancelled"


def test_booked_twice_by_back_and_reload_is_one_seat(
    open_browser: OpenBrowser, meetings: Meetings
) -> None:
    # Given a registrant who has booked one of two seats
    event = meetings.publish("round-table", "two-seats", seats=2)
    person = open_browser()
    ticket = book(person, event.slug)
    # When they go back, press again, and load the page again
    person.page.go_back()
    if person.page.get_by_role("button", name="Book a seat").count():
        press(person, "Book a seat")
    person.page.reload()
    # Then it is the same booking, and the other seat is free
    assert shown_ticket(person) == ticket
    person.go(f"/en/events/{event.slug}/")
    expect(person.page.locator("main")).to_contain_text("There are free seats")


# At the desk


def test_a_coordinator_runs_a_meeting(
    open_browser: OpenBrowser, live_server: Server, next_code: NextCode, meetings: Meetings
) -> None:
    # Given a full meeting with two in line
    event = meetings.publish("small-group", "run-by-hand", seats=2)
    names = ("Robin", "Sam", "Alex", "Kim")
    people = [meetings.book(event, name.lower(), display_name=name) for name in names]
    states = [meetings.state(one.ticket) for one in people]
    assert states == ["confirmed", "confirmed", "waiting", "waiting"]
    desk = open_browser()
    ways.sign_in(desk, live_server.sign_in, next_code())
    # When a coordinator looks, they see who stands where, and no registrant's name
    desk.go(f"/desk/events/{event.slug}")
    expect(desk.page.locator("main")).to_contain_text("2 of 2 seats taken, 2 people waiting")
    assert not any(name in desk.page.content() for name in names)
    # And one registration opens, with a reason
    follow(desk, reference(people[0].id))
    press(desk, "Open the registration")
    expect(desk.page.get_by_role("alert")).to_be_visible()
    fill(desk, why="prepare")
    press(desk, "Open the registration")
    expect(desk.page.locator("main")).to_contain_text("robin@example.org")
    # When they move the last in line to the front, and cancel for a registrant with a seat
    act(desk, people[3], "Move them to the front", "needed")
    act(desk, people[1], "Cancel it", "asked")
    # Then the one at the front has the seat
    states = [meetings.state(one.ticket) for one in people]
    assert states == ["confirmed", "cancelled", "waiting", "confirmed"]
    # And a seat that is free can be given by hand
    meetings.with_seats(event, 3)
    act(desk, people[2], "Give them a seat", "needed")
    assert meetings.state(people[2].ticket) == "confirmed"
    # And the list for the room has the names that people chose, and nothing else
    desk.go(f"/desk/events/{event.slug}")
    press(desk, "Open the attendance list")
    rows = desk.page.locator("main tbody tr th").all_inner_texts()
    assert sorted(rows) == ["Alex", "Kim", "Robin"]
    assert "@" not in desk.page.inner_text("main")
    # And the record has all of it
    desk.go("/desk/record")
    record = desk.page.inner_text("main")
    for done in (
        "Opened a registration",
        "Moved someone to the front of the waiting list",
        "Cancelled a registration",
        "Gave a seat to someone on the waiting list",
        "Opened the attendance list",
    ):
        assert done in record


def act(desk: Person, registrant: Booked, words: str, why: str) -> None:
    """Choose one of the things that can be done by hand, give a reason, and do it."""
    desk.go(f"/desk/registrations/{registrant.id}")
    follow(desk, words)
    fill(desk, why=why)
    press_first(desk)
    expect(desk.page.locator("main").get_by_role("status")).to_be_visible()
    assert path(desk).startswith("/desk/registrations/")
