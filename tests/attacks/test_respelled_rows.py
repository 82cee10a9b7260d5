"""One value, two spellings: a database writer, without any configuration, respells what SQLite's columns hold.

While rows were first authenticated, the MAC covered what a value decodes to. A UUID with braces, a day as an ISO week
or a number as a text decoded to the same, so the MAC held and nothing named the row; but comparisons in SQL, unique
indexes and foreign keys saw another value: an answer was kept past its day, a seat was given twice, the worker went on
for ever. A value that decodes to nothing ended a page, or everybody's erasing, with an error.

Now a stored value has one form (`webapp/canonical_types.py`): in any other one its row is false, and ends nothing. On
PostgreSQL the columns have types.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import Sent, publish_demo_event, register_one, submit_one
from tests.turned import an_operator_confirmed
from webapp.models import Part
from webapp.rules import clock
from webapp.services.answers import erasing, own_copies
from webapp.services.events import own_registrations
from webapp.services.infrastructure import row_verification, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.retention import expiry

pytestmark = pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)


@pytest.fixture(autouse=True)
def _early_in_a_step() -> Iterator[None]:
    with time_machine.travel(datetime(2026, 12, 1, 12, 0, 2, tzinfo=UTC)):
        yield


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


def by_hand(statement: str, **values: Any) -> None:
    """SQL past everything that is ours, foreign keys too."""
    with stores.reading() as main:
        path = main.get_bind().engine.url.database  # type: ignore[union-attr]
    with closing(sqlite3.connect(str(path))) as connection, connection:
        assert connection.execute(statement, values).rowcount


def named() -> set[str]:
    """The tables of the rows that the check names."""
    return {one.table for one in row_verification.find_false()}


def of(sent: Sent) -> str:
    return sent.submission_id.hex


@pytest.mark.parametrize(
    "spelling", ["upper(secret_id)", "'{' || secret_id || '}'", "'urn:uuid:' || secret_id"]
)
def test_an_id_has_one_spelling(inside: Flask, spelling: str) -> None:
    sent = submit_one()
    by_hand(f"UPDATE parts SET secret_id = {spelling} WHERE submission_id = :id", id=of(sent))

    assert named() == {"parts"}


def test_a_due_day_as_a_week_keeps_nothing_longer(inside: Flask) -> None:
    sent = submit_one()
    with stores.reading() as main:
        mine = select(Part).where(Part.submission_id == sent.submission_id)
        days = [part.due_on for part in main.scalars(mine)]
    for day in days:
        week = f"{day:%G-W%V}-{day:%u}"
        by_hand("UPDATE parts SET due_on = :week WHERE due_on = :day", week=week, day=str(day))
    assert named() == {"parts"}

    with time_machine.travel(clock.now() + timedelta(days=365 * 5)):
        an_operator_confirmed()
        expiry.erase_due()
        assert not erasing.is_there(sent.submission_id)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("due_on", "0 garbage"),
        ("due_on", 20271129),
        ("due_on", "2027-13-45"),
        ("epoch", 1.5),
        ("row_mac", "text"),
        ("envelope", "text"),
    ],
)
def test_what_cannot_be_read_stops_nobody(inside: Flask, column: str, value: Any) -> None:
    # Given one row that no release of ours wrote, and another person
    hit, other = submit_one(), submit_one()
    by_hand(
        f"UPDATE parts SET {column} = :value WHERE submission_id = :id", value=value, id=of(hit)
    )
    # Then it is named, and the other person's answers go on their day
    assert named() == {"parts"}
    with time_machine.travel(clock.now() + timedelta(days=365 * 5)):
        an_operator_confirmed()
        expiry.erase_due()
        assert not erasing.is_there(other.submission_id)


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("parts", "due_on", "0 garbage"),
        ("own_copies", "due_on", "x"),
        ("consents", "changed_on", "x"),
        ("submissions", "received_on", "x"),
        ("submissions", "row_mac", "text"),
    ],
)
def test_its_owner_can_erase(inside: Flask, table: str, column: str, value: Any) -> None:
    sent = submit_one(given={"contact_me": True})
    key = "id" if table == "submissions" else "submission_id"
    by_hand(f"UPDATE {table} SET {column} = :value WHERE {key} = :id", value=value, id=of(sent))

    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete

    assert not erasing.is_there(sent.submission_id)


def test_a_booking_of_no_event_is_shown_to_no_one(inside: Flask) -> None:
    # Given the only seat of an event, whose row is respelled so that its event does not count it
    person = register_one(publish_demo_event(seats=1))
    by_hand("UPDATE registrations SET event_id = '{' || event_id || '}'")
    # Then the seat that is given once more is that of one person alone
    with pytest.raises(RowForged):
        own_registrations.find_own(person.ticket)
    assert named() == {"registrations"}
