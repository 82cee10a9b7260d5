"""Seat allocation: reservations, who is next on the waiting list, promotion, and when the joining link is shown.

Every decision here is made from what the caller read under a row lock; the database's unique
constraints are the second line of defence. Seats are numbered from 1 to the event's `seats`. A place
is a position in the waiting list: the lowest has waited longest. It gives an order and no count, so
it is never shown: it is not "how many are before you".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

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

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Confirmed:
    """The registration gets this seat."""

    seat: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """No seat is free; this is the place in the waiting list."""

    place: int


def free_seat(taken: Collection[int], seats: int) -> int | None:
    """The lowest free seat; None when the event is full.

    It is full when as many seats are held as there are, even if some held numbers are above `seats`
    because the capacity was reduced: then a free number below is not a free chair.
    """
    if len(taken) >= seats:
        return None
    held = frozenset(taken)
    return next(seat for seat in range(1, seats + 1) if seat not in held)


def decide(*, taken: Collection[int], seats: int, places: Collection[int]) -> Confirmed | Waiting:
    """Allocate a seat or a place to a new registration. The waiting list comes first: while it is not
    empty, even a free seat is not given to a new registrant (see `moves_up`)."""
    seat = None if places else free_seat(taken, seats)
    return Waiting(max(places, default=0) + 1) if seat is None else Confirmed(seat)


def next_in_line(places: Mapping[Key, int]) -> Key | None:
    """The registration that has waited longest of those with these places; None when there are none."""
    return min(places, key=places.__getitem__, default=None)


def moves_up(
    *, taken: Collection[int], seats: int, places: Mapping[Key, int]
) -> tuple[tuple[Key, Confirmed], ...]:
    """The registrations that move up from the waiting list now, in its order, each with its seat.

    One after a cancellation; several after the capacity was increased.
    """
    held, moved = set(taken), []
    for who in sorted(places, key=places.__getitem__):
        seat = free_seat(held, seats)
        if seat is None:
            break
        held.add(seat)
        moved.append((who, Confirmed(seat)))
    return tuple(moved)


def may_become(state: RegistrationState, then: RegistrationState) -> bool:
    """Whether this state transition is allowed."""
    return then in NEXT[state]


def can_register(event: EventState, now: datetime, starts_at: datetime) -> bool:
    """Whether new registrations are accepted, for a seat or for the waiting list."""
    return event == EventState.OPEN and now < starts_at


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
    state: RegistrationState,
    *,
    taken: Collection[int],
    seats: int,
    now: datetime,
    starts_at: datetime,
) -> bool:
    """Whether a waiting registration may be given a seat by hand: if one is free, before the event begins.

    After the beginning registrants have been told that there was none, and no mail about it is sent any more.
    """
    return (
        state == RegistrationState.WAITING
        and free_seat(taken, seats) is not None
        and now < starts_at
    )


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
    return state in (RegistrationState.CONFIRMED, RegistrationState.ATTENDED) and link_is_open(
        now, starts_at, ends_at, opens_minutes_before
    )
