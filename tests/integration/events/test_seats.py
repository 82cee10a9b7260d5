"""Seats and the waiting list: no registrant is passed over, nothing is given twice, and the tables forbid it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.factories import (
    TO_PREPARE,
    Booked,
    publish_demo_event,
    register_one,
    register_some,
    registered_answers,
)
from tests.rows import change
from tests.turned import the_worker_kept_running
from webapp.models import Event as EventRow
from webapp.models import OutboxMessage, Registration, RegistrationPart
from webapp.rules import clock
from webapp.services.events import (
    desk_registrations,
    event_changes,
    own_registrations,
    published_events,
    registrations,
    waiting_list,
)
from webapp.services.events.registrations import EventClosed, NoSuchRegistration
from webapp.services.events.waiting_list import TooLate
from webapp.services.infrastructure import audit, stores
from webapp.services.keys.coordinators import Holder
from webapp.services.retention import expiry

pytestmark = pytest.mark.usefixtures("inside")


def state(person: Booked) -> str:
    return own_registrations.find_own(person.ticket).state


def states(people: list[Booked]) -> list[str]:
    return [state(person) for person in people]


def seat_of(person: Booked) -> int | None:
    return desk_registrations.find(person.id)[0].seat


def mails_to(person: Booked) -> list[str]:
    with stores.reading() as main:
        query = select(OutboxMessage.kind).where(OutboxMessage.subject_id == person.id)
        return sorted(main.scalars(query))


def test_seats_are_given_until_there_are_none_then_places_in_order() -> None:
    # Given an event with two seats
    event = publish_demo_event(seats=2)
    # When five people come
    people = register_some(event, 5)
    # Then two are in, and three wait in the order in which they came
    assert [person.state for person in people] == ["confirmed"] * 2 + ["waiting"] * 3
    assert [seat_of(person) for person in people] == [1, 2, None, None, None]
    listed = desk_registrations.list_registrations(published_events.find(event.slug))
    assert [row.id for row in listed] == [person.id for person in people]
    assert [row.order for row in listed] == [None, None, 1, 2, 3]
    found = published_events.find(event.slug)
    assert (found.taken, found.waiting, found.free) == (2, 3, 0)


def test_a_registrant_who_cancels_moves_exactly_the_next_one_up() -> None:
    event = publish_demo_event(seats=2)
    people = register_some(event, 5)
    # When one with a seat leaves
    waiting_list.cancel(people[0].id)
    # Then the first in line has that seat, and no other registrant moved
    assert states(people) == ["cancelled", "confirmed", "confirmed", "waiting", "waiting"]
    assert seat_of(people[2]) == 1
    assert mails_to(people[2]) == ["moved_up", "waiting"]
    assert mails_to(people[3]) == ["waiting"]
    # And when a registrant leaves the line, none moves up
    waiting_list.cancel(people[3].id)
    assert states(people) == ["cancelled", "confirmed", "confirmed", "cancelled", "waiting"]
    assert mails_to(people[4]) == ["waiting"]
    # And a registrant who comes back is at the end
    back = register_one(event, people[0].address)
    waiting_list.cancel(people[1].id)
    assert (state(people[4]), state(back)) == ("confirmed", "waiting")


def test_leaving_twice_is_leaving_once() -> None:
    event = publish_demo_event(seats=1)
    people = register_some(event, 3)
    for _ in range(3):
        waiting_list.cancel(people[0].id)
    assert states(people) == ["cancelled", "confirmed", "waiting"]
    assert mails_to(people[0]) == ["cancelled", "registered"]


def test_a_doubled_or_replayed_post_is_the_same_registration_and_one_mail() -> None:
    # Given a registrant who sends the same form three times, once with other words
    event = publish_demo_event(seats=2)
    prepared = registrations.prepare(event)
    first = register_one(event, "robin@example.org", prepared=prepared)
    again = register_one(event, "other@example.org", prepared=prepared)
    third = register_one(event, "robin@example.org", prepared=prepared, language="ar")
    # Then there is one registration with one seat, and one mail
    assert (first.state, again.state, third.state) == ("confirmed",) * 3
    assert published_events.find(event.slug).taken == 1
    assert mails_to(first) == ["registered"]
    # And after they cancelled, the same post brings nothing back
    waiting_list.cancel(first.id)
    assert register_one(event, prepared=prepared).state == "cancelled"
    assert published_events.find(event.slug).taken == 0
    # And neither when everything was erased
    with time_machine.travel(event.ends_at + timedelta(days=60)):
        the_worker_kept_running()
        expiry.erase_due()
        assert register_one(event, prepared=prepared).state == "cancelled"
        with pytest.raises(NoSuchRegistration):
            own_registrations.find_own(prepared.ticket)


def test_a_replayed_post_is_answered_when_the_event_is_closed() -> None:
    event = publish_demo_event()
    prepared = registrations.prepare(event)
    register_one(event, prepared=prepared)
    event_changes.close(event.id, actor=UUID(int=1))
    closed = published_events.find(event.slug)
    assert register_one(closed, prepared=prepared).state == "confirmed"
    with pytest.raises(EventClosed):
        register_one(closed)


def close(event: published_events.Event) -> None:
    event_changes.close(event.id, actor=UUID(int=1))


def call_off(event: published_events.Event) -> None:
    event_changes.call_off(event.id, actor=UUID(int=1), reason="ill")


@pytest.mark.parametrize("end", [close, call_off])
def test_no_visitor_registers_for_an_event_that_takes_no_registrants(
    end: Callable[[published_events.Event], None],
) -> None:
    # Given a registrant who opened the form before the event was closed or called off
    event = publish_demo_event()
    end(event)
    # Then neither the old page nor a new one registers them, and nothing is kept of it
    for seen in (event, published_events.find(event.slug)):
        with pytest.raises(EventClosed):
            register_one(seen)
    assert desk_registrations.list_registrations(event) == ()


def test_no_visitor_registers_once_it_has_begun() -> None:
    event = publish_demo_event()
    with time_machine.travel(event.starts_at - timedelta(seconds=1), tick=False):
        register_one(event)
    with time_machine.travel(event.starts_at, tick=False), pytest.raises(EventClosed):
        register_one(event)


def test_no_registrant_cancels_or_moves_up_once_it_has_begun() -> None:
    event = publish_demo_event(seats=1)
    people = register_some(event, 2)
    with time_machine.travel(event.starts_at, tick=False):
        with pytest.raises(TooLate):
            waiting_list.cancel(people[0].id)
        assert states(people) == ["confirmed", "waiting"]


def test_a_closed_event_still_moves_people_up() -> None:
    event = publish_demo_event(seats=1)
    people = register_some(event, 2)
    close(event)
    waiting_list.cancel(people[0].id)
    assert states(people) == ["cancelled", "confirmed"]


def test_by_hand_a_registrant_is_put_first_and_is_next(actor: UUID) -> None:
    # Given a line of three
    event = publish_demo_event(seats=1)
    people = register_some(event, 4)
    # When a coordinator puts the last one first, twice, and then another one
    for _ in range(2):
        waiting_list.put_first(people[3].id, actor=actor, reason="comes from far")
    waiting_list.put_first(people[2].id, actor=actor, reason="comes from further")
    # Then no registrant is told yet, and the order is the coordinator's
    assert [mails_to(person) for person in people[1:]] == [["waiting"]] * 3
    listed = desk_registrations.list_registrations(published_events.find(event.slug))
    assert [row.id for row in listed] == [people[place].id for place in (0, 2, 3, 1)]
    assert [row.order for row in listed] == [None, 1, 2, 3]
    # And newcomers still go to the end
    last = register_one(event, "last@example.org")
    waiting_list.cancel(people[0].id)
    assert (states(people), state(last)) == (
        ["cancelled", "waiting", "confirmed", "waiting"],
        "waiting",
    )
    waiting_list.cancel(people[2].id)
    waiting_list.cancel(people[3].id)
    assert (state(people[1]), state(last)) == ("confirmed", "waiting")
    # And the record says who did it, why, and once each
    tags = [(line.tag, line.reason) for line in audit.recent()]
    assert tags.count(("registration put first", "comes from far")) == 1
    # And a registrant who does not wait cannot be put first
    with pytest.raises(TooLate):
        waiting_list.put_first(people[0].id, actor=actor, reason="again")
    with pytest.raises(NoSuchRegistration):
        waiting_list.put_first(uuid4(), actor=actor, reason="nobody")
    # And no registrant can, once no seat can become free any more
    with time_machine.travel(event.starts_at), pytest.raises(TooLate):
        waiting_list.put_first(last.id, actor=actor, reason="too late")


def test_a_seat_is_given_by_hand_only_before_the_event_begins(actor: UUID) -> None:
    # Given a registrant who waits, and a room that becomes larger
    event = publish_demo_event(seats=1)
    _, waits = register_some(event, 2)
    with stores.writing() as main:
        main.get_one(EventRow, event.id).seats = 2
    # When a coordinator gives them a seat after it has begun, and they have read that there was none
    with time_machine.travel(event.starts_at), pytest.raises(TooLate):
        waiting_list.promote(waits.id, actor=actor, reason="needed")
    # Then it is too late, as the desk says; a moment earlier it was not
    assert state(waits) == "waiting"
    with time_machine.travel(event.starts_at - timedelta(seconds=1), tick=False):
        waiting_list.promote(waits.id, actor=actor, reason="needed")
    assert state(waits) == "confirmed"


def test_a_coordinator_cancels_with_a_reason_that_is_recorded(actor: UUID) -> None:
    event = publish_demo_event(seats=1)
    people = register_some(event, 2)
    waiting_list.cancel(people[0].id, actor=actor, reason="asked by phone")
    assert states(people) == ["cancelled", "confirmed"]
    line = next(line for line in audit.recent() if line.tag == "registration cancelled")
    assert (line.subject_id, line.reason) == (people[0].id, "asked by phone")
    assert audit.verify()


def test_a_link_that_belongs_to_no_registrant_leads_nowhere() -> None:
    event = publish_demo_event()
    one, other = register_some(event, 2)
    # Then a stranger's link, a broken one, and two halves of two links lead nowhere
    wrong = one.ticket[:16] + other.ticket[16:]
    for ticket in (registrations.prepare(event).ticket, wrong, "", "x" * 32, "../" + one.ticket):
        with pytest.raises(NoSuchRegistration):
            own_registrations.find_own(ticket)
    # And a link forgives what mail programs do to it
    assert own_registrations.find_own(f" {one.ticket.upper()}. ").id == one.id


def test_needs_are_written_anew_and_the_old_ones_shredded(holder: Holder) -> None:
    event = publish_demo_event()
    person = register_one(event, needs_notes="the old words")
    own = own_registrations.find_own(person.ticket)
    own_registrations.change_needs(own, {"needs_notes": "the new words"})
    opened = desk_registrations.open_registration(holder, person.id, TO_PREPARE)
    assert opened.by_part["needs"] == {"needs_notes": "the new words"}
    assert opened.by_part["registrant"]["registrant_email"] == person.address
    with stores.reading() as main:
        assert len(main.scalars(select(RegistrationPart)).all()) == 3


def test_a_registrant_who_attended_stays_so_when_an_event_is_ended_by_hand(actor: UUID) -> None:
    # Given an event that took place
    event = publish_demo_event()
    person = register_one(event)
    with time_machine.travel(event.ends_at + timedelta(hours=1)):
        desk_registrations.mark(person.id, "attended", actor=actor)
        # When a coordinator calls it off, or moves it, afterwards
        with pytest.raises(event_changes.AlreadyOver):
            call_off(event)
        with pytest.raises(event_changes.CannotMove):
            event_changes.move(
                event.id, clock.now() + timedelta(days=300), actor=actor, reason="again"
            )
        # Then nothing has changed, and nothing is kept for longer than was promised
        assert state(person) == "attended"
        assert own_registrations.find_own(person.ticket).due_on == registrations.due_on(event)


# What the tables refuse, whatever the code does


def row(event: published_events.Event, **changes: Any) -> dict[str, Any]:
    return {
        "id": uuid4(),
        "event_id": event.id,
        "pool": "main",
        "state": "confirmed",
        "seat": 7,
        "place": None,
        "form_version": 1,
        "language": "en",
        "received_on": clock.today(),
        "lookup": uuid4().bytes * 2,
        "due_on": clock.today(),
        "row_mac": bytes(32),
        **changes,
    }


WRONG: dict[str, dict[str, Any]] = {
    "a seat twice": {"seat": 1},
    "a place twice": {"state": "waiting", "seat": None, "place": 1},
    "in without a seat": {"seat": None},
    "waiting without a place": {"state": "waiting", "seat": None},
    "waiting with a seat": {"state": "waiting", "place": 5},
    "in with a place": {"place": 5},
    "cancelled with a seat": {"state": "cancelled"},
    "cancelled with a place": {"state": "cancelled", "seat": None, "place": 5},
    "a no-show without a seat": {"state": "no_show", "seat": None},
    "the seat 0": {"seat": 0},
    "a state of one's own": {"state": "vip"},
    "an event that is not there": {"event_id": uuid4()},
}


@pytest.mark.parametrize("what", WRONG)
def test_the_table_refuses(what: str) -> None:
    # Given a full event with a registrant in line
    event = publish_demo_event(seats=1)
    register_some(event, 2)
    # When something writes to the table without asking the rules
    with pytest.raises(IntegrityError), stores.writing() as main:
        main.execute(insert(Registration).values(row(event, **WRONG[what])))
    # Then the table says no, as it says yes to what is right
    with stores.writing() as main:
        main.execute(insert(Registration).values(row(event)))


@pytest.mark.parametrize(
    "change",
    [
        {"state": "waiting"},
        {"seat": 1},
        {"seat": None},
        {"state": "cancelled"},
        {"place": 9},
    ],
    ids=str,
)
def test_the_table_refuses_a_change_too(change: dict[str, Any]) -> None:
    event = publish_demo_event(seats=2)
    _, second = register_some(event, 2)
    with pytest.raises(IntegrityError), stores.writing() as main:
        main.execute(update(Registration).where(Registration.id == second.id).values(**change))
    assert state(second) == "confirmed"


OUTBOX_WRONG: dict[str, dict[str, Any]] = {
    "claimed by nobody": {"state": "claimed"},
    "claimed and waiting": {"claim": uuid4()},
    "sent with parameters": {"state": "sent", "envelope": b"x", "secret_id": uuid4()},
    "parameters that cannot be erased": {"envelope": b"x"},
    "a state of its own": {"state": "lost"},
}


@pytest.mark.parametrize("what", OUTBOX_WRONG)
def test_the_outbox_refuses(what: str, inside: Flask) -> None:
    person = register_one(publish_demo_event())
    with pytest.raises(IntegrityError), stores.writing() as main:
        main.execute(
            update(OutboxMessage)
            .where(OutboxMessage.subject_id == person.id)
            .values(**OUTBOX_WRONG[what])
        )


@pytest.mark.parametrize("change", [{"seats": 0}, {"state": "full"}, {"ends_at": 1}], ids=str)
def test_the_table_of_events_refuses(change: dict[str, Any]) -> None:
    event = publish_demo_event()
    with pytest.raises(IntegrityError), stores.writing() as main:
        main.execute(update(EventRow).where(EventRow.id == event.id).values(**change))


def test_a_smaller_room_gives_no_seat_away() -> None:
    # Given an event whose room became smaller after people were in
    event = publish_demo_event(seats=3)
    people = register_some(event, 4)
    with stores.writing() as main:
        change(main, select(EventRow).where(EventRow.id == event.id), {"seats": 2})
    # When one of the three leaves
    waiting_list.cancel(people[0].id)
    # Then two are left, and registrants who wait go on waiting
    assert states(people) == ["cancelled", "confirmed", "confirmed", "waiting"]
    # And when the room is larger again, the next to leave lets in as many as there is room for
    with stores.writing() as main:
        change(main, select(EventRow).where(EventRow.id == event.id), {"seats": 3})
    waiting_list.cancel(people[1].id)
    assert states(people) == ["cancelled", "cancelled", "confirmed", "confirmed"]


def test_answers_are_stored_by_part(holder: Holder) -> None:
    event = publish_demo_event("small-group")
    person = register_one(event, "robin@example.org", display_name="Robin")
    opened = desk_registrations.open_registration(holder, person.id, TO_PREPARE)
    assert opened.by_part == registered_answers(event, "robin@example.org", display_name="Robin")
