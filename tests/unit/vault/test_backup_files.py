"""Backup files: what was sealed opens whole with the words on paper, and nothing that was harmed opens to its end."""

import io
import os
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest

from tests.unit.vault.factories import stored
from webapp.vault import backup_files
from webapp.vault.backup_files import (
    CHUNK,
    BackupHead,
    BackupKind,
    MistypedWords,
    NotABackup,
    open_backup,
    read_head,
    seal_backup,
)
from webapp.vault.envelope import DoesNotOpen

KEY = backup_files.new_backup_key()
SEED = backup_files.seed_of(" ".join(KEY.words))
HEAD_SIZE, SEALED_SIZE, TAG = 30, 1170, 16


def head(kind: BackupKind = BackupKind.MAIN) -> BackupHead:
    return BackupHead(kind, date(2026, 11, 30), uuid4())


def sealed(data: bytes, of: BackupHead | None = None, size: int = 100_000) -> bytes:
    target = io.BytesIO()
    pieces = (data[start : start + size] for start in range(0, len(data), size))
    seal_backup(pieces, target, head=of or head(), public_key=KEY.public_key)
    return target.getvalue()


def opened(file: bytes, seed: bytes = SEED) -> bytes:
    return b"".join(open_backup(io.BytesIO(file), seed=seed))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7])
def test_what_was_sealed_opens_whole(size: int) -> None:
    data = os.urandom(size)
    file = sealed(data)

    assert opened(file) == data
    # And the size of the file tells the size of what is in it, and no more
    assert len(file) == HEAD_SIZE + SEALED_SIZE + size + TAG * max(1, -(-size // CHUNK))


def test_a_file_says_what_it_is_without_a_key() -> None:
    of = head(BackupKind.ERASURE)

    assert read_head(io.BytesIO(sealed(b"x", of))) == of


@pytest.mark.parametrize("data", [b"", b"hearth-b", b"x" * 40, b"hearth-b\x02" + bytes(30)])
def test_what_is_no_backup_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(NotABackup):
        read_head(io.BytesIO(data))


def harmed() -> Iterator[tuple[str, bytes]]:
    file = sealed(os.urandom(2 * CHUNK + 9))
    first = HEAD_SIZE + SEALED_SIZE
    chunk = CHUNK + TAG
    yield "cut off in a chunk", file[:-1]
    yield "cut off after a chunk", file[: first + 2 * chunk]
    yield "cut off before the first", file[:first]
    yield "a byte more", file + b"x"
    yield (
        "chunks exchanged",
        (
            file[:first]
            + file[first + chunk : first + 2 * chunk]
            + file[first : first + chunk]
            + file[first + 2 * chunk :]
        ),
    )
    yield "a chunk left out", file[:first] + file[first + chunk :]
    other = sealed(os.urandom(2 * CHUNK + 9))
    yield "the end of another", file[: first + 2 * chunk] + other[first + 2 * chunk :]
    yield "the key of another", file[:HEAD_SIZE] + other[HEAD_SIZE:first] + file[first:]


@pytest.mark.parametrize(
    ("harm", "file"), [*harmed()], ids=lambda one: one if type(one) is str else ""
)
def test_nothing_that_was_harmed_opens_to_its_end(harm: str, file: bytes) -> None:
    with pytest.raises(DoesNotOpen):
        opened(file)


def test_no_bit_of_a_small_file_can_be_changed() -> None:
    file = sealed(b"a few words")
    for place in range(len(file)):
        changed = bytearray(file)
        changed[place] ^= 1
        with pytest.raises((DoesNotOpen, NotABackup)):
            opened(bytes(changed))


def test_another_key_opens_nothing() -> None:
    other = backup_files.seed_of(" ".join(backup_files.new_backup_key().words))

    with pytest.raises(DoesNotOpen):
        opened(sealed(b"x"), other)
    for seed, its_own in ((SEED, True), (other, False)):
        assert backup_files.opens_key(io.BytesIO(sealed(b"x")), seed=seed) is its_own


@pytest.mark.parametrize("words", ["", "one", " ".join(KEY.words[:-1]), " ".join(["zoo"] * 24)])
def test_words_that_are_no_key_are_refused(words: str) -> None:
    with pytest.raises(MistypedWords):
        backup_files.seed_of(words)


def test_a_backup_of_2026_opens() -> None:
    of: dict[str, Any] = stored("frozen_backups")["backup_file"]
    file = bytes.fromhex(of["file"])

    seed = backup_files.seed_of(of["words"])

    assert seed.hex() == of["seed"]
    assert opened(file, seed).decode() == of["data"]
    told = read_head(io.BytesIO(file))
    assert (told.kind, told.made_on.isoformat()) == (of["kind"], of["made_on"])
