"""Who gets a seat, who waits, who is next, and when the room's door is open.

Every decision here is made from what the caller read under a lock; the database's constraints
stand behind it. Seats are numbered from 1 to the event's `seats`. A place is a number in the
waiting list: the lowest has waited longest. A place says who goes before whom and nothing else, so
it is never shown: it is not "how many are before you".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

from webapp.rules.states import EventState, RegistrationState

#: What may become of a registration. Cancelled and declined are final: coming back is a new one,
#: at the end of the line. Attendance can be put right.
NEXT: Final[Mapping[RegistrationState, frozenset[RegistrationState]]] = MappingProxyType(
    {
        RegistrationState.APPLIED: frozenset(
            [
                RegistrationState.WAITING,
                RegistrationState.OFFERED,
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
    """There is a seat, and it is this one."""

    seat: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """There is no seat now; this is the place in the waiting list."""

    place: int


def free_seat(taken: Collection[int], seats: int) -> int | None:
    """The lowest seat that nobody holds; None when the event is full.

    It is full when as many people hold seats as there are, even if some hold numbers above
    `seats` because the room was made smaller: then a free number below is no free chair.
    """
    if len(taken) >= seats:
        return None
    held = frozenset(taken)
    return next(seat for seat in range(1, seats + 1) if seat not in held)


def decide(*, taken: Collection[int], seats: int, places: Collection[int]) -> Confirmed | Waiting:
    """Where somebody who registers now goes. Nobody goes past those who wait: while there are any,
    even a free seat is theirs (see `moves_up`)."""
    seat = None if places else free_seat(taken, seats)
    return Waiting(max(places, default=0) + 1) if seat is None else Confirmed(seat)


def next_in_line(places: Mapping[Key, int]) -> Key | None:
    """Who has waited longest, of those who wait with these places; None when nobody does."""
    return min(places, key=places.__getitem__, default=None)


def moves_up(
    *, taken: Collection[int], seats: int, places: Mapping[Key, int]
) -> tuple[tuple[Key, Confirmed], ...]:
    """Who moves up to which seat now, in the order of the waiting list: as many as seats are free.

    After one cancellation that is one person; after more seats were added it may be several.
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
    """Whether a registration may go from one state to the other."""
    return then in NEXT[state]


def can_register(event: EventState, now: datetime, starts_at: datetime) -> bool:
    """Whether somebody may still register, for a seat or for the waiting list."""
    return event == EventState.OPEN and now < starts_at


def can_cancel(state: RegistrationState, now: datetime, starts_at: datetime) -> bool:
    """Whether a registration can be cancelled: until the event begins, once, and then nevermore."""
    return may_become(state, RegistrationState.CANCELLED) and now < starts_at


def can_promote(
    state: RegistrationState,
    *,
    taken: Collection[int],
    seats: int,
    now: datetime,
    starts_at: datetime,
) -> bool:
    """Whether somebody who waits may be given a seat by hand: if there is one, before the event begins.

    After that they have been told that there was none, and no mail about it leaves any more.
    """
    return (
        state == RegistrationState.WAITING
        and free_seat(taken, seats) is not None
        and now < starts_at
    )


def can_put_first(state: RegistrationState, now: datetime, starts_at: datetime) -> bool:
    """Whether somebody may be put before the others who wait: as long as a seat can still become free."""
    return state == RegistrationState.WAITING and now < starts_at


def can_mark_attendance(state: RegistrationState, now: datetime, starts_at: datetime) -> bool:
    """Whether it can be noted that somebody came, or did not: not before the event begins."""
    return (
        state
        in (RegistrationState.CONFIRMED, RegistrationState.ATTENDED, RegistrationState.NO_SHOW)
        and now >= starts_at
    )


def link_window(
    starts_at: datetime, ends_at: datetime, opens_minutes_before: int = OPENS_MINUTES_BEFORE
) -> tuple[datetime, datetime]:
    """From when, and until just before when, the joining link is shown. Minutes are never negative."""
    if opens_minutes_before < 0:
        raise ValueError("the window has at least the event in it")
    return starts_at - timedelta(minutes=opens_minutes_before), ends_at


def link_is_open(
    now: datetime,
    starts_at: datetime,
    ends_at: datetime,
    opens_minutes_before: int = OPENS_MINUTES_BEFORE,
) -> bool:
    """Whether the joining link may be shown now, to somebody with a seat. All times are aware."""
    opens_at, closes_at = link_window(starts_at, ends_at, opens_minutes_before)
    return opens_at <= now < closes_at


def link_may_be_seen(
    state: RegistrationState,
    now: datetime,
    starts_at: datetime,
    ends_at: datetime,
    opens_minutes_before: int = OPENS_MINUTES_BEFORE,
) -> bool:
    """Whether this registration may see the joining link now: it has a seat that was not marked
    as empty, and the window is open. (The event's own state, and a room code, come on top.)"""
    return state in (RegistrationState.CONFIRMED, RegistrationState.ATTENDED) and link_is_open(
        now, starts_at, ends_at, opens_minutes_before
    )
