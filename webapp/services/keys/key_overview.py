"""Access review: who can open which purpose of which call or event, who is to and cannot yet, and where too few can.

Computed from the roles, the authenticated rows of holders, and which seals there are: no table says it a second time.

The key of a member organisation waits for nobody, and is never held by too few: it is made anew, for its recipients of
then, whenever something is shared, and who shares can do that with all that was shared before.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import PurposeKey, PurposeKeySeal
from webapp.rules.roles import SHARED
from webapp.services.infrastructure import stores
from webapp.services.keys import key_holders, purpose_keys
from webapp.services.keys.purpose_key_generation import PossibleHolders, possible_holders

#: With fewer, one accident away from only the recovery sheets.
ENOUGH_PEOPLE = 2


@dataclass(frozen=True)
class KeyState:
    """One purpose key: who has it, by row and seal, and which people are to be given it by their roles."""

    key: PurposeKey
    has: frozenset[UUID]
    wanted: frozenset[UUID]

    @property
    def pending(self) -> frozenset[UUID]:
        """The people who are to have it and do not."""
        return self.wanted - self.has


@dataclass(frozen=True)
class PurposeState:
    """One purpose of a call or event, all epochs together. People and the recovery key by id."""

    owner_id: UUID
    purpose: str
    epochs: int
    #: Who can open all of it; of what is shared with an organisation, who can open some of it.
    able: frozenset[UUID]
    #: Who is to open all of it and cannot open some.
    pending: frozenset[UUID]
    in_the_safe: bool
    #: Whether something may still be sealed to it, or is.
    is_live: bool

    @property
    def is_thin(self) -> bool:
        """Whether the loss of one key or person would leave only the recovery sheets, or nothing."""
        if self.purpose == SHARED:
            return False
        return self.is_live and (len(self.able) < ENOUGH_PEOPLE or not self.in_the_safe)


@dataclass(frozen=True)
class Waiting:
    """A person who is to have keys and does not: which, and who has at least one of them to give."""

    person_id: UUID
    keys: frozenset[UUID]
    givers: frozenset[UUID]


@dataclass(frozen=True)
class Overview:
    """Every purpose of every call and event that has keys, and the people who wait for some."""

    purposes: tuple[PurposeState, ...]
    waiting: tuple[Waiting, ...]

    def waits(self, person_id: UUID) -> Waiting | None:
        """What this person waits for, if anything."""
        return next((one for one in self.waiting if one.person_id == person_id), None)


def states(main: Session, holders: PossibleHolders) -> list[KeyState]:
    """The state of each purpose key that is authentic."""
    keys = [key for key in purpose_keys.all_keys(main) if purpose_keys.is_authentic(key)]
    sealed = _sealed_to()
    return [
        KeyState(
            key,
            key.holder_ids & sealed.get(key.id, frozenset()),
            frozenset(
                claim.owner_id
                for claim, grants in holders.people
                if key.purpose != SHARED and grants.open(key.owner_id, key.purpose)
            ),
        )
        for key in keys
    ]


def _sealed_to() -> dict[UUID, frozenset[UUID]]:
    with stores.reading("erasure") as erasure:
        rows = erasure.execute(select(PurposeKeySeal.purpose_key_id, PurposeKeySeal.holder_id))
        found: dict[UUID, set[UUID]] = {}
        for row in rows:
            found.setdefault(row.purpose_key_id, set()).add(row.holder_id)
    return {key_id: frozenset(who) for key_id, who in found.items()}


def overview() -> tuple[PurposeState, ...]:
    """Every purpose of every call and event that has keys. Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`."""
    return whole().purposes


def whole() -> Overview:
    """The same, with the people who wait for keys. Raises as `overview` does."""
    with stores.reading() as main:
        holders = possible_holders(main)
        found = states(main, holders)
        live = key_holders.still_sealed_to(main, {one.key.owner_id for one in found})
    people = frozenset(claim.owner_id for claim, _ in holders.people)
    safe = frozenset(claim.owner_id for claim in holders.recovery)
    grouped: dict[tuple[UUID, str], list[KeyState]] = {}
    for one in found:
        grouped.setdefault((one.key.owner_id, one.key.purpose), []).append(one)
    purposes = tuple(
        _together(owner_id, purpose, of_it, people, safe, is_live=owner_id in live)
        for (owner_id, purpose), of_it in sorted(grouped.items())
    )
    return Overview(purposes, _waiting(found, people))


def _waiting(found: Iterable[KeyState], people: frozenset[UUID]) -> tuple[Waiting, ...]:
    pending: dict[UUID, list[KeyState]] = {}
    for one in found:
        for person in one.pending:
            pending.setdefault(person, []).append(one)
    return tuple(
        Waiting(
            person,
            frozenset(one.key.id for one in missing),
            _union(one.has for one in missing) & people,
        )
        for person, missing in sorted(pending.items())
    )


def _together(
    owner_id: UUID,
    purpose: str,
    found: list[KeyState],
    people: frozenset[UUID],
    safe: frozenset[UUID],
    *,
    is_live: bool,
) -> PurposeState:
    all_of_it = frozenset.intersection(*(one.has for one in found))
    able = _union(one.has for one in found) if purpose == SHARED else all_of_it
    return PurposeState(
        owner_id=owner_id,
        purpose=purpose,
        epochs=len(found),
        able=able & people,
        pending=_union(one.pending for one in found),
        in_the_safe=bool(all_of_it & safe),
        is_live=is_live,
    )


def _union(sets: Iterable[frozenset[UUID]]) -> frozenset[UUID]:
    return frozenset().union(*sets)
