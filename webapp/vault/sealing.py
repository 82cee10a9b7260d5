"""Public-key encryption (HPKE base mode) to coordinators and the mailer. Nothing in this module can decrypt.

The public door uses it: an attacker who takes over that process cannot read what it stored a minute ago.
"""

import secrets
from dataclasses import dataclass
from uuid import UUID

from webapp.vault.contexts import MAIL_FIELDS, WAITING_PART, WAITING_PART_KEY, Context
from webapp.vault.envelope import (
    KEY_SIZE,
    LARGEST_DIRECT,
    LARGEST_WAITING,
    SUITE,
    DirectEnvelope,
    Format,
    PartEnvelope,
    TooLong,
    pack_direct,
    pack_part,
)
from webapp.vault.labels import Label
from webapp.vault.suite import hpke_seal
from webapp.vault.symmetric import seal_content, seal_keyed, sealing_salt


@dataclass(frozen=True, slots=True)
class WaitingEnvelope:
    """A data key sealed to the worker (DIRECT), and what is sealed under it (KEYED)."""

    sealed_key: bytes
    content: bytes


def new_erasure_secret() -> bytes:
    """A crypto-shredding key: 32 random bytes. Deleting them erases the value that they are the HKDF salt of."""
    return secrets.token_bytes(KEY_SIZE)


def seal_for_purpose(data: bytes, *, public_key: bytes, secret: bytes, context: Context) -> bytes:
    """Hybrid encryption to a purpose key: a PART that only its holders open, and only while the secret exists.

    `data` up to 32,764 bytes, `public_key` 1,216 bytes, `secret` a fresh erasure secret.
    Raises TooLong, NotAKey; ValueError for a field that is not a part or a secret of wrong size.
    """
    bound_to = context.encode(SUITE, Format.PART)
    salt = sealing_salt(context, secret)
    data_key = secrets.token_bytes(KEY_SIZE)
    nonce, content = seal_content(
        data, key=data_key, secret=salt, label=Label.PART_CONTENT, bound_to=bound_to
    )
    sealed_key = hpke_seal(data_key, public_key=public_key, info=bound_to)
    return pack_part(PartEnvelope(sealed_key, nonce, content))


def seal_for_mailer(data: bytes, *, public_key: bytes, secret: bytes, context: Context) -> bytes:
    """As `seal_for_purpose`, for what the worker needs to send a mail: a PART of a MAIL field.

    Raises TooLong, NotAKey; ValueError for any other field: no participant's answers go to the worker.
    """
    if context.field not in MAIL_FIELDS:
        raise ValueError(f"not for the mailer: {context.field.purpose}")
    return seal_for_purpose(data, public_key=public_key, secret=secret, context=context)


def seal_for_holder(data: bytes, *, public_key: bytes, context: Context) -> bytes:
    """Key wrapping: a short secret (1 to 128 bytes, not padded) sealed to one holder's public key: DIRECT.

    For keys and second-factor secrets, never for personal data.
    Raises TooLong, NotAKey; ValueError for empty data or a field that is not sealed so.
    """
    bound_to = context.encode(SUITE, Format.DIRECT)
    if not data:
        raise ValueError("nothing to seal")
    if len(data) > LARGEST_DIRECT:
        raise TooLong
    return pack_direct(DirectEnvelope(hpke_seal(data, public_key=public_key, info=bound_to)))


def seal_until_written(
    row: bytes, *, public_key: bytes, owner_id: UUID, row_id: UUID
) -> WaitingEnvelope:
    """Hybrid encryption of a row of `parts` to the worker, which writes it where it belongs later.

    The part inside stays sealed to its purpose. It may be larger than a PART, because it holds one.
    Raises TooLong, NotAKey.
    """
    data_key = secrets.token_bytes(KEY_SIZE)
    sealed_key = seal_for_holder(
        data_key, public_key=public_key, context=Context(WAITING_PART_KEY, owner_id, row_id)
    )
    content = seal_keyed(
        row,
        key=data_key,
        label=Label.WAITING_PART_CONTENT,
        context=Context(WAITING_PART, owner_id, row_id),
        most=LARGEST_WAITING,
    )
    return WaitingEnvelope(sealed_key, content)
