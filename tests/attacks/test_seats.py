"""Attack: from one network, book out the survivors' group and mail strangers; from a mailbox, take a seat away.

Before (at c7b8640): a booking held its seat at once, whatever address was typed. Nine bookings from one network took 6
of 6 seats in six seconds, and nine people who had never asked were mailed that their seat was booked. Bookings without
an address took them as well, with nothing at all typed. One address could be typed again and again: each of twelve
bookings promised it a mail, and ten more could follow each minute. And whoever read a mailbox cancelled a seat with the
link in it, though the event had a room code, or deleted the booking, or changed its needs. A seat that was taken
without an address, or with an own one, mailed a stranger that it is booked once the address was changed to theirs.

Now a booking is a request that holds nothing until the link in its one mail was followed and a button there pressed,
and the page of the browser that booked does not show the link. Without an address one network holds two seats a day at
an event, and half of the seats at most are held so; a coordinator decides about the others. An address gets five mails
a day, whoever types it, and no page tells that. An address that takes another's place gets nothing but the one mail
that asks its owner. Cancelling, deleting and changing needs ask for the room code.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import demo_event
from tests.people import go_on_from_leaving
from tests.visitor import Visitor
from webapp.models import OutboxMessage, Registration, RegistrationPart
from webapp.services.events import published_events
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit, stores

SLUG = "small-group"
SEATS = 6
NOW = datetime(2026, 12, 1, 17, 37, 14, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as turned:
        yield turned


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """Both doors with the limits of a real instance, and the survivors' group as it is by default."""
    made = make_app(LIMIT_FACTOR="1")
    with made.app_context():
        publishing.publish_event(demo_event(SLUG), slug=SLUG, actor=audit.OPERATOR)
    return made


def book(app: Flask, clock: time_machine.Traveller, address: str) -> Visitor:
    """Book in a browser of its own, half a second after the one before, as quickly as the form lets a person."""
    visitor = Visitor(app.test_client())
    visitor.get(f"/en/events/{SLUG}/")
    visitor.press_first()
    go_on_from_leaving(visitor)
    clock.shift(timedelta(seconds=5))
    visitor.press_first(adult="yes", registrant_email=address)
    assert visitor.path.endswith("/registered"), visitor.page.text
    clock.shift(timedelta(seconds=-4.5))
    return visitor


def seats_taken(app: Flask) -> int:
    with app.app_context():
        return published_events.find(SLUG).taken


def mails(app: Flask) -> Counter[str]:
    """The mails that are promised to registrants, by kind."""
    with app.app_context(), stores.reading() as main:
        return Counter(main.scalars(select(OutboxMessage.kind)))


def needs(app: Flask) -> list[bytes]:
    with app.app_context(), stores.reading() as main:
        theirs = select(RegistrationPart.envelope).where(RegistrationPart.purpose == "needs")
        return list(main.scalars(theirs))


def test_one_network_takes_no_seat_with_addresses_of_strangers(
    app: Flask, clock: time_machine.Traveller
) -> None:
    # When nine bookings come from one network in five seconds, with addresses of people who never asked
    booked = [book(app, clock, f"stranger-{number}@example.org") for number in range(9)]
    # Then no seat is taken, and each stranger gets the one mail that says that nothing is booked
    assert seats_taken(app) == 0
    assert mails(app) == Counter(confirm_address=9)
    # And no page has a link with which the attacker could confirm
    assert all("/r/" not in visitor.page.html for visitor in booked)


def test_one_network_takes_two_seats_without_addresses(
    app: Flask, clock: time_machine.Traveller
) -> None:
    for _ in range(9):
        book(app, clock, "")
    assert seats_taken(app) == 2
    assert mails(app) == Counter()
    # And the next day, together, no more than half: the others wait for a coordinator
    clock.shift(timedelta(days=1))
    for _ in range(9):
        book(app, clock, "")
    assert seats_taken(app) == SEATS // 2


def test_a_stranger_is_not_flooded(app: Flask, clock: time_machine.Traveller) -> None:
    # When one address is typed twelve times in a minute, in any spelling
    booked = [
        book(app, clock, address)
        for _ in range(6)
        for address in ("victim@example.org", "Victim@Example.org")
    ]
    # Then five mails are promised, and every page says the same
    assert mails(app).total() == 5
    pages = {visitor.page.h1 for visitor in booked}
    assert len(pages) == 1, pages


@pytest.fixture
def ticket(app: Flask, clock: time_machine.Traveller) -> str:
    """The link of a registrant with a seat and a room code, as another person finds it in the mailbox."""
    visitor = book(app, clock, "")
    with app.app_context(), stores.reading() as main:
        assert main.scalars(select(Registration.state)).one() == "confirmed"
    return visitor.page.html.partition("/en/r/")[2].partition('"')[0].partition("<")[0]


@pytest.mark.parametrize(
    ("page", "button"), [("cancel", "Yes, give it back"), ("delete", "Yes, delete it")]
)
def test_the_link_alone_takes_no_seat_away(app: Flask, ticket: str, page: str, button: str) -> None:
    reader = Visitor(app.test_client())
    reader.get(f"/en/r/{ticket}/{page}")
    reader.press(button)
    assert reader.status == 400
    assert seats_taken(app) == 1


def test_the_link_alone_changes_no_needs(app: Flask, ticket: str) -> None:
    before, reader = needs(app), Visitor(app.test_client())
    reader.get(f"/en/r/{ticket}/needs")
    reader.press("Save", needs_notes="Nothing at all.")
    assert reader.status == 400
    assert needs(app) == before


def test_a_seat_is_no_way_to_mail_a_stranger(app: Flask, clock: time_machine.Traveller) -> None:
    # Given a seat, taken without an address
    visitor = book(app, clock, "")
    # When a stranger's address is added on the page after it
    visitor.follow("Add an e-mail address")
    visitor.press("Save", registrant_email="victim@example.org")
    # Then they get the neutral question, and the page does not have the link that would answer it
    assert mails(app) == Counter(["confirm_address"])
    assert "/en/r/" not in visitor.page.html
