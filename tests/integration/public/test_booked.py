"""The page after booking, and what a registrant can do without us: put the address right, book without one, delete."""

import re

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.integration.public.booker import (
    ADDRESS,
    Booker,
    at,
    call_off,
    fill_up,
    found,
    publish,
    set_link,
    standing,
)
from tests.pages import words
from tests.visitor import Visitor
from webapp.models import ErasureSecret, OutboxMessage, Registration, Tombstone
from webapp.public.events.confirmation import Booked
from webapp.services.events import waiting_list
from webapp.services.infrastructure import limits, stores
from webapp.services.sealed import shredding

SMALL = "small-group"
WITHOUT = {"registrant_email": ""}
WRONG, RIGHT = "typo@example.org", "ana@example.org"


@pytest.fixture
def booker(page_app: Flask) -> Booker:
    return Booker(page_app)


def links(booker: Booker) -> list[str]:
    return [words(one) for one in booker.page.all("a")]


def code_shown(booker: Booker) -> str:
    return booker.shown_room_code()


# The address is shown, and can be put right


def test_the_page_after_booking_shows_the_address_and_lets_it_be_changed(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    old = booker.book("round-table", registrant_email=WRONG)
    assert f"Is this right? {WRONG}" in booker.page.text
    seat = standing(page_app, old)
    # When a registrant sees the slip and puts it right
    booker.follow("Change it")
    booker.press_first(registrant_email=f"Ana <{RIGHT}>")
    # Then the page says so, with the new address and the new link
    assert booker.path.endswith("/registered")
    assert f"Is this right? {RIGHT}" in booker.page.text
    assert "The old link has stopped working" in booker.page.text
    new = booker.shown_ticket()
    assert standing(page_app, new).id == seat.id
    assert standing(page_app, new).state == "confirmed"
    booker.own(old)
    assert booker.status == 404
    # And it is said once
    booker.get("/en/events/round-table/registered")
    booker.follow("Change it")
    booker.press_first(registrant_email=RIGHT)
    assert "The old link has stopped working" not in booker.page.text
    # And the same address again changed nothing
    assert booker.shown_ticket() == new


def test_what_is_no_address_is_kept_and_asked_again(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    ticket = booker.book("round-table", registrant_email=WRONG)
    booker.follow("Change it")
    for typed, said in (
        ("ana@", "Write an e-mail address like name@example.org"),
        ("zoë@example.org", "because of the letters before the @"),
        ("a@example.org, b@example.org", "Enter one e-mail address only"),
    ):
        booker.press_first(registrant_email=typed)
        assert booker.page.title.startswith("Please look again")
        assert said in booker.page.text
        values = {one.get("id"): one.get("value") for one in booker.page.all("input")}
        assert values["registrant_email"] == typed
    # And going back keeps what there was
    booker.follow("Change nothing")
    assert f"Is this right? {WRONG}" in booker.page.text
    assert booker.shown_ticket() == ticket


def test_the_next_person_on_this_phone_does_not_see_the_address(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    ticket = booker.book("round-table", registrant_email=WRONG)
    booker.press("I have kept it")
    assert booker.page.h1 == "You can close this page now"
    assert "Your code" not in booker.page.text
    # The link alone shows no address, and the page after booking is gone with the Visit
    booker.own(ticket)
    assert WRONG not in booker.page.html
    for page in ("registered", "address"):
        booker.get(f"/en/events/round-table/{page}")
        assert WRONG not in booker.page.html
        assert booker.path == "/en/events/round-table/"


def test_when_no_mail_will_be_sent_any_more_the_address_stays(
    page_app: Flask, booker: Booker
) -> None:
    event = publish(page_app)
    booker.book("round-table", registrant_email=WRONG)
    booker.follow("Change it")
    call_off(page_app, event)
    booker.press_first(registrant_email=RIGHT)
    assert booker.path.endswith("/registered")
    assert "Is this right?" not in booker.page.text


def test_an_address_of_another_script_is_shown_as_its_owner_writes_it(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    booker.book("round-table", registrant_email="ana@straße.example")
    assert "Is this right? ana@straße.example" in booker.page.text
    booker.follow("Change it")
    values = {one.get("id"): one.get("value") for one in booker.page.all("input")}
    assert values["registrant_email"] == "ana@straße.example"


def test_pressed_twice_the_page_shows_the_link_that_opens(
    page_app: Flask, booker: Booker, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(page_app)
    old = booker.book("round-table", registrant_email=WRONG)
    booker.follow("Change it")
    again = Booker(page_app)
    again.client = booker.client
    again.get(booker.path)
    booker.press_first(registrant_email=RIGHT)
    new = booker.shown_ticket()
    # When the same press arrives once more, and read the Visit before the first one had written to it
    with monkeypatch.context() as patch:
        patch.setattr(Booked, "ticket", old)
        patch.setattr(Booked, "address", WRONG)
        again.press_first(registrant_email=RIGHT)
    again.get("/en/events/round-table/registered")
    # Then that changed nothing
    assert again.shown_ticket() == new
    assert standing(page_app, new).state == "confirmed"


def test_strangers_cannot_keep_anyone_from_putting_an_address_right(
    page_app: Flask, booker: Booker, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(page_app)
    old = booker.book("round-table", registrant_email=WRONG)
    booker.follow("Change it")
    monkeypatch.setitem(limits.LIMITS, "begin", (limits.Limit(0, 0), limits.Limit(0, 0)))
    booker.press_first(registrant_email=RIGHT)
    booker.own(old)
    assert booker.status == 404


def test_a_new_booking_asks_for_no_address_of_the_one_before(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    ticket = booker.book("round-table", registrant_email=WRONG)
    booker.follow("Change it")
    booker.press_first(registrant_email="somebody@")
    booker.own(ticket)
    booker.follow("Delete your booking and what you told us")
    booker.press("Yes, delete it")
    booker.book("round-table", registrant_email=RIGHT)
    booker.follow("Change it")
    assert "somebody@" not in booker.page.html
    assert not booker.page.title.startswith("Please look again")


# On paper


def test_a_print_of_the_page_shows_a_code_and_nothing_that_says_whose(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app, SMALL)
    for answers in ({"registrant_email": ADDRESS}, WITHOUT):
        booker.book(SMALL, **answers)
        # Given the page as the style sheet prints it: the part with the code alone, and of that what is not left out
        assert booker.page.only("body").get("class") == "prints-a-code"
        [printed] = [one for one in booker.page.all("section") if "keep" in one.get("class", "")]
        kept = " ".join(
            words(child) for child in printed if "no-print" not in (child.get("class") or "")
        )
        assert re.search(r"[0-9A-Z]{4}-[0-9A-Z]{4}", kept)
        for never in ("/r/", "support", "example", "Hearth"):
            assert never not in kept
        # And the page says to keep them apart
        assert "Keep the code and the link in two different places." in booker.page.text
        booker.press("I have kept it")


# Without an e-mail address


def test_a_registrant_without_an_address_books_and_comes_back_with_a_code(
    page_app: Flask, booker: Booker
) -> None:
    event = publish(page_app, SMALL)
    booker.get(f"/en/events/{SMALL}/")
    assert "You can book without an e-mail address." in booker.page.text
    ticket = booker.book(SMALL, **WITHOUT)
    code = code_shown(booker)
    assert len(code.replace("-", "")) == 24
    assert "You gave us no e-mail address, so we cannot write to you." in booker.page.text
    assert "We e-mail it to you" not in booker.page.text
    # Then no mail waits, and nothing is kept to write to them
    with page_app.app_context(), stores.reading() as main:
        assert main.scalar(select(OutboxMessage.id)) is None
    assert not standing(page_app, ticket).gets_mail
    # When they have kept the code, the page says that they can close it, and that they need the code
    booker.press("I have kept it")
    assert booker.page.h1 == "You can close this page now"
    assert "Your code is not on this page any more. Keep it safe" in booker.page.text
    # And on another phone, the code alone leads to the booking
    other = Booker(page_app)
    other.get("/en/choices")
    other.press_first(code=code.lower().replace("-", " "))
    assert other.path == f"/en/r/{ticket}"
    assert other.page.h1 == "You have a seat"
    # And the same code opens the room
    set_link(page_app, event)
    with at(event, minutes=10):
        other.own(ticket)
        other.press("Show the link to join", code="K7QF-2M9X-TC4R-8ZHD-W3NP-J6SQ")
        assert other.status == 400
        assert not other.links_outside()
        other.press("Show the link to join", code=code)
        assert other.links_outside()


@pytest.mark.parametrize(
    "link",
    ["https://example.org/en/r/{}", "“example.org/en/r/{}”.", " HTTPS://EXAMPLE.ORG/AR/R/{} "],
)
def test_the_link_to_a_booking_opens_it_where_a_code_is_asked_for(
    link: str, page_app: Flask, booker: Booker
) -> None:
    # Given a registrant who kept the link of their booking
    publish(page_app, SMALL)
    ticket = booker.book(SMALL, **WITHOUT)
    pasted = link.format(ticket.upper() if "HTTPS" in link else ticket)
    # When they paste it where a code is asked for
    other = Booker(page_app)
    other.get("/en/choices")
    other.press_first(code=pasted)
    # Then they are where the link leads
    assert other.path == f"/en/r/{ticket}"
    # And a link that leads nowhere says so, as it does when it is opened
    other.get("/en/choices")
    other.press_first(code=link.format("0" * 32))
    assert other.status == 404
    assert other.page.h1 == "This link does not work"


def test_a_code_that_opens_no_booking_says_what_any_wrong_code_does(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app, SMALL)
    ticket = booker.book(SMALL, **WITHOUT)
    code = code_shown(booker)
    with page_app.app_context():
        waiting_list.delete_own(standing(page_app, ticket).id)
    booker.get("/en/choices")
    booker.press_first(code=code)
    assert booker.status == 400
    assert booker.path == "/en/choices"


def test_with_an_address_the_code_of_the_booking_is_not_shown(
    page_app: Flask, booker: Booker
) -> None:
    # Two secrets are enough to keep: the link is in the mail
    publish(page_app, SMALL)
    booker.book(SMALL)
    assert len(code_shown(booker).replace("-", "")) == 8


def test_an_address_can_be_added_and_taken_away_again(page_app: Flask, booker: Booker) -> None:
    publish(page_app, SMALL)
    booker.book(SMALL, **WITHOUT)
    first = code_shown(booker)
    booker.follow("Add an e-mail address")
    booker.press_first(registrant_email=RIGHT)
    assert f"Is this right? {RIGHT}" in booker.page.text
    assert len(code_shown(booker).replace("-", "")) == 8
    booker.follow("Change it")
    booker.press_first(registrant_email="")
    last = code_shown(booker)
    assert "Write down the new code that you see on this page" in booker.page.text
    # Then the last code opens the booking, and the first does not
    for code, status in ((first, 400), (last, 200)):
        other = Booker(page_app)
        other.get("/en/choices")
        other.press_first(code=code)
        assert other.status == status


def test_where_an_address_is_needed_the_form_asks_for_it_first(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    booker.begin("round-table")
    typed = [one.get("id") for one in booker.page.all("input") if one.get("type") != "hidden"]
    assert typed[0] == "registrant_email"
    booker.press_first(**WITHOUT)
    assert booker.page.title.startswith("Please look again")
    assert found(page_app, "round-table").taken == 0


# The place in line


def test_who_waits_sees_their_place_and_it_is_true(page_app: Flask) -> None:
    event = publish(page_app, SMALL, seats=1)
    fill_up(page_app, event)
    waiting = [Booker(page_app) for _ in range(3)]
    tickets = [one.book(SMALL, **WITHOUT) for one in waiting]
    for place, one in enumerate(waiting, 1):
        assert f"You are number {place} in line." in one.page.text
    # When the first leaves, the others are told the truth
    with page_app.app_context():
        waiting_list.cancel(standing(page_app, tickets[0]).id)
    for place, (one, ticket) in enumerate(zip(waiting[1:], tickets[1:], strict=True), 1):
        assert f"You are number {place} in line." in one.own(ticket).text
        assert "Look here from time to time" in one.page.text
    # And a registrant who leaves and books again stands at the end: nothing is won by it
    again = waiting[0].book(SMALL, **WITHOUT) if waiting[0].press("I have kept it") else ""
    assert "You are number 3 in line." in waiting[0].own(again).text


# Deleting


def test_a_booking_is_deleted_with_all_that_was_told(make_app: MakeApp) -> None:
    app = make_app()
    booker = Booker(app)
    publish(app, seats=1)
    ticket = booker.book("round-table", registrant_email=RIGHT, registrant_name="CANARY")
    next_in_line = Booker(app).book("round-table", registrant_email="b@example.org")
    person = standing(app, ticket).id
    with app.app_context(), stores.reading("erasure") as erasure_store:
        before = set(erasure_store.scalars(select(ErasureSecret.id)))
    # When they delete it from their page
    booker.own(ticket)
    assert "You can delete it sooner" in booker.page.text
    booker.follow("Delete your booking and what you told us")
    assert "You cannot undo this." in booker.page.text
    booker.press("Yes, delete it")
    assert booker.page.h1 == "Your booking is deleted"
    # Then nothing of it is left but a tombstone and a number, and no mail is sent
    with app.app_context():
        with stores.reading() as main:
            assert main.get(Registration, person) is None
            assert main.get(Tombstone, person) is not None
            kinds = main.scalars(
                select(OutboxMessage.kind).where(OutboxMessage.subject_id == person)
            )
            assert list(kinds) == []
        with stores.reading("erasure") as erasure_store:
            assert len(before - set(erasure_store.scalars(select(ErasureSecret.id)))) == 2
    # And the next in line has the seat
    assert standing(app, next_in_line).state == "confirmed"
    # And link, page after booking and a second press find nothing
    for address in (f"/en/r/{ticket}", f"/en/r/{ticket}/delete"):
        booker.get(address)
        assert (booker.status, booker.page.h1) == (404, "This link does not work")
    booker.get("/en/events/round-table/registered")
    assert booker.path == "/en/events/round-table/"


@pytest.mark.parametrize("away", ["store"])
def test_a_page_says_deleted_only_when_it_is(
    page_app: Flask, booker: Booker, monkeypatch: pytest.MonkeyPatch, away: str
) -> None:
    publish(page_app)
    ticket = booker.book("round-table")
    booker.own(ticket)
    booker.follow("Delete your booking and what you told us")

    def store_is_away() -> int:
        raise stores.StoreUnavailable("erasure")

    with monkeypatch.context() as patch:
        patch.setattr(shredding, "finish_all", store_is_away)
        booker.press("Yes, delete it")
    assert booker.page.h1 == "Your booking is being deleted"


def test_deleting_an_older_booking_keeps_the_way_back_to_a_newer_one(
    page_app: Flask, booker: Booker
) -> None:
    # Given a booking that was made on this phone before, and one without an address, whose code is on the page
    publish(page_app, SMALL)
    older = booker.book(SMALL)
    room_code = booker.shown_room_code()
    booker.book(SMALL, **WITHOUT)
    code = code_shown(booker)
    # When the older one is deleted from its page
    booker.own(older)
    booker.follow("Delete your booking and what you told us")
    booker.press("Yes, delete it", code=room_code)
    assert booker.page.h1 == "Your booking is deleted"
    # Then the code of the newer one is still there: nothing else leads to it
    booker.get(f"/en/events/{SMALL}/registered")
    assert code_shown(booker) == code


def test_deleting_asks_first_and_a_get_deletes_nothing(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    ticket = booker.book("round-table")
    stranger = Visitor(page_app.test_client())
    stranger.get(f"/en/r/{ticket}/delete")
    stranger.follow("No, keep it")
    assert standing(page_app, ticket).state == "confirmed"
