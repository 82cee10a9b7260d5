"""Seat allocation: reservations, who is next on the waiting list, promotion, and when the joining link is shown.

Every decision here is made from what the caller read under a row lock; the database's unique
constraints are the second line of defence. Seats are numbered from 1 to the event's `seats`. A place
is a position in the waiting list: the lowest has waited longest. It gives an order and no count, so
it is never shown: it is not "how many are before you".
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final, Protocol, TypeVar

from webapp.rules.states import EventState, RegistrationState

#: The state transitions of a registration. Cancelled and declined are final: registering again makes a new
#: registration at the end of the waiting list. Attendance can be corrected.
NEXT: Final[Mapping[RegistrationState, frozenset[RegistrationState]]] = MappingProxyType(
    {
        RegistrationState.REQUESTED: frozenset(
            [
                RegistrationState.APPLIED,
                RegistrationState.WAITING,
                RegistrationState.CONFIRMED,
                RegistrationState.CANCELLED,
            ]
        ),
        RegistrationState.APPLIED: frozenset(
            [
                RegistrationState.REQUESTED,
                RegistrationState.WAITING,
                RegistrationState.OFFERED,
                RegistrationState.CONFIRMED,
                RegistrationState.DECLINED,
                RegistrationState.CANCELLED,
            ]
        ),
        RegistrationState.WAITING: frozenset(
            [RegistrationState.OFFERED, RegistrationState.CONFIRMED, RegistrationState.CANCELLED]
        ),
        RegistrationState.OFFERED: frozenset(
            [RegistrationState.CONFIRMED, RegistrationState.DECLINED, RegistrationState.CANCELLED]
        ),
        RegistrationState.CONFIRMED: frozenset(
            [RegistrationState.CANCELLED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW]
        ),
        RegistrationState.ATTENDED: frozenset(
            [RegistrationState.CONFIRMED, RegistrationState.NO_SHOW]
        ),
        RegistrationState.NO_SHOW: frozenset(
            [RegistrationState.CONFIRMED, RegistrationState.ATTENDED]
        ),
        RegistrationState.DECLINED: frozenset(),
        RegistrationState.CANCELLED: frozenset(),
    }
)

OPENS_MINUTES_BEFORE: Final = 15
#: A seat that was not marked as absent.
COMING: Final = frozenset({RegistrationState.CONFIRMED, RegistrationState.ATTENDED})

WhoWaits = TypeVar("WhoWaits", covariant=True)


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The registration gets this seat."""

    seat: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """No seat is free; this is the place in the waiting list."""

    place: int


@dataclass(frozen=True, slots=True)
class EndOfLine:
    """The end of the waiting list: whether no one waits, and the place behind everybody who does."""

    is_empty: bool
    next_place: int


class HeldSeats(Protocol):
    """The seats that are held: how many, and the lowest number that no one holds."""

    @property
    def taken(self) -> int:
        """How many are held."""

    @property
    def free(self) -> int:
        """The lowest number that no one holds: one for a chair only while the event is not full."""


class Held(Protocol[WhoWaits]):
    """What is held at an event. Each fact is read when it is asked for: while registrants wait, no seat is counted."""

    def seats(self) -> HeldSeats:
        """The seats that are held."""

    def end_of_line(self) -> EndOfLine:
        """The end of the waiting list."""

    def first_in_line(self) -> WhoWaits | None:
        """Who has waited longest; None when no one waits."""


def free_seat(held: HeldSeats, seats: int) -> int | None:
    """The lowest free seat; None when the event is full.

    It is full when as many seats are held as there are, even if some held numbers are above `seats`
    because the capacity was reduced: then a free number below is not a free chair.
    """
    return None if held.taken >= seats else held.free


def decide(held: Held[Any], seats: int) -> Confirmed | Waiting:
    """Allocate a seat or a place to a new registration. The waiting list comes first: while it is not
    empty, even a free seat is not given to a new registrant (see `moves_up`)."""
    line = held.end_of_line()
    seat = free_seat(held.seats(), seats) if line.is_empty else None
    return Waiting(line.next_place) if seat is None else Confirmed(seat)


def moves_up(held: Held[WhoWaits], seats: int) -> Iterator[tuple[WhoWaits, Confirmed]]:
    """The registrations that move up from the waiting list now, in its order, each with its seat.

    One after a cancellation; several after the capacity was increased. The caller gives each its seat before it asks
    for the next.
    """
    while (seat := free_seat(held.seats(), seats)) is not None:
        who = held.first_in_line()
        if who is None:
            return
        yield who, Confirmed(seat)


def may_become(state: RegistrationState, then: RegistrationState) -> bool:
    """Whether this state transition is allowed."""
    return then in NEXT[state]


def can_register(event: EventState, now: datetime, booking_ends_at: datetime) -> bool:
    """Whether new registrations are accepted, for a seat or for the waiting list."""
    return event == EventState.OPEN and now < booking_ends_at


def can_confirm(
    state: RegistrationState, event: EventState, now: datetime, starts_at: datetime
) -> bool:
    """Whether the registrant may confirm the address of a request, also once registration is closed: it was made
    while it was open. (A request also lapses, on its own day.)"""
    is_ahead = event != EventState.CANCELLED and now < starts_at
    return state == RegistrationState.REQUESTED and is_ahead


def can_confirm_by_hand(
    state: RegistrationState, event: EventState, now: datetime, starts_at: datetime
) -> bool:
    """Whether a coordinator may confirm for them, also once registration is closed."""
    return state.is_pending and event != EventState.CANCELLED and now < starts_at


def needs_a_yes(*, without_address: int, seats: int) -> bool:
    """Whether a booking without an e-mail address waits for a coordinator: as many others without one hold a seat or
    a place as half of the seats, rounded up. Of these bookings no one knows that they are different people."""
    return without_address * 2 >= seats


def can_cancel(state: RegistrationState, now: datetime, starts_at: datetime) -> bool:
    """Whether a registration can be cancelled: once, until the event begins."""
    return may_become(state, RegistrationState.CANCELLED) and now < starts_at


def can_promote(
    state: RegistrationState, *, is_full: bool, now: datetime, starts_at: datetime
) -> bool:
    """Whether a waiting registration may be given a seat by hand: if one is free, before the event begins.

    After the beginning registrants have been told that there was none, and no mail about it is sent any more.
    """
    return state == RegistrationState.WAITING and not is_full and now < starts_at


def can_put_first(state: RegistrationState, now: datetime, starts_at: datetime) -> bool:
    """Whether a waiting registration may be put first on the list: as long as a seat can still become free."""
    return state == RegistrationState.WAITING and now < starts_at


def can_mark_attendance(state: RegistrationState, now: datetime, starts_at: datetime) -> bool:
    """Whether attendance can be recorded: not before the event begins."""
    return (
        state
        in (RegistrationState.CONFIRMED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW)
        and now >= starts_at
    )


def link_window(
    starts_at: datetime, ends_at: datetime, opens_minutes_before: int = OPENS_MINUTES_BEFORE
) -> tuple[datetime, datetime]:
    """The interval in which the joining link is shown, its end excluded. Minutes are never negative."""
    if opens_minutes_before < 0:
        raise ValueError("the window has at least the event in it")
    return starts_at - timedelta(minutes=opens_minutes_before), ends_at


def link_is_open(
    now: datetime,
    starts_at: datetime,
    ends_at: datetime,
    opens_minutes_before: int = OPENS_MINUTES_BEFORE,
) -> bool:
    """Whether the joining link may be shown now to a registrant with a seat. All times are aware."""
    opens_at, closes_at = link_window(starts_at, ends_at, opens_minutes_before)
    return opens_at <= now < closes_at


def link_may_be_seen(
    state: RegistrationState,
    now: datetime,
    starts_at: datetime,
    ends_at: datetime,
    opens_minutes_before: int = OPENS_MINUTES_BEFORE,
) -> bool:
    """Whether this registration may see the joining link now: it has a seat that was not marked as
    absent, and the window is open. (The event's state and a room code are further conditions.)"""
    return state in COMING and link_is_open(now, starts_at, ends_at, opens_minutes_before)


def place_may_be_seen(state: RegistrationState, now: datetime, ends_at: datetime) -> bool:
    """Whether this registration may see the address now: as soon as it has a seat, because people plan their way, and
    until the event ends. (The same further conditions.)"""
    return state in COMING and now < ends_at
