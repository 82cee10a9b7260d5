"""Purpose key generation: a key pair for each purpose of a call or an event, sealed to every holder."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, PurposeKey, PurposeKeyHolder, PurposeKeySeal, RecoveryKey
from webapp.services.infrastructure import stores
from webapp.services.keys import key_macs
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.vault.contexts import PURPOSE_KEY_SEAL, Context
from webapp.vault.key_claims import FIRST_EPOCH, KeyKind
from webapp.vault.macs import KeySwapped
from webapp.vault.purpose_keys import make_purpose_key
from webapp.vault.sealing import seal_for_holder


class NoRecoveryKey(LookupError):
    """There is no recovery key to seal to: with the last coordinator's key, what people told us would be lost."""


#: Why no purpose key can be made: an attacker was at the stored public keys, or rows of them are gone.
NOT_TO_GENERATE = (KeySwapped, NoRecoveryKey)


def check_holders() -> None:
    """Dry run of `make_for`: are the keys that it would seal to all there and authentic?

    Raises `NoRecoveryKey`, `KeySwapped`.
    """
    with stores.reading() as main:
        holder_claims(main)


def holder_claims(main: Session) -> list[VerifiedClaim]:
    """The verified public keys of all coordinators and of the recovery key (key escrow).

    Fails closed: an attacker who deletes the recovery key's row would otherwise leave every later call without it,
    unnoticed until it is needed. Raises `NoRecoveryKey`, `KeySwapped`.
    """
    coordinators = [
        key_macs.verified(key_macs.claim_of_coordinator(row), row.public_key_mac)
        for row in main.scalars(select(Coordinator))
    ]
    recovery = [
        key_macs.verified(key_macs.claim_of_recovery_key(row), row.mac)
        for row in main.scalars(select(RecoveryKey))
    ]
    if not recovery:
        raise NoRecoveryKey
    return coordinators + recovery


def make_for(owner_id: UUID, purposes: tuple[str, ...]) -> list[PurposeKey]:
    """New keys of the first epoch for these purposes. The seals are stored; the rows returned are for `main`.

    Raises `NoRecoveryKey` or `KeySwapped` before anything is made.
    """
    with stores.reading() as main:
        holders = holder_claims(main)
    keys, seals = [], []
    for purpose in purposes:
        key, its_seals = _make_one(owner_id, purpose, holders)
        keys.append(key)
        seals.extend(its_seals)
    with stores.writing("erasure") as erasure:
        erasure.add_all(seals)
    return keys


def _make_one(
    owner_id: UUID, purpose: str, holders: Sequence[VerifiedClaim]
) -> tuple[PurposeKey, list[PurposeKeySeal]]:
    seed, public_key = make_purpose_key()
    key = PurposeKey(
        id=uuid4(),
        owner_id=owner_id,
        purpose=purpose,
        epoch=FIRST_EPOCH,
        holders=[_holder_row(holder) for holder in holders],
        public_key=public_key,
    )
    key.mac = key_macs.mac_of(key_macs.claim_of_purpose_key(key))
    return key, [seal_to(key, seed, holder.owner_id, holder.public_key) for holder in holders]


def _holder_row(holder: VerifiedClaim) -> PurposeKeyHolder:
    if holder.kind == KeyKind.RECOVERY:
        return PurposeKeyHolder(id=uuid4(), recovery_key_id=holder.owner_id)
    return PurposeKeyHolder(id=uuid4(), coordinator_id=holder.owner_id)


def seal_to(key: PurposeKey, seed: bytes, holder_id: UUID, holder_key: bytes) -> PurposeKeySeal:
    """The private half of a purpose key, sealed to the public key of one holder."""
    return PurposeKeySeal(
        id=uuid4(),
        purpose_key_id=key.id,
        holder_id=holder_id,
        envelope=seal_for_holder(seed, public_key=holder_key, context=seal_context(key, holder_id)),
    )


def seal_context(key: PurposeKey, holder_id: UUID) -> Context:
    """What a seal is bound to: this holder, this purpose key, the key's epoch."""
    return Context(PURPOSE_KEY_SEAL, owner_id=holder_id, row_id=key.id, epoch=key.epoch)
