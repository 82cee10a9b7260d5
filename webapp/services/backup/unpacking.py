"""Unpacking: a pack becomes the content of an empty Hearth, on whichever database. All of it or nothing.

One transaction of each store takes every row as it was, its MAC among its columns: the configuration's secrets came
along (`pack_keys`). Only when the archive was read to its end, and its manifest and that one's MAC hold, are they
committed, secrets first. Until `finish` is called no process starts: whoever was deleted meanwhile may be back.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from hmac import compare_digest
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.backup.backup_places import DAYS
from webapp.services.backup.pack_archive import Member, PackDamaged, read
from webapp.services.backup.packed_rows import (
    STORES,
    PackedStore,
    PackedTable,
    read_json,
    rows_of,
    tables,
)
from webapp.services.backup.packing import FORMAT, LISTS, VERSION, WORDS
from webapp.services.backup.restoring import add_lines, write_new
from webapp.services.infrastructure import audit, backup_marks, stores
from webapp.vault.backup_files import BackupHead, BackupKind, NotABackup, open_backup, read_head
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.macs import pack_mac

_PIECE: Final = re.compile(r"(main|erasure)/([a-z_]+)/([1-9][0-9]{0,8})\.jsonl")
_LIST: Final = re.compile(r"(tombstones|heads)/([1-9][0-9]{0,8})\.txt")
_WORDS: Final = re.compile(rf"{WORDS}/([A-Za-z0-9_][A-Za-z0-9._@-]*)")
_MANIFEST, _MAC = "manifest.json", "manifest.mac"


class NotEmpty(Exception):
    """There is something in a store already: nothing of two instances is ever mixed."""

    def __init__(self, store: str) -> None:
        super().__init__(store)
        self.store = store


class AnotherRelease(Exception):
    """The pack was made by a release with other tables."""

    def __init__(self, schema: str) -> None:
        super().__init__(schema)
        self.schema = schema


class AfterItsDay(Exception):
    """Every copy of this pack had to be destroyed already."""

    def __init__(self, delete_by: date) -> None:
        super().__init__(delete_by.isoformat())
        self.delete_by = delete_by


@dataclass(frozen=True)
class Unpacked:
    """What became of a pack: how many rows, of which day."""

    rows: int
    made_on: date


def pieces_of(path: Path, kind: BackupKind, seed: bytes) -> Iterator[bytes]:
    """What is in a file of a pack. Raises `PackDamaged`, `OSError`."""
    if head_of(path).kind != kind:
        raise PackDamaged(f"{path.name} is another file than was asked for")
    with path.open("rb") as file:
        try:
            yield from open_backup(file, seed=seed)
        except DoesNotOpen:
            raise PackDamaged(
                f"{path.name} is cut off, or was changed, or is of another key"
            ) from None


def head_of(path: Path) -> BackupHead:
    """What a file says of itself in the clear. Raises `PackDamaged`, `OSError`."""
    with path.open("rb") as file:
        try:
            return read_head(file)
        except NotABackup:
            raise PackDamaged(f"{path.name} is no file of a pack") from None


def check_empty() -> None:
    """Raise `NotEmpty` unless every table of both stores is there and has no row."""
    for store in STORES:
        with stores.reading_rows(store) as connection:
            for packed in tables():
                if (
                    packed.store == store
                    and connection.execute(select(packed.table).limit(1)).first()
                ):
                    raise NotEmpty(store)


def load(path: Path, seed: bytes, pack_id: UUID, *, after_its_day: bool = False) -> Unpacked:
    """Fill both stores, and put back what lies beside them. `pack_id` is that of the keys. Call `check_empty` before.

    Raises `PackDamaged`, `AnotherRelease`, `AfterItsDay`, `StoreUnavailable`, `OSError`: then the stores are as empty
    as before.
    """
    instance = current_settings().instance
    head = head_of(path)
    if head.backup_id != pack_id:
        raise PackDamaged("the keys are those of another pack")
    backup_marks.note_restore(instance)
    try:
        with stores.writing("main") as main, stores.writing("erasure") as erasure:
            loading = _Loading(head, {"main": main, "erasure": erasure}, after_its_day)
            for member in read(pieces_of(path, BackupKind.PACK, seed)):
                loading.take(member)
            loading.check_whole()
    except BaseException:
        backup_marks.forget_restore(instance)
        raise
    loading.put_beside(instance)
    # A pack may be kept for longer only where nobody can delete anything any more, and here they can again.
    backup_marks.note_pack(instance, clock.today() + timedelta(days=DAYS[BackupKind.ERASURE]))
    with stores.writing() as main:
        audit.enter(
            main, audit.OPERATOR, AuditEvent.UNPACKED, reason=f"of {head.made_on.isoformat()}"
        )
    return Unpacked(sum(loading.rows.values()), head.made_on)


class _Loading:
    """The members of a pack as they come: each in its place, in its order, hashed, and its rows written."""

    def __init__(
        self, head: BackupHead, into: dict[PackedStore, Session], after_its_day: bool
    ) -> None:
        self.head, self.into, self.after_its_day = head, into, after_its_day
        self.rows = {table.path: 0 for table in tables()}
        self.lists = {place: bytearray() for place in LISTS.values()}
        self.words: dict[str, bytes] = {}
        self._told: list[dict[str, Any]] = []
        self._manifest = self._mac = b""
        #: What may still come: a table of this number or a later one, then lists, then words.
        self._at: tuple[int, int] = (-1, 0)

    def take(self, member: Member) -> None:
        """The next member. Raises `PackDamaged`, `AnotherRelease`, `AfterItsDay`."""
        if self._mac:
            raise PackDamaged("something stands behind its manifest")
        if self._manifest:
            if member.name != _MAC:
                raise PackDamaged("its manifest is not authenticated")
            self._mac = member.data
            return
        if member.name == _MANIFEST:
            self._manifest = member.data
            return
        digest = hashlib.sha256(member.data).hexdigest()
        self._told.append({"name": member.name, "size": len(member.data), "sha256": digest})
        if len(self._told) == 1:
            self._check_about(member)
        else:
            self._take_content(member)

    def _check_about(self, member: Member) -> None:
        told = read_json(member.data, "pack.json") if member.name == "pack.json" else None
        if not isinstance(told, dict) or told.get("format") != FORMAT:
            raise PackDamaged("this is no pack")
        if told.get("version") != VERSION:
            raise PackDamaged(
                "it is of a format that this release does not know: a newer Hearth made it"
            )
        if (told.get("pack_id"), told.get("made_on")) != (
            self.head.backup_id.hex,
            self.head.made_on.isoformat(),
        ):
            raise PackDamaged("it is another pack than it says")
        if told.get("schema") != stores.newest_revision():
            raise AnotherRelease(re.sub("[^0-9a-z_]", "", str(told.get("schema")))[:60])
        if told.get("tables") != [table.told() for table in tables()]:
            raise PackDamaged("its tables are not those of this release")
        self._check_day(told.get("delete_by"))

    def _check_day(self, told: Any) -> None:
        try:
            delete_by = date.fromisoformat(told)
        except (ValueError, TypeError):
            raise PackDamaged("it does not say by when it must be destroyed") from None
        if clock.today() > delete_by and not self.after_its_day:
            raise AfterItsDay(delete_by)

    def _take_content(self, member: Member) -> None:
        if found := _PIECE.fullmatch(member.name):
            place, table = _table(found[1], found[2])
            self._in_order(place, int(found[3]))
            self._insert(table, member.data)
        elif found := _LIST.fullmatch(member.name):
            self._in_order(len(self.rows) + list(self.lists).index(found[1]), int(found[2]))
            self.lists[found[1]] += member.data
        elif found := _WORDS.fullmatch(member.name):
            self._at = (len(self.rows) + len(self.lists), 0)
            if found[1] in self.words:
                raise PackDamaged("a file is in it twice")
            self.words[found[1]] = member.data
        else:
            raise PackDamaged("it has a file that no pack has")

    def _in_order(self, place: int, number: int) -> None:
        """Each piece once, and each table after those that its rows refer to."""
        at, last = self._at
        if (place, number) not in ((at, last + 1), (max(place, at + 1), 1)):
            raise PackDamaged("a piece of it is missing, or is there twice")
        self._at = (place, number)

    def _insert(self, table: PackedTable, data: bytes) -> None:
        rows = rows_of(table, data)
        try:
            self.into[table.store].execute(insert(table.table), rows)
        except (IntegrityError, DataError):
            raise PackDamaged(
                f"a row of {table.name} is there twice, or refers to one that is missing"
            ) from None
        self.rows[table.path] += len(rows)

    def check_whole(self) -> None:
        """At the end: all that the manifest names is there, and Hearth wrote it. Raises `PackDamaged`."""
        if not self._mac:
            raise PackDamaged("its manifest is missing")
        told = read_json(self._manifest, "its manifest")
        if not isinstance(told, dict) or told.get("members") != self._told:
            raise PackDamaged("a file in it was changed, or is missing")
        if told.get("rows") != self.rows:
            raise PackDamaged("rows are missing, or there are too many")
        ours = pack_mac(current_settings().audit_key, self._manifest).hex().encode()
        if not compare_digest(ours, self._mac):
            raise PackDamaged("Hearth did not make it: its manifest is not authentic")

    def put_beside(self, instance: Path) -> None:
        """The lists beside the stores, added to those that are there, and words where there are none."""
        for name, place in LISTS.items():
            if self.lists[place]:
                path = instance / name
                if path.exists():
                    add_lines(path, bytes(self.lists[place]))
                else:
                    write_new(path, bytes(self.lists[place]))
        for name, data in self.words.items():
            if not (instance / WORDS / name).exists():
                write_new(instance / WORDS / name, data)


def _table(store: str, name: str) -> tuple[int, PackedTable]:
    for place, one in enumerate(tables()):
        if (one.store, one.name) == (store, name):
            return place, one
    raise PackDamaged("it has a table that this release does not know")
