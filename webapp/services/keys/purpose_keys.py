"""The public keys that answers are sealed to, each authenticated by its MAC before it is used."""

import logging
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from uuid import UUID

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session, joinedload

from webapp.models import PurposeKey
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.read_cache import recently
from webapp.services.keys import key_macs
from webapp.services.keys.key_macs import VerifiedClaim
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


# Written once: putting a statement together takes longer than running it.
KEYS_OF = _with_holders().where(PurposeKey.owner_id.in_(bindparam("owner_ids", expanding=True)))


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


def newest(main: Session, owner_id: UUID, needed: Collection[str] = ()) -> dict[str, VerifiedClaim]:
    """For each purpose of a call or an event, the key of its newest epoch; at least for those that are `needed`.

    Raises `KeySwapped`, `NoPurposeKey`, and says so in the log: an operator must put it right.
    """
    try:
        return _verified(owner_id, _keys_of(main, [owner_id]), needed)
    except NOT_TO_SEAL_TO as error:
        log.warning("nothing can be sealed: %s", type(error).__name__)
        raise


def newest_if_made(main: Session, owner_id: UUID) -> dict[str, VerifiedClaim]:
    """The same; empty, and nothing in the log, where no key was made yet. Raises `KeySwapped`."""
    return newest(main, owner_id) if _keys_of(main, [owner_id]) else {}


def _keys_of(main: Session, owner_ids: Collection[UUID]) -> Sequence[PurposeKey]:
    return main.scalars(KEYS_OF, {"owner_ids": list(owner_ids)}).unique().all()


def _verified(
    owner_id: UUID, rows: Sequence[PurposeKey], needed: Collection[str]
) -> dict[str, VerifiedClaim]:
    if not rows or not set(needed) <= {row.purpose for row in rows}:
        raise NoPurposeKey(owner_id)
    return {row.purpose: verified(row) for row in rows}


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
    rows = _keys_of(main, wanted)
    missing = set()
    for owner_id, needed in wanted.items():
        try:
            _verified(owner_id, [row for row in rows if row.owner_id == owner_id], needed)
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
