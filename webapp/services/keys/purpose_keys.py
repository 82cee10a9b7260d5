"""The public keys that answers are sealed to, each checked against its MAC before it is used."""

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import PurposeKey
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.read_cache import recently
from webapp.vault.macs import KeySwapped, check_public_key, mac_public_key

log = logging.getLogger("hearth.purpose_keys")

KIND = "purpose"


class NoPurposeKey(LookupError):
    """There is no key to seal to: the call was never published properly, or its row is gone."""


#: Why nothing can be sealed. No answer may be taken then, and somebody at the desk must know.
NOT_TO_SEAL_TO = (KeySwapped, NoPurposeKey)


@dataclass(frozen=True)
class SealingKey:
    """A verified public key of one purpose of one call."""

    id: UUID
    epoch: int
    public_key: bytes


def holders_of(key: PurposeKey) -> list[UUID]:
    """Everybody the private half was sealed to."""
    return [UUID(hex=holder) for holder in key.holders.split()]


def mac_for(key: PurposeKey) -> bytes:
    """The MAC that vouches for a purpose key, its purpose, epoch and holders."""
    return mac_public_key(
        current_settings().key_mac_key,
        kind=KIND,
        owner_id=key.owner_id,
        purpose=key.purpose,
        epoch=key.epoch,
        holders=holders_of(key),
        public_key=key.public_key,
    )


def check(key: PurposeKey) -> None:
    """Raise `KeySwapped` unless this row is as Hearth wrote it.

    Who can write to the database alone could otherwise put in a key of their own and read all later answers.
    """
    check_public_key(
        current_settings().key_mac_key,
        mac=key.mac,
        kind=KIND,
        owner_id=key.owner_id,
        purpose=key.purpose,
        epoch=key.epoch,
        holders=holders_of(key),
        public_key=key.public_key,
    )


def newest(main: Session, owner_id: UUID, needed: Collection[str] = ()) -> dict[str, SealingKey]:
    """For each purpose of a call or an event, the key of its newest epoch; at least for those that are `needed`.

    Raises `KeySwapped`, `NoPurposeKey`, and says so in the log: somebody must put it right.
    """
    try:
        return _checked(main, owner_id, needed)
    except NOT_TO_SEAL_TO as error:
        log.warning("nothing can be sealed: %s", type(error).__name__)
        raise


def _checked(main: Session, owner_id: UUID, needed: Collection[str]) -> dict[str, SealingKey]:
    rows = main.scalars(
        select(PurposeKey).where(PurposeKey.owner_id == owner_id).order_by(PurposeKey.epoch)
    ).all()
    return _verified(owner_id, rows, needed)


def _verified(
    owner_id: UUID, rows: Sequence[PurposeKey], needed: Collection[str]
) -> dict[str, SealingKey]:
    if not rows or not set(needed) <= {row.purpose for row in rows}:
        raise NoPurposeKey(owner_id)
    for row in rows:
        check(row)
    return {row.purpose: SealingKey(row.id, row.epoch, row.public_key) for row in rows}


def can_seal(main: Session, owner_id: UUID, needed: Collection[str]) -> bool:
    """Whether the keys of a call or an event for these purposes are there, and as we made them."""
    try:
        newest(main, owner_id, needed)
    except NOT_TO_SEAL_TO:
        return False
    return True


def cannot_seal(main: Session, wanted: Mapping[UUID, Collection[str]]) -> frozenset[UUID]:
    """Of these calls and events, those whose keys for the purposes named are not all there, or not as we made them.

    One statement, however many there are.
    """
    rows = main.scalars(
        select(PurposeKey).where(PurposeKey.owner_id.in_(wanted)).order_by(PurposeKey.epoch)
    ).all()
    missing = set()
    for owner_id, needed in wanted.items():
        try:
            _verified(owner_id, [row for row in rows if row.owner_id == owner_id], needed)
        except NOT_TO_SEAL_TO as error:
            log.warning("nothing can be sealed: %s", type(error).__name__)
            missing.add(owner_id)
    return frozenset(missing)


def could_seal(owner_id: UUID, needed: Collection[str]) -> bool:
    """The same two seconds ago at most: nobody should write for half an hour what then cannot be sent."""
    return recently(("keys", owner_id, frozenset(needed)), partial(_look, owner_id, needed))


def _look(owner_id: UUID, needed: Collection[str]) -> bool:
    with stores.reading() as main:
        return can_seal(main, owner_id, needed)
