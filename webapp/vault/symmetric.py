"""HKDF key derivation and AES-256-GCM, with domain separation and associated data. No private key is in this module."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from webapp.vault.contexts import Context
from webapp.vault.envelope import (
    KEY_SIZE,
    LARGEST,
    NONCE_SIZE,
    SUITE,
    DoesNotOpen,
    Format,
    KeyedEnvelope,
    NotAnEnvelope,
    UnknownSuite,
    pack_keyed,
    pad,
    parse_keyed,
    unpad,
)
from webapp.vault.labels import Label


def derive(key_material: bytes, *, salt: bytes, label: Label, bound_to: bytes = b"") -> bytes:
    """32 bytes by HKDF-SHA256 (RFC 5869) with info = label || `bound_to`."""
    info = label.value + bound_to
    return HKDF(algorithm=SHA256(), length=KEY_SIZE, salt=salt, info=info).derive(key_material)


@contextmanager
def one_answer() -> Iterator[None]:
    """Turn every failure to open into DoesNotOpen, so that errors are no decryption oracle."""
    try:
        yield
    except (InvalidTag, NotAnEnvelope, UnknownSuite):
        raise DoesNotOpen from None


def seal_content(
    data: bytes, *, key: bytes, secret: bytes, label: Label, bound_to: bytes, most: int = LARGEST
) -> tuple[bytes, bytes]:
    """Pad and encrypt with AES-256-GCM: (nonce, ciphertext with its tag). Raises TooLong over `most` bytes."""
    nonce = secrets.token_bytes(NONCE_SIZE)
    content_key = _content_key(key, secret, label, bound_to)
    return nonce, AESGCM(content_key).encrypt(nonce, pad(data, most), bound_to)


def open_content(
    nonce: bytes, content: bytes, *, key: bytes, secret: bytes, label: Label, bound_to: bytes
) -> bytes:
    """Decrypt with AES-256-GCM and unpad. Raises InvalidTag or NotAnEnvelope: callers wrap it in `one_answer`."""
    content_key = _content_key(key, secret, label, bound_to)
    return unpad(AESGCM(content_key).decrypt(nonce, content, bound_to))


def seal_keyed(
    data: bytes,
    *,
    key: bytes,
    label: Label,
    context: Context,
    secret: bytes | None = None,
    most: int = LARGEST,
) -> bytes:
    """Seal under a 32-byte symmetric key: a KEYED envelope of at most `most` bytes of data.

    Raises TooLong, and ValueError when a field with personal data comes without an erasure secret
    (or another one with it).
    """
    bound_to = context.encode(SUITE, Format.KEYED)
    require_key(key)
    salt = sealing_salt(context, secret)
    nonce, content = seal_content(
        data, key=key, secret=salt, label=label, bound_to=bound_to, most=most
    )
    return pack_keyed(KeyedEnvelope(nonce, content))


def open_keyed(
    envelope: bytes, *, key: bytes, label: Label, context: Context, secret: bytes | None = None
) -> bytes:
    """Open a KEYED envelope. Raises DoesNotOpen."""
    bound_to = context.encode(SUITE, Format.KEYED)
    salt = opening_salt(context, secret)
    with one_answer():
        keyed = parse_keyed(envelope)
        return open_content(
            keyed.nonce, keyed.content, key=key, secret=salt, label=label, bound_to=bound_to
        )


def require_key(key: bytes) -> None:
    """Raises ValueError unless these are 32 bytes."""
    if len(key) != KEY_SIZE:
        raise ValueError("a key has 32 bytes")


def sealing_salt(context: Context, secret: bytes | None) -> bytes:
    """The erasure secret (crypto-shredding key) as HKDF salt; empty for a field that takes none.

    Raises ValueError when personal data would be sealed in a way that cannot be erased.
    """
    if context.field.takes_secret != (secret is not None):
        raise ValueError(f"an erasure secret is wrong or missing for {context.field.purpose}")
    if secret is None:
        return b""
    require_key(secret)
    return secret


def opening_salt(context: Context, secret: bytes | None) -> bytes:
    """As `sealing_salt`, but a missing secret means that the value was shredded: DoesNotOpen."""
    if context.field.takes_secret and (secret is None or len(secret) != KEY_SIZE):
        raise DoesNotOpen
    return sealing_salt(context, secret)


def _content_key(key: bytes, secret: bytes, label: Label, bound_to: bytes) -> bytes:
    digest = hashlib.sha256(bound_to).digest()
    return derive(key, salt=secret, label=label, bound_to=digest)
