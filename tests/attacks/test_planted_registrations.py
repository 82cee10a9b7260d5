"""Registrations that were put in, or changed, by hand: they must neither give a seat nor push a registrant back.

Before, a row with a place stood in the line: each newcomer was put behind it, while seats were free, and on PostgreSQL
a place as high as a number can be made every booking fail. Booking reads no list any more, so no check of a MAC finds
such rows on the way. Now places and seats of false rows are numbers that are not given again, and nothing else: only
the rows at the ends of the line are read, and false ones there are passed.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import update

from tests.conftest import MakeApp
from tests.crowd import plant, waiting
from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from webapp.models import Registration
from webapp.services.events import (
    desk_registrations,
    event_changes,
    own_registrations,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import stores

pytestmark = pytest.mark.usefixtures("inside")
#: The highest number that a column of PostgreSQL holds.
HIGHEST = 2**31 - 1
ACTOR = UUID(int=1)


@pytest.fixture
def inside(make_app: MakeApp) -> Iterator[Flask]:
    """The services work inside an application; on SQLite, then on PostgreSQL."""
    with (house := make_house(make_app)).app_context():
        yield house


def states(people: list[Booked]) -> list[str]:
    return [own_registrations.find_own(person.ticket).state for person in people]


def in_line(event: Event) -> list[Any]:
    listed = desk_registrations.list_registrations(event)
    return [row.id for row in listed if row.order]


def seats_of(people: list[Booked]) -> list[int | None]:
    return [desk_registrations.find(person.id)[0].seat for person in people]


@pytest.mark.parametrize("place", [1, 2, HIGHEST, -HIGHEST])
def test_a_place_that_was_put_in_keeps_nobody_from_a_free_seat(place: int) -> None:
    # Given an event with free seats
    event = publish_demo_event(seats=3)
    first = register_one(event, "first@example.org")
    # When an attacker puts in a registrant who waits
    (columns,) = waiting(place)
    plant(event, **columns)
    # Then the next ones have seats, and wait when there is none
    others = register_some(event, 3)
    assert states([first, *others]) == ["confirmed"] * 3 + ["waiting"]


@pytest.mark.parametrize("places", [[3], [2, 3, 4], [HIGHEST], [*range(3, 40), HIGHEST]])
def test_newcomers_are_behind_those_who_wait_whatever_places_are_put_in(places: list[int]) -> None:
    # Given a full event with one in line, and rows of an attacker's behind them
    event = publish_demo_event(seats=1)
    seated, waits = register_some(event, 2)
    for columns in waiting(*places):
        plant(event, **columns)
    # When more people come, then they are in the order in which they came
    came = register_some(event, 3, start=3)
    assert states(came) == ["waiting"] * 3
    assert in_line(event) == [person.id for person in (waits, *came)]
    # And seats that are given back go to them, in this order
    for leaving, let_in in zip([seated, waits, *came], [waits, *came], strict=False):
        waiting_list.cancel(leaving.id)
        assert states([let_in]) == ["confirmed"]


def test_no_row_of_the_attackers_moves_up_however_many_there_are() -> None:
    event = publish_demo_event(seats=1)
    seated, *line = register_some(event, 3)
    for columns in waiting(*range(-30, 1), -HIGHEST):
        plant(event, **columns)
    # When seats become free, then those who wait have them
    waiting_list.cancel(seated.id)
    assert states(line) == ["confirmed", "waiting"]
    event_changes.add_seats(event.id, 1, actor=ACTOR, reason="A larger room")
    assert states(line) == ["confirmed", "confirmed"]


def test_a_registrant_is_put_first_before_rows_of_the_attackers() -> None:
    event = publish_demo_event(seats=1)
    seated, first, second = register_some(event, 3)
    for columns in waiting(0, -1, -HIGHEST):
        plant(event, **columns)
    waiting_list.put_first(second.id, actor=ACTOR, reason="Comes from far")
    assert in_line(event) == [second.id, first.id]
    waiting_list.cancel(seated.id)
    assert states([first, second]) == ["waiting", "confirmed"]


@pytest.mark.parametrize("seat", [2, 3, 500, HIGHEST])
def test_a_seat_that_was_put_in_is_given_to_nobody_else(seat: int) -> None:
    # Given four seats, and an attacker's row with one of them, or with none that there is
    event = publish_demo_event(seats=4)
    first = register_one(event, "first@example.org")
    plant(event, state="confirmed", seat=seat)
    # Then the others have the seats that are left, lowest first, and none is given twice
    came = register_some(event, 3)
    assert states(came) == ["confirmed", "confirmed", "waiting"]
    left = [one for one in (1, 2, 3, 4) if one != seat]
    assert seats_of([first, *came]) == [*left[:3], None]


@pytest.mark.parametrize("columns", [{"language": "sq"}, {"room_mac": bytes(32)}])
def test_the_seat_of_a_row_that_was_changed_stays_its_owners(columns: dict[str, Any]) -> None:
    """No one can tell it from a row that was put in. So a false row's seat stays taken: the person will come."""
    event = publish_demo_event(seats=2)
    first, second = register_some(event, 2)
    with stores.writing() as main:
        main.execute(update(Registration).where(Registration.id == second.id).values(**columns))
    # When a newcomer books, and one seat is given back
    newcomer = register_one(event, "newcomer@example.org")
    assert states([newcomer]) == ["waiting"]
    waiting_list.cancel(first.id)
    # Then the newcomer has that one
    assert seats_of([newcomer]) == [1]


@pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
@pytest.mark.parametrize("number", ["abc", 2.5, 3.0001, "2x"])
def test_numbers_that_are_none_stop_no_booking(number: Any) -> None:
    """SQLite's columns have no types."""
    event = publish_demo_event(seats=5)
    first, second, third = register_some(event, 3)
    for what in ("seat = ?", "state = 'waiting', seat = NULL, place = ?"):
        row = plant(event, state="confirmed", seat=4)
        with stores.writing() as main:
            statement = f"UPDATE registrations SET {what} WHERE id = ?"
            main.connection().exec_driver_sql(statement, (number, row.hex))
    waiting_list.cancel(second.id)
    came = register_some(event, 2, start=4)
    assert states([first, third, *came]) == ["confirmed"] * 4
    assert len(set(seats_of([first, third, *came])) & {1, 2, 3, 4, 5}) == 4
