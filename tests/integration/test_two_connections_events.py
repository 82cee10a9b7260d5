"""Several real connections want the same seat, place or mail at one moment; `RACE_ROUNDS=200` makes it 200 rounds each.

Whatever comes first, afterwards the same must be true (`check`): no seat is given twice, there are never more than
there are, no seat is free while a registrant waits, and everybody is told what is so.
"""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.conftest import MakeApp
from tests.factories import (
    Booked,
    publish_demo_event,
    register_one,
    register_some,
    registered_answers,
)
from tests.integration.at_once import at_once
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from tests.integration.rounds import rounds
from tests.rows import change
from webapp.models import OutboxMessage, Registration, RegistrationPart
from webapp.services.events import (
    event_changes,
    event_reminders,
    own_registrations,
    published_events,
    registrations,
    waiting_list,
)
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import audit, outbox, stores
from webapp.services.worker import delivery, mail_claims

#: The last seat, the order of the line, and a mail to be sent; then six other ways to meet at one event.
NAMED_ROUNDS = rounds(25)
ROUNDS = rounds(10)


@pytest.fixture
def house(make_app: MakeApp) -> Flask:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    return make_house(make_app)


def rows_of(event: Event) -> list[Registration]:
    with stores.reading() as main:
        query = select(Registration).where(Registration.event_id == event.id)
        return list(main.scalars(query))


def mails_of(rows: list[Registration]) -> dict[UUID, Counter[str]]:
    with stores.reading() as main:
        found: dict[UUID, Counter[str]] = {row.id: Counter() for row in rows}
        query = select(OutboxMessage.subject_id, OutboxMessage.kind)
        for subject_id, kind in main.execute(query.where(OutboxMessage.subject_id.in_(found))):
            found[subject_id][kind] += 1
        return found


def check(event: Event, people: int) -> list[Registration]:
    """What is true at any moment. Returns the registrations, seats first, then by place."""
    rows = rows_of(event)
    held = sorted(row.seat for row in rows if row.seat is not None)
    places = sorted(row.place for row in rows if row.place is not None)
    assert len(rows) == people
    assert len(set(held)) == len(held) <= event.seats
    assert set(held) <= set(range(1, event.seats + 1))
    assert len(set(places)) == len(places)
    # No registrant waits beside a free seat.
    assert not places or len(held) == event.seats
    mails = mails_of(rows)
    for row in rows:
        told = mails[row.id]
        assert all(count == 1 for count in told.values()), told
        assert ("cancelled" in told) == (row.state == "cancelled")
        if row.state == "confirmed":
            assert len({"registered", "moved_up"} & set(told)) == 1
            assert ("moved_up" in told) == ("waiting" in told)
        if row.state == "waiting":
            assert set(told) == {"waiting"}
    with stores.reading() as main:
        stored = main.scalars(
            select(RegistrationPart.registration_id).where(RegistrationPart.event_id == event.id)
        ).all()
    # Every registrant's three parts, and no other's.
    assert Counter(stored) == Counter({row.id: 3 for row in rows})
    return sorted(rows, key=lambda row: (row.seat is None, row.seat or row.place or 0))


def states(event: Event, people: list[Booked]) -> list[str]:
    by_id = {row.id: row.state for row in rows_of(event)}
    return [by_id[person.id] for person in people]


def newcomer(event: Event, name: str) -> Callable[[], Booked]:
    return lambda: register_one(event, f"{name}@example.org")


def new_event(name: str, number: int, seats: int) -> Event:
    return publish_demo_event("small-group", f"{name}-{number}", seats=seats)


def test_the_last_seats_and_everybody_after_them(house: Flask) -> None:
    for number in range(NAMED_ROUNDS):
        with house.app_context():
            # Given a few seats, some of them taken
            seats, rush = random.randint(1, 3), random.randint(2, 8)
            event = new_event("rush", number, seats)
            register_some(event, taken := random.randrange(seats))
        # When many people register at the same moment
        came = at_once(house, *(newcomer(event, f"new-{one}") for one in range(rush)))
        # Then exactly as many are in as there were seats, and the others wait in a line of their own
        assert all(isinstance(one, Booked) for one in came), came
        told = Counter(one.state for one in came if isinstance(one, Booked))
        assert told["confirmed"] == min(seats - taken, rush)
        assert told["waiting"] == rush - told["confirmed"]
        with house.app_context():
            rows = check(event, taken + rush)
            assert sorted(row.place for row in rows if row.place) == list(
                range(1, told["waiting"] + 1)
            )
            assert published_events.find(event.slug).taken == min(taken + rush, seats)


def test_a_registrant_who_waited_before_a_rush_is_before_it(house: Flask) -> None:
    for number in range(NAMED_ROUNDS):
        with house.app_context():
            # Given a full event and a line of two
            event = new_event("line", number, 1)
            first, second, third = register_some(event, 3)
        # When others join the line, at the same moment as the only seat is given back
        came = at_once(
            house,
            *(newcomer(event, f"new-{one}") for one in range(3)),
            lambda: waiting_list.cancel(first.id),  # noqa: B023
        )
        # Then the seat is the first in line's, and the second one is the next
        assert [type(one) for one in came] == [Booked] * 3 + [type(None)], came
        with house.app_context():
            assert states(event, [first, second, third]) == ["cancelled", "confirmed", "waiting"]
            rows = check(event, 6)
            in_line = [row for row in rows if row.state == "waiting"]
            assert in_line[0].id == third.id
            # And when everybody before them leaves, they come in one by one, in the order of the line
            seated = second.id
            for waiting in in_line:
                waiting_list.cancel(seated)
                seated = next(row.id for row in check(event, 6) if row.seat)
                assert seated == waiting.id


def test_a_seat_given_back_while_a_newcomer_books(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            # Given a full event with no registrant in line
            event = new_event("swap", number, 2)
            leaves, stays = register_some(event, 2)
        # When one leaves as another comes
        left, came = at_once(
            house,
            lambda: waiting_list.cancel(leaves.id),  # noqa: B023
            newcomer(event, "comes"),
        )
        # Then the newcomer has the seat, whichever came first
        assert left is None, repr(left)
        assert isinstance(came, Booked), repr(came)
        with house.app_context():
            check(event, 3)
            assert states(event, [leaves, stays, came]) == ["cancelled", "confirmed", "confirmed"]


def test_several_leave_at_once(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            # Given three seats and a line of four
            event = new_event("leave", number, 3)
            people = register_some(event, 7)
        # When two with a seat leave, and the first in line too
        leaving = [people[0], people[2], people[3]]
        went = at_once(
            house,
            *(lambda one=one: waiting_list.cancel(one.id) for one in leaving),  # type: ignore[misc]
        )
        # Then the next two in line are in, no registrant was passed over, and none who left was let in
        assert went == [None, None, None]
        with house.app_context():
            rows = check(event, 7)
            assert states(event, people) == [
                *("cancelled", "confirmed", "cancelled", "cancelled"),
                *("confirmed", "confirmed", "waiting"),
            ]
            assert sum(row.seat is not None for row in rows) == 3


def test_one_registration_sent_several_times_at_once(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            event = new_event("twice", number, 2)
            register_one(event, "before@example.org")
            prepared = registrations.prepare(event)
            by_part = registered_answers(event, "twice@example.org")

        # When the same form is sent four times at the same moment
        def send() -> str:
            return registrations.register(event, prepared, by_part, "en")  # noqa: B023

        came = at_once(house, send, send, send, send)
        # Then it is one registration with one seat, and one mail
        assert came == ["confirmed"] * 4
        with house.app_context():
            check(event, 2)
            assert published_events.find(event.slug).taken == 2


def test_one_cancellation_sent_several_times_at_once(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            # Given a full event with a line of two
            event = new_event("again", number, 1)
            people = register_some(event, 3)
        # When the one with the seat presses cancel three times at once
        went = at_once(house, *[lambda: waiting_list.cancel(people[0].id)] * 3)  # noqa: B023
        # Then one registrant moves up, not three
        assert went == [None] * 3
        with house.app_context():
            check(event, 3)
            assert states(event, people) == ["cancelled", "confirmed", "waiting"]


def test_a_registrant_who_says_what_they_need_as_they_move_up(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            # Given a registrant first in line, looking at their page
            event = new_event("needs", number, 1)
            leaves, waits = register_some(event, 2)
            own = own_registrations.find_own(waits.ticket)
        # When a seat becomes theirs as they say anew what they need
        went = at_once(
            house,
            lambda: waiting_list.cancel(leaves.id),  # noqa: B023
            lambda: own_registrations.change_needs(own, {"support_person": "yes"}),  # noqa: B023
        )
        # Then both are done, and neither had to wait for the other for ever
        assert went == [None, None], went
        with house.app_context():
            check(event, 2)
            assert states(event, [leaves, waits]) == ["cancelled", "confirmed"]


def test_an_event_called_off_while_people_come_and_go(house: Flask) -> None:
    for number in range(ROUNDS):
        with house.app_context():
            event = new_event("off", number, 2)
            people = register_some(event, 4)
        # When it is called off as one comes and one leaves
        came, left, off = at_once(
            house,
            newcomer(event, "late"),
            lambda: waiting_list.cancel(people[0].id),  # noqa: B023
            lambda: event_changes.call_off(event.id, actor=UUID(int=1), reason="ill"),  # noqa: B023
        )
        # Then no registrant is in any more, and all who were in are told so once
        assert left is None, repr(left)
        assert off is None, repr(off)
        late = isinstance(came, Booked)
        assert late or isinstance(came, registrations.EventClosed), repr(came)
        with house.app_context():
            rows = check(event, 4 + late)
            assert {row.state for row in rows} == {"cancelled"}


def test_everything_at_once_leaves_the_record_whole(house: Flask) -> None:
    with house.app_context():
        # Given a small event under a rush from all sides, some acts of which are the desk's
        event = new_event("all", 0, 3)
        people = register_some(event, 6)
    desk = UUID(int=1)

    def by_desk(one: Booked) -> Callable[[], None]:
        return lambda: waiting_list.cancel(one.id, actor=desk, reason="asked by phone")

    acts = [by_desk(people[0]), by_desk(people[4]), by_desk(people[0])]
    came = at_once(house, *acts, *(newcomer(event, f"new-{one}") for one in range(4)))
    assert not [one for one in came if isinstance(one, Exception)], came
    with house.app_context():
        # Then the chain of the record holds, and says each thing once
        check(event, 10)
        assert audit.verify()
        tags = [line.tag for line in audit.recent()]
        assert tags.count("registration cancelled") == 2


# The outbox


def all_claimed(house: Flask, workers: int) -> list[mail_claims.Claimed]:
    batches = at_once(house, *[mail_claims.claim] * workers)
    assert all(isinstance(batch, list) for batch in batches), batches
    return [claimed for batch in batches if isinstance(batch, list) for claimed in batch]


def test_a_mail_is_claimed_by_one_worker_only(house: Flask) -> None:
    with house.app_context():
        event = new_event("claims", 0, 30)
        register_some(event, 12)
        with stores.reading() as main:
            waiting = set(main.scalars(select(OutboxMessage.id)))
        assert len(waiting) == 12
    for _ in range(NAMED_ROUNDS):
        # When two workers look for mails at the same moment
        claimed = all_claimed(house, 2)
        # Then none has a mail that the other has, and together they have a batch at least
        assert len({one.id for one in claimed}) == len(claimed) >= mail_claims.BATCH
        with house.app_context(), stores.writing() as main:
            rows = {row.id: row for row in main.scalars(select(OutboxMessage))}
            for one in claimed:
                assert rows[one.id].claim == one.claim
            claimed_now = {row.id for row in rows.values() if row.state == "claimed"}
            assert claimed_now == {one.id for one in claimed}
            again = {"state": "waiting", "claim": None, "claimed_until": None}
            change(main, select(OutboxMessage), again)


def test_two_workers_send_every_mail_once(make_app: MakeApp) -> None:
    with Postbox().open() as postbox:
        house = make_house(make_app, postbox.port)
        with house.app_context():
            people = register_some(new_event("work", 0, 30), 25)
        # When two workers send at the same moment
        sent = at_once(house, delivery.send_waiting, delivery.send_waiting)
        # Then together they sent one mail to each
        assert all(isinstance(number, int) for number in sent), sent
        assert sum(number for number in sent if isinstance(number, int)) == 25
        assert postbox.addresses == sorted(person.address for person in people)
        with house.app_context():
            assert outbox.backlog().waiting == 0


def test_two_workers_promise_every_reminder_once(house: Flask) -> None:
    with house.app_context():
        event = new_event("remind", 0, 30)
        register_some(event, 10)
    for hours in (20, 14, 13):
        # When two workers notice on the day before, and look again later
        with time_machine.travel(event.starts_at - timedelta(hours=hours)):
            came = at_once(house, event_reminders.promise, event_reminders.promise)
        # Then neither fails, and everybody has one reminder
        assert not [one for one in came if isinstance(one, Exception)], came
        with house.app_context(), stores.reading() as main:
            kinds = Counter(main.scalars(select(OutboxMessage.kind)))
        assert kinds["reminder"] == 10
