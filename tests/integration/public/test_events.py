"""Booking a seat: what people see before, while and after, and what they cannot do."""

from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import register_some
from tests.integration.damage import spoilt_key
from tests.integration.public.booker import (
    ADDRESS,
    Booker,
    at,
    call_off,
    close,
    fill_up,
    found,
    publish,
    standing,
)
from tests.integration.public.steps import NOT_SAFELY, rows_in, value_of
from tests.pages import words
from tests.people import answers_for, begin, come_back, shown_code
from tests.turned import the_worker_kept_running
from tests.visitor import Value
from webapp.public.shared import bot_check
from webapp.rules import clock
from webapp.services.events import waiting_list
from webapp.services.retention import expiry
from webapp.services.sealed import shredding
from webapp.sessions import IDLE

EVENT = "/en/events/round-table/"


def cards(booker: Booker) -> list[str]:
    return [words(one) for one in booker.page.all("li") if one.get("class") == "card"]


# Before


def test_home_lists_calls_and_events_by_date(page_app: Flask, booker: Booker) -> None:
    # Given an event after the call closes, one before, and one that is full
    with time_machine.travel("2027-03-01T09:00:00Z"):
        publish(page_app, "small-group", starts="2027-03-20T11:00")
        publish(page_app, starts="2027-07-20T14:00")
        full = publish(page_app, slug="early", starts="2027-03-10T14:00", seats=2)
        fill_up(page_app, full)
        # When a visitor comes to the first page
        booker.get("/en/")
    # Then what comes first stands first, with its day, its hours and its zone, and how full it is
    events = [card for card in cards(booker) if "UK time" in card]
    assert [event.split(" 2027")[0] for event in events] == [
        "Wednesday 10 March",
        "Saturday 20 March",
        "Tuesday 20 July",
    ]
    assert "waiting list" in events[0] and "waiting list" not in events[1]
    assert "11 am to midday, UK time. There are free seats." in events[1]


def test_home_lists_only_what_can_be_booked(page_app: Flask, booker: Booker) -> None:
    for slug, change in (("off", call_off), ("shut", close)):
        change(page_app, publish(page_app, slug=slug))
    begun = publish(page_app, slug="begun")
    with at(begun, minutes=-1):
        booker.get("/en/")
    assert "/events/" not in booker.page.html


def test_the_event_page_says_what_a_registrant_must_know(page_app: Flask, booker: Booker) -> None:
    with time_machine.travel("2027-01-05T09:00:00Z"):
        publish(page_app)
        booker.get(EVENT)
    assert booker.status == 200
    text = booker.page.text
    assert "Tuesday 20 July 2027, 2 pm to 3.30 pm, UK time" in text
    for said in ("Who it is for", "How it is held", "Who runs it", "We delete all of it 28 days"):
        assert said in text
    # And nothing in the title says what it is about
    assert booker.page.title == "Meeting"


def test_in_arabic_the_day_is_arabic_and_the_zone_is_said(page_app: Flask, booker: Booker) -> None:
    with time_machine.travel("2027-01-05T09:00:00Z"):
        publish(page_app)
        booker.get("/ar/events/round-table/")
    assert (
        "الثلاثاء 20 يوليو 2027، من 2:00 م إلى 3:30 م، بتوقيت المملكة المتحدة" in booker.page.text
    )


def test_a_winter_event_is_told_in_winter_time(page_app: Flask, booker: Booker) -> None:
    with time_machine.travel("2027-01-05T09:00:00Z"):
        event = publish(page_app, starts="2027-02-01T14:00")
        booker.get(EVENT)
    assert event.starts_at.hour == 14
    assert "Monday 1 February 2027, 2 pm to 3.30 pm, UK time" in booker.page.text


# Booking


def test_a_registrant_books_a_seat(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    ticket = booker.book("round-table", display_name="Robin", access_needs=["captions"])
    # Then the page says so, and shows the link to keep
    assert booker.page.h1 == "You have a seat"
    assert standing(page_app, ticket).state == "confirmed"
    # And the event's own room has no code
    assert "code" not in booker.page.text
    # When they have kept it
    booker.press("I have kept it")
    # Then the browser holds nothing of it
    assert booker.path == "/en/finished"
    booker.get(f"{EVENT}registered")
    assert booker.path == EVENT


def test_only_the_address_is_needed_and_the_mails_are_explained(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    booker.begin("round-table")
    assert booker.page.h1 == "Book a seat"
    assert "It does not say what this is about, or who you are." in booker.page.text
    booker.press_first()
    # Then what is wrong stands first, and nothing was booked
    assert booker.page.title.startswith("Please look again")
    assert found(page_app, "round-table").taken == 0


def test_what_was_typed_is_still_there_beside_what_is_wrong(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    booker.begin("round-table")
    booker.press_first(
        registrant_email="robin@", display_name="Robin <b>", access_needs=["captions", "none"]
    )
    assert "Write an e-mail address like name@example.org" in booker.page.text
    # An address is needed, so no registrant is told to leave it out
    assert "leave this empty" not in booker.page.text.split("Do you want an interpreter")[0]
    values = {one.get("id"): one.get("value") for one in booker.page.all("input")}
    assert values["registrant_email"] == "robin@" and values["display_name"] == "Robin <b>"
    # And put right, it is booked
    booker.press_first(registrant_email=ADDRESS, access_needs=["captions"])
    assert booker.page.h1 == "You have a seat"


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example\r\nBcc: x@example.org",
        "a@b.example\nSubject: x",
        "a b@c",
        "<a@b.example>\r\nBcc: <x@example.org>",
        "a" * 300 + "@b.example",
    ],
)
def test_no_address_carries_a_header(page_app: Flask, booker: Booker, address: str) -> None:
    publish(page_app)
    booker.begin("round-table")
    booker.press_first(registrant_email=address)
    if booker.path.endswith("/registered"):
        pytest.fail("booked with what is no address")
    assert booker.page.title.startswith("Please look again")
    assert found(page_app, "round-table").taken == 0


def test_the_room_code_is_shown_with_the_booking(page_app: Flask, booker: Booker) -> None:
    publish(page_app, "small-group")
    ticket = booker.book("small-group")
    code = booker.shown_room_code()
    assert len(code.replace("-", "")) == 8
    # Loaded again it is the same; on the own page it never is
    booker.get(booker.path)
    assert booker.shown_room_code() == code
    booker.own(ticket)
    assert code not in booker.page.html
    # And it is gone with the Visit
    booker.get("/en/events/small-group/registered")
    booker.press("I have kept it")
    booker.own(ticket)
    assert code not in booker.page.html


def test_children_are_sent_to_help_and_nothing_is_kept(page_app: Flask, booker: Booker) -> None:
    publish(page_app, "small-group")
    booker.begin("small-group")
    booker.press_first(adult="no", registrant_email=ADDRESS)
    assert booker.path == "/en/events/small-group/stop"
    assert "0800 1111" in booker.page.text
    assert found(page_app, "small-group").taken == 0
    # And the form is empty when a registrant goes back to it
    booker.begin("small-group")
    assert ADDRESS not in booker.page.html


# Full


def test_a_full_event_says_so_before_and_after(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app, "small-group")
    fill_up(page_app, event)
    booker.get("/en/events/small-group/")
    assert "All seats are taken, but you can join the waiting list." in booker.page.text
    booker.press("Join the waiting list")
    booker.press("Go on")
    assert booker.page.h1 == "Join the waiting list"
    assert "This puts you on the waiting list." in booker.page.text
    booker.press("Join the waiting list", adult="yes", registrant_email=ADDRESS)
    assert booker.page.h1 == "You are on the waiting list"
    assert "You are number 1 in line. We e-mail you when you get a seat." in booker.page.text
    assert standing(page_app, booker.shown_ticket()).state == "waiting"


def test_two_people_at_the_last_seat(page_app: Flask, booker: Booker, other: Booker) -> None:
    # Given one seat, and two people who both see it free
    fill_up(page_app, publish(page_app), left=1)
    for person in (booker, other):
        person.begin("round-table")
        assert "waiting list. The next page tells you." in person.page.text
    # When both send
    for person, address in ((booker, "one@example.org"), (other, "two@example.org")):
        person.press("Book a seat", registrant_email=address)
    # Then one has it, and the other is told where they are
    assert booker.page.h1 == "You have a seat"
    assert other.page.h1 == "You are on the waiting list"


def test_a_free_seat_belongs_to_the_registrant_who_waits(page_app: Flask, booker: Booker) -> None:
    # Given a full event with a registrant waiting
    event = publish(page_app, seats=2)
    with page_app.app_context():
        first, _ = register_some(event, 2)
    waiting = booker.book("round-table")
    # When a seat is given back
    with page_app.app_context():
        waiting_list.cancel(first.id)
    # Then it is theirs, and the event is as full as before
    booker.own(waiting)
    assert booker.page.h1 == "You have a seat"
    booker.get(EVENT)
    assert "All seats are taken" in booker.page.text


# Twice, late, and from elsewhere


def test_a_doubled_post_books_one_seat(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    booker.begin("round-table")
    token = next(
        one.get("value") for one in booker.page.all("input") if one.get("name") == "csrf_token"
    )
    name = next(
        one.get("value") for one in booker.page.all("input") if one.get("name") == "booking"
    )
    data = {"csrf_token": token, "booking": name, "registrant_email": ADDRESS}
    booker.post(f"{EVENT}register", data)
    ticket = booker.shown_ticket()
    # When the same is sent again
    booker.post(f"{EVENT}register", data)
    # Then it is the same booking
    assert booker.shown_ticket() == ticket
    # And when a registrant begins anew, the form in the old tab still books nothing: it is shown once more
    booker.begin("round-table")
    booker.post(f"{EVENT}register", data)
    assert "Please press the button once more." in booker.page.text
    assert value_of(booker, "registrant_email") == ADDRESS
    assert found(page_app, "round-table").taken == 1


def test_a_post_replayed_after_the_visit_books_nothing(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    booker.book("round-table")
    booker.press("I have kept it")
    booker.post(f"{EVENT}register", {"registrant_email": ADDRESS})
    assert "Nothing is booked yet." in booker.page.text
    assert found(page_app, "round-table").taken == 1


def test_an_expired_visit_keeps_what_was_typed(page_app: Flask, booker: Booker) -> None:
    # Given a form that lay open for longer than a Visit lasts
    event = publish(page_app)
    with at(event, days=10):
        booker.begin("round-table")
    with at(event, days=10, seconds=-IDLE["public"] - 60):
        booker.press_first(registrant_email=ADDRESS, display_name="Robin")
        # Then it is all there, and the page says that it is not booked
        assert "Nothing is booked yet." in booker.page.text
        values = [one.get("value") for one in booker.page.all("input")]
        assert ADDRESS in values and "Robin" in values
        assert found(page_app, "round-table").taken == 0
        # And pressing once more books it
        booker.press_first()
        assert booker.page.h1 == "You have a seat"


def test_a_booking_in_a_tab_of_a_visit_that_was_ended_keeps_its_words(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    # Given a booking in a second tab, and a Visit that was ended and begun anew
    publish(page_app)
    booker.begin("round-table")
    other.client = booker.client
    other.get("/en/events/round-table/register")
    booker.client.delete_cookie("hearth")
    booker.begin("round-table")
    # When the second tab is sent
    other.press_first(registrant_email=ADDRESS, needs_notes="A quiet room, please.")
    # Then nothing is booked, the words are there, and the page says what to do
    assert other.status == 403
    assert "Please press the button once more" in other.page.text
    assert value_of(other, "needs_notes") == "A quiet room, please."
    assert rows_in(page_app, "registrations") == 0
    # And once more pressed, it is booked
    other.press_first()
    assert other.path == "/en/events/round-table/registered"


def test_a_booking_that_was_not_begun_here_is_refused_as_ever(
    page_app: Flask, booker: Booker
) -> None:
    # Given a Visit without a booking, and an event that was never there
    publish(page_app)
    begin(booker)
    for slug in ("round-table", "nowhere"):
        # When an old tab sends one
        booker.post(
            f"/en/events/{slug}/register", {"csrf_token": "old", "registrant_email": "a@b.cd"}
        )
        # Then it is refused, and shows nothing
        assert (booker.status, booker.page.h1) == (403, "We could not take that")


def test_a_form_without_a_visit_leads_to_its_beginning(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    for page in ("register", "registered"):
        booker.get(f"{EVENT}{page}")
        assert booker.path == EVENT


def test_no_other_site_can_book(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    for page in ("begin", "register"):
        booker.post(
            f"{EVENT}{page}",
            {"registrant_email": ADDRESS},
            **{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"},
        )
        assert booker.status == 403
    assert found(page_app, "round-table").taken == 0


def test_programs_are_asked_to_press_once_more(make_page_app: MakeApp) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    booker = Booker(app)
    publish(app)
    booker.begin("round-table")
    booker.press_first(registrant_email=ADDRESS, website="https://spam.example")
    assert "Your browser may have filled in something" in booker.page.text
    booker.press_first(website="")
    assert "very fast" in booker.page.text
    with time_machine.travel(_in(bot_check.FASTEST_SECONDS + 1)):
        booker.press_first(website="")
    assert booker.page.h1 == "You have a seat"


def test_a_browser_that_always_fills_in_the_hidden_box_can_book(
    page_app: Flask, booker: Booker
) -> None:
    publish(page_app)
    booker.begin("round-table")
    booker.press_first(registrant_email=ADDRESS, website="https://mine.example")
    assert "Please press the button once more." in booker.page.text
    booker.press_first(website="https://mine.example")
    assert booker.page.h1 == "You have a seat"


def _in(seconds: int) -> datetime:
    return clock.now() + timedelta(seconds=seconds)


# A key that registrations are sealed to is gone, or an attacker put in their own


@pytest.mark.parametrize("gone", [False, True], ids=["swapped", "gone"])
@pytest.mark.parametrize("part", ["registrant", "needs"])
def test_without_a_key_to_seal_to_nothing_is_booked_and_nothing_is_lost(
    app: Flask, part: str, gone: bool
) -> None:
    # Given a registrant who is booking, and a key that is not as it was made
    event, booker = publish(app), Booker(app)
    booker.begin(event.slug)
    with spoilt_key(app, part, gone=gone):
        # When they press the button
        booker.press_first(registrant_email=ADDRESS, access_needs=["breaks"])
        # Then they read why, and nothing is booked
        assert (booker.status, booker.page.h1) == (503, NOT_SAFELY)
        assert "Nothing is booked yet. What you wrote is still here." in booker.page.text
        assert rows_in(app, "registrations") == 0
        # The event's own secret is the only one.
        assert rows_in(app, "erasure_secrets") == 1
    # When it is put right, what they typed is there, and is booked
    booker.follow("Back")
    assert value_of(booker, "registrant_email") == ADDRESS
    booker.press_first()
    assert booker.path.endswith("/registered")


@pytest.mark.usefixtures("read_anew")
def test_a_meeting_that_cannot_be_booked_is_not_begun(page_app: Flask, booker: Booker) -> None:
    # Given a key that is not as it was made
    publish(page_app)
    with spoilt_key(page_app, "needs"):
        # When a visitor wants a seat
        booker.get(EVENT)
        booker.press_first()
        # Then they are told before they write anything, and there is no Visit to be found
        assert (booker.status, booker.page.h1) == (503, NOT_SAFELY)
        assert rows_in(page_app, "public_visits") == 0


def test_needs_wait_while_a_key_is_not_as_it_was_made(page_app: Flask, booker: Booker) -> None:
    # Given a registrant with a seat who says what they need
    ticket = booker.book(publish(page_app).slug)
    with spoilt_key(page_app, "needs"):
        booker.get(f"/en/r/{ticket}/needs")
        booker.press("Save", needs_notes="A quiet room, please.")
        # Then they read why it is not taken, and their words are there
        assert booker.status == 503
        assert "Something is wrong with the lock" in booker.page.text
        assert value_of(booker, "needs_notes") == "A quiet room, please."
    # And it is saved when it is put right
    booker.press("Save")
    assert booker.path == f"/en/r/{ticket}"


def test_words_for_one_meeting_push_out_none_for_another(page_app: Flask, booker: Booker) -> None:
    # Given two meetings, and words that wait for the one whose name is longer
    for slug in ("talk", "talk-two"):
        publish(page_app, slug=slug)
    booker.begin("talk-two")
    booker.press_first(needs_notes="Mine.")
    # When a registrant puts a whole book into the other one, and it is not accepted either
    booker.begin("talk")
    booker.press_first(needs_notes="A quiet room. " * 1_200)
    # Then both wait
    assert value_of(booker, "needs_notes").startswith("A quiet room.")
    booker.get("/en/events/talk-two/register")
    assert value_of(booker, "needs_notes") == "Mine."


# Closed, past, called off, unknown


def test_a_closed_event_is_still_told_but_not_booked(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    booker.begin("round-table")
    close(page_app, event)
    # A registrant in the middle of booking is told kindly, and nothing is booked
    booker.press_first(registrant_email=ADDRESS)
    assert booker.status == 410
    assert booker.page.h1 == "Booking has closed"
    assert "What you wrote was not sent" in booker.page.text
    # Others can read what it is, because some have a seat
    booker.get(EVENT)
    assert booker.status == 200
    assert "Booking has closed." in booker.page.text
    assert not booker.page.all("form")
    booker.post(f"{EVENT}begin")
    assert booker.status == 410
    assert found(page_app, "round-table").taken == 0


def test_an_event_that_has_begun_takes_no_more_registrants(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with at(event, minutes=-1):
        booker.get(EVENT)
        assert booker.status == 200 and "Booking has closed" in booker.page.text
        booker.post(f"{EVENT}register", {"registrant_email": ADDRESS})
        assert booker.status == 410


def test_past_and_called_off_events_are_gone_kindly(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with at(event, hours=-2):
        booker.get(EVENT)
    assert booker.status == 410 and booker.page.h1 == "This one is over"
    call_off(page_app, event)
    booker.get(EVENT)
    assert booker.status == 410 and booker.page.h1 == "This meeting is called off"
    booker.post(f"{EVENT}begin")
    assert booker.status == 410


@pytest.mark.parametrize("path", ["", "register", "registered", "stop"])
def test_an_unknown_event_is_no_page(page_app: Flask, booker: Booker, path: str) -> None:
    booker.get(f"/en/events/nowhere/{path}")
    assert booker.status == 404


def test_an_erased_booking_is_not_brought_back(page_app: Flask, booker: Booker) -> None:
    # Given a registrant whose booking was erased while its page is still open
    publish(page_app)
    ticket = booker.book("round-table")
    own = standing(page_app, ticket)
    with at(own.event, days=-own.event.definition.keep_days - 2):
        with page_app.app_context():
            the_worker_kept_running()
            expiry.erase_due()
            shredding.finish_waiting()
        # Then the link leads nowhere
        booker.own(ticket)
        assert booker.status == 404 and booker.page.h1 == "This link does not work"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_is_light_and_keeps_every_rule(
    page_app: Flask, booker: Booker, language: str
) -> None:
    # Given both events (every page that arrives is examined; see tests.pages)
    publish(page_app)
    fill_up(page_app, publish(page_app, "small-group"))
    for slug in ("round-table", "small-group"):
        person = Booker(page_app)
        person.begin(slug, language)
        person.press_first(registrant_email="robin@", interpreter_language="x" * 100)
        adult = {"adult": "yes"} if slug == "small-group" else {}
        person.press_first(registrant_email=ADDRESS, interpreter_language="", **adult)
        ticket = person.shown_ticket()
        for page in ("", "/needs", "/cancel"):
            person.get(f"/{language}/r/{ticket}{page}")
            assert person.status == 200
    booker.get(f"/{language}/r/nobody")
    assert booker.status == 404
    # And the page on what we keep says it of events, too
    booker.get(f"/{language}/privacy")
    assert ("28 days" if language == "en" else "28 يوم") in booker.page.text


# The confirmation of a call's answers, which is a mail too


@pytest.mark.parametrize(
    ("safe_ways", "shared", "mails"),
    [(["email"], "no", True), (["email"], "yes", False), (["text"], "no", False)],
)
def test_a_confirmation_is_offered_only_to_an_inbox_that_is_safe_and_their_own(
    booker: Booker, safe_ways: list[str], shared: str, mails: bool
) -> None:
    # Given a participant who said which ways are safe, and who else sees them
    begin(booker)
    ticked: dict[str, Value] = {"safe_ways": safe_ways, "email_shared": shared}
    while not booker.path.endswith("/check"):
        on_page = {one.get("name") for one in booker.page.all("input")}
        answers = {key: ways for key, ways in ticked.items() if key in on_page}
        booker.press_first(**{**answers_for(booker), **answers})
    asked_again = "someone else can see your e-mails. Do you still want us to use this address?"
    assert (asked_again in booker.page.text) == (shared == "yes")
    booker.press_first()
    # Then a mail is only offered where e-mail is one of them, and no other person reads it
    offered = [one.get("value") for one in booker.page.all("input") if one.get("name") == "consent"]
    assert ("mail_confirmation" in offered) == mails
    assert "contact_me" in offered
    # And afterwards a mail that was for that moment can no longer be asked for
    booker.press_first()
    booker.press("No, do not contact me")
    code = shown_code(booker)
    come_back(booker, code)
    assert "mail_confirmation" not in booker.page.html
