"""A larger room: the registrant who waits longest gets a seat first and is told, and none is told twice."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from sqlalchemy import select

from tests.factories import Booked, publish_demo_event, register_some
from webapp.models import OutboxMessage
from webapp.services.events import event_changes, own_registrations, published_events
from webapp.services.events.event_changes import AlreadyOver, CalledOff
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict

pytestmark = pytest.mark.usefixtures("inside")


def add(event: Event, more: int) -> int:
    return event_changes.add_seats(
        event.id, more, actor=audit.OPERATOR, reason="The room is larger"
    )


def states(people: list[Booked]) -> list[str]:
    return [own_registrations.find_own(person.ticket).state for person in people]


def mails_to(person: Booked) -> list[str]:
    with stores.reading() as main:
        query = select(OutboxMessage.kind).where(OutboxMessage.subject_id == person.id)
        return sorted(main.scalars(query))


def test_those_who_wait_longest_move_up_and_are_told() -> None:
    # Given one seat, and four people who wait
    event = publish_demo_event(seats=1)
    people = register_some(event, 5)
    # When two seats are added
    assert add(event, 2) == 3
    # Then the first two in line have them, and each has one mail that says so
    assert states(people) == ["confirmed"] * 3 + ["waiting"] * 2
    told = ["moved_up", "waiting"]
    assert [mails_to(person) for person in people[1:]] == [told, told, ["waiting"], ["waiting"]]
    # And who and why are in the record
    line = audit.recent(1)[0]
    assert (line.tag, line.subject_id, line.reason) == (
        "seats added",
        event.id,
        "The room is larger",
    )


def test_seats_that_no_registrant_waits_for_are_free() -> None:
    event = publish_demo_event(seats=1)
    register_some(event, 2)
    add(event, 5)
    found = published_events.find(event.slug)
    assert (found.seats, found.taken, found.waiting, found.free) == (6, 2, 0, 4)


def test_no_registrant_moves_up_once_it_has_begun() -> None:
    # Given an event that is on, with a registrant who waited
    event = publish_demo_event(seats=1)
    people = register_some(event, 2)
    with time_machine.travel(event.starts_at + timedelta(minutes=1), tick=False):
        # When a seat is added, then no registrant is told to come; the desk can still give it by hand
        add(event, 1)
        assert states(people) == ["confirmed", "waiting"]
        assert mails_to(people[1]) == ["waiting"]


def test_an_event_that_is_over_or_called_off_stays_as_it_is() -> None:
    over, off = publish_demo_event(seats=1), publish_demo_event("small-group", seats=1)
    event_changes.call_off(off.id, actor=UUID(int=1), reason="Nobody can lead it")
    before = audit.verify()
    with pytest.raises(CalledOff):
        add(off, 1)
    with time_machine.travel(over.ends_at, tick=False), pytest.raises(AlreadyOver):
        add(over, 1)
    assert (published_events.find(over.slug).seats, published_events.find(off.slug).seats) == (1, 1)
    assert audit.verify() == before


@pytest.mark.parametrize("more", [0, -1])
def test_a_room_is_not_made_smaller(more: int) -> None:
    event = publish_demo_event(seats=2)
    with pytest.raises(ValueError, match="smaller"):
        add(event, more)
    assert published_events.find(event.slug).seats == 2


def test_the_same_seats_are_not_added_twice() -> None:
    # Given a page that said three seats, and its button pressed twice
    event = publish_demo_event(seats=3)
    for _ in range(2):
        event_changes.add_seats(event.id, 2, actor=audit.OPERATOR, reason="Twice", was=3)
    # Then two were added, in one entry
    assert published_events.find(event.slug).seats == 5
    assert [line.tag for line in audit.recent(2)].count("seats added") == 1
    # And a page that does not know of them adds nothing
    with pytest.raises(EditConflict):
        event_changes.add_seats(event.id, 9, actor=audit.OPERATOR, reason="Old page", was=3)
    assert published_events.find(event.slug).seats == 5
