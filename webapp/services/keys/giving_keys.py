"""Giving keys: a coordinator who holds purpose keys seals them to a colleague whose roles open them (key rewrapping).

An owner gives roles and opens nothing, so the keys come from a person who has them. All epochs are given, so that what
was told before opens, too; no record is sealed anew. Nobody is given more than their roles open.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import delete
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import PurposeKey, PurposeKeySeal
from webapp.rules import clock
from webapp.rules.audit_details import OfKeys
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import (
    coordinators,
    key_holders,
    key_overview,
    purpose_keys,
    session_keyrings,
)
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.keys.purpose_key_generation import possible_holders, seal_context
from webapp.vault.purpose_key_seals import hand_on

#: How often seals are stored anew when another person gives the same keys at this moment.
TRIES = 3


@dataclass(frozen=True)
class Given:
    """How many keys were given, and how many more this person is to have, which another person must give."""

    keys: int
    missing: int


def pending() -> Mapping[UUID, frozenset[UUID]]:
    """For each person who is to have keys and does not: which. Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`."""
    with stores.reading() as main:
        found = key_overview.states(main, possible_holders(main))
    waiting: dict[UUID, set[UUID]] = {}
    for one in found:
        for person in one.pending:
            waiting.setdefault(person, set()).add(one.key.id)
    return {person: frozenset(keys) for person, keys in waiting.items()}


def can_give(holder: Holder) -> frozenset[UUID]:
    """The keys that this session holds and may give. None where it began before they were made."""
    keyring = session_keyrings.open_for(holder)
    return frozenset() if keyring is None else frozenset(keyring.seeds)


def give_held(holder: Holder, coordinator_id: UUID) -> Given:
    """Give a person all that they are to have and this session holds. The caller has checked a fresh second factor.

    Idempotent. Rows and audit entry first, seals second: a crash between leaves keys pending as before.
    Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`, `DoesNotOpen`.
    """
    keyring = session_keyrings.open_for(holder)
    seeds = {} if keyring is None else keyring.seeds
    with stores.reading() as main:
        wanted, person = _wanted(main, coordinator_id)
    mine = [one.key for one in wanted if holder.coordinator_id in one.has and one.key.id in seeds]
    # Stored in one lock order, for each giver the same, against deadlocks.
    mine.sort(key=_id_of)
    if person is None or not mine:
        return Given(0, len(wanted))
    seals = [_seal(key, seeds[key.id], person) for key in mine]
    with stores.writing() as main:
        coordinators.lock_all(main)
        purpose_keys.locked_keys(main)
        still, now = _wanted(main, coordinator_id)
        allowed = {one.key.id for one in still if holder.coordinator_id in one.has}
        # Roles, keys and the person's own key are looked at again: they may have changed meanwhile.
        seals = [seal for seal in seals if now == person and seal.purpose_key_id in allowed]
        new = {seal.purpose_key_id for seal in seals}
        key_holders.add([one.key for one in still if one.key.id in new], coordinator_id)
        if seals:
            event, detail = AuditEvent.KEYS_GIVEN, OfKeys(len(seals))
            audit.enter(main, holder.coordinator_id, event, coordinator_id, detail=detail)
    _store(seals, coordinator_id)
    return Given(len(seals), len(still) - len(seals))


def _wanted(
    main: Session, coordinator_id: UUID
) -> tuple[list[key_overview.KeyState], VerifiedClaim | None]:
    """The keys that a person is to have and does not, and their public key; none for a person who left."""
    holders = possible_holders(main)
    person = next((one for one, _ in holders.people if one.owner_id == coordinator_id), None)
    found = key_overview.states(main, holders)
    return [one for one in found if coordinator_id in one.pending], person


def _id_of(key: PurposeKey) -> UUID:
    return key.id


def _seal(key: PurposeKey, seed: bytes, person: VerifiedClaim) -> PurposeKeySeal:
    return PurposeKeySeal(
        id=uuid4(),
        purpose_key_id=key.id,
        holder_id=person.owner_id,
        envelope=hand_on(
            seed,
            public_key=key.public_key,
            holder_key=person.public_key,
            context=seal_context(key, person.owner_id),
        ),
        made_on=clock.today(),
    )


def _store(seals: list[PurposeKeySeal], coordinator_id: UUID) -> None:
    """Store new seals. Two people may give the same keys at one moment: then the second's replace the first's."""
    for attempt in range(TRIES):
        try:
            _replace(seals, coordinator_id)
        except IntegrityError:
            if attempt == TRIES - 1:
                raise
        else:
            return


def _replace(seals: list[PurposeKeySeal], coordinator_id: UUID) -> None:
    """The new seals in the place of older ones, which opened nothing."""
    if not seals:
        return
    with stores.writing("erasure") as erasure:
        erasure.execute(
            delete(PurposeKeySeal).where(
                PurposeKeySeal.holder_id == coordinator_id,
                PurposeKeySeal.purpose_key_id.in_([seal.purpose_key_id for seal in seals]),
            )
        )
        erasure.add_all(seals)
