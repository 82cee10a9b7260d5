"""The registrant's own page: what it shows, when, and that one link opens one booking only."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from icalendar import Calendar

from tests.conftest import MakeApp
from tests.factories import TO_PREPARE, Booked, register_one, register_some, signed_in
from tests.integration.public.booker import (
    COORDINATOR,
    JOINING_LINK,
    Booker,
    at,
    call_off,
    fill_up,
    found,
    publish,
    set_link,
    standing,
)
from tests.integration.public.steps import value_of
from webapp.rules import clock
from webapp.services.events import (
    address_changes,
    desk_registrations,
    event_changes,
    registrations,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.keys.bootstrap import Founded
from webapp.services.sealed import shredding
from webapp.vault.tickets import new_ticket

LOST = "Have you lost your code?"

# The way into the room


def test_the_joining_link_shows_inside_its_window_only(page_app: Flask, booker: Booker) -> None:
    # Given a seat, and a joining link that is set
    event = publish(page_app)
    set_link(page_app, event)
    with page_app.app_context():
        ticket = register_one(event).ticket
    for minutes, there in ((60, False), (16, False), (15, True), (-89, True), (-90, False)):
        with at(event, minutes=minutes):
            booker.own(ticket)
            assert booker.status == 200
            assert booker.links_outside() == ([JOINING_LINK] if there else []), minutes
    # And before, the page says from when, in the event's zone
    with at(event, days=2):
        booker.own(ticket)
    assert "the link to join here from 1.45 pm, UK time, on" in booker.page.text


def test_no_registrant_without_a_seat_sees_it(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    fill_up(page_app, event)
    set_link(page_app, event)
    with page_app.app_context():
        waiting = register_one(event)
        gone = register_one(event)
    booker.get(f"/en/r/{gone.ticket}/cancel")
    booker.press_first()
    for ticket in (waiting.ticket, gone.ticket):
        with at(event, minutes=5):
            booker.own(ticket)
            booker.post(f"/en/r/{ticket}/room", {"code": ""})
        assert "meet.example" not in booker.page.html


@pytest.mark.parametrize("like", ["round-table", "small-group"])
def test_a_link_that_is_not_set_yet(page_app: Flask, booker: Booker, like: str) -> None:
    event = publish(page_app, like)
    with page_app.app_context():
        ticket = register_one(event).ticket
    with at(event, minutes=5):
        booker.own(ticket)
    assert "The link is not here yet." in booker.page.text


def test_the_room_code_opens_the_way_in(page_app: Flask, booker: Booker) -> None:
    # Given an event that asks for the code, and its window open
    event = publish(page_app, "small-group")
    set_link(page_app, event)
    with page_app.app_context():
        booked, other = register_some(event, 2)
    assert booked.room_code and other.room_code
    with at(event, minutes=10):
        booker.own(booked.ticket)
        assert "meet.example" not in booker.page.html
        # When it is mistyped, or another registrant's
        booker.press("Show the link to join", code="K7Q")
        assert booker.status == 400
        assert "This code has 8 letters and numbers." in booker.page.text
        booker.press("Show the link to join", code=other.room_code)
        assert booker.status == 400
        assert "This is not the code for this page." in booker.page.text
        assert "meet.example" not in booker.page.html
        # And when it is right, however it is typed
        booker.press("Show the link to join", code=f"Room code: “{booked.room_code.lower()}”")
        assert booker.links_outside() == [JOINING_LINK]
        # Then nothing keeps it: the page asks again
        booker.own(booked.ticket)
        assert "meet.example" not in booker.page.html


def test_the_room_code_cannot_be_guessed_for_long(make_page_app: MakeApp) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    event = publish(app, "small-group")
    set_link(app, event)
    with app.app_context():
        booked, other = register_some(event, 2)
    booker = Booker(app)
    with at(event, minutes=10):
        for _ in range(40):
            booker.post(f"/en/r/{booked.ticket}/room", {"code": other.room_code})
            if booker.status == 429:
                break
        # Then even the right code must wait
        booker.post(f"/en/r/{booked.ticket}/room", {"code": booked.room_code})
    assert booker.status == 429
    assert "meet.example" not in booker.page.html
    # (and reads of no button that this page never had)
    assert "You can load this page again in five minutes." in booker.page.text
    assert "Continue" not in booker.page.text


def test_strangers_use_up_no_registrants_tries(make_page_app: MakeApp) -> None:
    app = make_page_app(LIMIT_FACTOR="1")
    event = publish(app, "small-group")
    set_link(app, event)
    with app.app_context():
        booked = register_one(event)
    with at(event, minutes=10):
        # Given a program that tries where no booking is, with tickets that are none and some that could be
        stranger = Booker(app)
        for ticket in ("x", new_ticket(), *["x"] * 110):
            stranger.post(f"/en/r/{ticket}/room", {"code": "K7Q2-M4TX"})
            assert stranger.status == 404
        # Then every colleague who is booked comes in, from the same address too
        booker = Booker(app)
        booker.post(f"/en/r/{booked.ticket}/room", {"code": booked.room_code})
        assert booker.links_outside() == [JOINING_LINK]


def test_a_whole_office_comes_in_from_one_address(make_page_app: MakeApp) -> None:
    # Given more colleagues behind one address than the number of tries that one has
    app = make_page_app(LIMIT_FACTOR="1")
    event = publish(app, "small-group", seats=24)
    set_link(app, event)
    with app.app_context():
        colleagues = register_some(event, 24)
    # When they all come within a minute
    with at(event, minutes=5):
        for one in colleagues:
            booker = Booker(app)
            booker.post(f"/en/r/{one.ticket}/room", {"code": one.room_code})
            # Then each gets in
            assert booker.links_outside() == [JOINING_LINK]


def test_outside_the_window_the_code_opens_nothing(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app, "small-group")
    set_link(page_app, event)
    with page_app.app_context():
        booked = register_one(event)
    booker.post(f"/en/r/{booked.ticket}/room", {"code": booked.room_code})
    assert booker.path == f"/en/r/{booked.ticket}"
    assert "meet.example" not in booker.page.html


@pytest.mark.parametrize("minutes", [60, 10])
def test_who_lost_the_room_code_reads_whom_to_ask(
    page_app: Flask, booker: Booker, minutes: int
) -> None:
    # Given a seat for which a code is needed, before the window opens and inside it
    event = publish(page_app, "small-group")
    set_link(page_app, event)
    with page_app.app_context():
        ticket = register_one(event).ticket
    with at(event, minutes=minutes):
        # Then they are told who can help: without the code they cannot cancel and book again
        booker.own(ticket)
        assert LOST in booker.page.text
        assert "Please get in touch: we can cancel for you." in booker.page.text
        assert "book again" not in booker.page.text


def test_where_no_room_code_is_needed_none_can_be_lost(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        ticket = register_one(event).ticket
    booker.own(ticket)
    assert LOST not in booker.page.text


def test_who_joins_is_told_what_the_video_call_shows(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    set_link(page_app, event)
    with page_app.app_context():
        ticket = register_one(event).ticket
    with at(event, minutes=5):
        booker.own(ticket)
    # Then that comes before the link, because afterwards it is too late
    told, link = (booker.page.text.index(one) for one in ("your real name", "Join now"))
    assert told < link
    assert "“Leave now” does not close the video call." in booker.page.text


# Cancelling


def test_cancelling_frees_the_seat_for_the_next(page_app: Flask, booker: Booker) -> None:
    # Given a full event, and two who wait
    event = publish(page_app, seats=1)
    with page_app.app_context():
        seated, first, second = register_some(event, 3)
    booker.own(seated.ticket)
    booker.follow("Give my seat back")
    assert booker.page.h1 == "Give your seat back?"
    # Looking at the question has changed nothing
    assert standing(page_app, seated.ticket).state == "confirmed"
    booker.press("Yes, give it back")
    assert booker.page.h1 == "Your booking is cancelled"
    states = [standing(page_app, one.ticket).state for one in (seated, first, second)]
    assert states == ["cancelled", "confirmed", "waiting"]


def test_cancelling_twice_is_cancelling_once(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app, seats=1)
    with page_app.app_context():
        seated, _, second = register_some(event, 3)
    for _ in range(2):
        booker.post(f"/en/r/{seated.ticket}/cancel")
        assert booker.page.h1 == "Your booking is cancelled"
    assert standing(page_app, second.ticket).state == "waiting"
    # And the question is not asked again
    booker.get(f"/en/r/{seated.ticket}/cancel")
    assert booker.path == f"/en/r/{seated.ticket}"


def test_once_it_has_begun_nothing_is_cancelled(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        ticket = register_one(event).ticket
    with at(event, minutes=-1):
        booker.own(ticket)
        assert "Give my seat back" not in [link.text for link in booker.page.all("a")]
        booker.post(f"/en/r/{ticket}/cancel")
        assert booker.page.h1 == "You have a seat"
    assert standing(page_app, ticket).state == "confirmed"


def test_leaving_the_waiting_list(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app, seats=1)
    with page_app.app_context():
        _, waiting = register_some(event, 2)
    booker.own(waiting.ticket)
    booker.follow("Leave the waiting list")
    assert booker.page.h1 == "Leave the waiting list?"
    booker.press("Yes, leave the list")
    assert found(page_app, event.slug).waiting == 0
    # And there is a way back in
    booker.follow("Book again")
    assert booker.path == "/en/events/round-table/"


# One link, one booking


def test_a_strangers_or_mistyped_link_opens_nothing(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        ticket = register_one(event).ticket
    wrong = ticket[:-1] + ("0" if ticket[-1] != "0" else "1")
    for link in (wrong, ticket[:-1], "x", "a" * 400, "%F0%9F%94%A5", "..", "'; --"):
        for page in ("", "/needs", "/cancel", "/calendar"):
            booker.get(f"/en/r/{link}{page}")
            assert booker.status == 404
        for page in ("/needs", "/cancel", "/room"):
            booker.post(f"/en/r/{link}{page}", {"code": "K7QF-2M9Z"})
            assert booker.status == 404
    assert standing(page_app, ticket).state == "confirmed"


def test_a_link_forgives_what_mail_programs_do_to_it(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        ticket = register_one(event).ticket
    for link in (ticket.upper(), f"{ticket}."):
        booker.own(link)
        assert booker.page.h1 == "You have a seat"


def test_a_link_touches_no_other_registrants_booking(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        mine, theirs = register_some(event, 2)
    # When an attacker sends another's id with their own link
    booker.post(f"/en/r/{mine.ticket}/cancel", {"id": str(theirs.id), "ticket": theirs.ticket})
    # Then only their own is cancelled
    assert standing(page_app, mine.ticket).state == "cancelled"
    assert standing(page_app, theirs.ticket).state == "confirmed"


def test_no_other_site_can_cancel(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        ticket = register_one(event).ticket
    for page in ("cancel", "needs", "room"):
        booker.post(f"/en/r/{ticket}/{page}", {}, **{"Sec-Fetch-Site": "cross-site"})
        assert booker.status == 403
    assert standing(page_app, ticket).state == "confirmed"


def test_the_page_tells_nothing_of_what_was_told(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        booked = register_one(event, "canary@example.org", display_name="CanaryName")
    for page in ("", "/needs", "/cancel"):
        booker.get(f"/en/r/{booked.ticket}{page}")
        assert "canary" not in booker.page.html.lower()
        assert booker.response.headers["Cache-Control"] == "no-store"
        assert booker.status == 200
        assert booker.links_outside() == []


# What a registrant needs


def test_needs_are_changed(page_app: Flask, booker: Booker, page_founded: Founded) -> None:
    event = publish(page_app)
    with page_app.app_context():
        booked = register_one(event, interpreter_language="Romanian")
    booker.own(booked.ticket)
    booker.follow("Change what you need")
    # What was said before is not shown: a link opens nothing that was told
    assert "Romanian" not in booker.page.html
    booker.press("Save", access_needs=["breaks"], interpreter_language="Tigrinya")
    assert "Thank you for telling us what you need." in booker.page.text
    with page_app.app_context():
        opened = desk_registrations.open_registration(
            signed_in(page_founded), booked.id, TO_PREPARE
        )
    assert opened.by_part["needs"] == {
        "access_needs": ["breaks"],
        "interpreter_language": "Tigrinya",
    }


def test_needs_that_were_saved_are_saved_though_the_old_ones_cannot_be_shredded_yet(
    app: Flask, founded: Founded
) -> None:
    # Given a tombstone file that this process may not write to
    event, booker = publish(app), Booker(app)
    with app.app_context():
        booked = register_one(event, interpreter_language="Romanian")
    file: Path = app.extensions["hearth_settings"].tombstone_file
    file.mkdir()
    # When a registrant changes what they need
    booker.get(f"/en/r/{booked.ticket}/needs")
    booker.press("Save", access_needs=["breaks"])
    # Then they are told that it is saved, and it is
    assert "Thank you for telling us what you need." in booker.page.text
    file.rmdir()
    with app.app_context():
        opened = desk_registrations.open_registration(signed_in(founded), booked.id, TO_PREPARE)
        assert opened.by_part["needs"] == {"access_needs": ["breaks"]}
        # And the worker finishes the rest
        assert shredding.finish_waiting() == 1


def test_needs_that_cannot_be_taken_are_kept_as_typed(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        booked = register_one(event)
    booker.get(f"/en/r/{booked.ticket}/needs")
    booker.press("Save", access_needs=["breaks", "none"], needs_notes="A quiet room, please")
    assert booker.page.title.startswith("Please look again")
    assert "A quiet room, please" in [one.get("value") for one in booker.page.all("input")]
    booker.press("Save", access_needs=["breaks"])
    assert "Thank you for telling us what you need." in booker.page.text


def test_needs_in_a_tab_of_a_visit_that_was_ended_keep_their_words(
    page_app: Flask, booker: Booker, other: Booker
) -> None:
    # Given a registrant who says what they need, in a tab of a Visit that was ended and begun anew
    ticket = booker.book(publish(page_app).slug)
    other.client = booker.client
    other.get(f"/en/r/{ticket}/needs")
    booker.client.delete_cookie("hearth")
    booker.begin("round-table")
    # When they save
    other.press("Save", needs_notes="A quiet room, please.")
    # Then it is not taken, and their words are there
    assert other.status == 403
    assert value_of(other, "needs_notes") == "A quiet room, please."
    # And once more pressed, it is saved
    other.press("Save")
    assert other.path == f"/en/r/{ticket}"
    # But where nothing was written, or the link leads nowhere, there is nothing to show
    for address, words in ((f"/en/r/{ticket}/needs", ""), ("/en/r/nowhere/needs", "Mine.")):
        other.post(address, {"csrf_token": "old", "needs_notes": words})
        assert (other.status, other.page.h1) == (403, "We could not take that")


@pytest.mark.parametrize("state", ["cancelled", "over", "called off"])
def test_needs_are_not_asked_of_a_registrant_who_does_not_come(
    page_app: Flask, booker: Booker, state: str
) -> None:
    event = publish(page_app)
    with page_app.app_context():
        booked = register_one(event)
    if state == "cancelled":
        booker.post(f"/en/r/{booked.ticket}/cancel")
    if state == "called off":
        call_off(page_app, event)
    with at(event, hours=-3 if state == "over" else 3):
        booker.get(f"/en/r/{booked.ticket}/needs")
        assert booker.path == f"/en/r/{booked.ticket}"
        booker.post(f"/en/r/{booked.ticket}/needs", {"needs_notes": "x"})
        assert booker.path == f"/en/r/{booked.ticket}"
        assert "We know now" not in booker.page.text


# What the page says later


def test_a_called_off_event_says_so_on_every_page(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app, seats=1)
    with page_app.app_context():
        people = register_some(event, 2)
    call_off(page_app, event)
    for person in people:
        booker.own(person.ticket)
        assert booker.page.h1 == "This meeting is called off"
        assert "You have a seat" not in booker.page.text


def test_a_moved_event_shows_its_new_time(page_app: Flask, booker: Booker) -> None:
    with time_machine.travel("2027-01-05T09:00:00Z"):
        event = publish(page_app)
        with page_app.app_context():
            ticket = register_one(event).ticket
            later = event.starts_at + timedelta(days=1, hours=-2)
            event_changes.move(event.id, later, actor=event.id, reason="The room was taken")
        booker.own(ticket)
    assert "Wednesday 21 July 2027, midday to 1.30 pm, UK time" in booker.page.text


def test_afterwards_the_page_thanks_and_asks_nothing(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app, seats=1)
    with page_app.app_context():
        seated, waiting = register_some(event, 2)
    with at(event, minutes=-5):
        booker.own(waiting.ticket)
        assert "There was no seat for you this time." in booker.page.text
    with at(event, hours=-3):
        for person in (seated, waiting):
            booker.own(person.ticket)
            assert booker.page.h1 == "This meeting is over"
            assert not [form for form in booker.page.all("form") if form.get("method") == "post"]


# The calendar


def test_the_calendar_file_says_only_when(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        booked = register_one(event, display_name="CanaryName")
    answer = booker.download(f"/en/r/{booked.ticket}/calendar")
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="meeting.ics"'
    calendar = Calendar.from_ical(answer.get_data())
    (entry,) = calendar.walk("VEVENT")
    assert (calendar["METHOD"], entry["SUMMARY"], entry["CLASS"]) == (
        "PUBLISH",
        "Meeting",
        "PRIVATE",
    )
    assert entry["DTSTART"].dt == event.starts_at and entry["DTEND"].dt == event.ends_at
    for told in (booked.ticket, str(booked.id), "CanaryName", "support", "http"):
        assert told not in answer.get_data(as_text=True)
    # When it is cancelled, the file takes the same entry out
    booker.post(f"/en/r/{booked.ticket}/cancel")
    cancelled = Calendar.from_ical(booker.download(f"/en/r/{booked.ticket}/calendar").get_data())
    (gone,) = cancelled.walk("VEVENT")
    assert cancelled["METHOD"] == "CANCEL" and gone["UID"] == entry["UID"]
    assert gone["SEQUENCE"] > entry["SEQUENCE"]


def test_booking_again_is_a_new_entry_and_no_number_ever_falls(
    page_app: Flask, booker: Booker
) -> None:
    # Given a registrant who books, is moved, gets another link, cancels, and books again
    event = publish(page_app)
    first = register(page_app, event)
    seen = [entry_of(booker, first.ticket)]
    with page_app.app_context():
        later = event.starts_at + timedelta(days=1)
        event_changes.move(event.id, later, actor=COORDINATOR, reason="x")
    seen.append(entry_of(booker, first.ticket))
    with page_app.app_context():
        prepared = registrations.renewed(event, first.id, None)
        address_changes.change_own(first.ticket, {}, "new@example.org", prepared)
    seen.append(entry_of(booker, prepared.ticket))
    with page_app.app_context():
        waiting_list.cancel(first.id)
    seen.append(entry_of(booker, prepared.ticket))
    again = entry_of(booker, register(page_app, event, "again@example.org").ticket)
    call_off(page_app, event)
    seen.append(entry_of(booker, prepared.ticket))
    # Then it is one entry whose number grows, and the second booking is another entry: nothing that a calendar has
    # cancelled keeps it out
    assert len({entry["UID"] for entry in seen}) == 1
    numbers = [int(entry["SEQUENCE"]) for entry in seen]
    assert numbers == sorted(numbers)
    assert numbers[3] > numbers[2]
    assert again["UID"] != seen[0]["UID"]
    # And neither says whose it is: no id of ours, nothing that two people share
    assert first.id.hex not in str(seen[0]["UID"]).replace("-", "")
    other = entry_of(booker, register(page_app, publish(page_app, slug="other")).ticket)
    assert other["UID"] not in {seen[0]["UID"], again["UID"]}


def test_a_calendar_that_keeps_what_is_cancelled_says_so(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    booked = register(page_app, event)
    assert "Your calendar may copy it to your other devices" in booker.own(booked.ticket).text
    assert entry_of(booker, booked.ticket)["SUMMARY"] == "Meeting"
    with page_app.app_context():
        waiting_list.cancel(booked.id)
    assert entry_of(booker, booked.ticket)["SUMMARY"] == "Cancelled: Meeting"
    assert (
        "Others keep it, or add a second one, called “Cancelled: Meeting”."
        in booker.own(booked.ticket).text
    )


def register(app: Flask, event: Event, address: str = "robin@example.org") -> Booked:
    with app.app_context():
        return register_one(event, address)


def entry_of(booker: Booker, ticket: str) -> Any:
    """The entry in the calendar file, as a calendar would read it."""
    answer = booker.download(f"/en/r/{ticket}/calendar")
    (entry,) = Calendar.from_ical(answer.get_data()).walk("VEVENT")
    return entry


def test_a_called_off_event_leaves_the_calendar(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app)
    with page_app.app_context():
        booked = register_one(event)
    call_off(page_app, event)
    calendar = Calendar.from_ical(booker.download(f"/en/r/{booked.ticket}/calendar").get_data())
    assert calendar["METHOD"] == "CANCEL"


def test_there_is_no_calendar_file_for_the_waiting_list(page_app: Flask, booker: Booker) -> None:
    event = publish(page_app, seats=1)
    with page_app.app_context():
        _, waiting = register_some(event, 2)
    booker.get(f"/en/r/{waiting.ticket}/calendar")
    assert booker.path == f"/en/r/{waiting.ticket}"


def test_in_a_visit_the_forms_carry_its_token(page_app: Flask, booker: Booker) -> None:
    # Given a registrant who has just booked, whose Visit is still open
    event = publish(page_app)
    ticket = booker.book("round-table")
    assert clock.now() < event.starts_at
    # Then the own page's forms work inside it
    booker.get(f"/en/r/{ticket}/needs")
    booker.press("Save", interpreter_language="Urdu")
    assert "Thank you for telling us what you need." in booker.page.text
    booker.get(f"/en/r/{ticket}/cancel")
    booker.press("Yes, give it back")
    # And the page that was shown after booking tells how it stands now
    booker.get("/en/events/round-table/registered")
    assert booker.page.h1 == "Your booking is cancelled"
