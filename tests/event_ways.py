"""User journeys through events in a real browser. Each yields the name of every page and state it comes to."""

from collections.abc import Callable, Iterator

from tests.browser import Person
from tests.factories import Booked
from tests.journeys.steps import fill, follow, go_on_from_leaving, path, press, press_first
from tests.meetings import JOINING_LINK, Meetings
from tests.ways import told_how_to_leave
from webapp.services.events.published_events import Event

FAR_TOO_LONG = "Many words. " * 60
NOT_AN_ADDRESS = "robin at example"


def begin_booking(person: Person, slug: str, language: str = "en") -> None:
    """Read the event's page and, once, how to leave fast; then go on to the form."""
    person.go(f"/{language}/events/{slug}/")
    press_first(person)
    go_on_from_leaving(person)


def book(person: Person, slug: str, language: str = "en", **answers: str | list[str]) -> str:
    """Book a seat, or go on the waiting list. Returns the ticket in the link that is shown."""
    begin_booking(person, slug, language)
    if person.page.locator("[name='adult']").count():
        answers.setdefault("adult", "yes")
    fill(person, **{"registrant_email": "robin@example.org", **answers})
    press_first(person)
    assert path(person).endswith("/registered"), person.page.inner_text("main")
    return shown_ticket(person)


def shown_ticket(person: Person) -> str:
    """The ticket in the link that the page shows to be kept."""
    link = person.page.locator("p.link").inner_text()
    assert link.startswith(f"{person.base}/")
    return link.rpartition("/")[2]


def own(person: Person, ticket: str, language: str = "en", more: str = "") -> None:
    """Open the own page by its link, or a page behind it."""
    person.go(f"/{language}/r/{ticket}{more}")


def registering(person: Person, meetings: Meetings, language: str = "en") -> Iterator[str]:
    """Booking: with free seats, in a full room, with mistakes, and when bookings are closed."""
    group = meetings.publish("small-group", f"small-{language}", seats=3)
    person.go(f"/{language}/events/{group.slug}/")
    yield "event"
    for name in ("paper", "paper/large"):
        person.go(f"/{language}/events/{group.slug}/{name}")
        yield f"event-{name.replace('/', '-')}"
    person.go(f"/{language}/events/{group.slug}/")
    press_first(person)
    yield from told_how_to_leave(person)
    yield "register"
    fill(person, registrant_email=NOT_AN_ADDRESS)
    press_first(person)
    yield "register-mistaken"
    fill(person, adult="no", registrant_email="robin@example.org")
    press_first(person)
    yield "event-stop"
    book(person, group.slug, language)
    yield "registered-with-code"
    yield from _putting_right(person, group.slug, language)
    press_first(person)
    book(person, group.slug, language, registrant_email="")
    yield "registered-without-e-mail"
    press_first(person)
    table = meetings.publish("round-table", f"table-{language}", seats=2)
    meetings.fill(table, 1)
    book(person, table.slug, language)
    yield "registered"
    press_first(person)
    person.go(f"/{language}/events/{table.slug}/")
    yield "event-full"
    press_first(person)
    list(told_how_to_leave(person))
    yield "register-full"
    fill(person, registrant_email="robin@example.org")
    press_first(person)
    yield "registered-waiting"
    yield from _confirming(person, meetings, language)
    meetings.shut(table)
    person.go(f"/{language}/events/{table.slug}/")
    yield "event-closed"
    begin_closed = meetings.publish("round-table", f"shut-{language}")
    begin_booking(person, begin_closed.slug, language)
    meetings.shut(begin_closed)
    press_first(person)
    yield "closed-while-writing"
    meetings.call_off(table)
    person.go(f"/{language}/events/{table.slug}/")
    yield "event-called-off"
    meetings.begins_in(begin_closed, hours=-5)
    person.go(f"/{language}/events/{begin_closed.slug}/")
    yield "event-over"


def _confirming(person: Person, meetings: Meetings, language: str) -> Iterator[str]:
    """A booking that holds nothing until its address is confirmed, and one that waits for a coordinator."""
    group = meetings.publish("small-group", f"asked-{language}", seats=1, confirm_address=True)
    begin_booking(person, group.slug, language)
    yield "register-to-confirm"
    fill(person, adult="yes", registrant_email="robin@example.org")
    press_first(person)
    assert path(person).endswith("/registered"), person.page.inner_text("main")
    yield "registered-to-confirm"
    press_first(person)
    asked = meetings.book(group, "asked")
    own(person, asked.ticket, language)
    yield "own-to-confirm"
    press_first(person)
    assert meetings.state(asked.ticket) == "confirmed"
    meetings.cancel(asked)
    meetings.book_without_address(group)
    book(person, group.slug, language, registrant_email="")
    yield "registered-to-be-decided"
    own(person, shown_ticket(person), language)
    yield "own-to-be-decided"


def _putting_right(person: Person, slug: str, language: str) -> Iterator[str]:
    person.go(f"/{language}/events/{slug}/address")
    yield "address"
    fill(person, registrant_email=NOT_AN_ADDRESS)
    press_first(person)
    yield "address-mistaken"
    fill(person, registrant_email="right@example.org")
    press_first(person)
    yield "registered-with-right-address"


def coming_back(person: Person, meetings: Meetings, language: str = "en") -> Iterator[str]:
    """The own page: with a seat and in line, changing, cancelling, joining, afterwards."""
    event = meetings.publish("small-group", f"own-{language}", seats=1)
    seated, waits, leaves = meetings.fill(event, 3)
    own(person, seated.ticket, language)
    yield "own-seat"
    yield from _changing_needs(person, seated, language)
    own(person, seated.ticket, language, "/cancel")
    yield "cancel-seat"
    own(person, waits.ticket, language)
    yield "own-waiting"
    own(person, waits.ticket, language, "/cancel")
    yield "cancel-waiting"
    own(person, leaves.ticket, language, "/cancel")
    press_first(person)
    yield "cancel-without-code"
    fill(person, code=leaves.room_code or "")
    press_first(person)
    yield "own-cancelled"
    meetings.begins_in(event, minutes=10)
    own(person, seated.ticket, language)
    yield "own-without-link"
    meetings.set_link(event)
    yield from _entering(person, seated, language)
    meetings.begins_in(event, minutes=-1)
    own(person, waits.ticket, language)
    yield "own-no-seat-this-time"
    meetings.begins_in(event, hours=-5)
    own(person, seated.ticket, language)
    yield "own-over"
    meetings.begins_in(event, hours=5)
    meetings.call_off(event)
    own(person, seated.ticket, language)
    yield "own-called-off"
    own(person, seated.ticket, language, "/delete")
    yield "delete-booking"
    press_first(person)
    yield "booking-deleted"
    person.go(f"/{language}/r/{'0' * 32}")
    yield "own-gone"
    yield from _on_the_list(person, meetings, language)


def _on_the_list(person: Person, meetings: Meetings, language: str) -> Iterator[str]:
    """A professional reads news, and takes their name off the list."""
    table = meetings.publish("round-table", f"table-{language}")
    listed = meetings.book(table, "listed", on_the_list="yes")
    meetings.write(table, "The papers are on their way.\n\nRing us on 01632 960002.")
    own(person, listed.ticket, language)
    yield "own-news"
    own(person, listed.ticket, language, "/list")
    yield "own-off-list"
    press_first(person)
    yield "own-off-the-list"


def _changing_needs(person: Person, registrant: Booked, language: str) -> Iterator[str]:
    own(person, registrant.ticket, language, "/needs")
    yield "needs"
    fill(person, needs_notes=FAR_TOO_LONG)
    press_first(person)
    yield "needs-mistaken"
    fill(
        person,
        needs_notes="A short break.",
        access_needs=["breaks"],
        code=registrant.room_code or "",
    )
    press_first(person)
    yield "own-needs-changed"


def _entering(person: Person, registrant: Booked, language: str) -> Iterator[str]:
    own(person, registrant.ticket, language)
    yield "own-room-code"
    fill(person, code="K7QF-")
    press_first(person)
    yield "own-room-code-mistaken"
    fill(person, code=registrant.room_code or "")
    press_first(person)
    assert person.page.locator(f"main a[href='{JOINING_LINK}']").count() == 1
    yield "own-joining"


# At the desk


def running_events(
    person: Person, meetings: Meetings, sign_in: Callable[[], None]
) -> Iterator[str]:
    """A coordinator looks at events in every state and does what can be done.

    `sign_in` is called when there is something to open: a session has the keys of what was published before it.
    """
    event = meetings.publish("small-group", "desk-group", seats=2)
    table = meetings.publish("round-table", "desk-table")
    sign_in()
    address = f"/desk/events/{event.slug}"
    person.go("/desk/")
    yield "desk-today-with-events"
    person.go(address)
    yield "desk-event-empty"
    people = meetings.fill(event, 5)
    meetings.cancel(meetings.book(event, "leaves"))
    person.go(address)
    yield "desk-event"
    yield from _setting_the_link(person, address)
    yield from _moving(person, address)
    yield from _one_person(person, meetings, event, people)
    person.go(address)
    press(person, "Open the attendance list")
    yield "desk-list-of-who-comes"
    yield from _everyone(person, meetings, address, table)
    yield from _ending(person, meetings, event)


def _everyone(person: Person, meetings: Meetings, address: str, table: Event) -> Iterator[str]:
    """Names and needs, a search in them, a message to all registrants, and a list of those who agreed to it."""
    person.go(address)
    press(person, "Open names and needs")
    yield "desk-names-and-needs"
    fill(person, find="somebody who is not there")
    press(person, "Find")
    yield "desk-names-not-found"
    yield from _mistaken(person, f"{address}/write", "desk-write")
    fill(person, words="The room opens at ten.")
    press_first(person)
    yield "desk-writing"
    press_first(person)
    yield "desk-wrote"
    person.go(str(person.page.get_attribute("main a[href*='/messages/']", "href")))
    yield "desk-message"
    press(person, "Take it down")
    yield "desk-taken-down"
    for name, answer in (("listed", "yes"), ("not-listed", "no")):
        meetings.book(table, name, on_the_list=answer)
    person.go(f"/desk/events/{table.slug}")
    press(person, "Open the list of participants")
    yield "desk-participants"


def _mistaken(person: Person, address: str, name: str) -> Iterator[str]:
    person.go(address)
    yield name
    press_first(person)
    yield f"{name}-mistaken"


def _setting_the_link(person: Person, address: str) -> Iterator[str]:
    yield from _mistaken(person, f"{address}/link", "desk-link")
    fill(person, link=JOINING_LINK, minutes="20")
    press_first(person)
    yield "desk-link-set"
    person.go(f"{address}/link")
    yield "desk-link-change"


def _moving(person: Person, address: str) -> Iterator[str]:
    yield from _mistaken(person, f"{address}/move", "desk-move")
    year = int(person.page.input_value("[name='year']"))
    fill(person, day="14", month="6", year=str(year + 1), time="14:30", why="better")
    press_first(person)
    yield "desk-moving"
    press_first(person)
    yield "desk-moved"


def _one_person(
    person: Person, meetings: Meetings, event: Event, people: list[Booked]
) -> Iterator[str]:
    seated, _, _, _, waits = (f"/desk/registrations/{one.id}" for one in people)
    yield from _mistaken(person, seated, "desk-registration")
    fill(person, why="prepare")
    press_first(person)
    yield "desk-registration-opened"
    yield from _mistaken(person, f"{waits}/first", "desk-first")
    fill(person, why="needed")
    press_first(person)
    yield "desk-first-done"
    meetings.with_seats(event, 3)
    person.go(waits)
    yield "desk-registration-free-seat"
    yield from _mistaken(person, f"{waits}/promote", "desk-promote")
    fill(person, why="needed")
    press_first(person)
    yield "desk-promoted"
    yield from _mistaken(person, f"{seated}/address", "desk-address")
    fill(person, address="right@example.org", why="asked")
    press_first(person)
    yield "desk-address-corrected"
    yield from _mistaken(person, f"{seated}/link", "desk-link-again")
    fill(person, why="asked")
    press_first(person)
    yield "desk-link-sent-again"
    yield from _mistaken(person, f"{seated}/cancel", "desk-cancel")
    fill(person, why="asked")
    press_first(person)
    yield "desk-cancelled"
    person.go("/desk/registrations/00000000-0000-4000-8000-000000000000")
    yield "desk-registration-gone"


def _ending(person: Person, meetings: Meetings, event: Event) -> Iterator[str]:
    address = f"/desk/events/{event.slug}"
    meetings.begins_in(event, minutes=-5)
    person.go(address)
    yield "desk-event-begun"
    press(person, "Open the attendance list")
    yield "desk-list-noting"
    person.page.locator("main [type='radio']").first.check()
    press(person, "Save who came")
    yield "desk-noted"
    meetings.begins_in(event, hours=-5)
    person.go(address)
    yield "desk-event-over"
    meetings.begins_in(event, hours=5)
    person.go(address)
    follow(person, "Close registration")
    yield "desk-close"
    press(person, "Yes, close it")
    yield "desk-event-closed"
    yield from _mistaken(person, f"{address}/call-off", "desk-call-off")
    fill(person, why="few")
    press_first(person)
    yield "desk-event-called-off"
    person.go("/desk/record")
    yield "desk-record-of-events"
