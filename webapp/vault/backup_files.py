"""Backup files: a stream of any length, encrypted to the backup key (HPKE, then a STREAM of AES-256-GCM chunks).

Whoever makes backups has the public half alone, and cannot read the one of yesterday. The private half is on paper.

    offset  size           piece
    0       8              "hearth-b"
    8       1              format of the file, 0x01
    9       1              kind: 1 main, 2 erasure, 3 configuration, 4 a pack, 5 the keys of a pack
    10      4              the day on which it was made, as a number (proleptic Gregorian ordinal, big-endian)
    14      16             the id of this backup; three files that were made together have the same
    30      1,170          the file key (32) as a DIRECT envelope, bound to kind, id and day
    1,200   n * 1,048,592  chunks of 1,048,576 bytes with their tags (16); the last one may be shorter, or empty

    chunk key = HKDF-SHA256(ikm = file key, salt = empty, info = label || SHA-256(bytes 0 to 29), 32 bytes)
    nonce     = number of the chunk from 0 (11 bytes, big-endian), then 1 for the last chunk and 0 for every other

The numbers keep chunks in their order, and the last byte tells a file that was cut off (STREAM: Hoang, Reyhanitabar,
Rogaway, Vizár, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance", 2015).
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import BinaryIO, Final
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from webapp.vault.contexts import BACKUP_FILE, Context
from webapp.vault.envelope import (
    ENCAPSULATED_SIZE,
    HEADER_SIZE,
    KEY_SIZE,
    TAG_SIZE,
    DoesNotOpen,
)
from webapp.vault.labels import Label
from webapp.vault.phrases import MistypedWords as MistypedWords
from webapp.vault.phrases import phrase_of, secret_of
from webapp.vault.sealing import seal_for_holder
from webapp.vault.seeds import new_seed, open_direct, public_key_of
from webapp.vault.symmetric import derive

MAGIC: Final = b"hearth-b"
FORMAT: Final = 1
CHUNK: Final = 1 << 20
_DAY_SIZE, _ID_SIZE, _COUNT_SIZE = 4, 16, 11
_HEAD_SIZE = len(MAGIC) + 2 + _DAY_SIZE + _ID_SIZE
_SEALED_SIZE = HEADER_SIZE + ENCAPSULATED_SIZE + KEY_SIZE + TAG_SIZE


class NotABackup(Exception):
    """These bytes do not begin as a backup file of a format that is known."""


class BackupKind(IntEnum):
    """What a file is a copy of."""

    MAIN = 1
    ERASURE = 2
    CONFIGURATION = 3
    PACK = 4
    PACK_KEYS = 5


@dataclass(frozen=True, slots=True)
class BackupHead:
    """What a backup file says of itself in the clear; it opens only as what it says."""

    kind: BackupKind
    made_on: date
    backup_id: UUID

    def encode(self) -> bytes:
        """The first 30 bytes of the file."""
        numbers = bytes((FORMAT, self.kind)) + self.made_on.toordinal().to_bytes(_DAY_SIZE, "big")
        return MAGIC + numbers + self.backup_id.bytes


@dataclass(frozen=True, slots=True)
class BackupKey:
    """A new backup key: the public half for the machine, the private half as 24 words for paper."""

    public_key: bytes
    words: tuple[str, ...]


def new_backup_key() -> BackupKey:
    """Generate one. Nobody keeps the private half but whoever has the words."""
    seed = new_seed()
    return BackupKey(public_key_of(seed), phrase_of(seed, Label.BACKUP_WORDS))


def seed_of(words: str) -> bytes:
    """The private half from typed words. Raises MistypedWords."""
    return secret_of(words, Label.BACKUP_WORDS)


def read_head(source: BinaryIO) -> BackupHead:
    """The head of a backup file. Raises NotABackup."""
    head = source.read(_HEAD_SIZE)
    number = head[len(MAGIC) + 2 : len(MAGIC) + 2 + _DAY_SIZE]
    if len(head) < _HEAD_SIZE or not head.startswith(MAGIC) or head[len(MAGIC)] != FORMAT:
        raise NotABackup
    try:
        return BackupHead(
            BackupKind(head[len(MAGIC) + 1]),
            date.fromordinal(int.from_bytes(number, "big")),
            UUID(bytes=head[-_ID_SIZE:]),
        )
    except (ValueError, OverflowError):
        raise NotABackup from None


def seal_backup(
    pieces: Iterable[bytes], target: BinaryIO, *, head: BackupHead, public_key: bytes
) -> None:
    """Write a backup file of these pieces, as they come, in constant memory. Raises NotAKey, OSError."""
    target.writelines(sealed_pieces(pieces, head=head, public_key=public_key))


def sealed_pieces(
    pieces: Iterable[bytes], *, head: BackupHead, public_key: bytes
) -> Iterator[bytes]:
    """The bytes of a backup file of these pieces, one chunk after the other. Raises NotAKey."""
    key = secrets.token_bytes(KEY_SIZE)
    yield head.encode()
    yield seal_for_holder(key, public_key=public_key, context=_context(head))
    cipher, bound_to = _cipher(key, head), head.encode()
    number, waiting = 0, bytearray()
    for piece in pieces:
        waiting += piece
        while len(waiting) > CHUNK:
            chunk, waiting = bytes(waiting[:CHUNK]), waiting[CHUNK:]
            yield cipher.encrypt(_nonce(number, last=False), chunk, bound_to)
            number += 1
    yield cipher.encrypt(_nonce(number, last=True), bytes(waiting), bound_to)


def open_backup(source: BinaryIO, *, seed: bytes) -> Iterator[bytes]:
    """The pieces that were sealed. What came before an error is authentic, and still must not be used: the file may be
    cut off, which only its last chunk tells.

    Raises NotABackup, DoesNotOpen.
    """
    head = read_head(source)
    key = open_direct(source.read(_SEALED_SIZE), seed=seed, context=_context(head))
    cipher, bound_to = _cipher(key, head), head.encode()
    number, chunk = 0, source.read(CHUNK + TAG_SIZE)
    while True:
        after = source.read(CHUNK + TAG_SIZE)
        try:
            yield cipher.decrypt(_nonce(number, last=not after), chunk, bound_to)
        except InvalidTag:
            raise DoesNotOpen from None
        if not after:
            return
        number, chunk = number + 1, after


def opens_key(source: BinaryIO, *, seed: bytes) -> bool:
    """Whether this is the key of a backup file, by its beginning alone. Raises NotABackup."""
    head = read_head(source)
    try:
        open_direct(source.read(_SEALED_SIZE), seed=seed, context=_context(head))
    except DoesNotOpen:
        return False
    return True


def _context(head: BackupHead) -> Context:
    return Context(
        BACKUP_FILE,
        owner_id=head.backup_id,
        row_id=UUID(int=head.kind),
        epoch=head.made_on.toordinal(),
    )


def _cipher(key: bytes, head: BackupHead) -> AESGCM:
    digest = hashlib.sha256(head.encode()).digest()
    return AESGCM(derive(key, salt=b"", label=Label.BACKUP_CONTENT, bound_to=digest))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(_COUNT_SIZE, "big") + bytes((last,))
