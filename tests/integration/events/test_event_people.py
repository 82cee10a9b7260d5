"""Everyone at an event in one opening, needs that are arranged, and the list that people agreed to be on."""

import threading
from functools import partial
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from tests import turned
from tests.factories import (
    Booked,
    demo_event,
    publish_demo_event,
    register_one,
    signed_in,
)
from tests.integration.at_once import at_once
from tests.rows import change
from webapp.models import ErasureSecret, PurposeKey, PurposeKeySeal, Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events.access_needs import added_up
from webapp.services.events import (
    attendance_lists,
    desk_address_corrections,
    desk_registrations,
    duplicate_addresses,
    event_changes,
    own_registrations,
    published_events,
    registrations,
    waiting_list,
)
from webapp.services.events.attendance_lists import Tick
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening.disclosure import NotAuthorisedToOpen
from webapp.services.retention import expiry

COORDINATOR = UUID(int=1)
NOTHING = {
    "access_needs": ["none"],
    "interpreter_language": None,
    "support_person": "no",
    "needs_notes": None,
}


def book(event: Event, name: str, **answers: str | list[str] | None) -> Booked:
    told = {"registrant_name": name, "organisation": f"{name} House", **NOTHING, **answers}
    return register_one(event, f"{name.lower()}@example.org", **told)


def ticked(person: attendance_lists.Person, *, on: bool = True) -> Tick:
    assert person.needs_part is not None
    return Tick(person.id, person.needs_part, bool(person.arranged_on), on)


def test_names_organisations_and_needs_come_in_one_opening(inside: Flask, founded: Founded) -> None:
    # Given two people with a seat, and one who waits
    event = publish_demo_event(seats=2)
    book(event, "Robin", access_needs=["captions", "sign_language"])
    book(event, "Sky", access_needs=["captions"], interpreter_language="Vietnamese")
    book(event, "Ash", support_person="yes")
    # When a coordinator opens them
    people = attendance_lists.open_people(signed_in(founded), event)
    # Then all is there, seats first, and the record has one line for it, with what it was for
    assert [(one.name, one.organisation, one.seat, one.order) for one in people] == [
        ("Robin", "Robin House", 1, None),
        ("Sky", "Sky House", 2, None),
        ("Ash", "Ash House", None, 1),
    ]
    assert [(one.label["en"][:8], one.people) for one in added_up(p.needs for p in people)] == [
        ("Captions", 2),
        ("A sign l", 1),
        ("Will you", 1),
    ]
    assert [(q.key, words) for q, words in people[1].needs.words] == [
        ("interpreter_language", "Vietnamese")
    ]
    line = audit.recent()[0]
    assert (line.tag, line.subject_id, line.reason) == (
        "names and needs opened",
        event.id,
        "To prepare the event",
    )


def test_where_no_registrant_is_asked_for_a_name_no_address_is_opened(
    inside: Flask, founded: Founded
) -> None:
    event = publish_demo_event("small-group")
    register_one(event)
    with stores.writing("erasure") as erasure_store:
        _forget_keys_but(erasure_store, event, {"needs", "room"})
    (person,) = attendance_lists.open_people(signed_in(founded), event)
    assert person.name == person.organisation == ""
    assert person.display_name


def _forget_keys_but(erasure_store: Session, event: Event, purposes: set[str]) -> None:
    with stores.reading() as main:
        others = [
            key.id
            for key in main.scalars(select(PurposeKey).where(PurposeKey.owner_id == event.id))
            if key.purpose not in purposes
        ]
    erasure_store.execute(delete(PurposeKeySeal).where(PurposeKeySeal.purpose_key_id.in_(others)))


def test_without_the_keys_nothing_opens_and_the_try_is_in_the_record(
    inside: Flask, founded: Founded
) -> None:
    event = publish_demo_event()
    book(event, "Robin", on_the_list="yes")
    with stores.writing("erasure") as erasure_store:
        erasure_store.execute(delete(PurposeKeySeal))
    holder = signed_in(founded)
    for act in (attendance_lists.open_people, attendance_lists.open_participants):
        with pytest.raises(NotAuthorisedToOpen):
            act(holder, event)
    assert [line.tag for line in audit.recent()[:2]] == [
        "participants listed",
        "names and needs opened",
    ]


# Needs that are arranged


def test_what_is_arranged_is_noted_and_can_be_taken_back(inside: Flask, founded: Founded) -> None:
    event, holder = publish_demo_event(), signed_in(founded)
    book(event, "Robin", support_person="yes")
    (person,) = attendance_lists.open_people(holder, event)
    for _ in range(2):
        assert attendance_lists.note_arranged(event, [ticked(person)], actor=COORDINATOR)
    assert desk_registrations.needs_not_arranged() == ()
    assert [line.tag for line in audit.recent()].count("needs arranged") == 1
    (person,) = attendance_lists.open_people(holder, event)
    assert person.arranged_on == clock.today()
    # Left as it is, it stays
    assert attendance_lists.note_arranged(event, [ticked(person)], actor=COORDINATOR)
    assert desk_registrations.needs_not_arranged() == ()
    # And taken back, it waits again
    assert attendance_lists.note_arranged(event, [ticked(person, on=False)], actor=COORDINATOR)
    assert len(desk_registrations.needs_not_arranged()) == 1


def test_of_two_coordinators_neither_undoes_the_other(inside: Flask, founded: Founded) -> None:
    # Given two coordinators who both read the list before anything was arranged
    event = publish_demo_event()
    book(event, "Robin", support_person="yes")
    (person,) = attendance_lists.open_people(signed_in(founded), event)
    # When one notes that it is arranged, and the other saves the page without a tick
    attendance_lists.note_arranged(event, [ticked(person)], actor=COORDINATOR)
    attendance_lists.note_arranged(event, [ticked(person, on=False)], actor=COORDINATOR)
    # Then it stays arranged
    assert desk_registrations.needs_not_arranged() == ()


def test_needs_that_changed_after_they_were_read_are_not_arranged(
    inside: Flask, founded: Founded
) -> None:
    event = publish_demo_event()
    robin = book(event, "Robin", support_person="yes")
    (person,) = attendance_lists.open_people(signed_in(founded), event)
    # When they need something else, and a coordinator saves what was read before
    own_registrations.change_needs(
        own_registrations.find_own(robin.ticket), {"interpreter_language": "Twi"}
    )
    assert not attendance_lists.note_arranged(event, [ticked(person)], actor=COORDINATOR)
    # Then a coordinator still has to look
    assert [one.people for one in desk_registrations.needs_not_arranged()] == [1]
    # And a registrant who was deleted meanwhile stops no other
    waiting_list.delete_own(robin.id)
    assert not attendance_lists.note_arranged(event, [ticked(person)], actor=COORDINATOR)


def test_noting_and_changing_at_the_same_moment(inside: Flask, founded: Founded) -> None:
    event, holder = publish_demo_event(), signed_in(founded)
    robin = book(event, "Robin", support_person="yes")
    (person,) = attendance_lists.open_people(holder, event)
    own = own_registrations.find_own(robin.ticket)
    at_once(
        inside,
        partial(own_registrations.change_needs, own, {"interpreter_language": "Twi"}),
        partial(attendance_lists.note_arranged, event, [ticked(person)], actor=COORDINATOR),
    )
    # Whichever came first: no coordinator saw the new needs, so they wait
    assert [one.people for one in desk_registrations.needs_not_arranged()] == [1]
    (person,) = attendance_lists.open_people(holder, event)
    assert [words for _, words in person.needs.words] == ["Twi"]


def test_another_events_people_are_not_noted(inside: Flask, founded: Founded) -> None:
    event, other = publish_demo_event(), publish_demo_event(slug="other")
    book(event, "Robin", support_person="yes")
    (person,) = attendance_lists.open_people(signed_in(founded), event)
    assert not attendance_lists.note_arranged(other, [ticked(person)], actor=COORDINATOR)
    assert len(desk_registrations.needs_not_arranged()) == 1


# The list of participants


def listed(holder: Holder, event: Event) -> list[tuple[str, str]]:
    return [
        (one.name, one.organisation) for one in attendance_lists.open_participants(holder, event)
    ]


def test_only_who_agreed_and_has_a_seat_is_on_the_list(inside: Flask, founded: Founded) -> None:
    event, holder = publish_demo_event(seats=4), signed_in(founded)
    yes = book(event, "Zoe", on_the_list="yes")
    book(event, "Ash", on_the_list="yes")
    book(event, "No", on_the_list="no")
    book(event, "Silent", on_the_list=None)
    book(event, "Waits", on_the_list="yes")
    assert listed(holder, event) == [("Ash", "Ash House"), ("Zoe", "Zoe House")]
    assert audit.recent()[0].reason == "For the people at the event"
    # When one takes it back, twice
    own = own_registrations.find_own(yes.ticket)
    assert own.listed
    for _ in range(2):
        own_registrations.take_off_list(own)
    # Then they are on no list any more
    assert not own_registrations.find_own(yes.ticket).listed
    assert listed(holder, event) == [("Ash", "Ash House")]
    audit.link_notes()
    assert [line.tag for line in audit.recent()].count("registration taken off the list") == 1


def test_a_yes_in_the_database_alone_puts_no_registrant_on_the_list(
    inside: Flask, founded: Founded
) -> None:
    event = publish_demo_event()
    registrant = book(event, "No", on_the_list="no")
    with stores.writing() as main:
        # Even with a row that is authenticated: here the seal alone is looked at.
        mine = select(Registration).where(Registration.id == registrant.id)
        change(main, mine, {"listed_on": clock.today()})
    assert listed(signed_in(founded), event) == []


# The same address


def same(event: Event) -> dict[int | None, list[int | None]]:
    return {
        row.seat: [other.seat for other in row.same_as]
        for row in desk_registrations.list_registrations(event)
    }


def test_the_same_address_is_seen_without_opening_anything(inside: Flask) -> None:
    event = publish_demo_event(seats=3)
    register_one(event, "Robin@Example.org")
    register_one(event, "sky@example.org")
    third = register_one(event, "robin@example.org")
    assert same(event) == {1: [3], 2: [], 3: [1]}
    assert audit.recent()[0].tag == "event published"
    # When one of the two is cancelled, nothing is double any more
    waiting_list.cancel(third.id)
    assert same(event) == {1: [], 2: [], None: []}


def test_an_address_of_another_event_has_another_mark(inside: Flask) -> None:
    one, other = publish_demo_event(), publish_demo_event(slug="other")
    marks = {_mark(register_one(event)) for event in (one, other)}
    assert len(marks) == 2
    assert None not in marks


def _mark(registrant: Booked) -> bytes | None:
    with stores.reading() as main:
        return main.get_one(Registration, registrant.id).address_mark


def test_addresses_are_compared_at_events_for_professionals_alone(inside: Flask) -> None:
    assert not demo_event("small-group").is_for_professionals
    event = publish_demo_event("small-group")
    people = [register_one(event), register_one(event)]
    assert [_mark(one) for one in people] == [None, None]
    assert all(not row.same_as for row in desk_registrations.list_registrations(event))


def test_no_registrant_without_an_address_has_a_mark(inside: Flask) -> None:
    assert duplicate_addresses.mark_of(publish_demo_event(), None) is None


def test_marks_go_when_the_event_is_over_or_off(inside: Flask) -> None:
    event, off = publish_demo_event(), publish_demo_event(slug="off")
    people = [register_one(event), register_one(off)]
    event_changes.call_off(off.id, actor=COORDINATOR, reason="few")
    expiry.erase_due()
    assert [_mark(one) is None for one in people] == [False, True]
    with time_machine.travel(event.ends_at):
        turned.the_worker_kept_running()
        expiry.erase_due()
        assert _mark(people[0]) is None
        for slug in ("round-table", "off"):
            assert published_events.find(slug).marks_secret_id is None
    with stores.reading("erasure") as erasure_store:
        for one in (event, off):
            assert erasure_store.get(ErasureSecret, one.marks_secret_id) is None


def test_a_corrected_address_has_the_mark_of_the_new_one(inside: Flask, founded: Founded) -> None:
    event = publish_demo_event()
    first = register_one(event, "robin@example.org")
    second = register_one(event, "typo@example.org")
    desk_address_corrections.correct(
        signed_in(founded), second.id, "robin@example.org", reason="They told us"
    )
    assert _mark(first) == _mark(second)


def test_listing_participants_and_changing_a_registration_never_wait_for_each_other(
    inside: Flask, founded: Founded
) -> None:
    # Given a registrant who agreed to be listed, whose registration is being changed at this moment
    event, holder = publish_demo_event(seats=2), signed_in(founded)
    booked = book(event, "Robin", on_the_list="yes")
    is_held, is_asked = threading.Event(), threading.Event()

    def change() -> None:
        with stores.writing() as main:
            registrations.lock(main, booked.id)
            is_held.set()
            # Long enough for the other to wait for this row, with whatever it has locked before.
            is_asked.wait(timeout=0.5)
            audit.enter(main, COORDINATOR, AuditEvent.MARKED_ATTENDED, booked.id)

    def list_them() -> int:
        is_held.wait(timeout=10)
        return len(attendance_lists.open_participants(holder, event))

    # Then both are done: registrations are locked first, and the end of the record last
    assert at_once(inside, change, list_them) == [None, 1]
