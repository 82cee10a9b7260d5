"""Re-encryption of stored records to the newest epoch of their purpose keys, by a person who holds old key and new one.

A person who left and kept an old private half would otherwise open whatever is still sealed to it, in any copy of the
stores that they come by later. What is left to do is what the records' own epochs say. A row for each purpose says that
it was begun, so a crash loses nothing, and `go_on` can be called again by anyone who holds the keys.

Plaintext is in the memory of this process alone, for a moment. The order of one batch is that of every change here:
1. the audit entry, and the look for each person; 2. the new erasure secrets, durably; 3. in `main`, one transaction:
the new envelopes, and a tombstone for each old secret; 4. the old secrets go, and with them every copy of what was
sealed before (`resealed_rows`).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Part, Resealing
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import giving_keys, key_overview, older_epochs, purpose_keys
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.older_epochs import Older
from webapp.services.keys.purpose_key_generation import possible_holders
from webapp.services.opening import resealed_rows
from webapp.services.opening.disclosure import NotAuthorisedToOpen, SignInAgainToOpen
from webapp.services.sealed import shredding

#: A request seals anew for about so long; the page then says how far it is, and goes on at a press.
SECONDS: Final = 8.0
#: Short, because its people are locked meanwhile.
BATCH: Final = 250


@dataclass(frozen=True)
class Begun:
    """The last time that this was asked for. `left_as_they_are`: records that do not open; None until it is over."""

    asked_on: date
    records: int
    left_as_they_are: int | None


@dataclass(frozen=True)
class Standing:
    """One purpose of a call or event with records under older keys, or with an act that is not over.

    `able`: the people who hold all the keys that are needed. `mine`: this session has them; `is_older`: it would, had
    it begun later.
    """

    owner_id: UUID
    purpose: str
    records: int
    able: frozenset[UUID]
    mine: bool
    is_older: bool
    begun: Begun | None

    @property
    def is_of_call(self) -> bool:
        """Whether the records are answers to a call, whose people are told; otherwise they are registrations."""
        return older_epochs.TABLE_OF[self.purpose] is Part

    @property
    def goes_on(self) -> bool:
        """Whether it was begun and is not over."""
        return self.begun is not None and self.begun.left_as_they_are is None

    @property
    def left(self) -> int:
        """How many of the records were tried and do not open."""
        return min(self.records, (self.begun and self.begun.left_as_they_are) or 0)

    @property
    def to_do(self) -> int:
        """How many records can still be sealed anew."""
        return self.records - self.left

    @property
    def done(self) -> int:
        """How many of those that there were in the beginning are sealed anew, or have gone."""
        return self.of - self.records

    @property
    def of(self) -> int:
        """How many there were in the beginning, or are now where keys were made anew again."""
        return max(self.begun.records if self.begun else 0, self.records)


@dataclass(frozen=True)
class Outcome:
    """How many records still wait for another press; whether nothing can open the old envelopes of the others."""

    waiting: int
    complete: bool


def standing(holder: Holder) -> tuple[Standing, ...]:
    """All that can be sealed anew, or is being. Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`."""
    with stores.reading() as main:
        older = {(one.owner_id, one.purpose): one for one in older_epochs.all_older(main)}
        begun = _newest_rows(main)
        states = key_overview.states(main, possible_holders(main)) if older else []
    mine = giving_keys.can_give(holder) if older else frozenset()
    wanted = sorted(older.keys() | {key for key, row in begun.items() if row.done_on is None})
    return tuple(
        _standing(key, older.get(key), begun.get(key), states, holder, mine) for key in wanted
    )


def unfinished() -> int:
    """How many calls and events have records that wait although sealing them anew was begun: a count, for Today."""
    with stores.reading() as main:
        begun = {key for key, row in _newest_rows(main).items() if row.done_on is None}
        older = older_epochs.all_older(main) if begun else ()
    return len({one.owner_id for one in older if (one.owner_id, one.purpose) in begun})


def begin(holder: Holder, owner_id: UUID, reason: str) -> None:
    """Ask that all records of a call or event that this session can open are sealed anew; `go_on` does it. Idempotent.

    `reason` is at most 200 characters. The caller has checked a fresh second factor. Raises `NotAuthorisedToOpen`,
    `SignInAgainToOpen`.
    """
    wanted = [one for one in _mine(standing(holder), owner_id) if one.to_do and not one.goes_on]
    try:
        with stores.writing() as main:
            main.add_all(_row(holder, one, reason) for one in wanted)
    except IntegrityError:
        # The other press of two at one moment was first, or a row that was put in by hand: that one is refused here.
        with stores.reading() as main:
            for one in wanted:
                main.scalars(_waiting(one)).all()


def _row(holder: Holder, one: Standing, reason: str) -> Resealing:
    return Resealing(
        id=uuid4(),
        owner_id=one.owner_id,
        purpose=one.purpose,
        asked_by=holder.coordinator_id,
        asked_on=clock.today(),
        reason=reason,
        records=one.records,
    )


def go_on(holder: Holder, owner_id: UUID, seconds: float | None = None) -> Outcome:
    """Seal anew what was asked for of one call or event and waits, as far as this session holds the keys.

    Idempotent, and safe to run twice at once. Raises `NotAuthorisedToOpen`, `SignInAgainToOpen`, `KeySwapped`,
    `RowForged`, `StoreUnavailable`; what was sealed anew until then is stored.
    """
    until = time.monotonic() + (SECONDS if seconds is None else seconds)
    going_on = [one for one in standing(holder) if one.owner_id == owner_id and one.goes_on]
    waiting = 0
    for number, one in enumerate(_mine(going_on, owner_id)):
        waiting += _reseal(holder, one, until, at_least_one=not number)
    return Outcome(waiting, shredding.finish_now())


def _mine(found: Sequence[Standing], owner_id: UUID) -> list[Standing]:
    """Those that this session holds the keys for, or that need none any more."""
    there = [one for one in found if one.owner_id == owner_id]
    mine = [one for one in there if one.mine or not one.records]
    if there and not mine:
        raise SignInAgainToOpen if any(one.is_older for one in there) else NotAuthorisedToOpen
    return mine


def _reseal(holder: Holder, one: Standing, until: float, *, at_least_one: bool) -> int:
    """Batch after batch, and the end of the act where nothing is left to do. Returns how many records wait."""
    with stores.reading() as main:
        row = main.scalars(_waiting(one)).one_or_none()
        ids = sorted(_older_ids(main, one).ids)
    if row is None:
        return 0
    unfit: set[UUID] = set()
    for start in range(0, len(ids), BATCH):
        if time.monotonic() > until and not (at_least_one and start == 0):
            return len(ids) - start
        unfit |= resealed_rows.seal_anew(holder, row, ids[start : start + BATCH])
    return _settle(one, unfit)


def _settle(one: Standing, unfit: set[UUID]) -> int:
    """End the act where only records are left that do not open. Returns how many others there still are."""
    with stores.writing() as main:
        row = main.scalars(_waiting(one).with_for_update()).one_or_none()
        left = _older_ids(main, one)
        waiting = len(left.ids - unfit)
        if row is not None and not waiting:
            row.left_as_they_are, row.done_on = left.records, clock.today()
    return waiting


def _waiting(one: Standing) -> Select[Resealing]:
    return select(Resealing).where(
        Resealing.owner_id == one.owner_id,
        Resealing.purpose == one.purpose,
        Resealing.done_on.is_(None),
    )


@dataclass(frozen=True)
class _Left:
    """The records under older keys. An id of a form that Hearth never writes is no id, and its row a false one."""

    ids: frozenset[UUID]
    records: int


def _older_ids(main: Session, one: Standing) -> _Left:
    newest = purpose_keys.newest(main, one.owner_id, {one.purpose})[one.purpose]
    table = older_epochs.TABLE_OF[one.purpose]
    older = older_epochs.of(one.owner_id, one.purpose, newest.epoch)
    found = main.scalars(select(table.id).where(older)).all()
    return _Left(frozenset(row_id for row_id in found if isinstance(row_id, UUID)), len(found))


def _newest_rows(main: Session) -> dict[tuple[UUID, str], Resealing]:
    """The newest act of each purpose, and the one that is not over before any other."""
    rows = genuine(main.scalars(select(Resealing), execution_options=TOLERANT))
    ordered = sorted(rows, key=lambda row: (row.done_on is None, row.done_on or row.asked_on))
    return {(row.owner_id, row.purpose): row for row in ordered}


def _standing(
    key: tuple[UUID, str],
    older: Older | None,
    row: Resealing | None,
    states: Sequence[key_overview.KeyState],
    holder: Holder,
    mine: frozenset[UUID],
) -> Standing:
    needed = [
        one
        for one in states
        if older and (one.key.owner_id, one.key.purpose) == key and one.key.epoch in older.keys
    ]
    # A key whose row is missing or false is needed all the same: then nobody is able.
    whole = older is not None and len(needed) == len(older.keys)
    able = frozenset.intersection(*(one.has for one in needed)) if whole else frozenset()
    holds = holder.coordinator_id in able
    has_all = holds and {one.key.id for one in needed} <= mine
    return Standing(
        *key,
        records=older.records if older else 0,
        able=able,
        mine=has_all,
        is_older=holds and not has_all,
        begun=Begun(row.asked_on, row.records, row.left_as_they_are) if row else None,
    )
