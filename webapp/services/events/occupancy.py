"""What is held at an event, from indexes alone: seats and the lowest free one, the ends of the waiting list, counts.

A registration is a large row with sealed values, and each one that is read has its MAC checked. So no list is read:
counts and free numbers are index-only scans, and only the row that a decision is about is read whole. What a row that
Hearth did not write can do here is in `docs/decisions/0071-registration-reads-no-list.md`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Integer, Select, bindparam, cast, func, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Registration
from webapp.rules.events.seats import EndOfLine
from webapp.rules.states import PENDING, SEATED, RegistrationState
from webapp.services.infrastructure.row_authentication import TOLERANT, TOLERANT_LOCK, is_genuine

POOL: Final = "main"
#: Where rows at an end of the list are false, so many times as many are read next.
WIDER: Final = 4


def _with(number: Any) -> tuple[Any, ...]:
    """The rows of an event with a seat or a place, as the unique indexes have them."""
    return (
        Registration.event_id == bindparam("event_id"),
        Registration.pool == POOL,
        number.is_not(None),
    )


def _ordered(order: Any) -> Select[Registration]:
    some = select(Registration).where(*_with(Registration.place)).order_by(order)
    return some.limit(bindparam("many", type_=Integer)).offset(bindparam("seen", type_=Integer))


def _first_gap() -> Select[int | None]:
    """The lowest number after a seat that is held, up to `taken`, that no one holds."""
    after = aliased(Registration)
    held = select(after.seat).where(
        after.event_id == Registration.event_id,
        after.pool == Registration.pool,
        after.seat == Registration.seat + 1,
    )
    # SQLite also stores numbers that are not whole, in a row that was put in by hand.
    is_whole = cast(Registration.seat, Integer) == Registration.seat
    below = (*_with(Registration.seat), Registration.seat <= bindparam("taken"), is_whole)
    return (
        select(Registration.seat + 1)
        .where(*below, ~held.exists())
        .order_by(Registration.seat)
        .limit(1)
    )


# Written once: putting a statement together takes longer than running it.
FIRST_PLACES: Final = _ordered(Registration.place)
LOCKED: Final = FIRST_PLACES.with_for_update()
LAST_PLACES: Final = _ordered(Registration.place.desc())
FIRST_GAP: Final = _first_gap()
SEATS_HELD: Final = select(
    select(func.count()).where(*_with(Registration.seat)).scalar_subquery(),
    select(func.min(Registration.seat)).where(*_with(Registration.seat)).scalar_subquery(),
    select(func.max(Registration.seat)).where(*_with(Registration.seat)).scalar_subquery(),
)
WITHOUT_ADDRESS: Final = select(func.count()).where(
    Registration.event_id == bindparam("event_id"),
    Registration.state.in_([*SEATED, RegistrationState.WAITING]),
    Registration.mail_secret_id.is_(None),
)
UP_TO: Final = select(func.count()).where(
    *_with(Registration.place), Registration.place <= bindparam("place")
)
BY_STATE: Final = (
    select(Registration.event_id, Registration.state, func.count())
    .where(Registration.event_id.in_(bindparam("event_ids", expanding=True)))
    .group_by(Registration.event_id, Registration.state)
)


@dataclass(frozen=True)
class SeatNumbers:
    """The seats that are held: how many, and the lowest and the highest number."""

    main: Session
    event_id: UUID
    taken: int
    lowest: int | None
    highest: int | None

    @property
    def free(self) -> int:
        """The lowest number that no one holds."""
        if self.lowest != 1:
            return 1
        if self.highest == self.taken:
            return self.taken + 1
        these = {"event_id": self.event_id, "taken": self.taken}
        gap = self.main.execute(FIRST_GAP, these).scalar_one()
        return self.taken + 1 if gap is None else gap


@dataclass(frozen=True)
class Held:
    """What is held at an event, read each time it is asked for. The caller has locked the event."""

    main: Session
    event_id: UUID

    def seats(self) -> SeatNumbers:
        """The seats that are held, those of false rows too: a number is given once, whoever wrote its row."""
        numbers = self.main.execute(SEATS_HELD, {"event_id": self.event_id}).one()
        return SeatNumbers(self.main, self.event_id, *numbers)

    def first_in_line(self, *, lock: bool = True) -> Registration | None:
        """Who has waited longest, locked for a change; None when no one waits."""
        ordered, options = (LOCKED, TOLERANT_LOCK) if lock else (FIRST_PLACES, TOLERANT)
        return self._genuine(ordered, options)[0]

    def end_of_line(self) -> EndOfLine:
        """Whether no one waits, and the place behind everybody who does."""
        last, passed = self._genuine(LAST_PLACES)
        place = count(1 if last is None else _place(last) + 1)
        return EndOfLine(last is None, next(one for one in place if one not in passed))

    def place_in_front(self) -> int:
        """A place before everybody who waits."""
        first, passed = self._genuine(FIRST_PLACES)
        place = count(0 if first is None else _place(first) - 1, -1)
        return next(one for one in place if one not in passed)

    def without_address(self) -> int:
        """How many with a seat or a place gave no e-mail address."""
        return self.main.scalars(WITHOUT_ADDRESS, {"event_id": self.event_id}).one()

    def _genuine(
        self, ordered: Select[Registration], options: Any = TOLERANT
    ) -> tuple[Registration | None, set[int]]:
        """The first row in this order that Hearth wrote, and the places of the false ones before it."""
        passed: set[int] = set()
        seen, many = 0, 1
        while rows := self._some(ordered, seen, many, options):
            for row in rows:
                if is_genuine(row):
                    return row, passed
                passed.add(_place(row))
            seen, many = seen + len(rows), many * WIDER
        return None, passed

    def _some(
        self, ordered: Select[Registration], seen: int, many: int, options: Any
    ) -> list[Registration]:
        these = {"event_id": self.event_id, "seen": seen, "many": many}
        return list(self.main.scalars(ordered, these, execution_options=options))


def _place(row: Registration) -> int:
    return row.place or 0


def order_of(main: Session, row: Registration) -> int | None:
    """Where a registration stands in the waiting list, from 1; None when it does not wait."""
    if row.place is None:
        return None
    return main.scalars(UP_TO, {"event_id": row.event_id, "place": row.place}).one()


@dataclass(frozen=True)
class Counts:
    """How many registrations for an event have a seat, wait, and are not confirmed yet: for pages."""

    taken: int = 0
    waiting: int = 0
    pending: int = 0


def counts_of(main: Session, event_ids: Collection[UUID]) -> dict[UUID, Counts]:
    """The counts of those of these events that have any registration."""
    people: dict[UUID, dict[RegistrationState, int]] = {}
    for event_id, state, number in main.execute(BY_STATE, {"event_ids": list(event_ids)}):
        people.setdefault(event_id, {})[state] = number
    return {event_id: _counts(by_state) for event_id, by_state in people.items()}


def _counts(people: dict[RegistrationState, int]) -> Counts:
    return Counts(
        sum(people.get(state, 0) for state in SEATED),
        people.get(RegistrationState.WAITING, 0),
        sum(people.get(state, 0) for state in PENDING),
    )
