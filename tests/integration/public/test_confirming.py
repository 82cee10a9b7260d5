"""Confirming a booking at the public door: what its pages say, and that only the mail's link leads to the seat."""

import json
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import register_one, secret
from tests.integration.public.booker import Booker, at, call_off, close, fill_up, publish, standing
from tests.integration.public.conftest import Weigh
from tests.visitor import Value, Visitor
from webapp.models import ErasureSecret, Registration, RegistrationPart
from webapp.rules import clock
from webapp.services.events import registration_sealing
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import limits, stores
from webapp.vault.mailroom import MailReader

SMALL, TABLE = "small-group", "round-table"
NOT_YET = "You do not have a seat yet"
YES = "Yes, book it"
WITHOUT = {"registrant_email": ""}


def opens(app: Flask, like: str = SMALL, **changes: object) -> Event:
    """An event as it is by default: addresses are confirmed."""
    return publish(app, like, confirm_address=True, **changes)


def ask(booker: Booker, slug: str = SMALL, **answers: Value) -> None:
    """Fill in the form of an event that confirms addresses."""
    booker.begin(slug)
    if "adult" in booker.page.html:
        answers.setdefault("adult", "yes")
    booker.press_first(**{"registrant_email": "robin@example.org", **answers})
    assert booker.path.endswith("/registered"), booker.page.text


def mailed_ticket(app: Flask) -> str:
    """The ticket in the link that the mail of the only registration has."""
    with app.app_context():
        with stores.reading() as main:
            row = main.scalars(select(Registration)).one()
        with stores.reading("erasure") as erasure_store:
            kept = erasure_store.get_one(ErasureSecret, row.mail_secret_id)
        reader = MailReader(bytes.fromhex(secret("MAILER_KEY")))
        envelope, context = row.mail_envelope or b"", registration_sealing.mail_context(row)
        opened = reader.open_mail(envelope, secret=kept.secret, context=context)
    return str(json.loads(opened)["ticket"])


def test_the_page_after_asking_says_what_to_do_now(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    ask(booker)
    # Then it says that there is no seat, what to do and until when, and to which address the mail goes
    assert booker.page.h1 == NOT_YET
    assert booker.page.title.startswith("Not booked yet")
    assert "Open it and press “Yes, book it” before the end of" in booker.page.text
    assert "Is this right? robin@example.org" in booker.page.text
    assert "Your booking number:" in booker.page.text
    for said in ("waiting list", "You have a seat", "What your booking page is for"):
        assert said not in booker.page.text
    # And it shows the code for the room, which no mail has, and not the link, which only the mail has
    assert len(booker.shown_room_code()) == 9
    assert mailed_ticket(page_app) not in booker.page.html
    assert "/en/r/" not in booker.page.html


def test_no_page_of_the_visit_has_the_link(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    ask(booker)
    for path in ("/en/", "/en/choices/", f"/en/events/{SMALL}/", f"/en/events/{SMALL}/address"):
        booker.get(path)
        assert mailed_ticket(page_app) not in booker.page.html


def test_the_mails_link_leads_to_a_button_and_the_button_to_the_seat(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    opens(page_app)
    ask(booker)
    ticket = mailed_ticket(page_app)
    # When a mail scanner follows the link
    other.own(ticket)
    # Then nothing has changed, and the page says what the button does
    assert other.page.h1 == NOT_YET
    assert "Press the button to book. You can do this until the end of" in other.page.text
    assert "Did you not ask for this? Then you do not have to do anything" in other.page.text
    assert standing(page_app, ticket).is_request
    # And when its owner presses the button, in a browser without a Visit
    other.press(YES)
    assert other.path == f"/en/r/{ticket}"
    assert other.page.h1 == "You have a seat"
    # And the page in the other browser shows the link now
    booker.get(f"/en/events/{SMALL}/registered")
    assert booker.page.h1 == "You have a seat"
    assert booker.shown_ticket() == ticket


def test_a_get_confirms_nothing(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    ask(booker)
    ticket = mailed_ticket(page_app)
    booker.get(f"/en/r/{ticket}/confirm")
    assert booker.page.h1 == NOT_YET
    assert standing(page_app, ticket).is_request


def test_the_button_pressed_twice(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    ask(booker)
    ticket = mailed_ticket(page_app)
    stranger = Visitor(page_app.test_client())
    for _ in range(2):
        stranger.post(f"/en/r/{ticket}/confirm")
        assert stranger.page.h1 == "You have a seat"


def test_a_request_offers_nothing_that_needs_a_seat(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    ask(booker)
    ticket = mailed_ticket(page_app)
    booker.own(ticket)
    assert "What you can do here" not in booker.page.text
    # And the pages behind it lead back
    for more in ("cancel", "needs", "calendar"):
        booker.get(f"/en/r/{ticket}/{more}")
        assert booker.path == f"/en/r/{ticket}"
    booker.post(f"/en/r/{ticket}/cancel")
    assert standing(page_app, ticket).is_request
    # But it can be deleted, by the link alone: it takes no seat away
    booker.get(f"/en/r/{ticket}/delete")
    booker.press("Yes, delete it")
    assert booker.page.h1 == "Your booking is deleted"


def test_a_full_event_says_so_before_the_button(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    opens(page_app, seats=1)
    ask(booker)
    ticket = mailed_ticket(page_app)
    booker.own(ticket)
    assert "waiting list" not in booker.page.text
    ask(other, **WITHOUT)
    assert other.page.h1 == "You have a seat"
    booker.own(ticket)
    assert "All seats are taken. This puts you on the waiting list." in booker.page.text
    booker.press(YES)
    assert booker.page.h1 == "You are on the waiting list"


def test_a_request_that_lapsed_says_so_and_can_be_made_again(
    page_app: Flask, booker: Booker
) -> None:
    opens(page_app)
    ask(booker)
    ticket = mailed_ticket(page_app)
    with time_machine.travel(clock.now() + timedelta(days=2)):
        booker.own(ticket)
        assert booker.page.h1 == "You can no longer confirm this booking"
        assert YES not in booker.buttons()
        booker.post(f"/en/r/{ticket}/confirm")
        assert booker.page.h1 == "You can no longer confirm this booking"
        booker.follow("Book again")
        assert booker.path == f"/en/events/{SMALL}/"


def test_what_is_called_off_has_no_button(page_app: Flask, booker: Booker) -> None:
    event = opens(page_app)
    ask(booker)
    ticket = mailed_ticket(page_app)
    call_off(page_app, event)
    booker.own(ticket)
    assert YES not in booker.buttons()
    assert booker.page.h1 == "This meeting is called off"
    booker.post(f"/en/r/{ticket}/confirm")
    assert standing(page_app, ticket).is_request


def test_what_was_asked_for_in_time_is_confirmed_after_registration_closed(
    page_app: Flask, booker: Booker
) -> None:
    event = opens(page_app)
    ask(booker)
    ticket = mailed_ticket(page_app)
    close(page_app, event)
    booker.own(ticket)
    booker.press(YES)
    assert booker.page.h1 == "You have a seat"


def test_a_registrant_puts_the_address_right_before_confirming(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    opens(page_app)
    ask(booker, registrant_email="typo@example.org")
    code, old = booker.shown_room_code(), mailed_ticket(page_app)
    booker.follow("Change it")
    booker.press_first(registrant_email="ana@example.org")
    # Then it is still a request, with the same code, and neither link is on the page
    assert booker.page.h1 == NOT_YET
    assert booker.shown_room_code() == code
    new = mailed_ticket(page_app)
    assert old not in booker.page.html and new not in booker.page.html
    # And the mail to the wrong address confirms nothing
    other.own(old)
    assert other.status == 404
    other.own(new)
    other.press(YES)
    assert other.page.h1 == "You have a seat"


# Without an address


def test_without_an_address_the_seat_is_held_at_once(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    ask(booker, **WITHOUT)
    assert booker.page.h1 == "You have a seat"
    assert "You gave us no e-mail address" in booker.page.text


def test_beyond_the_quota_a_coordinator_decides_and_the_page_says_so(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    opens(page_app, seats=1)
    ask(other, **WITHOUT)
    ask(booker, **WITHOUT)
    # Then the page says that, and has the way back to it
    assert booker.page.h1 == NOT_YET
    assert "A worker needs to say yes first." in booker.page.text
    assert "waiting list" not in booker.page.text
    ticket = booker.shown_ticket()
    booker.own(ticket)
    assert booker.page.h1 == NOT_YET
    assert "A worker needs to say yes first." in booker.page.text
    # And no button confirms it
    assert YES not in booker.buttons()
    booker.post(f"/en/r/{ticket}/confirm")
    assert standing(page_app, ticket).state == "applied"


def test_taking_the_address_away_leads_to_a_coordinator(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    ask(booker)
    booker.follow("Change it")
    booker.press_first(**WITHOUT)
    assert "A worker needs to say yes first." in booker.page.text
    assert standing(page_app, booker.shown_ticket()).state == "applied"


def test_a_booking_that_was_never_decided_says_so_once_it_has_begun(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    event = opens(page_app, seats=1)
    ask(other, **WITHOUT)
    ask(booker, **WITHOUT)
    ticket = booker.shown_ticket()
    with at(event, minutes=-5):
        booker.own(ticket)
        assert booker.page.h1 == "This meeting has begun"


# What people are told before


def test_the_form_says_what_comes_first(page_app: Flask, booker: Booker) -> None:
    opens(page_app)
    booker.begin(SMALL)
    assert "You only have a seat, or a place on the waiting list, once you" in booker.page.text
    assert "If you give no address, a worker may need to say yes first." in booker.page.text


def test_where_it_is_off_nothing_is_said_of_it(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    booker.begin(TABLE)
    assert YES not in booker.page.text


def test_nothing_is_to_be_kept_where_there_is_no_code(page_app: Flask, booker: Booker) -> None:
    opens(page_app, TABLE)
    ask(booker, TABLE)
    assert booker.page.h1 == NOT_YET
    assert "I have kept it" not in booker.buttons()
    booker.press("Close this page")
    assert booker.path == "/en/finished"


def test_the_new_pages_are_as_light_as_any(page_app: Flask, booker: Booker, weigh: Weigh) -> None:
    opens(page_app)
    ask(booker)
    assert weigh(booker) <= (14 * 1024, 3)
    booker.own(mailed_ticket(page_app))
    assert weigh(booker) <= (14 * 1024, 3)


# The code of the room


@pytest.fixture
def seated(page_app: Flask, booker: Booker) -> tuple[str, str]:
    """The ticket and the room code of a registrant with a seat."""
    publish(page_app, SMALL)
    return booker.book(SMALL), booker.shown_room_code()


@pytest.mark.parametrize(
    ("more", "button"), [("cancel", "Yes, give it back"), ("delete", "Yes, delete it")]
)
def test_the_link_alone_gives_no_seat_away(
    page_app: Flask, seated: tuple[str, str], more: str, button: str
) -> None:
    ticket, code = seated
    reader = Visitor(page_app.test_client())
    # When another person who reads the mailbox has the link, and no code
    reader.get(f"/en/r/{ticket}/{more}")
    for typed, words in (
        ("", "This code has 8 letters and numbers"),
        ("K7QF-2M9Z", "This is not the code for this page"),
    ):
        reader.press(button, code=typed)
        assert reader.status == 400
        assert words in reader.page.text
    # Then the seat is still there, and the page says what to do without the code
    assert standing(page_app, ticket).state == "confirmed"
    assert "Please get in touch: we can cancel for you." in reader.page.text
    # And its owner gives it away with the code, however it is typed
    reader.press(button, code=code.lower().replace("-", " "))
    assert reader.status == 200
    assert reader.page.h1 in {"Your booking is cancelled", "Your booking is deleted"}


def test_the_link_alone_changes_no_needs(page_app: Flask, seated: tuple[str, str]) -> None:
    ticket, code = seated
    reader = Visitor(page_app.test_client())
    before = needs_of(page_app)
    reader.get(f"/en/r/{ticket}/needs")
    reader.press("Save", needs_notes="No captions.", code="K7QF-2M9Z")
    # Then nothing was changed, and what was typed is still in the form
    assert reader.status == 400
    assert "This is not the code for this page" in reader.page.text
    assert "No captions." in reader.page.html
    assert needs_of(page_app) == before
    reader.press("Save", needs_notes="No captions.", code=code)
    assert "Saved. Thank you for telling us what you need." in reader.page.text
    assert needs_of(page_app) != before


def needs_of(app: Flask) -> list[bytes]:
    with app.app_context(), stores.reading() as main:
        found = select(RegistrationPart.envelope).where(RegistrationPart.purpose == "needs")
        return list(main.scalars(found))


def test_guesses_of_the_code_are_few(make_page_app: MakeApp) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    event = publish(app, SMALL)
    with app.app_context():
        ticket = register_one(event).ticket
    reader = Visitor(app.test_client())
    reader.get(f"/en/r/{ticket}/cancel")
    answers = []
    for _ in range(limits.LIMITS_FOR_ONE["room"].burst + 1):
        reader.post(f"/en/r/{ticket}/cancel", {"code": "K7QF-2M9Z"})
        answers.append(reader.status)
    assert set(answers[:-1]) == {400}
    assert answers[-1] == 429


def test_without_an_address_the_booking_code_is_asked_for(page_app: Flask, booker: Booker) -> None:
    publish(page_app, SMALL)
    ticket = booker.book(SMALL, **WITHOUT)
    code = booker.shown_room_code()
    booker.get(f"/en/r/{ticket}/cancel")
    booker.press("Yes, give it back", code="")
    assert booker.status == 400
    booker.press("Yes, give it back", code=code)
    assert booker.page.h1 == "Your booking is cancelled"


def test_once_the_seat_is_gone_the_link_deletes_the_rest(
    page_app: Flask, booker: Booker, seated: tuple[str, str]
) -> None:
    ticket, code = seated
    booker.get(f"/en/r/{ticket}/cancel")
    booker.press("Yes, give it back", code=code)
    booker.follow("Delete your booking and what you told us")
    booker.press("Yes, delete it")
    assert booker.page.h1 == "Your booking is deleted"


def test_where_there_is_no_code_none_is_asked_for(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    fill_up(page_app, event, left=1)
    ticket = booker.book(TABLE)
    booker.get(f"/en/r/{ticket}/cancel")
    assert (
        "code" not in booker.page.text.partition("Give your seat back?")[2].partition("Support")[0]
    )
    booker.press("Yes, give it back")
    assert booker.page.h1 == "Your booking is cancelled"


# A seat whose address is changed


def test_an_address_given_afterwards_is_confirmed_from_its_own_mail(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    opens(page_app)
    # Given a booking without an address, which has a seat
    ask(booker, **WITHOUT)
    assert booker.page.h1 == "You have a seat"
    # When an address is added
    booker.follow("Add an e-mail address")
    booker.press("Save", registrant_email="ana@example.org")
    # Then the seat stays, and the page says what to do, without the link, which only the mail has
    assert booker.page.h1 == "You have a seat"
    assert "Open it and press “Yes, book it”, so that we can write to you." in booker.page.text
    ticket = mailed_ticket(page_app)
    assert ticket not in booker.page.html
    assert standing(page_app, ticket).is_unconfirmed
    # When the owner of the address opens it
    other.own(ticket)
    assert other.page.h1 == "You have a seat"
    assert "Press the button, so that we can write to you" in other.page.text
    assert standing(page_app, ticket).is_unconfirmed
    other.press(YES)
    # Then there is nothing more to press
    assert not standing(page_app, ticket).is_unconfirmed
    assert YES not in other.page.html
