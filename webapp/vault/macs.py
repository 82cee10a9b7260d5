"""Message authentication codes (HMAC-SHA256, RFC 2104) under config keys, over rows that an attacker could write.

Write access to a database is then not enough to forge one. Each covers its label (domain separation) and its fields,
each with a length prefix; they are compared in constant time.
"""

import hashlib
import hmac
from collections.abc import Sequence
from uuid import UUID

from webapp.vault.envelope import KeySwapped
from webapp.vault.framing import framed, whole_number
from webapp.vault.labels import Label

__all__ = [
    "KeySwapped",
    "chain_mac",
    "check_public_key",
    "mac_public_key",
    "mark",
    "network_mac",
    "submission_mac",
    "worker_clock_mac",
]

SMALLEST_KEY = 32


def mac_public_key(
    key: bytes,
    *,
    kind: str,
    owner_id: UUID,
    purpose: str,
    epoch: int,
    holders: Sequence[UUID],
    public_key: bytes,
) -> bytes:
    """Authenticate a stored public key, its purpose and its holders: a MAC of 32 bytes, against key substitution.

    Covers, each framed by its length: label, kind, owner id (16 bytes), purpose, epoch (8 bytes,
    big-endian), the holders' ids (16 bytes each, sorted, one after the other), the public key.
    The order of `holders` does not matter. Raises ValueError when the key is under 32 bytes.
    """
    return mark(
        key,
        Label.MAC_PUBLIC_KEY,
        kind.encode(),
        owner_id.bytes,
        purpose.encode(),
        whole_number(epoch),
        b"".join(sorted(holder.bytes for holder in holders)),
        public_key,
    )


def check_public_key(
    key: bytes,
    *,
    mac: bytes,
    kind: str,
    owner_id: UUID,
    purpose: str,
    epoch: int,
    holders: Sequence[UUID],
    public_key: bytes,
) -> None:
    """Verify a public key's MAC in constant time, against key substitution. Raises KeySwapped.

    An attacker who can write to the database, and nothing more, could otherwise put in a public key
    of their own and read everything sealed from then on.
    """
    expected = mac_public_key(
        key,
        kind=kind,
        owner_id=owner_id,
        purpose=purpose,
        epoch=epoch,
        holders=holders,
        public_key=public_key,
    )
    if not hmac.compare_digest(expected, mac):
        raise KeySwapped


def chain_mac(key: bytes, previous: bytes, *fields: bytes) -> bytes:
    """The link of the audit log's hash chain: a MAC over an entry and the one before (empty for the first)."""
    return mark(key, Label.MAC_CHAIN, previous, *fields)


def network_mac(salt: bytes, network: str) -> bytes:
    """A pseudonym of a truncated network address; unlinkable once the day's salt is thrown away."""
    return mark(salt, Label.MAC_NETWORK, network.encode())


def submission_mac(key: bytes, submission_id: UUID) -> bytes:
    """A tag of a submission, opaque to everyone without the key, by which forms recognise it. Never stored."""
    return mark(key, Label.MAC_SUBMISSION, submission_id.bytes)


def worker_clock_mac(key: bytes, *fields: str) -> bytes:
    """Authenticate the row in which the worker remembers its clock; an empty field stands for none."""
    return mark(key, Label.MAC_WORKER_CLOCK, *(one.encode() for one in fields))


def mark(key: bytes, label: Label, *fields: bytes) -> bytes:
    """HMAC-SHA256 over the label and the fields, each framed: 32 bytes. Raises ValueError for a key under 32."""
    if len(key) < SMALLEST_KEY:
        raise ValueError("a key has at least 32 bytes")
    return hmac.digest(key, framed(label.value, *fields), hashlib.sha256)
