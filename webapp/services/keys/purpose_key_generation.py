"""Purpose key generation: a key pair for each purpose of a call or an event, sealed to every holder."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import (
    Coordinator,
    PurposeKey,
    PurposeKeyHolder,
    PurposeKeySeal,
    RecoveryKey,
    RoleGrant,
)
from webapp.rules import clock
from webapp.rules.roles import Grant, Grants
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


@dataclass(frozen=True)
class PossibleHolders:
    """Every verified public key that a purpose key can be sealed to, and the roles of the person whose it is."""

    people: tuple[tuple[VerifiedClaim, Grants], ...]
    recovery: tuple[VerifiedClaim, ...]

    def of(self, owner_id: UUID, purpose: str) -> list[VerifiedClaim]:
        """Who holds this purpose's key of a call or an event: the people whose roles open it, and the recovery key."""
        held = [claim for claim, grants in self.people if grants.open(owner_id, purpose)]
        return [*held, *self.recovery]


def check_holders() -> None:
    """Dry run of `make_for`: are the keys that it would seal to all there and authentic?

    Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`.
    """
    with stores.reading() as main:
        possible_holders(main)


def possible_holders(main: Session) -> PossibleHolders:
    """The verified public keys of all coordinators, with their roles, and of the recovery key (key escrow).

    Fails closed: an attacker who deletes the recovery key's row would otherwise leave every later call without it,
    unnoticed until it is needed. Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`.
    """
    people = tuple(
        (key_macs.verified(key_macs.claim_of_coordinator(row), row.public_key_mac), grants)
        for row, grants in _people(main)
    )
    recovery = tuple(
        key_macs.verified(key_macs.claim_of_recovery_key(row), row.mac)
        for row in main.scalars(select(RecoveryKey))
    )
    if not recovery:
        raise NoRecoveryKey
    return PossibleHolders(people, recovery)


def _people(main: Session) -> Iterator[tuple[Coordinator, Grants]]:
    given: dict[UUID, list[Grant]] = {}
    for grant in main.scalars(select(RoleGrant)):
        given.setdefault(grant.coordinator_id, []).append(Grant(grant.role, grant.scope_id))
    for row in main.scalars(select(Coordinator).where(Coordinator.left_on.is_(None))):
        yield row, Grants.of(given.get(row.id, ())).at(row.organisation_id)


def make_for(owner_id: UUID, purposes: tuple[str, ...]) -> list[PurposeKey]:
    """New keys of the first epoch for these purposes. The seals are stored; the rows returned are for `main`.

    Raises `NoRecoveryKey`, `KeySwapped` or `RowForged` before anything is made.
    """
    with stores.reading() as main:
        holders = possible_holders(main)
    made = [
        make_one(owner_id, purpose, FIRST_EPOCH, holders.of(owner_id, purpose))
        for purpose in purposes
    ]
    with stores.writing("erasure") as erasure:
        erasure.add_all(seal for _, seals in made for seal in seals)
    return [key for key, _ in made]


def make_one(
    owner_id: UUID, purpose: str, epoch: int, holders: Sequence[VerifiedClaim]
) -> tuple[PurposeKey, list[PurposeKeySeal]]:
    """A new key of this epoch, and its private half sealed to each holder. Nothing is stored."""
    seed, public_key = make_purpose_key()
    key = PurposeKey(
        id=uuid4(),
        owner_id=owner_id,
        purpose=purpose,
        epoch=epoch,
        holders=[holder_row(holder) for holder in holders],
        public_key=public_key,
    )
    key.mac = key_macs.mac_of(key_macs.claim_of_purpose_key(key))
    return key, [seal_to(key, seed, holder.owner_id, holder.public_key) for holder in holders]


def holder_row(holder: VerifiedClaim) -> PurposeKeyHolder:
    """The row that says that a purpose key is sealed to this key."""
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
        made_on=clock.today(),
    )


def seal_context(key: PurposeKey, holder_id: UUID) -> Context:
    """What a seal is bound to: this holder, this purpose key, the key's epoch."""
    return Context(PURPOSE_KEY_SEAL, owner_id=holder_id, row_id=key.id, epoch=key.epoch)
