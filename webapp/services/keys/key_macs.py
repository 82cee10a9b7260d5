"""MACs of stored public keys, under the configuration's key: the claim of each row, made and checked in one place.

An attacker who can write to the database alone could otherwise put in a public key of their own, and read everything
that is sealed from then on.
"""

from typing import NewType

from webapp.extensions import current_settings
from webapp.models import Coordinator, PurposeKey, RecoveryKey
from webapp.vault.key_claims import FIRST_EPOCH, KeyClaim, KeyKind
from webapp.vault.macs import check_public_key, mac_public_key

#: A claim that its stored MAC authenticates: only its public key may be sealed to.
VerifiedClaim = NewType("VerifiedClaim", KeyClaim)


def claim_of_coordinator(row: Coordinator) -> KeyClaim:
    """What a coordinator's row says about their key. It has no epochs: a new key takes the place of the old one."""
    return KeyClaim(
        kind=KeyKind.COORDINATOR,
        owner_id=row.id,
        purpose=KeyKind.COORDINATOR,
        epoch=FIRST_EPOCH,
        holders=frozenset(),
        public_key=row.public_key,
    )


def claim_of_recovery_key(row: RecoveryKey) -> KeyClaim:
    """What the row of the coalition's recovery key says."""
    return KeyClaim(
        kind=KeyKind.RECOVERY,
        owner_id=row.id,
        purpose=KeyKind.RECOVERY,
        epoch=row.epoch,
        holders=frozenset(),
        public_key=row.public_key,
    )


def claim_of_purpose_key(row: PurposeKey) -> KeyClaim:
    """What the rows of a purpose key and of its holders say."""
    return KeyClaim(
        kind=KeyKind.PURPOSE,
        owner_id=row.owner_id,
        purpose=row.purpose,
        epoch=row.epoch,
        holders=row.holder_ids,
        public_key=row.public_key,
    )


def mac_of(claim: KeyClaim) -> bytes:
    """The MAC to store beside a public key."""
    return mac_public_key(current_settings().key_mac_key, claim)


def verified(claim: KeyClaim, mac: bytes) -> VerifiedClaim:
    """The claim, authenticated by its stored MAC. Raises `KeySwapped`."""
    check_public_key(current_settings().key_mac_key, claim, mac=mac)
    return VerifiedClaim(claim)
