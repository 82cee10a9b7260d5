"""A restore drill: the newest backup is opened with the words on paper, and looked at, without touching the instance.

SQLite: a Hearth is made of the copies in a folder that is gone afterwards, and its record and rows are verified there
with the configuration of the backup. PostgreSQL: the dumps are read to their end; a database to put them into is the
operator's to give.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from webapp.services.backup.backup_places import BackupFile, BackupPlace, together
from webapp.services.backup.overwriting import destroy_files, destroy_folder
from webapp.services.backup.restoring import newest, open_file
from webapp.services.backup.store_copies import check_dump, check_sqlite
from webapp.vault.backup_files import BackupKind

KINDS: Final = (BackupKind.MAIN, BackupKind.ERASURE, BackupKind.CONFIGURATION)
SQLITE: Final = b"SQLite format 3\0"
#: So many times the size of a backup are needed to look into it: its tables may have to be brought up to date.
ROOM: Final = 3
SCRATCH: Final = "hearth-drill-"


class NoRoom(Exception):
    """So many bytes are needed to open a backup in memory, and there is less room."""

    def __init__(self, needed: int) -> None:
        super().__init__(str(needed))
        self.needed = needed


class NotTogether(Exception):
    """The newest files of the three kinds were not made together: the last backup broke off."""


@dataclass(frozen=True)
class Opened:
    """The copies, open, in a private folder: a file for each kind."""

    files: tuple[BackupFile, ...]
    folder: Path

    def path(self, kind: BackupKind) -> Path:
        """The open copy of a kind."""
        return self.folder / kind.name.lower()

    @property
    def on_sqlite(self) -> bool:
        """Whether the stores are files of SQLite."""
        with self.path(BackupKind.MAIN).open("rb") as file:
            return file.read(len(SQLITE)) == SQLITE


@contextmanager
def opened(place: BackupPlace, seed: bytes, scratch: Path) -> Iterator[Opened]:
    """Open the newest backup of each kind whole, in a private folder under `scratch`, which is removed afterwards.

    Raises `NoBackup`, `NotTogether`, `BackupDamaged`, `CopyFailed` where a store is damaged, and what the place raises.
    """
    files = tuple(newest(place, kind) for kind in KINDS)
    if len(together(files)) > 1:
        raise NotTogether
    destroy_remains(scratch)
    with tempfile.TemporaryDirectory(prefix=f"{SCRATCH}{os.getpid()}-", dir=scratch) as private:
        copies = Opened(files, Path(private))
        try:
            for one in files:
                with copies.path(one.head.kind).open("wb") as target:
                    target.writelines(open_file(one, seed))
            for kind in (BackupKind.MAIN, BackupKind.ERASURE):
                _check(copies, kind)
            yield copies
        finally:
            destroy_files(copies.folder)


def in_memory(place: BackupPlace) -> Path:
    """Where the newest backup is opened: in memory. Raises `NoRoom` where it is too large for that, `NoBackup`."""
    memory = Path("/dev/shm")  # noqa: S108  (a private folder is made in it)
    needed = ROOM * sum(newest(place, kind).size for kind in KINDS)
    if not memory.is_dir() or shutil.disk_usage(memory).free < needed:
        raise NoRoom(needed)
    return memory


def destroy_remains(scratch: Path) -> None:
    """Destroy what a drill has left that was killed, and whose process is gone. Raises `OSError`."""
    for left in scratch.glob(f"{SCRATCH}*"):
        number = left.name.split("-")[2]
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            destroy_folder(left)


def _check(copies: Opened, kind: BackupKind) -> None:
    if copies.on_sqlite:
        check_sqlite(copies.path(kind))
        return
    with copies.path(kind).open("rb") as dump:
        check_dump(iter(lambda: dump.read(1 << 20), b""))
