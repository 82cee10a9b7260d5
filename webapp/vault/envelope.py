"""The versioned binary format of every ciphertext. Final: what is written today must open in thirty years.

Every envelope begins with two bytes: the suite (which algorithms) and the format (which layout).
Numbers are big-endian. There are no optional pieces and nothing may follow the last one.

Suite 1: HPKE base mode (RFC 9180) with X-Wing (ML-KEM-768 and X25519), HKDF-SHA256, AES-256-GCM.

Format 1, PART: a piece of a submission or registration, for the holders of a purpose key, or of a
mail, for the worker. `bucket` + 1,198 bytes.

    offset  size          piece
    0       1             suite, 0x01
    1       1             format, 0x01
    2       1,120         HPKE's encapsulated key: ML-KEM ciphertext 1,088, then X25519 share 32
    1,122   48            the data key (32) under HPKE, with its tag (16)
    1,170   12            nonce of the content
    1,182   bucket + 16   the padded content under AES-256-GCM, with its tag (16)

    content key = HKDF-SHA256(ikm = data key, salt = erasure secret,
                              info = label || SHA-256(context), 32 bytes)

Format 2, KEYED: under a symmetric key that its holder presents (a receipt, a cookie, a passphrase).
`bucket` + 30 bytes.

    0       1             suite, 0x01
    1       1             format, 0x02
    2       12            nonce
    14      bucket + 16   the padded content under AES-256-GCM, with its tag (16)

    content key = HKDF-SHA256(ikm = that key, salt = erasure secret, or empty for values which are
                              not about a person, info = label || SHA-256(context), 32 bytes)

Format 3, DIRECT: a short secret for the holder of a private key; HPKE and nothing else. It is not
padded, so it is only for values whose length reveals nothing. 1 to 128 bytes of data, plus 1,138.

    0       1             suite, 0x01
    1       1             format, 0x03
    2       1,120         HPKE's encapsulated key
    1,122   data + 16     the data under HPKE, with its tag (16)

In all three the encoded context (see `contexts`) is HPKE's `info` and AES-GCM's associated data;
HPKE's own associated data is empty.

Padding against length leakage, in formats 1 and 2: length of the data (4 bytes), the data, zeros up to the smallest of
512, 2,048, 8,192 or 32,768 bytes that holds them; a KEYED value that waits may also have 131,072 or 262,144, and, but
for unfinished answers under a return code, 524,288. A stored length reveals which of these sizes an answer has, and no
more.
"""

from dataclasses import dataclass
from enum import IntEnum

SUITE = 1
KNOWN_SUITES = frozenset({SUITE})

HEADER_SIZE = 2
KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
ENCAPSULATED_SIZE = 1120
SEALED_KEY_SIZE = ENCAPSULATED_SIZE + KEY_SIZE + TAG_SIZE

BUCKETS = (512, 2_048, 8_192, 32_768)
#: Three more sizes for what waits and is not sent: a Visit, and unfinished answers under a return code. A whole
#: statement that was pasted waits there, until its writer has made it shorter. Nothing that is sent is so large.
WAITING_BUCKETS = (*BUCKETS, 131_072, 262_144, 524_288)
PAD_LENGTH_SIZE = 4
LARGEST = BUCKETS[-1] - PAD_LENGTH_SIZE
LARGEST_WAITING = WAITING_BUCKETS[-1] - PAD_LENGTH_SIZE
#: Unfinished answers wait for days, not hours, so that fewer large ones have room.
LARGEST_DRAFT = WAITING_BUCKETS[-2] - PAD_LENGTH_SIZE
LARGEST_DIRECT = 128


class Format(IntEnum):
    """The layout of an envelope, which is its second byte."""

    PART = 1
    KEYED = 2
    DIRECT = 3


class VaultError(Exception):
    """Base class of everything that the vault refuses."""


class NotAnEnvelope(VaultError):
    """These bytes have no layout that we know."""


class UnknownSuite(VaultError):
    """An envelope whose cipher suite this version does not implement: probably made by a newer one."""


class DoesNotOpen(VaultError):
    """Authentication failed, with one error for every reason (no oracle).

    A wrong key, a value moved from another row, a missing erasure secret and a changed byte all look the same, so that
    an attacker does not learn by trying which of them it was.
    """


class TooLong(VaultError):
    """More data than its envelope holds: 32,764 bytes, for what waits 524,284, for DIRECT 128."""


class NotAKey(VaultError):
    """These bytes are no key of suite 1: wrong length, or not a point of either half."""


class KeySwapped(VaultError):
    """Key substitution: a public key is not the one we stored, an attacker may have put in their own. Stop."""


@dataclass(frozen=True, slots=True)
class PartEnvelope:
    """The pieces of a PART envelope."""

    sealed_key: bytes
    nonce: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class KeyedEnvelope:
    """The pieces of a KEYED envelope."""

    nonce: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class DirectEnvelope:
    """The pieces of a DIRECT envelope."""

    sealed: bytes


def pad(data: bytes, most: int = LARGEST) -> bytes:
    """Pad to one of seven sizes against length leakage: length, data, zeros. Raises TooLong over `most` bytes."""
    needed = PAD_LENGTH_SIZE + len(data)
    if len(data) > most:
        raise TooLong
    bucket = _bucket_for(needed)
    return (len(data).to_bytes(PAD_LENGTH_SIZE, "big") + data).ljust(bucket, b"\0")


def unpad(padded: bytes) -> bytes:
    """The data inside; the only padding accepted is the one `pad` makes. Raises NotAnEnvelope."""
    end = PAD_LENGTH_SIZE + int.from_bytes(padded[:PAD_LENGTH_SIZE], "big")
    if end > len(padded) or len(padded) != _bucket_for(end):
        raise NotAnEnvelope
    if padded.count(0, end) != len(padded) - end:
        raise NotAnEnvelope
    return padded[PAD_LENGTH_SIZE:end]


def pack_part(part: PartEnvelope) -> bytes:
    """The bytes to store. Raises NotAnEnvelope when a piece has a wrong size."""
    envelope = _header(Format.PART) + part.sealed_key + part.nonce + part.content
    if parse_part(envelope) != part:
        raise NotAnEnvelope
    return envelope


def parse_part(envelope: bytes) -> PartEnvelope:
    """The pieces of a stored PART. Raises NotAnEnvelope, UnknownSuite."""
    body = _body(envelope, Format.PART)
    nonce_at = SEALED_KEY_SIZE
    content_at = nonce_at + NONCE_SIZE
    content = _padded_content(body[content_at:], BUCKETS)
    return PartEnvelope(body[:nonce_at], body[nonce_at:content_at], content)


def pack_keyed(keyed: KeyedEnvelope) -> bytes:
    """The bytes to store. Raises NotAnEnvelope when a piece has a wrong size."""
    envelope = _header(Format.KEYED) + keyed.nonce + keyed.content
    if parse_keyed(envelope) != keyed:
        raise NotAnEnvelope
    return envelope


def parse_keyed(envelope: bytes) -> KeyedEnvelope:
    """The pieces of a stored KEYED value. Raises NotAnEnvelope, UnknownSuite."""
    body = _body(envelope, Format.KEYED)
    return KeyedEnvelope(body[:NONCE_SIZE], _padded_content(body[NONCE_SIZE:], WAITING_BUCKETS))


def pack_direct(direct: DirectEnvelope) -> bytes:
    """The bytes to store. Raises NotAnEnvelope when the piece has a wrong size."""
    envelope = _header(Format.DIRECT) + direct.sealed
    parse_direct(envelope)
    return envelope


def parse_direct(envelope: bytes) -> DirectEnvelope:
    """The piece of a stored DIRECT value. Raises NotAnEnvelope, UnknownSuite."""
    body = _body(envelope, Format.DIRECT)
    if not 1 <= len(body) - ENCAPSULATED_SIZE - TAG_SIZE <= LARGEST_DIRECT:
        raise NotAnEnvelope
    return DirectEnvelope(body)


def _bucket_for(needed: int) -> int:
    return next((bucket for bucket in WAITING_BUCKETS if needed <= bucket), 0)


def _header(layout: Format) -> bytes:
    return bytes((SUITE, layout))


def _body(envelope: bytes, layout: Format) -> bytes:
    if len(envelope) <= HEADER_SIZE:
        raise NotAnEnvelope
    if envelope[0] not in KNOWN_SUITES:
        raise UnknownSuite
    if envelope[1] != layout:
        raise NotAnEnvelope
    return envelope[HEADER_SIZE:]


def _padded_content(content: bytes, buckets: tuple[int, ...]) -> bytes:
    if len(content) - TAG_SIZE not in buckets:
        raise NotAnEnvelope
    return content
