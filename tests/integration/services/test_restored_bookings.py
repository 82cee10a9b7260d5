"""After an older `main` was put back, what was cancelled since is cancelled again. On both databases."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from tests.integration.tables import back_up_main, put_back
from tests.turned import an_operator_confirmed
from webapp.models import Event, Registration
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.states import EventState
from webapp.services.events import (
    cancellation_log,
    event_changes,
    own_registrations,
    waiting_list,
)
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.retention import restored_bookings
from webapp.services.retention.restored_bookings import Again
from webapp.services.worker import delivery

NOTHING = Again(0, 0, 0)
REMINDED = "A reminder for tomorrow"


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with Postbox().open() as listening:
        yield listening


@pytest.fixture
def inside(make_app: MakeApp, postbox: Postbox) -> Iterator[Flask]:
    """Both doors and the worker, on SQLite, then on PostgreSQL."""
    house = make_house(make_app, postbox.port)
    with house.app_context():
        yield house


def row_of(booked: Booked) -> Registration:
    with stores.reading() as main:
        return main.get_one(Registration, booked.id)


def states(*people: Booked) -> list[str]:
    return [str(row_of(one).state) for one in people]


def entered() -> list[AuditEvent | None]:
    return [line.event for line in audit.recent() if line.actor == audit.OPERATOR]


def test_a_booking_that_was_cancelled_since_the_backup_is_not_booked_again(
    inside: Flask, postbox: Postbox
) -> None:
    # Given a full event in a backup, a person who cancelled after it and was told, and the one who moved up
    event = publish_demo_event(seats=1)
    goes, waits = register_some(event, 2)
    delivery.send_waiting()
    backup = back_up_main()
    waiting_list.cancel(goes.id)
    delivery.send_waiting()
    # When that backup of `main` is put back, then they are booked again
    put_back(backup)
    assert states(goes, waits) == ["confirmed", "waiting"]
    # And when what was cancelled is cancelled again, then the seat is where it was
    assert restored_bookings.cancel_again() == Again(cancelled=1, unlisted=0, called_off=0)
    assert states(goes, waits) == ["cancelled", "confirmed"]
    # And who had been told is told nothing more, on the day before either
    told = postbox.of(goes.address)
    assert len(told) == 2
    with time_machine.travel(event.starts_at - timedelta(hours=20), tick=False):
        an_operator_confirmed()
        delivery.send_waiting()
    assert postbox.of(goes.address) == told
    assert REMINDED in postbox.of(waits.address)
    # And the record says that it was done, and doing it again changes nothing
    assert AuditEvent.REGISTRATION_CANCELLED in entered()
    assert audit.verify()
    assert restored_bookings.cancel_again() == NOTHING


def test_who_had_not_been_told_yet_is_told(inside: Flask, postbox: Postbox) -> None:
    # Given a person who cancelled after the backup, and all was lost before a mail could say so
    person = register_one(publish_demo_event())
    delivery.send_waiting()
    backup = back_up_main()
    waiting_list.cancel(person.id)
    put_back(backup)
    # When it is cancelled again
    assert restored_bookings.cancel_again().cancelled == 1
    delivery.send_waiting()
    # Then they hear of it, once
    assert len(postbox.of(person.address)) == 2
    assert row_of(person).mail_envelope is None


def test_whoever_left_the_list_of_participants_is_not_on_it_again(inside: Flask) -> None:
    # Given two people on a list, one of whom leaves it after the backup
    event = publish_demo_event()
    leaves = register_one(event, "one@example.org", on_the_list="yes")
    stays = register_one(event, "two@example.org", on_the_list="yes")
    backup = back_up_main()
    own_registrations.take_off_list(own_registrations.find_own(leaves.ticket))
    # When the backup is put back
    put_back(backup)
    assert restored_bookings.cancel_again() == Again(cancelled=0, unlisted=1, called_off=0)
    # Then only the other is on it
    assert row_of(leaves).listed_on is None
    assert row_of(stays).listed_on is not None
    assert restored_bookings.cancel_again() == NOTHING


def test_an_event_that_was_called_off_does_not_take_place_again(inside: Flask) -> None:
    # Given an event that was called off after the backup, which cut short how long bookings are kept
    event = publish_demo_event()
    person = register_one(event)
    backup = back_up_main()
    event_changes.call_off(event.id, actor=uuid4(), reason="the house is closed")
    due_on = row_of(person).due_on
    put_back(backup)
    assert row_of(person).due_on > due_on
    # When some days later, and even after its day, that is done again
    with time_machine.travel(event.ends_at + timedelta(days=2), tick=False):
        assert restored_bookings.cancel_again() == Again(cancelled=0, unlisted=0, called_off=1)
        # Then it is off, so is every booking, and each goes on the day that was promised then
        with stores.reading() as main:
            assert main.get_one(Event, event.id).state == EventState.CANCELLED
        assert states(person) == ["cancelled"]
        assert row_of(person).due_on == due_on
        assert restored_bookings.cancel_again() == NOTHING


def test_lines_about_nobody_and_lines_that_are_none_stop_nothing(inside: Flask) -> None:
    # Given such lines, and one that is true
    event = publish_demo_event()
    person, other = register_some(event, 2)
    backup = back_up_main()
    waiting_list.cancel(person.id)
    file: Path = inside.extensions["hearth_settings"].tombstone_file
    with file.open("a") as lines:
        lines.write(
            f"cancelled:{'0' * 32}\nunlisted:{'f' * 32}\ncalled-off:{'0' * 32}:2027-01-01\n"
        )
        lines.write(f"called-off:{event.id.hex}:2027-02-31\ncancelled:{other.id.hex[:-1]}\n")
    put_back(backup)
    # Then what is true is done, and no more
    assert restored_bookings.cancel_again() == Again(cancelled=1, unlisted=0, called_off=0)
    assert states(person, other) == ["cancelled", "confirmed"]


def test_of_two_days_on_which_an_event_was_called_off_the_first_is_true(inside: Flask) -> None:
    event = publish_demo_event()
    for day in (date(2027, 3, 1), date(2027, 3, 9)):
        cancellation_log.note_called_off(event.id, day)
    assert cancellation_log.read().called_off == {event.id: date(2027, 3, 1)}


def test_nothing_is_said_to_be_cancelled_that_a_restore_would_book_again(
    inside: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a disk on which the list cannot be written
    event = publish_demo_event()
    person = register_one(event, on_the_list="yes")
    own = own_registrations.find_own(person.ticket)

    def refuse(lines: object) -> None:
        raise OSError(28, "No space left on device")

    acts = (
        lambda: waiting_list.cancel(person.id),
        lambda: own_registrations.take_off_list(own),
        lambda: event_changes.call_off(event.id, actor=uuid4(), reason="the house is closed"),
    )
    # When something is cancelled, then that is refused, and nothing is half
    with monkeypatch.context() as full:
        full.setattr(cancellation_log.tombstone_file, "append_lines", refuse)
        for act in acts:
            with pytest.raises(StoreUnavailable):
                act()
    assert states(person) == ["confirmed"]
    assert row_of(person).listed_on is not None
    # And with room again it is done
    for act in acts:
        act()
    assert states(person) == ["cancelled"]


def test_the_file_names_no_person(inside: Flask) -> None:
    # Given everything that this log notes
    event = publish_demo_event()
    person = register_one(event, "robin@example.org", on_the_list="yes")
    own_registrations.take_off_list(own_registrations.find_own(person.ticket))
    waiting_list.cancel(person.id)
    event_changes.call_off(event.id, actor=uuid4(), reason="the house is closed")
    # Then whoever holds the file has random ids, and the day of an event
    file: Path = inside.extensions["hearth_settings"].tombstone_file
    noted = [line for line in file.read_text().splitlines() if ":" in line]
    today = clock.today().isoformat()
    assert noted == [
        f"unlisted:{person.id.hex}",
        f"cancelled:{person.id.hex}",
        f"called-off:{event.id.hex}:{today}",
    ]
