"""Several real connections confirm bookings at one moment; `RACE_ROUNDS=200` makes it 200 rounds each."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import Booked, publish_demo_event, register_one, register_some
from tests.integration.at_once import at_once
from tests.integration.house import make_house
from tests.integration.rounds import rounds
from tests.integration.test_two_connections_events import rows_of
from webapp.models import Registration
from webapp.services.events import (
    address_changes,
    booking_confirming,
    published_events,
    registrations,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure import stores

NAMED_ROUNDS = rounds(25)
ROUNDS = rounds(10)
COORDINATOR_REASON = "They rang us"


@pytest.fixture
def house(make_app: MakeApp) -> Flask:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    return make_house(make_app)


def new_event(name: str, number: int, seats: int) -> Event:
    return publish_demo_event("small-group", f"{name}-{number}", seats=seats, confirm_address=True)


def confirming(person: Booked) -> Callable[[], None]:
    return lambda: booking_confirming.confirm_own(person.id, person.ticket)


def states(event: Event) -> list[str]:
    return sorted(row.state for row in rows_of(event))


def test_the_last_seats_go_to_those_who_confirm(house: Flask) -> None:
    for number in range(NAMED_ROUNDS):
        with house.app_context():
            # Given more requests than seats
            event = new_event("rush", number, 2)
            people = register_some(event, 5)
            assert {one.state for one in people} == {"requested"}
        # When all confirm at the same moment, and one presses twice
        went = at_once(house, *map(confirming, [*people, people[0]]))
        # Then exactly as many are in as there are seats, and the others wait in a line of their own
        assert went == [None] * 6
        with house.app_context():
            assert states(event) == ["confirmed"] * 2 + ["waiting"] * 3
            rows = rows_of(event)
            assert sorted(row.seat for row in rows if row.seat) == [1, 2]
            assert sorted(row.place for row in rows if row.place) == [1, 2, 3]


def test_a_seat_given_back_while_another_confirms(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            # Given a full event with one in line
            event = new_event("swap", number, 1)
            leaves, waits, comes = register_some(event, 3)
            booking_confirming.confirm_own(leaves.id, leaves.ticket)
            booking_confirming.confirm_own(waits.id, waits.ticket)
        # When the seat is given back as another confirms
        went = at_once(
            house,
            lambda: waiting_list.cancel(leaves.id),  # noqa: B023
            confirming(comes),
        )
        # Then who waited has it, whichever came first
        assert went == [None, None]
        with house.app_context(), stores.reading() as main:
            found = {row.id: row.state for row in main.scalars(select(Registration))}
            assert [found[one.id] for one in (leaves, waits, comes)] == [
                "cancelled",
                "confirmed",
                "waiting",
            ]


def test_by_hand_and_by_the_link_at_once_is_once(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            event = new_event("both", number, 2)
            person = register_one(event)
        went = at_once(
            house,
            confirming(person),
            lambda: booking_confirming.confirm_by_hand(
                person.id,  # noqa: B023
                actor=event.id,  # noqa: B023
                reason=COORDINATOR_REASON,
            ),
        )
        assert went == [None, None]
        with house.app_context():
            assert states(event) == ["confirmed"]
            assert published_events.find(event.slug).taken == 1


def test_deleted_while_it_is_confirmed(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            event = new_event("gone", number, 1)
            person = register_one(event)
        went = at_once(
            house,
            confirming(person),
            lambda: waiting_list.delete_own(person.id),  # noqa: B023
        )
        # Then it is gone, and holds no seat, whichever came first
        assert went[0] is None or isinstance(went[0], NoSuchRegistration)
        with house.app_context():
            assert rows_of(event) == []
            assert published_events.find(event.slug).taken == 0


def test_the_address_is_put_right_while_the_old_mail_confirms(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            event = new_event("right", number, 1)
            person = register_one(event, "typo@example.org")
            prepared = registrations.renewed(event, person.id, person.room_code)
        went = at_once(
            house,
            confirming(person),
            lambda: address_changes.change_own(
                person.ticket,  # noqa: B023
                {"registrant_email": "typo@example.org"},
                "right@example.org",
                prepared,  # noqa: B023
            ),
        )
        # Then it was confirmed before, or is a request that only the new mail confirms
        assert went[0] is None or isinstance(went[0], NoSuchRegistration)
        with house.app_context():
            (row,) = rows_of(event)
            assert (row.state == "confirmed") == (row.seat == 1) == (went[0] is None)
            assert row.state in {"confirmed", "requested"}


def test_without_addresses_half_of_the_seats_at_most(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            event = new_event("half", number, 4)
        came = at_once(house, *([lambda: register_one(event, None)] * 6))  # noqa: B023
        assert all(isinstance(one, Booked) for one in came), came
        with house.app_context():
            assert states(event) == ["applied"] * 4 + ["confirmed"] * 2
