"""Making the keys of a call: one pair for each purpose, its private half sealed to every holder."""

from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import Coordinator, PurposeKey, PurposeKeySeal, RecoveryKey
from webapp.services.infrastructure import stores
from webapp.services.keys.purpose_keys import mac_for
from webapp.vault.contexts import PURPOSE_KEY_SEAL, Context
from webapp.vault.macs import check_public_key
from webapp.vault.purpose_keys import make_purpose_key
from webapp.vault.sealing import seal_for_holder


def holder_keys(main: Session) -> dict[UUID, bytes]:
    """The verified public keys of all coordinators and of the recovery key. Raises `KeySwapped`."""
    coordinators = [
        ("coordinator", row.id, row.public_key, row.public_key_mac)
        for row in main.scalars(select(Coordinator))
    ]
    recovery = [
        ("recovery", row.id, row.public_key, row.mac) for row in main.scalars(select(RecoveryKey))
    ]
    for kind, holder_id, public_key, mac in (*coordinators, *recovery):
        check_public_key(
            current_settings().key_mac_key,
            mac=mac,
            kind=kind,
            owner_id=holder_id,
            purpose=kind,
            epoch=1,
            holders=(),
            public_key=public_key,
        )
    return {holder_id: public_key for _, holder_id, public_key, _ in (*coordinators, *recovery)}


def make_for(owner_id: UUID, purposes: tuple[str, ...]) -> list[PurposeKey]:
    """New keys, epoch 1, for the purposes of a call. The seals are stored; the rows returned are for `main`."""
    with stores.reading() as main:
        holders = holder_keys(main)
    keys, seals = [], []
    for purpose in purposes:
        key, its_seals = _make_one(owner_id, purpose, holders)
        keys.append(key)
        seals.extend(its_seals)
    with stores.writing("erasure") as erasure:
        erasure.add_all(seals)
    return keys


def _make_one(
    owner_id: UUID, purpose: str, holders: dict[UUID, bytes]
) -> tuple[PurposeKey, list[PurposeKeySeal]]:
    seed, public_key = make_purpose_key()
    key = PurposeKey(id=uuid4(), owner_id=owner_id, purpose=purpose, epoch=1, public_key=public_key)
    key.holders = " ".join(sorted(holder.hex for holder in holders))
    key.mac = mac_for(key)
    return key, [seal_to(key, seed, holder, holder_key) for holder, holder_key in holders.items()]


def seal_to(key: PurposeKey, seed: bytes, holder_id: UUID, holder_key: bytes) -> PurposeKeySeal:
    """The private half of a purpose key, sealed to the public key of one holder."""
    return PurposeKeySeal(
        id=uuid4(),
        purpose_key_id=key.id,
        holder_id=holder_id,
        envelope=seal_for_holder(seed, public_key=holder_key, context=seal_context(key, holder_id)),
    )


def seal_context(key: PurposeKey, holder_id: UUID) -> Context:
    """What a seal is bound to: this holder, this purpose key, this epoch."""
    return Context(PURPOSE_KEY_SEAL, owner_id=holder_id, row_id=key.id, epoch=key.epoch)
