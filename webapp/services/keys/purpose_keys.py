"""The public keys that answers are sealed to, each authenticated by its MAC before it is used."""

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, joinedload

from webapp.models import PurposeKey, PurposeKeyHolder
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.read_cache import recently
from webapp.services.infrastructure.stores import Inside, rows
from webapp.services.keys import key_macs
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.vault.key_claims import KeyClaim, KeyKind
from webapp.vault.macs import KeySwapped

log = logging.getLogger("hearth.purpose_keys")


class NoPurposeKey(LookupError):
    """There is no key to seal to: the call was never published properly, or its row is gone."""


#: Why nothing can be sealed. No answer may be taken then, and a coordinator must know.
NOT_TO_SEAL_TO = (KeySwapped, NoPurposeKey)


def verified(key: PurposeKey) -> VerifiedClaim:
    """What a purpose key's rows claim, authenticated by the MAC. Raises `KeySwapped`."""
    return key_macs.verified(key_macs.claim_of_purpose_key(key), key.mac)


def is_authentic(key: PurposeKey) -> bool:
    """Whether the MAC of a purpose key holds."""
    try:
        verified(key)
    except KeySwapped:
        return False
    return True


def _with_holders() -> Select[PurposeKey]:
    """Every purpose key with its holders, which its MAC covers, in one statement."""
    return select(PurposeKey).options(joinedload(PurposeKey.holders)).order_by(PurposeKey.epoch)


# Written once, and read without the ORM: both take longer than the statement.
CLAIMS_OF: Final = (
    select(
        PurposeKey.id,
        PurposeKey.owner_id,
        PurposeKey.purpose,
        PurposeKey.epoch,
        PurposeKey.public_key,
        PurposeKey.mac,
        func.coalesce(PurposeKeyHolder.coordinator_id, PurposeKeyHolder.recovery_key_id),
    )
    .outerjoin(PurposeKeyHolder, PurposeKeyHolder.purpose_key_id == PurposeKey.id)
    .where(PurposeKey.owner_id.in_(bindparam("owner_ids", expanding=True)))
    .order_by(PurposeKey.epoch)
)


@dataclass(frozen=True)
class Claimed:
    """What a purpose key's rows claim, with the MAC that must authenticate it."""

    claim: KeyClaim
    mac: bytes


def all_keys(main: Session) -> Sequence[PurposeKey]:
    """The purpose keys of all calls and events, not verified yet."""
    return main.scalars(_with_holders()).unique().all()


def locked_keys(main: Session) -> Sequence[PurposeKey]:
    """The same, locked in the order of their ids until the transaction ends: for changes of who holds them."""
    main.execute(select(PurposeKey.id).order_by(PurposeKey.id).with_for_update()).all()
    return all_keys(main)


def find(main: Session, owner_id: UUID, purpose: str, epoch: int) -> PurposeKey:
    """The purpose key that a part was sealed to, not verified yet. Raises `NoResultFound`."""
    wanted = (
        PurposeKey.owner_id == owner_id,
        PurposeKey.purpose == purpose,
        PurposeKey.epoch == epoch,
    )
    return main.scalars(_with_holders().where(*wanted)).unique().one()


def newest(main: Inside, owner_id: UUID, needed: Collection[str] = ()) -> dict[str, VerifiedClaim]:
    """For each purpose of a call or an event, the key of its newest epoch; at least for those that are `needed`.

    Raises `KeySwapped`, `NoPurposeKey`, and says so in the log: an operator must put it right.
    """
    try:
        return _verified(owner_id, _claims_of(main, [owner_id]), needed)
    except NOT_TO_SEAL_TO as error:
        log.warning("nothing can be sealed: %s", type(error).__name__)
        raise


def newest_if_made(main: Inside, owner_id: UUID) -> dict[str, VerifiedClaim]:
    """The same; empty, and nothing in the log, where no key was made yet. Raises `KeySwapped`."""
    return newest(main, owner_id) if _claims_of(main, [owner_id]) else {}


def _claims_of(main: Inside, owner_ids: Collection[UUID]) -> list[Claimed]:
    """The claims of all epochs of these owners' keys, the newest last."""
    found = rows(main).execute(CLAIMS_OF, {"owner_ids": list(owner_ids)}).all()
    holders: defaultdict[UUID, set[UUID]] = defaultdict(set)
    for row in found:
        if row[-1] is not None:
            holders[row.id].add(row[-1])
    by_id = {row.id: row for row in found}
    return [
        Claimed(
            KeyClaim(
                KeyKind.PURPOSE,
                row.owner_id,
                row.purpose,
                row.epoch,
                frozenset(holders[row.id]),
                row.public_key,
            ),
            row.mac,
        )
        for row in by_id.values()
    ]


def _verified(
    owner_id: UUID, stored: Sequence[Claimed], needed: Collection[str]
) -> dict[str, VerifiedClaim]:
    if not stored or not set(needed) <= {one.claim.purpose for one in stored}:
        raise NoPurposeKey(owner_id)
    return {one.claim.purpose: key_macs.verified(one.claim, one.mac) for one in stored}


def can_seal(main: Session, owner_id: UUID, needed: Collection[str]) -> bool:
    """Whether the keys of a call or an event for these purposes are there and authentic."""
    try:
        newest(main, owner_id, needed)
    except NOT_TO_SEAL_TO:
        return False
    return True


def cannot_seal(main: Session, wanted: Mapping[UUID, Collection[str]]) -> frozenset[UUID]:
    """Of these calls and events, those whose keys for the purposes named are not all there and authentic.

    One statement, however many there are.
    """
    stored = _claims_of(main, wanted)
    missing = set()
    for owner_id, needed in wanted.items():
        try:
            _verified(owner_id, [one for one in stored if one.claim.owner_id == owner_id], needed)
        except NOT_TO_SEAL_TO as error:
            log.warning("nothing can be sealed: %s", type(error).__name__)
            missing.add(owner_id)
    return frozenset(missing)


def could_seal(owner_id: UUID, needed: Collection[str]) -> bool:
    """The same from a cache of two seconds: checked before a participant writes for long what could not be sent."""
    return recently(("keys", owner_id, frozenset(needed)), partial(_look, owner_id, needed))


def _look(owner_id: UUID, needed: Collection[str]) -> bool:
    with stores.reading() as main:
        return can_seal(main, owner_id, needed)
