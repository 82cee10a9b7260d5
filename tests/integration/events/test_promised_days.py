"""The day on which a cancelled, declined or called-off registration is deleted only ever moves earlier."""

from datetime import date, timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.rows import change
from tests.turned import the_worker_kept_running
from webapp.models import Registration
from webapp.rules import clock
from webapp.services.events import (
    event_changes,
    own_registrations,
    published_events,
    registrations,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import stores
from webapp.services.worker import chores

pytestmark = pytest.mark.usefixtures("inside")

WEEK = timedelta(days=7)


def day_of(person: Booked) -> date:
    """The day that their own page tells."""
    return own_registrations.find_own(person.ticket).due_on


def decline(person: Booked) -> None:
    """They did not take the seat. Nothing offers seats yet; the table knows the state already."""
    with stores.writing() as main:
        gone = {"state": "declined", "seat": None, "place": None}
        change(main, select(Registration).where(Registration.id == person.id), gone)


@pytest.fixture
def out(inside: Flask) -> tuple[Event, Booked, list[Booked]]:
    """An event, a registrant with a seat, and those who are out: one cancelled, one declined."""
    event = publish_demo_event("small-group", seats=5)
    stays, cancelled, declined = register_some(event, 3)
    waiting_list.cancel(cancelled.id)
    decline(declined)
    return event, stays, [cancelled, declined]


def move(event: Event, by: timedelta, actor: UUID) -> None:
    starts_at = published_events.find(event.slug).starts_at + by
    event_changes.move(event.id, starts_at, actor=actor, reason="ill")


def test_when_the_event_moves_earlier_so_does_their_day(
    out: tuple[Event, Booked, list[Booked]], actor: UUID
) -> None:
    event, stays, people = out
    before = {person.id: day_of(person) for person in people}
    move(event, -WEEK, actor)
    assert {person.id: day_of(person) for person in people} == {
        person_id: day - WEEK for person_id, day in before.items()
    }
    assert day_of(stays) == registrations.due_on(published_events.find(event.slug))


def test_those_who_wait_for_a_coordinator_have_the_day_of_the_moved_event(actor: UUID) -> None:
    # Given a registrant who waits for a coordinator, and one who has not confirmed their address
    event = publish_demo_event("small-group", confirm_address=True)
    waits, requested = register_one(event, None), register_one(event, "robin@example.org")
    with stores.writing() as main:
        applied = {"state": "applied", "seat": None, "place": None}
        change(main, select(Registration).where(Registration.id == waits.id), applied)
    lapses_on = day_of(requested)
    for by in (4 * WEEK, -WEEK):
        # When the event moves
        move(event, by, actor)
        # Then they are not erased before it, and the request lapses when it would have
        assert day_of(waits) == registrations.due_on(published_events.find(event.slug))
        assert day_of(requested) == lapses_on


def test_when_the_event_moves_later_their_day_stays(
    out: tuple[Event, Booked, list[Booked]], actor: UUID
) -> None:
    event, stays, people = out
    before = {person.id: day_of(person) for person in people}
    for by in (WEEK, -2 * WEEK, 3 * WEEK):
        move(event, by, actor)
        # Then registrants who are in have the event's day
        assert day_of(stays) == registrations.due_on(published_events.find(event.slug))
    # And of those who are out each has the earliest that they were ever told
    assert {person.id: day_of(person) for person in people} == {
        person_id: day - WEEK for person_id, day in before.items()
    }


def test_called_off_it_is_so_many_days_after_that_day(
    out: tuple[Event, Booked, list[Booked]], actor: UUID
) -> None:
    # Given an event months ahead
    event, stays, people = out
    keep = timedelta(days=event.definition.keep_days)
    assert day_of(stays) > clock.today() + keep
    # When it is called off
    event_changes.call_off(event.id, actor=actor, reason="ill")
    # Then no registrant's data waits for a day on which nothing takes place
    assert {day_of(person) for person in (stays, *people)} == {clock.today() + keep}
    # And the desk says that day as well
    assert registrations.kept_until(published_events.find(event.slug)) == clock.today() + keep
    # And calling it off again, days later, puts nothing off
    with time_machine.travel(clock.now() + timedelta(days=5)):
        event_changes.call_off(event.id, actor=actor, reason="ill")
        assert day_of(stays) == clock.today() - timedelta(days=5) + keep


def test_called_off_shortly_before_it_is_the_day_that_was_promised(actor: UUID) -> None:
    # Given an event that a registrant left, moved later, and called off the day before it
    event = publish_demo_event("small-group")
    stays, left = register_some(event, 2)
    promised = day_of(left)
    waiting_list.cancel(left.id)
    move(event, 4 * WEEK, actor)
    with time_machine.travel(published_events.find(event.slug).starts_at - timedelta(days=1)):
        event_changes.call_off(event.id, actor=actor, reason="ill")
        keep = timedelta(days=event.definition.keep_days)
        # Then the data of the registrant who left goes when it was promised, and the others' not later than it was
        assert day_of(left) == promised
        assert day_of(stays) == clock.today() + keep


def test_they_are_deleted_on_that_day(out: tuple[Event, Booked, list[Booked]], actor: UUID) -> None:
    event, stays, people = out
    promised = day_of(people[0])
    move(event, 4 * WEEK, actor)
    noon = timedelta(hours=12)
    midnight = event.ends_at.replace(hour=0, minute=0)
    with time_machine.travel(midnight + (promised - event.ends_at.date()) + noon):
        the_worker_kept_running()
        assert chores.do_all()
        for person in people:
            with pytest.raises(registrations.NoSuchRegistration):
                day_of(person)
        assert day_of(stays) > clock.today()


def test_who_books_while_the_event_is_moved_has_the_new_day(actor: UUID) -> None:
    # Given a registrant who sends their booking while the event moves to an earlier day
    event = publish_demo_event("small-group")
    move(event, -WEEK, actor)
    (late,) = register_some(event, 1)
    # Then their day is that of the event as it is, not as they read it
    assert day_of(late) == registrations.due_on(published_events.find(event.slug))
    assert day_of(late) == registrations.due_on(event) - WEEK
