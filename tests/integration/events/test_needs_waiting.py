"""Needs that no coordinator has looked after yet: counted for the desk without opening anything."""

from datetime import timedelta
from uuid import UUID

import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import publish_demo_event, register_one
from tests.rows import change
from webapp.models import Registration
from webapp.rules import clock
from webapp.services.events import (
    desk_registrations,
    event_changes,
    own_registrations,
    waiting_list,
)
from webapp.services.infrastructure import stores

COORDINATOR = UUID(int=1)


def waiting() -> dict[str, int]:
    return {one.slug: one.people for one in desk_registrations.needs_not_arranged()}


def test_who_told_us_what_they_need_is_counted_until_a_coordinator_has_looked(
    inside: Flask,
) -> None:
    # Given an event of two seats, one registrant with needs, one without a word, and one who waits
    event = publish_demo_event(seats=2)
    nothing_said = dict.fromkeys(
        ("access_needs", "interpreter_language", "support_person", "needs_notes")
    )
    first = register_one(event, "a@example.org")
    register_one(event, "b@example.org", **nothing_said)
    third = register_one(event, "c@example.org")
    # Then the two who said something wait to be looked after
    assert waiting() == {"round-table": 2}
    (one,) = desk_registrations.needs_not_arranged()
    assert (one.title["en"], one.starts_at) == (event.definition.title["en"], event.starts_at)
    # When one has been looked after, and the other cancels
    with stores.writing() as main:
        arranged = select(Registration).where(Registration.id == first.id)
        change(main, arranged, {"needs_arranged_on": clock.today()})
    waiting_list.cancel(third.id)
    # Then no one's needs are waiting
    assert waiting() == {}
    # And a registrant who changes what they need waits again
    own_registrations.change_needs(
        own_registrations.find_own(first.ticket), {"support_person": "yes"}
    )
    assert waiting() == {"round-table": 1}


def test_the_next_event_comes_first_and_none_that_is_over_or_off(inside: Flask) -> None:
    later = publish_demo_event("small-group", "later")
    sooner = publish_demo_event(slug="sooner")
    off = publish_demo_event(slug="off")
    for event in (later, sooner, off):
        register_one(event)
    event_changes.move(
        later.id, sooner.starts_at + timedelta(days=3), actor=COORDINATOR, reason="later"
    )
    event_changes.call_off(off.id, actor=COORDINATOR, reason="few")
    assert [one.slug for one in desk_registrations.needs_not_arranged()] == ["sooner", "later"]
    with time_machine.travel(sooner.ends_at):
        assert [one.slug for one in desk_registrations.needs_not_arranged()] == ["later"]
