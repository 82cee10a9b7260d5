"""LUKS-style key slots around a coordinator's own private key, and the recovery key's 24 words of before.

Signing in is opening a slot: no password hash is stored, and a right passphrase is proved by the AEAD tag of the slot
that it opens.
"""

import secrets
import unicodedata
from dataclasses import dataclass, field

from webapp.vault.contexts import SLOT, TOTP_SECRET, Context, Field
from webapp.vault.crockford import CODE_LENGTH, MistypedCode, new_code, read_code, ungrouped
from webapp.vault.envelope import DoesNotOpen, TooLong
from webapp.vault.labels import Label
from webapp.vault.phrases import MistypedWords, secret_of
from webapp.vault.seeds import SEED_SIZE, new_seed, public_key_of
from webapp.vault.stretching import COST, SALT_SIZE, read_cost, stretch
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed
from webapp.vault.word_list import WORDS

__all__ = [
    "MistypedCode",
    "MistypedWords",
    "SlotBytes",
    "close_slot_with_passphrase",
    "close_slot_with_recovery_code",
    "make_coordinator_key",
    "new_passphrase",
    "new_recovery_code",
    "open_slot_with_passphrase",
    "open_slot_with_recovery_code",
    "open_totp",
    "public_key_of",
    "read_recovery_code",
    "seal_totp",
    "totp_key",
    "waste_the_same_time",
    "words_to_seed",
]

PASSPHRASE_WORDS = 6
LONGEST_PASSPHRASE = 4_096


@dataclass(frozen=True, slots=True)
class SlotBytes:
    """One key slot: a salt (16 bytes), Argon2id's parameters, and the coordinator's key as a KEYED envelope."""

    salt: bytes = field(repr=False)
    parameters: str
    envelope: bytes = field(repr=False)


def make_coordinator_key() -> tuple[bytes, bytes]:
    """Generate a key pair: (seed, public key), 32 and 1,216 bytes. The coalition's recovery key is made so, too."""
    seed = new_seed()
    return seed, public_key_of(seed)


def close_slot_with_passphrase(
    seed: bytes, passphrase: str, *, pepper: bytes, context: Context
) -> SlotBytes:
    """Make the key slot of a passphrase: Argon2id with the server's pepper (32 bytes or more).

    Raises ValueError for an empty passphrase, a short pepper or a wrong field; TooLong for more
    than 4,096 bytes.
    """
    typed = _passphrase_bytes(passphrase)
    _require_pepper(pepper)
    return _close(seed, typed, pepper, Label.SLOT_PASSPHRASE_CONTENT, context)


def open_slot_with_passphrase(
    slot: SlotBytes, passphrase: str, *, pepper: bytes, context: Context, reserved: bool = False
) -> bytes:
    """Unlock the key slot of a passphrase: the coordinator's seed. Raises DoesNotOpen when the passphrase is wrong.

    `reserved`: in the place of browsers that have signed in here before (`stretching`).
    """
    _require_pepper(pepper)
    try:
        typed = _passphrase_bytes(passphrase)
    except (ValueError, TooLong):
        waste_the_same_time(passphrase, pepper, reserved=reserved)
        raise DoesNotOpen from None
    return _open(slot, typed, pepper, Label.SLOT_PASSPHRASE_CONTENT, context, reserved=reserved)


def close_slot_with_recovery_code(seed: bytes, code: str, *, context: Context) -> SlotBytes:
    """Make the key slot of a recovery code: without a pepper, so that it works after a lost config.

    Raises MistypedCode; ValueError for a wrong field.
    """
    typed = _code_bytes(code)
    return _close(seed, typed, None, Label.SLOT_RECOVERY_CONTENT, context)


def open_slot_with_recovery_code(slot: SlotBytes, code: str, *, context: Context) -> bytes:
    """Unlock the key slot of a recovery code: the coordinator's seed.

    Raises MistypedCode for a typing error, DoesNotOpen for a wrong code.
    """
    return _open(slot, _code_bytes(code), None, Label.SLOT_RECOVERY_CONTENT, context)


def waste_the_same_time(passphrase: str, pepper: bytes, *, reserved: bool = False) -> None:
    """Argon2id for a sign-in name that does not exist, against user enumeration by a timing attack."""
    cut = passphrase[:LONGEST_PASSPHRASE]
    typed = unicodedata.normalize("NFKC", cut).encode()[:LONGEST_PASSPHRASE]
    stretch(typed or b"-", salt=bytes(SALT_SIZE), pepper=pepper, cost=COST, reserved=reserved)


def seal_totp(totp_secret: bytes, *, seed: bytes, context: Context) -> bytes:
    """Seal the TOTP secret symmetrically, under a key derived from the coordinator's seed: KEYED.

    Not to the public half: HPKE's base mode does not authenticate the sender, so an attacker who can write to the
    database could put in a TOTP secret of their own, and a stolen passphrase would open the desk. Raises TooLong;
    ValueError for a wrong field.
    """
    _require_field(context, TOTP_SECRET)
    return seal_keyed(totp_secret, key=totp_key(seed), label=Label.TOTP_CONTENT, context=context)


def open_totp(envelope: bytes, *, key: bytes, context: Context) -> bytes:
    """Open the TOTP secret with the key that `totp_key` derived. Raises DoesNotOpen."""
    _require_field(context, TOTP_SECRET)
    return open_keyed(envelope, key=key, label=Label.TOTP_CONTENT, context=context)


def totp_key(seed: bytes) -> bytes:
    """The subkey that seals the TOTP secret, derived one way: a session holds it, and not the seed."""
    require_key(seed)
    return derive(seed, salt=b"", label=Label.TOTP_KEY)


def new_recovery_code() -> str:
    """A recovery code with 115 bits of entropy: 24 characters in groups of four, the last a check character."""
    return new_code(CODE_LENGTH)


def read_recovery_code(typed: str) -> str:
    """The canonical form of a typed recovery code. Raises MistypedCode."""
    return read_code(typed, CODE_LENGTH)


def new_passphrase() -> str:
    """A diceware-style passphrase: six random words of our list, 66 bits of entropy."""
    return " ".join(secrets.choice(WORDS) for _ in range(PASSPHRASE_WORDS))


def words_to_seed(typed: str) -> bytes:
    """The seed of a recovery key that was printed before there were sheets. Raises MistypedWords."""
    return secret_of(typed, Label.RECOVERY_WORDS_CHECK)


def _close(
    seed: bytes, typed: bytes, pepper: bytes | None, label: Label, context: Context
) -> SlotBytes:
    _require_field(context, SLOT)
    require_key(seed)
    salt = secrets.token_bytes(SALT_SIZE)
    key = stretch(typed, salt=salt, pepper=pepper, cost=COST)
    envelope = seal_keyed(seed, key=key, label=label, context=context)
    return SlotBytes(salt, COST.written(), envelope)


def _open(
    slot: SlotBytes,
    typed: bytes,
    pepper: bytes | None,
    label: Label,
    context: Context,
    *,
    reserved: bool = False,
) -> bytes:
    _require_field(context, SLOT)
    try:
        cost = read_cost(slot.parameters)
    except ValueError:
        raise DoesNotOpen from None
    if len(slot.salt) != SALT_SIZE:
        raise DoesNotOpen
    key = stretch(typed, salt=slot.salt, pepper=pepper, cost=cost, reserved=reserved)
    seed = open_keyed(slot.envelope, key=key, label=label, context=context)
    if len(seed) != SEED_SIZE:
        raise DoesNotOpen
    return seed


def _passphrase_bytes(passphrase: str) -> bytes:
    """Unicode normalization (NFKC) and nothing else: keyboards encode one letter in several ways. Never truncated."""
    if len(passphrase) > LONGEST_PASSPHRASE:
        raise TooLong
    typed = unicodedata.normalize("NFKC", passphrase).encode()
    if not typed:
        raise ValueError("an empty passphrase")
    if len(typed) > LONGEST_PASSPHRASE:
        raise TooLong
    return typed


def _code_bytes(code: str) -> bytes:
    return ungrouped(read_recovery_code(code)).encode("ascii")


def _require_pepper(pepper: bytes) -> None:
    if len(pepper) < 32:
        raise ValueError("a pepper has at least 32 bytes")


def _require_field(context: Context, expected: Field) -> None:
    if context.field != expected:
        raise ValueError(f"not the context of a {expected.name}")
