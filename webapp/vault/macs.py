"""Message authentication codes (HMAC-SHA256, RFC 2104) under config keys, over rows that an attacker could write.

Write access to a database is then not enough to forge one. Each covers its label (domain separation) and its fields,
each with a length prefix. Callers compare them in constant time, with `hmac.compare_digest`.
"""

import hashlib
import hmac
from uuid import UUID

from webapp.vault.envelope import KeySwapped
from webapp.vault.framing import framed
from webapp.vault.key_claims import KeyClaim
from webapp.vault.labels import Label

__all__ = [
    "KeySwapped",
    "chain_mac",
    "check_public_key",
    "device_mac",
    "mac_public_key",
    "mark",
    "network_mac",
    "pack_mac",
    "record_check_mac",
    "submission_mac",
    "waiting_part_mac",
    "worker_clock_mac",
]

SMALLEST_KEY = 32


def mac_public_key(key: bytes, claim: KeyClaim) -> bytes:
    """32 bytes that vouch for a stored public key: over the label and the claim's fields, each framed by its length.

    Raises ValueError when the key is under 32 bytes.
    """
    return mark(key, Label.MAC_PUBLIC_KEY, *claim.fields())


def check_public_key(key: bytes, claim: KeyClaim, *, mac: bytes) -> None:
    """Pass only when the stored MAC authenticates this claim, compared in constant time. Raises KeySwapped.

    An attacker with write access to the database alone could otherwise put in a public key of their own and read
    everything sealed from then on.
    """
    if not hmac.compare_digest(mac_public_key(key, claim), mac):
        raise KeySwapped


def chain_mac(key: bytes, previous: bytes, *fields: bytes) -> bytes:
    """The link of the audit log's hash chain: a MAC over an entry and the one before (empty for the first)."""
    return mark(key, Label.MAC_CHAIN, previous, *fields)


def record_check_mac(key: bytes, *fields: str) -> bytes:
    """Authenticate the row in which the worker remembers its last check of the record."""
    return mark(key, Label.MAC_RECORD_CHECK, *(one.encode() for one in fields))


def network_mac(key: bytes, salt: bytes, network: str) -> bytes:
    """A pseudonym of a truncated network address: keyed, and unlinkable once the day's salt is thrown away.

    There are so few networks that all can be tried (enumeration): a salt that lies beside the pseudonym hides none.
    """
    return mark(key, Label.MAC_NETWORK, salt, network.encode())


def device_mac(key: bytes, slot_id: UUID, day: int, nonce: bytes) -> bytes:
    """Authenticate a device cookie: a browser in which the passphrase of this key slot was accepted, on this day."""
    return mark(key, Label.MAC_DEVICE, slot_id.bytes, day.to_bytes(4, "big"), nonce)


def submission_mac(key: bytes, submission_id: UUID) -> bytes:
    """A tag of a submission, opaque to everyone without the key, by which forms recognise it. Never stored."""
    return mark(key, Label.MAC_SUBMISSION, submission_id.bytes)


def waiting_part_mac(key: bytes, part_id: UUID) -> bytes:
    """A blind index of a part while it waits: found again with the key and its id, and no link to it for others."""
    return mark(key, Label.MAC_WAITING_PART, part_id.bytes)


def worker_clock_mac(key: bytes, *fields: str) -> bytes:
    """Authenticate the row in which the worker remembers its clock; an empty field stands for none."""
    return mark(key, Label.MAC_WORKER_CLOCK, *(one.encode() for one in fields))


def pack_mac(key: bytes, manifest: bytes) -> bytes:
    """Authenticate the manifest of a pack, and with its hashes the whole pack: whoever has the backup key's public half
    could make one."""
    return mark(key, Label.MAC_PACK, manifest)


def mark(key: bytes, label: Label, *fields: bytes) -> bytes:
    """HMAC-SHA256 over the label and the fields, each framed: 32 bytes. Raises ValueError for a key under 32."""
    if len(key) < SMALLEST_KEY:
        raise ValueError("a key has at least 32 bytes")
    return hmac.digest(key, framed(label.value, *fields), hashlib.sha256)
