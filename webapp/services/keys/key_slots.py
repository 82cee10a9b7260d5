"""Key slots (as in LUKS): each seals a coordinator's own private key under a passphrase or a recovery code.

The only module that imports `vault.keyring`: what unlocks a slot, or makes a key that a slot protects, is here. No hash
of a passphrase is stored; a right passphrase is proved by the key that it unlocks.
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from hmac import compare_digest
from uuid import UUID, uuid4

import pyotp

from webapp.extensions import current_settings
from webapp.models import Coordinator, Slot
from webapp.services.keys import key_macs
from webapp.vault import keyring
from webapp.vault.contexts import SLOT, TOTP_SECRET, Context
from webapp.vault.keyring import MistypedCode, MistypedWords
from webapp.vault.macs import KeySwapped

__all__ = ["MistypedCode", "MistypedWords"]

PASSPHRASE, RECOVERY_CODE = "passphrase", "recovery_code"
_TOTP_SECRET = re.compile(r"[A-Z2-7]{32}")


@dataclass(frozen=True)
class Credentials:
    """All that a coordinator signs in with: shown once, stored nowhere."""

    sign_in_name: str
    passphrase: str = field(repr=False)
    recovery_code: str = field(repr=False)
    totp_secret: str = field(repr=False)
    totp_uri: str = field(repr=False)


def new_credentials(sign_in_name: str) -> Credentials:
    """A random passphrase, recovery code and second factor for this sign-in name."""
    secret = new_totp_secret()
    uri = totp_uri(sign_in_name, secret)
    return Credentials(
        sign_in_name, keyring.new_passphrase(), keyring.new_recovery_code(), secret, uri
    )


def new_totp_secret() -> str:
    """A random key for an authenticator app: 160 bits in base32 (RFC 4226, 4)."""
    return pyotp.random_base32()


def is_totp_secret(text: str) -> bool:
    """Whether this has the form of `new_totp_secret`."""
    return _TOTP_SECRET.fullmatch(text) is not None


def totp_uri(sign_in_name: str, secret: str) -> str:
    """What an authenticator app reads out of a QR code: the second factor, under the site's neutral name."""
    return pyotp.TOTP(secret).provisioning_uri(
        name=sign_in_name, issuer_name=current_settings().site_name
    )


def is_recovery_code(typed: str, code: str) -> bool:
    """Whether this is the recovery code that was just shown, or its last group. Typing errors are no guess."""
    for read, wanted in (
        (keyring.read_recovery_code, code),
        (keyring.read_last_group, code.rpartition("-")[2]),
    ):
        with suppress(MistypedCode):
            return read(typed) == wanted
    return False


def new_key_pair() -> tuple[bytes, bytes]:
    """(seed, public key) of a coordinator, or of the coalition's recovery key."""
    return keyring.make_coordinator_key()


def public_key_of(seed: bytes) -> bytes:
    """The public half of a coordinator's key, or of the recovery key."""
    return keyring.public_key_of(seed)


def new_passphrase() -> str:
    """A random passphrase of six words: 66 bits. Also offered as the password of an exported file."""
    return keyring.new_passphrase()


# Slots


def new_slots(coordinator_id: UUID, seed: bytes, credentials: Credentials) -> list[Slot]:
    """Both slots of a coordinator's key: one for the passphrase, one for the recovery code."""
    by_code = Slot(id=uuid4(), coordinator_id=coordinator_id, kind=RECOVERY_CODE)
    closed = keyring.close_slot_with_recovery_code(
        seed, credentials.recovery_code, context=_slot_context(by_code)
    )
    return [
        new_passphrase_slot(coordinator_id, seed, credentials.passphrase),
        _filled(by_code, closed),
    ]


def new_passphrase_slot(coordinator_id: UUID, seed: bytes, passphrase: str) -> Slot:
    """A slot that this passphrase unlocks, with the pepper of the desk's configuration."""
    slot = Slot(id=uuid4(), coordinator_id=coordinator_id, kind=PASSPHRASE)
    closed = keyring.close_slot_with_passphrase(
        seed, passphrase, pepper=current_settings().pepper, context=_slot_context(slot)
    )
    return _filled(slot, closed)


def unlock_with_passphrase(slot: Slot, passphrase: str, *, reserved: bool = False) -> bytes:
    """The coordinator's seed. Raises `DoesNotOpen` for a wrong passphrase, `TooBusy`.

    `reserved`: from a browser that has signed in here before, which has a place of its own.
    """
    return keyring.open_slot_with_passphrase(
        _bytes_of(slot),
        passphrase,
        pepper=current_settings().pepper,
        context=_slot_context(slot),
        reserved=reserved,
    )


def unlock_with_recovery_code(slot: Slot, recovery_code: str) -> bytes:
    """The coordinator's seed. Raises `MistypedCode`, and `DoesNotOpen` for a wrong code."""
    return keyring.open_slot_with_recovery_code(
        _bytes_of(slot), recovery_code, context=_slot_context(slot)
    )


def waste_the_same_time(passphrase: str) -> None:
    """Against user enumeration by timing: stretch a passphrase that belongs to no slot. Raises `TooBusy`."""
    keyring.waste_the_same_time(passphrase, pepper=current_settings().pepper)


def _slot_context(slot: Slot) -> Context:
    return Context(SLOT, owner_id=slot.coordinator_id, row_id=slot.id)


def _filled(slot: Slot, closed: keyring.SlotBytes) -> Slot:
    slot.salt, slot.parameters, slot.envelope = closed.salt, closed.parameters, closed.envelope
    return slot


def _bytes_of(slot: Slot) -> keyring.SlotBytes:
    return keyring.SlotBytes(slot.salt, slot.parameters, slot.envelope)


# The secret of the second factor


def seal_totp(coordinator_id: UUID, seed: bytes, secret: str) -> bytes:
    """The secret of the second factor, sealed under the coordinator's own key."""
    return keyring.seal_totp(secret.encode(), seed=seed, context=_totp_context(coordinator_id))


def totp_key(seed: bytes) -> bytes:
    """The subkey that opens the secret of the second factor, derived one way from a coordinator's seed."""
    return keyring.totp_key(seed)


def open_totp(row: Coordinator, key: bytes) -> str:
    """The secret of a coordinator's second factor. Raises `KeySwapped`, `DoesNotOpen`."""
    key_macs.verified(key_macs.claim_of_coordinator(row), row.public_key_mac)
    return keyring.open_totp(row.totp_envelope, key=key, context=_totp_context(row.id)).decode()


def _totp_context(coordinator_id: UUID) -> Context:
    return Context(TOTP_SECRET, owner_id=coordinator_id, row_id=coordinator_id)


def check_own_key(row: Coordinator, seed: bytes) -> None:
    """Raise `KeySwapped` unless the stored public key is authentic and belongs to this private half."""
    claim = key_macs.verified(key_macs.claim_of_coordinator(row), row.public_key_mac)
    if not compare_digest(keyring.public_key_of(seed), claim.public_key):
        raise KeySwapped


# The recovery key on paper, as it was before there were sheets


def seed_of(words: str) -> bytes:
    """The private half of a recovery key that was printed as 24 words. Raises `MistypedWords`."""
    return keyring.words_to_seed(words)
