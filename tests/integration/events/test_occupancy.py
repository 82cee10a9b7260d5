"""Booking reads no list: what is held at an event comes from indexes, and no more rows are read than a decision names.

Before, each booking read the seats and places of everybody at the event, each seat that was given back the whole
waiting list with its sealed addresses, and the event's page counted in the rows themselves.
"""

import random
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import select, text

from tests.crowd import crowd, seated, waiting
from tests.factories import publish_demo_event, register_one
from webapp.extensions import db
from webapp.models import Registration
from webapp.services.events import (
    desk_registrations,
    event_changes,
    own_registrations,
    published_events,
    waiting_list,
)
from webapp.services.events.occupancy import Held, order_of
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, stores

pytestmark = pytest.mark.usefixtures("inside")
#: Enough for a planner to prefer an index.
MANY = 2000


@pytest.fixture
def full(inside: Flask) -> Event:
    """A full event with a long line, and another one beside it."""
    return beside_another([*seated(*range(1, 1001)), *waiting(*range(1, MANY - 999))])


@pytest.fixture
def half_full(inside: Flask) -> Event:
    """An event with free seats, one of them between those that are held."""
    return beside_another(seated(*range(1, 300), *range(301, 800)))


def beside_another(rows: list[dict[str, Any]]) -> Event:
    crowd(publish_demo_event(slug="other", seats=1000), seated(*range(1, 1001)))
    found = publish_demo_event(seats=1000)
    nothing = {"mail_secret_id": None, "mail_envelope": None}
    crowd(found, [row | nothing if number % 3 else row for number, row in enumerate(rows)])
    _gather_statistics()
    return published_events.find(found.slug)


def _gather_statistics() -> None:
    """As the database does by itself after a while."""
    with stores.outside_transactions("main") as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("ANALYZE"))
            return
        connection.execute(text("VACUUM ANALYZE registrations"))


@contextmanager
def noted() -> Iterator[tuple[list[tuple[str, Any]], list[Registration]]]:
    """The statements that read registrations meanwhile, and the rows that were read whole."""
    statements: list[tuple[str, Any]] = []
    rows: list[Registration] = []

    def note(connection: Any, cursor: Any, statement: str, parameters: Any, *rest: Any) -> None:
        if statement.startswith("SELECT") and "FROM registrations" in statement:
            statements.append((statement, parameters))

    def read(row: Registration, *rest: Any) -> None:
        rows.append(row)

    engine = db.engines[None]
    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    sqlalchemy_event.listen(Registration, "load", read)
    try:
        yield statements, rows
    finally:
        sqlalchemy_event.remove(engine, "before_cursor_execute", note)
        sqlalchemy_event.remove(Registration, "load", read)


def plan(statement: str, parameters: Any) -> str:
    """How the database finds what a statement asks for, with every way open to it."""
    with stores.reading() as main:
        connection = main.connection()
        how = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        lines = connection.exec_driver_sql(how + statement, parameters).all()
    return "\n".join(" ".join(map(str, line)) for line in lines)


def all_by_index(statements: list[tuple[str, Any]]) -> None:
    """No statement goes through the table or sorts; what asks for no whole row leaves the rows alone."""
    assert statements
    for statement, parameters in statements:
        how = plan(statement, parameters)
        ways = re.findall(
            r"(\w+ .*Scan)(?: Backward)?(?: using \w+)? on registrations", how
        ) or re.findall(r"((?:SCAN|SEARCH) registrations\S* USING .*)", how)
        assert ways, how
        assert not any(one.startswith(("Seq", "SCAN")) for one in ways), how
        assert "TEMP B-TREE" not in how and "Sort" not in how, how
        if re.search(r"count\(|min\(|seat \+", statement):
            assert all("COVERING" in one or "Index Only" in one for one in ways), how


def id_at(event: Event, seat: int) -> UUID:
    """Who has this seat."""
    these = select(Registration.id).where(
        Registration.event_id == event.id, Registration.seat == seat
    )
    with stores.reading() as main:
        return main.scalars(these).one()


ACTS: dict[str, Callable[[Event, UUID], object]] = {
    "a booking": lambda event, _: register_one(event, "new@example.org"),
    "a seat that is given back": lambda _, seated: waiting_list.cancel(seated),
    "a booking that is deleted": lambda _, seated: waiting_list.delete_own(seated),
    "the event's page": lambda event, _: published_events.find(event.slug),
    "how many get no mail": lambda event, _: desk_registrations.without_mail(event),
    "who is next": lambda event, _: desk_registrations.next_in_line(event),
}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("there", ["full", "half_full"])
def test_no_list_is_read(request: pytest.FixtureRequest, there: str, act: str) -> None:
    event = request.getfixturevalue(there)
    seated = id_at(event, 7)
    with noted() as (statements, rows):
        ACTS[act](event, seated)
    # The registration itself, and one at an end of the line.
    assert len(rows) <= 2
    all_by_index(statements)


def test_a_registrants_own_page_reads_their_row_alone(full: Event) -> None:
    person = register_one(full, "last@example.org")
    with noted() as (statements, rows):
        own = own_registrations.find_own(person.ticket)
    assert own.order == MANY - 999
    assert [row.id for row in rows] == [person.id]
    all_by_index(statements)


def test_what_the_indexes_say_is_what_is_there() -> None:
    """Against the rule in its plainest form, for events with gaps, and lists whose first place is below zero."""
    event = publish_demo_event(seats=30)
    for _ in range(40):
        seats = set(random.sample(range(1, 30), random.randrange(1, 29)))
        places = random.sample(range(-5, 40), random.randrange(8))
        ids = crowd(event, [*seated(*seats), *waiting(*places)])
        place_of = dict(zip(ids[len(seats) :], places, strict=True))
        line = sorted(place_of, key=place_of.__getitem__)
        with stores.reading() as main:
            held = Held(main, event.id)
            numbers, end, first = held.seats(), held.end_of_line(), held.first_in_line(lock=False)
            assert numbers.taken == len(seats)
            assert numbers.free == min(set(range(1, 31)) - seats)
            assert end.is_empty is (not places)
            assert end.next_place == max(places, default=0) + 1
            assert (first and first.id) == (line[0] if line else None)
            assert held.place_in_front() == min(places, default=1) - 1
            orders = [order_of(main, main.get_one(Registration, one)) for one in line]
            assert orders == [*range(1, len(line) + 1)]


def test_nobody_is_passed_over_when_many_seats_are_added() -> None:
    # Given gaps among the seats, and a line in which a coordinator put two people first
    event = publish_demo_event(seats=4)
    ids = crowd(event, [*seated(1, 3, 4, 6), *waiting(2, 9, -1, 4, 0)])
    # When three seats are added
    event_changes.add_seats(event.id, 3, actor=audit.OPERATOR, reason="A larger room")
    # Then the lowest seats go to the line in its order, and nobody else has moved
    with stores.reading() as main:
        rows = [main.get_one(Registration, one) for one in ids[4:]]
        assert [row.seat for row in rows] == [7, None, 2, None, 5]
        assert [row.place for row in rows] == [None, 9, None, 4, None]
