"""An event in a building: who is told the address, and when; and the last day to book, which moves with the event."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
import time_machine

from tests.factories import Booked, publish_demo_event, register_one, register_some
from webapp.rules.events.joining_details import JoiningDetails
from webapp.services.events import (
    booking_confirming,
    event_changes,
    own_registrations,
    published_events,
    waiting_list,
)
from webapp.services.events.own_registrations import MistypedCode
from webapp.services.events.published_events import Event
from webapp.services.events.registrations import EventClosed

pytestmark = pytest.mark.usefixtures("inside")
DETAILS = JoiningDetails(
    link="https://meet.example/quiet-room",
    phone="0300 123 4567, then 8412#",
    place="Quay House\n2nd floor, ring twice",
)


def with_details(event: Event, actor: UUID) -> Event:
    published_events.set_joining_details(event.id, DETAILS, opens_minutes=15, actor=actor)
    return published_events.find(event.slug)


def seen_by(person: Booked, typed: str = "") -> JoiningDetails:
    own = own_registrations.find_own(person.ticket)
    return own_registrations.way_in(own, person.ticket, typed)


def test_the_address_is_for_those_with_a_seat_until_the_event_ends(actor: UUID) -> None:
    # Given an event in a building with one seat, which is taken, and another person who waits
    event = with_details(publish_demo_event(held="both", seats=1), actor)
    seated, waiting = register_some(event, 2)
    # Then days before, who has the seat sees the address, and nothing that opens the call
    assert seen_by(seated) == DETAILS.place_alone
    assert not seen_by(waiting)
    # And inside the window all of it, and after the end nothing
    with time_machine.travel(event.starts_at - timedelta(minutes=15), tick=False):
        assert seen_by(seated) == DETAILS
    with time_machine.travel(event.ends_at, tick=False):
        assert not seen_by(seated)
    # When the seat passes on, so does the address
    waiting_list.cancel(seated.id)
    assert not seen_by(seated)
    assert seen_by(waiting) == DETAILS.place_alone
    # And when the event is called off, nobody is sent there
    event_changes.call_off(event.id, actor=actor, reason="Nobody can lead it")
    assert not seen_by(waiting)


def test_where_there_is_a_room_code_the_address_wants_it_too(actor: UUID) -> None:
    event = with_details(publish_demo_event("small-group", held="place"), actor)
    person = register_one(event)
    with pytest.raises(MistypedCode):
        seen_by(person)
    assert seen_by(person, person.room_code or "") == DETAILS.place_alone


def last_moment(event: Event) -> datetime:
    return event.booking_ends_at - timedelta(seconds=1)


def test_nobody_books_after_the_last_day(actor: UUID) -> None:
    # Given an event whose last day to book is a week before it
    event = publish_demo_event(last_day_before=7)
    assert event.last_day_to_book == event.time.local_start.date() - timedelta(days=7)
    with time_machine.travel(last_moment(event), tick=False):
        assert event.accepts_registrations(last_moment(event))
        early = register_one(event)
    # When that day is over, then there is no booking, whatever page they came from
    with time_machine.travel(event.booking_ends_at, tick=False):
        assert not published_events.find(event.slug).accepts_registrations(event.booking_ends_at)
        with pytest.raises(EventClosed):
            register_one(event, "late@example.org")
        # And who has a seat keeps it, and can give it back
        assert own_registrations.find_own(early.ticket).state.is_seated
        waiting_list.cancel(early.id)
        # When the event moves, then its last day does too: also for a page that was opened before
        event_changes.move(
            event.id, event.starts_at + timedelta(days=14), actor=actor, reason="A better day"
        )
        moved = published_events.find(event.slug)
        assert moved.last_day_to_book == event.last_day_to_book + timedelta(days=14)
        register_one(moved, "late@example.org")


def test_a_move_to_an_earlier_day_ends_booking_for_a_page_of_before(actor: UUID) -> None:
    event = publish_demo_event(last_day_before=7)
    nearer = event.starts_at - timedelta(days=6)
    with time_machine.travel(nearer - timedelta(days=3), tick=False):
        assert event.accepts_registrations(nearer - timedelta(days=3))
        event_changes.move(event.id, nearer, actor=actor, reason="A better day")
        with pytest.raises(EventClosed):
            register_one(event)


def test_who_asked_in_time_can_still_confirm_their_address(actor: UUID) -> None:
    # Given a booking of the last day, which waits for its address to be confirmed
    event = publish_demo_event(last_day_before=7, confirm_address=True)
    with time_machine.travel(last_moment(event), tick=False):
        person = register_one(event)
        assert own_registrations.find_own(person.ticket).is_request
    # Then the next day they still can
    with time_machine.travel(event.booking_ends_at + timedelta(hours=3), tick=False):
        booking_confirming.confirm_own(person.id, person.ticket)
        assert own_registrations.find_own(person.ticket).state.is_seated
