"""Registrations are erased on their day with everything sealed for them; only how many there were stays."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import TO_PREPARE, publish_demo_event, register_one, register_some, submit_one
from tests.integration.tables import counts, tables
from tests.turned import the_worker_kept_running
from webapp.models import ErasureSecret, EventCount, Registration
from webapp.rules import clock
from webapp.services.events import (
    desk_registrations,
    event_changes,
    event_messages,
    own_registrations,
    registrations,
    waiting_list,
)
from webapp.services.infrastructure import audit, stores
from webapp.services.keys.coordinators import Holder
from webapp.services.retention import expiry, orphans
from webapp.services.sealed import shredding
from webapp.services.worker import chores

pytestmark = pytest.mark.usefixtures("inside")


def secrets() -> set[UUID]:
    with stores.reading("erasure") as erasure_store:
        return set(erasure_store.scalars(select(ErasureSecret.id)))


def due_on(person_id: UUID) -> date:
    with stores.reading() as main:
        return main.get_one(Registration, person_id).due_on


def kept_counts() -> dict[str, int]:
    with stores.reading() as main:
        return {row.state: row.people for row in main.scalars(select(EventCount))}


def test_everything_goes_on_its_day_and_only_the_numbers_stay(inside: Flask, actor: UUID) -> None:
    # Given an event that took place, with people in every state
    event = publish_demo_event("small-group", seats=3)
    people = register_some(event, 6)
    waiting_list.cancel(people[0].id)
    with time_machine.travel(event.ends_at):
        desk_registrations.mark(people[1].id, "attended", actor=actor)
        desk_registrations.mark(people[2].id, "no_show", actor=actor)
    day = event.ends_at + timedelta(days=event.definition.keep_days)
    # When the last day has not come yet
    with time_machine.travel(day - timedelta(days=1)):
        the_worker_kept_running()
        chores.do_all()
        assert counts()["registrations"] == 6
    # And when it has
    with time_machine.travel(day):
        the_worker_kept_running()
        assert chores.do_all()
    # Then no registrant is left: no row, no part, no mail, no secret
    found = counts()
    assert not set(found) & {"registrations", "registration_parts", "outbox", "erasure_secrets"}
    assert kept_counts() == {
        "attended": 1,
        "no_show": 1,
        "confirmed": 1,
        "waiting": 2,
        "cancelled": 1,
    }
    # And their ids are in the file that a restored backup is held against
    remembered = inside.extensions["hearth_settings"].tombstone_file.read_text()
    for person in people:
        assert person.id.hex in remembered
        with pytest.raises(registrations.NoSuchRegistration):
            own_registrations.find_own(person.ticket)
    assert audit.verify()
    # And it can be done again: the numbers stay what they were
    with time_machine.travel(day + timedelta(days=1)):
        the_worker_kept_running()
        assert chores.do_all()
    assert sum(kept_counts().values()) == 6


def test_an_event_that_moves_takes_the_day_with_it(actor: UUID) -> None:
    event = publish_demo_event()
    stays, leaves = register_some(event, 2)
    waiting_list.cancel(leaves.id)
    before = due_on(stays.id)
    # When the event is a week later
    later = event.starts_at + timedelta(days=7)
    event_changes.move(event.id, later, actor=actor, reason="ill")
    # Then so is the day of those who are in; the data of those who left goes when it was promised
    assert due_on(stays.id) == before + timedelta(days=7)
    assert due_on(leaves.id) == before


def test_needs_that_were_changed_go_too(inside: Flask) -> None:
    event = publish_demo_event()
    person = register_one(event)
    for _ in range(3):
        own = own_registrations.find_own(person.ticket)
        own_registrations.change_needs(own, {"needs_notes": "new words"})
    # Four of the person, and one of the event
    assert len(secrets()) == 4 + 1
    with time_machine.travel(event.ends_at + timedelta(days=60)):
        the_worker_kept_running()
        chores.do_all()
    assert secrets() == set()


def test_a_crash_between_the_stores_leaves_nothing_for_ever(
    inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given secrets of a registrant whose registration was never stored
    event = publish_demo_event()
    kept = register_one(event, "stays@example.org")
    before = secrets()

    def power_cut(*of: object) -> str:
        raise stores.StoreUnavailable("main")

    with monkeypatch.context() as patch:
        patch.setattr(registrations, "_store", power_cut)
        with pytest.raises(stores.StoreUnavailable):
            register_one(event, "lost@example.org")
    assert len(secrets()) == 8 + 1
    # When two days are over
    with time_machine.travel(clock.now() + timedelta(days=3)):
        the_worker_kept_running()
        orphans.sweep_orphans()
    # Then they are gone, and the others' are there
    assert secrets() == before
    assert own_registrations.find_own(kept.ticket).state == "confirmed"


def test_the_sweep_never_takes_what_protects_something(holder: Holder) -> None:
    # Given one of everything that an erasure secret protects
    event = publish_demo_event("small-group")
    person = register_one(event, needs_notes="breaks, please")
    submit_one(given={"mail_confirmation": True})
    table = publish_demo_event()
    event_messages.send(table.id, uuid4(), "The room opens at ten.", actor=holder.coordinator_id)
    before = secrets()
    assert len(before) == 4 + 6 + 1 + 2
    # When the sweep comes, long after
    with time_machine.travel(clock.now() + timedelta(days=10)):
        the_worker_kept_running()
        assert orphans.sweep_orphans() == 0
    # Then all is there, and opens
    assert secrets() == before
    opened = desk_registrations.open_registration(holder, person.id, TO_PREPARE)
    assert opened.by_part["needs"]["needs_notes"] == "breaks, please"
    assert [one.words for one in event_messages.standing(table.id)] == ["The room opens at ten."]


def test_every_column_that_names_a_secret_is_known_to_the_sweep() -> None:
    # Given every column of every table that names an erasure secret
    naming = {
        (table.name, column.name)
        for _, table in tables()
        for column in table.columns
        if column.name.endswith("secret_id") and issubclass(column.type.python_type, UUID)
    }
    # Then the sweep asks each of them before it takes anything, and of those that must go, whole rows
    asked = {(column.class_.__tablename__, column.key) for column in shredding.KEPT}
    assert asked == naming - {("tombstones", "secret_id")}
    assert len(naming) >= 6


def test_erasing_waits_only_for_a_coordinators_act(actor: UUID) -> None:
    # Given more registrations than one batch, of two events
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expiry, "BATCH", 3)
        one, other = publish_demo_event(seats=4), publish_demo_event("small-group")
        register_some(one, 7)
        register_some(other, 2)
        with time_machine.travel(max(one.ends_at, other.ends_at) + timedelta(days=60)):
            the_worker_kept_running()
            assert expiry.erase_due() == 9
    assert counts()["event_counts"] == 3
    assert sum(kept_counts().values()) >= 3
