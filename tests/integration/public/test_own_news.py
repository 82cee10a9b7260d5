"""What a booking page says beside the booking: its number, news from the organisers, the list of people."""

from datetime import timedelta
from uuid import uuid4

import time_machine
from flask import Flask

from tests.integration.public.booker import (
    COORDINATOR,
    Booker,
    at,
    call_off,
    fill_up,
    publish,
    standing,
)
from webapp.rules.references import reference
from webapp.services.events import event_messages, waiting_list
from webapp.services.events.published_events import Event

WORDS = "The papers are on their way.\nPlease bring nothing.\n\nRing us on 01632 960002."


def write(app: Flask, event: Event, words: str = WORDS) -> None:
    with app.app_context():
        event_messages.send(event.id, uuid4(), words, actor=COORDINATOR)


def test_the_page_says_its_number_as_the_mails_and_the_desk_do(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    ticket = booker.book("round-table")
    page = booker.own(ticket)
    number = reference(standing(page_app, ticket).id)
    assert f"Your booking number: {number}" in page.text
    # And in one piece, whatever runs beside it, and however narrow the screen
    assert f'<strong><bdi dir="ltr">{number}</bdi></strong>' in page.html


def test_who_has_a_seat_or_waits_reads_the_news(page_app: Flask, booker: Booker) -> None:
    # Given one with the last seat, and one who waits
    event = publish(page_app)
    fill_up(page_app, event, left=1)
    seated = booker.book("round-table")
    waits = Booker(page_app).book("round-table")
    assert "News from" not in booker.own(seated).text
    # When a coordinator writes to everyone
    write(page_app, event)
    # Then both read it, with its day, and a number in it can be rung
    for ticket in (seated, waits):
        page = booker.own(ticket)
        assert "News from the people who run the meeting" in page.text
        assert "Please bring nothing." in page.text
        assert [one for one in page.all("a") if one.get("href") == "tel:01632960002"]
    # And so does a registrant who books later
    late = Booker(page_app)
    late.own(late.book("round-table"))
    assert "Please bring nothing." in late.page.text
    # And still after it, but not a registrant whose booking is cancelled
    with at(event, hours=-5):
        assert "Please bring nothing." in booker.own(seated).text
    with page_app.app_context():
        waiting_list.cancel(standing(page_app, waits).id)
    assert "Please bring nothing." not in booker.own(waits).text


def test_markup_in_news_stays_words(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    ticket = booker.book("round-table")
    write(page_app, event, "<b>{{ 7 * 7 }}</b> <script>alert(1)</script>")
    assert "<b>{{ 7 * 7 }}</b> <script>alert(1)</script>" in booker.own(ticket).text


def test_a_page_with_all_the_news_that_there_may_be_stays_light(
    page_app: Flask, booker: Booker
) -> None:
    # Given as many messages as may stand, each as long as it may be and hard to compress
    event = publish(page_app)
    ticket = booker.book("round-table")
    for number in range(event_messages.MOST_AT_A_TIME):
        words = "".join(uuid4().hex for _ in range(32))[: event_messages.LONGEST]
        with time_machine.travel(event.starts_at - timedelta(days=20 - number)):
            write(page_app, event, words)
    # Then the page is examined like any other: its weight is within what a page may have
    page = booker.own(ticket)
    assert page.text.count("2026") + page.text.count("2027") >= event_messages.MOST_AT_A_TIME


def test_no_registrant_reads_news_of_what_was_called_off(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    ticket = booker.book("round-table")
    write(page_app, event)
    call_off(page_app, event)
    assert "Please bring nothing." not in booker.own(ticket).text


def test_an_address_that_is_known_is_answered_like_any_other(page_app: Flask) -> None:
    # Given a registrant who has booked with an address
    publish(page_app)
    answers = []
    for address in ("robin@example.org", "robin@example.org", "sky@example.org"):
        stranger = Booker(page_app)
        stranger.book("round-table", registrant_email=address)
        told = stranger.page.text.replace(address, "ADDRESS")
        answers.append((stranger.status, told.replace(stranger.shown_ticket(), "TICKET")))
    # Then a registrant who books with it again, or with another, reads the same
    assert len(set(answers)) == 1


# The list of people


def test_who_is_on_the_list_can_take_their_name_off(page_app: Flask, booker: Booker) -> None:
    # Given a registrant who said yes to the list
    publish(page_app)
    ticket = booker.book("round-table", on_the_list="yes")
    assert standing(page_app, ticket).listed
    booker.own(ticket)
    # When they want their name off, and press twice
    booker.follow("Take my name off the list")
    assert standing(page_app, ticket).listed
    page, address = booker.page, booker.address
    for _ in range(2):
        booker.page, booker.address = page, address
        booker.press("Yes, take it off")
        assert "Your name is not on the list of people any more." in booker.page.text
    # Then it is off, the booking stays, and nothing is offered twice
    own = standing(page_app, ticket)
    assert (own.listed, own.state) == (False, "confirmed")
    assert "Take my name off" not in booker.page.text
    booker.get(f"/en/r/{ticket}/list")
    assert booker.path == f"/en/r/{ticket}"


def test_a_registrant_who_left_the_question_out_is_not_on_the_list(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    page = booker.begin("round-table")
    ticks = [one for one in page.all("input") if one.get("name") == "on_the_list"]
    assert len(ticks) == 2
    assert not any("checked" in one.attrib for one in ticks)
    booker.press_first(registrant_email="robin@example.org")
    assert not standing(page_app, booker.shown_ticket()).listed


def test_no_registrant_is_asked_at_an_event_that_survivors_may_come_to(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app, "small-group")
    assert "on_the_list" not in booker.begin("small-group").html


# A booking that is cancelled


def test_a_cancelled_booking_says_only_what_can_still_be_done(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    ticket = booker.book("round-table", on_the_list="yes")
    assert "can cancel or delete your booking" in booker.own(ticket).text
    with page_app.app_context():
        waiting_list.cancel(standing(page_app, ticket).id)
    page = booker.own(ticket)
    assert "can delete your booking" in page.text
    assert "cancel or" not in page.text
    assert "Take my name off" not in page.text
    # And the page after booking, if it is still open
    booker.get("/en/events/round-table/registered")
    assert "Your booking is cancelled" in booker.page.text
    assert "You can change what you need, cancel" not in booker.page.text
