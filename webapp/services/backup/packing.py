"""Packing: all that is sealed, and all that is needed to make sense of it, as one file of a written format.

A pack holds copies of crypto-shredding keys, so it opens what is erased after it was made. It says the day on which
every copy of it must be destroyed: that of a backup of `erasure`, or, where the instance is closed for good, the last
day on which anything in it is due. A row that Hearth did not write stops it: an operator looks at that first.
"""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, func, select

from webapp import resources
from webapp.extensions import current_settings
from webapp.models import OwnCopy, Part, Registration, WaitingPart
from webapp.models.authenticated import MAC_COLUMN
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.backup import pack_keys
from webapp.services.backup.backup_places import DAYS
from webapp.services.backup.pack_archive import LARGEST, PIECE, Member, is_name, written
from webapp.services.backup.packed_rows import STORES, PackedTable, line_of, tables
from webapp.services.infrastructure import audit, backup_marks, stores
from webapp.services.infrastructure.row_authentication import RowForged, columns_in_order, row_holds
from webapp.vault.backup_files import BackupHead, BackupKind, seal_backup
from webapp.vault.macs import pack_mac

FORMAT: Final = "hearth-pack"
VERSION: Final = 1
READ_AT_ONCE: Final = 200
PACK, KEYS = "hearth.pack", "hearth.keys"
#: What lies beside a pack, so that whoever has it can read it: the reader, the words that it reads, the format.
READER: Final = (
    resources.PACK_READER,
    resources.WORDS,
    resources.PACK_FORMAT,
)
#: Where the lists beside the stores are in a pack.
LISTS: Final = {"tombstones.txt": "tombstones", "record-heads.txt": "heads"}
WORDS: Final = "words"


class FolderInUse(Exception):
    """The folder for a pack is not new: nothing in it is replaced."""


@dataclass(frozen=True)
class Packed:
    """A pack that was made: where, how many rows of how many tables, and until when it may be kept."""

    folder: Path
    pack_id: UUID
    rows: int
    delete_by: date


@dataclass(frozen=True, slots=True)
class About:
    """What a pack says of itself first."""

    pack_id: UUID
    made_on: date
    delete_by: date
    closing: bool
    schema: str

    def as_bytes(self) -> bytes:
        """`pack.json`."""
        told = {
            "format": FORMAT,
            "version": VERSION,
            "pack_id": self.pack_id.hex,
            "made_on": self.made_on.isoformat(),
            "delete_by": self.delete_by.isoformat(),
            "closing": self.closing,
            "schema": self.schema,
            "tables": [table.told() for table in tables()],
        }
        return json.dumps(told, indent=1).encode()


def make(folder: Path, public_key: bytes, *, closing: bool = False) -> Packed:
    """Pack this instance into a new folder, and enter it in the record first. Hearth may run, unless it is closed.

    `closing`: the instance ends with it, and no process starts there any more. Raises `FolderInUse`, `RowForged`,
    `PackDamaged` for a stored value of no form of ours, `StoreUnavailable`, `OSError`: then there is no pack.
    """
    settings, pack_id, today = current_settings(), uuid4(), clock.today()
    delete_by = _last_due_day() if closing else today + timedelta(days=DAYS[BackupKind.ERASURE])
    about = About(pack_id, today, delete_by, closing, stores.newest_revision())
    keys = pack_keys.keys_of(settings.config_folder, pack_id)
    if folder.exists() and any(folder.iterdir()):
        raise FolderInUse
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    backup_marks.note_pack(settings.instance, delete_by)
    if closing:
        backup_marks.note_closed(settings.instance)
    try:
        with stores.writing() as main:
            audit.enter(
                main, audit.OPERATOR, AuditEvent.PACKED, reason=f"until {delete_by.isoformat()}"
            )
        counted = _Counted(about)
        _seal(
            folder / PACK,
            BackupHead(BackupKind.PACK, today, pack_id),
            written(counted.members()),
            public_key,
        )
        head = BackupHead(BackupKind.PACK_KEYS, today, pack_id)
        _seal(folder / "keys" / KEYS, head, [keys.as_bytes()], public_key)
        for path in READER:
            shutil.copyfile(path, folder / path.name)
    except BaseException:
        shutil.rmtree(folder)
        if closing:
            backup_marks.forget_closed(settings.instance)
        raise
    return Packed(folder, pack_id, sum(counted.rows.values()), delete_by)


def note_destroyed() -> None:
    """The operator says that every copy of every pack is destroyed: it goes into the record."""
    with stores.writing() as main:
        audit.enter(main, audit.OPERATOR, AuditEvent.PACKS_DESTROYED)
    backup_marks.forget_packs(current_settings().instance)


def _seal(path: Path, head: BackupHead, pieces: Iterable[bytes], public_key: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        seal_backup(pieces, file, head=head, public_key=public_key)
        file.flush()
        os.fsync(file.fileno())


def _last_due_day() -> date:
    """The last day on which anything that people told is due; at least that of any pack."""
    days = [clock.today() + timedelta(days=DAYS[BackupKind.ERASURE])]
    with stores.reading() as main:
        for kind in (Part, OwnCopy, WaitingPart, Registration):
            days += [day for day in main.scalars(select(func.max(kind.due_on))) if day is not None]
    return max(days)


class _Counted:
    """The members of a pack as they are written, counted and hashed, and at the end what authenticates them all."""

    def __init__(self, about: About) -> None:
        self.about = about
        self.told: list[dict[str, Any]] = []
        self.rows = {table.path: 0 for table in tables()}

    def members(self) -> Iterator[Member]:
        """`pack.json`, every table, the lists beside the stores, the manifest and its MAC."""
        for member in self._contents():
            digest = hashlib.sha256(member.data).hexdigest()
            self.told.append({"name": member.name, "size": len(member.data), "sha256": digest})
            yield member
        manifest = {"pack_id": self.about.pack_id.hex, "members": self.told, "rows": self.rows}
        data = json.dumps(manifest, indent=0).encode()
        mac = pack_mac(current_settings().audit_key, data)
        yield Member("manifest.json", data)
        yield Member("manifest.mac", mac.hex().encode())

    def _contents(self) -> Iterator[Member]:
        yield Member("pack.json", self.about.as_bytes())
        for store in STORES:
            # One snapshot of a store: no row refers to one that is missing.
            with stores.reading_rows(store) as connection:
                for table in tables():
                    if table.store == store:
                        for number, data in enumerate(_pieces(self._lines(connection, table)), 1):
                            yield Member(f"{table.path}/{number}.jsonl", data)
        instance = current_settings().instance
        # Last: whoever was erased while the tables were read is in it.
        for name, place in LISTS.items():
            if (instance / name).exists():
                with (instance / name).open("rb") as lines:
                    for number, data in enumerate(_pieces(lines), start=1):
                        yield Member(f"{place}/{number}.txt", data)
        for path in sorted((instance / WORDS).glob("*")):
            name = f"{WORDS}/{path.name}"
            if path.is_file() and is_name(name) and path.stat().st_size <= LARGEST:
                yield Member(name, path.read_bytes())

    def _lines(self, connection: Connection, table: PackedTable) -> Iterator[bytes]:
        for line in _lines_of(connection, table):
            self.rows[table.path] += 1
            yield line


def _lines_of(connection: Connection, table: PackedTable) -> Iterator[bytes]:
    """The rows of a table in the order of their keys. Raises `RowForged`, `PackDamaged`."""
    model, names = table.model, [column.name for column in table.columns]
    packed = table.table
    order = [packed.c[name] for name in table.key]
    query = select(packed).order_by(*order).execution_options(yield_per=READ_AT_ONCE)
    for row in connection.execute(query):
        if model is not None:
            values = dict(zip(names, row, strict=True))
            ordered = [values[name] for name in columns_in_order(model)]
            if not row_holds(model, ordered, values[MAC_COLUMN]):
                raise RowForged(table.name, tuple(values[name] for name in table.key))
        yield line_of(table, row)


def _pieces(lines: Iterable[bytes]) -> Iterator[bytes]:
    piece = io.BytesIO()
    for line in lines:
        piece.write(line)
        if piece.tell() >= PIECE:
            yield piece.getvalue()
            piece = io.BytesIO()
    if piece.tell():
        yield piece.getvalue()
