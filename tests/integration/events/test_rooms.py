"""The joining link, reminders, and what a change of the event does to those who are in it."""

from collections import Counter
from datetime import timedelta
from secrets import token_hex
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from webapp.models import Event as EventRow
from webapp.models import OutboxMessage
from webapp.rules import clock
from webapp.rules.events.joining_details import JoiningDetails
from webapp.services.events import (
    desk_registrations,
    event_changes,
    event_reminders,
    own_registrations,
    published_events,
    waiting_list,
)
from webapp.services.events.own_registrations import MistypedCode, WrongRoomCode
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores
from webapp.vault.envelope import DoesNotOpen

pytestmark = pytest.mark.usefixtures("inside")
LINK = "https://meet.example/quiet-room"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)


def set_link(event: Event, actor: UUID, opens_minutes: int = 15) -> Event:
    published_events.set_joining_details(
        event.id, JoiningDetails(link=LINK), opens_minutes=opens_minutes, actor=actor
    )
    return published_events.find(event.slug)


def room(person: Booked, typed: str | None = None) -> str | None:
    code = person.room_code if typed is None else typed
    own = own_registrations.find_own(person.ticket)
    return own_registrations.way_in(own, person.ticket, code or "").link or None


def mails_to(person: Booked) -> Counter[str]:
    with stores.reading() as main:
        query = select(OutboxMessage.kind).where(OutboxMessage.subject_id == person.id)
        return Counter(main.scalars(query))


def test_the_link_is_shown_inside_its_window_only(actor: UUID) -> None:
    event = set_link(publish_demo_event(), actor, opens_minutes=20)
    person = register_one(event)
    opens_at = event.starts_at - timedelta(minutes=20)
    for moment, shown in (
        (clock.now(), None),
        (opens_at - SECOND, None),
        (opens_at, LINK),
        (event.starts_at, LINK),
        (event.ends_at - SECOND, LINK),
        (event.ends_at, None),
        (event.ends_at + timedelta(days=1), None),
    ):
        with time_machine.travel(moment, tick=False):
            assert room(person) == shown, moment


def test_the_link_is_for_people_with_a_seat(actor: UUID) -> None:
    event = set_link(publish_demo_event(seats=1), actor)
    leaves, waits, still_waits = register_some(event, 3)
    with time_machine.travel(event.starts_at - MINUTE, tick=False):
        assert [room(person) for person in (leaves, waits)] == [LINK, None]
        waiting_list.cancel(leaves.id)
        assert [room(person) for person in (leaves, waits)] == [None, LINK]
        assert room(still_waits) is None
    with time_machine.travel(event.starts_at + MINUTE, tick=False):
        desk_registrations.mark(waits.id, "attended", actor=actor)
        assert room(waits) == LINK
        desk_registrations.mark(waits.id, "no_show", actor=actor)
        assert room(waits) is None


def test_no_link_before_it_is_set_and_none_when_it_is_called_off(actor: UUID) -> None:
    event = publish_demo_event()
    person = register_one(event)
    with time_machine.travel(event.starts_at - MINUTE, tick=False):
        assert room(person) is None
        set_link(event, actor)
        assert room(person) == LINK
        event_changes.call_off(event.id, actor=actor, reason="ill")
        assert room(person) is None


def test_a_room_with_a_code_wants_it(actor: UUID) -> None:
    # Given a room that asks for the code that was shown once
    event = set_link(publish_demo_event("small-group"), actor)
    one, other = register_some(event, 2)
    assert one.room_code is not None
    assert other.room_code is not None
    with time_machine.travel(event.starts_at, tick=False):
        # Then it opens for its own code, however it is typed, and for no other
        assert room(one) == LINK
        assert room(one, one.room_code.lower().replace("-", " ")) == LINK
        with pytest.raises(WrongRoomCode):
            room(one, other.room_code)
        for typed in ("", "12345", one.room_code[:-1]):
            with pytest.raises(MistypedCode):
                room(one, typed)
        # And another registrant's link with one's own code opens nothing
        with pytest.raises(WrongRoomCode):
            own_registrations.way_in(
                own_registrations.find_own(other.ticket), one.ticket, other.room_code
            )
    # And outside the window not even the right code does
    assert room(one) is None


def test_the_link_is_sealed_in_the_table(inside: Flask, actor: UUID, make_app: MakeApp) -> None:
    event = set_link(publish_demo_event(), actor)
    with stores.reading() as main:
        envelope = main.get_one(EventRow, event.id).link_envelope
    assert envelope is not None
    assert LINK.encode() not in envelope
    assert b"meet" not in envelope
    # Then without the service key nothing opens it
    other = make_house(make_app, SERVICE_KEY=token_hex(32))
    with other.app_context(), pytest.raises(DoesNotOpen):
        published_events.joining_details(event.id)
    # And a link that was moved to another event's row does not open there
    second = publish_demo_event("small-group")
    with stores.writing() as main:
        main.get_one(EventRow, second.id).link_envelope = envelope
    with pytest.raises(DoesNotOpen):
        published_events.joining_details(second.id)
    # And the record says that it was set, not where it leads
    assert all(LINK not in repr(line) for line in audit.recent())


def test_one_reminder_for_each_person_and_day() -> None:
    # Given a registrant with a seat, and another in line
    event = publish_demo_event(seats=1)
    seated, waits = register_some(event, 2)
    for days, hours in ((3, 0), (2, 0), (1, 0), (1, -3), (0, 5), (0, 1), (-1, 0)):
        # When the worker looks again and again, on all days around it
        with time_machine.travel(event.starts_at - timedelta(days=days, hours=hours)):
            event_reminders.promise()
            event_reminders.promise()
    # Then there is one reminder, promised on the day before
    assert mails_to(seated)["reminder"] == 1
    assert mails_to(waits)["reminder"] == 0


def test_an_hour_later_on_the_same_day_is_no_second_reminder(actor: UUID) -> None:
    # Given an event tomorrow that people were reminded of
    event = publish_demo_event()
    person = register_one(event)
    with time_machine.travel(event.starts_at - timedelta(hours=20)):
        event_reminders.promise()
        # When it is moved by an hour
        event_changes.move(
            event.id, event.starts_at + timedelta(hours=1), actor=actor, reason="late"
        )
        event_reminders.promise()
    # Then they hear of the change, and are not reminded twice of one day
    assert mails_to(person) == {"registered": 1, "reminder": 1, "event_changed": 1}
    # And when it is moved to another day, they are reminded of that one too
    with time_machine.travel(event.starts_at - timedelta(hours=10)):
        moved = event.starts_at + timedelta(days=3)
        event_changes.move(event.id, moved, actor=actor, reason="ill")
    with time_machine.travel(moved - timedelta(hours=20)):
        event_reminders.promise()
    assert mails_to(person) == {"registered": 1, "reminder": 2, "event_changed": 2}


def test_a_reminder_over_a_change_of_the_clocks() -> None:
    # Given events around the nights on which the clocks change
    for number, (starts, noticed) in enumerate(
        (
            ("2027-03-28T10:00", "2027-03-27T23:30:00+00:00"),
            ("2027-10-31T10:00", "2027-10-29T23:30:00+00:00"),
        )
    ):
        event = publish_demo_event(slug=f"clocks-{number}", starts=starts)
        person = register_one(event)
        with time_machine.travel(noticed):
            # Then "tomorrow" is the day before, where the coalition works
            assert event_reminders.promise() == 1
        assert mails_to(person)["reminder"] == 1


def test_everybody_who_is_in_hears_of_a_move_once(actor: UUID) -> None:
    event = publish_demo_event(seats=1)
    left, seated, waits = register_some(event, 3)
    waiting_list.cancel(left.id)
    new_start = event.starts_at + timedelta(days=7)
    for _ in range(2):
        event_changes.move(event.id, new_start, actor=actor, reason="the host is ill")
    moved = published_events.find(event.slug)
    # Then it is at the new time, as long as before, and calendars are told to move it
    assert (moved.starts_at, moved.ends_at - moved.starts_at) == (
        new_start,
        event.ends_at - event.starts_at,
    )
    assert (moved.calendar_uid, moved.calendar_sequence) == (event.calendar_uid, 1)
    assert [mails_to(person)["event_changed"] for person in (left, seated, waits)] == [0, 1, 1]
    # And a second move is a second mail, a move into the past none
    event_changes.move(event.id, new_start + MINUTE, actor=actor, reason="again")
    assert mails_to(seated)["event_changed"] == 2
    for wrong in (clock.now() - MINUTE, clock.now() - timedelta(days=400)):
        with pytest.raises(event_changes.CannotMove):
            event_changes.move(event.id, wrong, actor=actor, reason="oops")


def test_a_call_off_tells_everybody_once(actor: UUID) -> None:
    event = publish_demo_event(seats=1)
    left, seated, waits = register_some(event, 3)
    waiting_list.cancel(left.id)
    for _ in range(2):
        event_changes.call_off(event.id, actor=actor, reason="ill")
    assert [mails_to(person)["cancelled"] for person in (left, seated, waits)] == [1, 1, 1]
    own = own_registrations.find_own(waits.ticket)
    assert (own.state, own.event.state) == ("cancelled", "cancelled")
    assert published_events.find(event.slug).taken == 0
    with pytest.raises(event_changes.CannotMove):
        event_changes.move(event.id, event.starts_at + MINUTE, actor=actor, reason="again")
