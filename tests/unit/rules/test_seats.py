from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count, product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
)

from webapp.rules.events.seats import (
    NEXT,
    Confirmed,
    EndOfLine,
    Waiting,
    can_cancel,
    can_confirm,
    can_confirm_by_hand,
    can_mark_attendance,
    can_promote,
    can_put_first,
    can_register,
    decide,
    free_seat,
    link_is_open,
    link_may_be_seen,
    link_window,
    may_become,
    moves_up,
    needs_a_yes,
)
from webapp.rules.states import PENDING, SEATED, RegistrationState

START = datetime(2027, 7, 20, 13, 0, tzinfo=UTC)
END = START + timedelta(minutes=90)
BEFORE, DURING, AFTER = START - timedelta(days=3), START + timedelta(minutes=1), END

SEATS = st.integers(1, 8)
NUMBERS = st.sets(st.integers(1, 12), max_size=12)


@dataclass
class Room:
    """What is held, as the table would have it: who has which seat, and who waits with which place."""

    seat_of: dict[object, int] = field(default_factory=dict)
    place_of: dict[object, int] = field(default_factory=dict)

    @property
    def taken(self) -> int:
        return len(self.seat_of)

    @property
    def free(self) -> int:
        return next(number for number in count(1) if number not in self.seat_of.values())

    def seats(self) -> "Room":
        return self

    def end_of_line(self) -> EndOfLine:
        return EndOfLine(not self.place_of, max(self.place_of.values(), default=0) + 1)

    def first_in_line(self) -> object | None:
        return min(self.place_of, key=self.place_of.__getitem__, default=None)

    def move_up(self, seats: int) -> tuple[tuple[object, Confirmed], ...]:
        moved = []
        for who, confirmed in moves_up(self, seats):
            del self.place_of[who]
            self.seat_of[who] = confirmed.seat
            moved.append((who, confirmed))
        return tuple(moved)


def room(taken: Collection[int] = (), places: Collection[int] = ()) -> Room:
    """So many people, with these seats and these places."""
    return Room({f"seat {one}": one for one in taken}, {one: one for one in places})


def waiting(taken: Collection[int], places: Mapping[object, int]) -> Room:
    return Room(room(taken).seat_of, dict(places))


# One decision


def test_the_lowest_free_seat_is_given_first() -> None:
    assert free_seat(room([]), 3) == 1
    assert free_seat(room([1, 3]), 3) == 2
    assert free_seat(room([1, 2, 3]), 3) is None


def test_in_a_room_that_was_made_smaller_no_registrant_sits_on_a_chair_that_is_gone() -> None:
    # Given six people, and a room that has only four chairs left
    assert free_seat(room([1, 2, 3, 4, 5, 6]), 4) is None
    # When two with low numbers go, four people are still there
    assert free_seat(room([3, 4, 5, 6]), 4) is None
    # Then only the next one who goes leaves a free chair
    assert free_seat(room([4, 5, 6]), 4) == 1


def test_the_first_registrant_has_a_seat_and_the_last_waits() -> None:
    assert decide(room([1], []), 2) == Confirmed(2)
    assert decide(room([1, 2], []), 2) == Waiting(1)
    assert decide(room([1, 2], [1, 4]), 2) == Waiting(5)


def test_a_newcomer_does_not_take_the_seat_of_a_registrant_who_waits() -> None:
    assert decide(room([1], [7]), 2) == Waiting(8)


def test_as_many_move_up_as_seats_are_free_in_the_order_of_the_list() -> None:
    line = {"ana": 5, "bo": 2, "cy": 9}
    moved = waiting([2], line).move_up(3)
    assert moved == (("bo", Confirmed(1)), ("ana", Confirmed(3)))
    assert waiting([1, 2, 3], line).move_up(3) == ()
    assert room().move_up(3) == ()


@given(taken=NUMBERS, seats=SEATS, places=NUMBERS)
def test_a_decision_never_gives_what_another_registrant_has(
    taken: set[int], seats: int, places: set[int]
) -> None:
    match decide(room(taken, places), seats):
        case Confirmed(seat):
            assert seat not in taken and 1 <= seat <= seats and not places
            assert len(taken) < seats
        case Waiting(place):
            assert place > max(places, default=0)
            assert places or len(taken) >= seats


@given(taken=NUMBERS, seats=SEATS, places=NUMBERS)
def test_moving_up_fills_the_room_and_no_more(
    taken: set[int], seats: int, places: set[int]
) -> None:
    moved = room(taken, places).move_up(seats)
    given_out = {seat.seat for _, seat in moved}
    assert len(given_out) == len(moved)
    assert not given_out & taken
    assert all(1 <= seat <= seats for seat in given_out)
    assert len(moved) == min(len(places), max(0, seats - len(taken)))
    assert [who for who, _ in moved] == sorted(places)[: len(moved)]


# A whole event


class AnEvent(RuleBasedStateMachine):
    """People come, go, and are moved up, in any order. The event keeps only what its table would."""

    people = Bundle("people")

    def __init__(self) -> None:
        super().__init__()
        self.names = count(1)
        self.seats = 0
        self.room = Room()
        self.seat_of, self.place_of = self.room.seat_of, self.room.place_of
        #: Who waits, in the order they came: what the places must agree with.
        self.line: list[int] = []

    @initialize(seats=SEATS)
    def publish(self, seats: int) -> None:
        self.seats = seats

    @rule(target=people)
    def register(self) -> int:
        who = next(self.names)
        match decide(self.room, self.seats):
            case Confirmed(seat):
                self.seat_of[who] = seat
            case Waiting(place):
                self.place_of[who] = place
                self.line.append(who)
        return who

    @rule(who=consumes(people))
    def cancel(self, who: int) -> None:
        seated, waiting = len(self.seat_of), len(self.place_of)
        seat = self.seat_of.pop(who, None)
        if self.place_of.pop(who, None) is not None:
            self.line.remove(who)
        moved = self.move_up()
        # One seat became free, or none; one registrant moved up, or none waited, or none was free.
        if seat is None:
            assert moved == [] and len(self.seat_of) == seated
        elif seated <= self.seats and waiting:
            assert len(moved) == 1 and len(self.seat_of) == seated
            others = {other for one, other in self.seat_of.items() if one != moved[0]}
            lowest = next(number for number in count(1) if number not in others)
            assert self.seat_of[moved[0]] == lowest <= self.seats
        else:
            assert moved == [] and len(self.seat_of) == seated - 1

    @rule(more=st.integers(1, 3))
    def add_seats(self, more: int) -> None:
        free = max(0, self.seats + more - len(self.seat_of))
        expected = self.line[:free]
        self.seats += more
        assert self.move_up() == expected

    @precondition(lambda self: self.seats > 1)
    @rule()
    def take_a_seat_away(self) -> None:
        self.seats -= 1

    def move_up(self) -> list[int]:
        moved = [who for who, _ in self.room.move_up(self.seats)]
        assert moved == self.line[: len(moved)]
        del self.line[: len(moved)]
        return moved

    @invariant()
    def no_two_share_a_seat_or_a_place(self) -> None:
        assert len(set(self.seat_of.values())) == len(self.seat_of)
        assert len(set(self.place_of.values())) == len(self.place_of)
        assert not self.seat_of.keys() & self.place_of.keys()

    @invariant()
    def the_order_holds(self) -> None:
        assert sorted(self.place_of, key=self.place_of.__getitem__) == self.line

    @invariant()
    def no_registrant_waits_while_a_seat_is_free(self) -> None:
        assert not (self.line and free_seat(self.room, self.seats))


TestAnEvent = AnEvent.TestCase


# What may become of a registration


def test_every_state_has_its_ways_out() -> None:
    assert set(NEXT) == set(RegistrationState)
    for state, following in NEXT.items():
        assert following <= set(RegistrationState) and state not in following


def test_what_is_over_stays_over() -> None:
    for state in RegistrationState:
        assert not may_become("cancelled", state)
        assert not may_become("declined", state)


def test_no_registrant_who_only_waited_came() -> None:
    assert not may_become("waiting", "attended")
    assert may_become("confirmed", "attended")
    assert may_become("attended", "no_show") and may_become("no_show", "attended")


def test_a_seat_is_held_from_the_offer_on() -> None:
    assert {"offered", "confirmed", "attended", "no_show"} == SEATED


@pytest.mark.parametrize("state", RegistrationState)
def test_what_is_on_can_be_cancelled_until_it_begins(state: RegistrationState) -> None:
    on = state in ("requested", "applied", "waiting", "offered", "confirmed")
    assert can_cancel(state, BEFORE, START) is on
    assert not can_cancel(state, START, START)


def test_an_event_takes_registrations_while_it_is_open_and_ahead() -> None:
    assert can_register("open", BEFORE, START)
    assert not can_register("open", START, START)
    assert not can_register("closed", BEFORE, START)
    assert not can_register("cancelled", BEFORE, START)


@pytest.mark.parametrize("state", RegistrationState)
def test_only_a_request_is_confirmed_by_its_owner(state: RegistrationState) -> None:
    assert can_confirm(state, "open", BEFORE, START) is (state == "requested")
    assert not can_confirm(state, "open", START, START)
    # Also once registration is closed: the request was made while it was open
    assert can_confirm(state, "closed", BEFORE, START) is (state == "requested")
    assert not can_confirm(state, "cancelled", BEFORE, START)


@pytest.mark.parametrize("state", RegistrationState)
def test_a_coordinator_confirms_what_waits_for_it(state: RegistrationState) -> None:
    waits = state in ("requested", "applied")
    assert state.is_pending is waits
    assert can_confirm_by_hand(state, "open", BEFORE, START) is waits
    assert can_confirm_by_hand(state, "closed", BEFORE, START) is waits
    assert not can_confirm_by_hand(state, "cancelled", BEFORE, START)
    assert not can_confirm_by_hand(state, "open", START, START)


def test_what_waits_to_be_confirmed_can_get_a_seat_or_a_place() -> None:
    for state in PENDING:
        assert not state.is_seated
        assert may_become(state, RegistrationState.CONFIRMED)
        assert may_become(state, RegistrationState.WAITING)
    # And nothing that holds one goes back to it
    for state in set(RegistrationState) - PENDING:
        assert not NEXT[state] & PENDING


@pytest.mark.parametrize(
    ("seats", "at_once"), [(1, 1), (2, 1), (3, 2), (6, 3), (7, 4), (1000, 500)]
)
def test_half_of_the_seats_go_to_bookings_without_an_address(seats: int, at_once: int) -> None:
    assert not needs_a_yes(without_address=at_once - 1, seats=seats)
    assert needs_a_yes(without_address=at_once, seats=seats)


def test_by_hand_a_registrant_who_waits_gets_a_seat_only_if_there_is_one() -> None:
    assert can_promote("waiting", is_full=False, now=BEFORE, starts_at=START)
    assert not can_promote("waiting", is_full=True, now=BEFORE, starts_at=START)
    assert not can_promote("waiting", is_full=False, now=START, starts_at=START)
    for state in set(RegistrationState) - {"waiting"}:
        assert not can_promote(state, is_full=False, now=BEFORE, starts_at=START)


def test_a_registrant_who_waits_is_put_first_only_while_a_seat_can_become_free() -> None:
    assert can_put_first("waiting", BEFORE, START)
    assert not can_put_first("waiting", START, START)
    for state in set(RegistrationState) - {"waiting"}:
        assert not can_put_first(state, BEFORE, START)


def test_no_registrant_is_noted_as_missing_before_it_begins() -> None:
    assert not can_mark_attendance("confirmed", START - timedelta(seconds=1), START)
    assert can_mark_attendance("confirmed", START, START)
    assert not can_mark_attendance("waiting", DURING, START)


# The room's door


def test_the_door_opens_a_quarter_of_an_hour_before_and_shuts_at_the_end() -> None:
    opens = START - timedelta(minutes=15)
    assert link_window(START, END) == (opens, END)
    assert link_is_open(opens, START, END)
    assert not link_is_open(opens - timedelta(microseconds=1), START, END)
    assert link_is_open(END - timedelta(microseconds=1), START, END)
    assert not link_is_open(END, START, END)


def test_the_door_can_open_earlier_but_never_during_the_event() -> None:
    assert link_is_open(START - timedelta(hours=1), START, END, 60)
    with pytest.raises(ValueError, match="at least the event"):
        link_window(START, END, -1)


@pytest.mark.parametrize(
    ("state", "now"), list(product(RegistrationState, (BEFORE, DURING, AFTER)))
)
def test_only_a_registrant_with_a_seat_sees_the_link_and_only_then(
    state: RegistrationState, now: datetime
) -> None:
    seen = link_may_be_seen(state, now, START, END)
    assert seen is (state in ("confirmed", "attended") and now is DURING)


def test_a_time_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(TypeError):
        link_is_open(datetime(2027, 7, 20, 13, 0), START, END)
