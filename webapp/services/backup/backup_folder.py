"""A folder of backup files (`BackupPlace`): within it one for each kind, because each has a life of its own."""

import os
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from webapp.services.backup.backup_places import (
    FOLDERS,
    SUFFIX,
    BackupFile,
    file_name,
    newest_first,
)
from webapp.services.backup.overwriting import destroy
from webapp.vault.backup_files import BackupHead, BackupKind, NotABackup, read_head, seal_backup


@dataclass(frozen=True)
class BackupFolder:
    """A folder, on another disk than the data."""

    path: Path

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    @property
    def disk(self) -> Path:
        """Itself."""
        return self.path

    def try_out(self) -> None:
        """Nothing to ask: a disk that is not there is told by the first file that is written."""

    def prepare(self) -> None:
        """Make the folder, and destroy what a run that was killed has left: files that were not finished, or half
        destroyed. Raises `OSError`."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in FOLDERS.values():
            for path in (self.path / folder).glob("*.part"):
                destroy(path)

    def files(self, kind: BackupKind) -> list[BackupFile]:
        """The whole files of a kind, by what each says of itself, the newest first."""
        found = []
        for path in sorted((self.path / FOLDERS[kind]).glob(f"*{SUFFIX}")):
            with suppress(NotABackup, OSError):
                one = backup_file(path)
                if one.head.kind == kind:
                    found.append(one)
        return newest_first(found)

    def write(self, head: BackupHead, pieces: Iterable[bytes], public_key: bytes) -> BackupFile:
        """Encrypt these pieces into a new file, under a name of its own first: one that broke off is no backup.

        Raises `OSError`, and what reading the pieces raises.
        """
        folder = self.path / FOLDERS[head.kind]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / file_name(head)
        part = path.with_suffix(".part")
        try:
            with part.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                seal_backup(pieces, file, head=head, public_key=public_key)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return backup_file(path)

    def remove(self, one: BackupFile) -> None:
        """Destroy a whole file, under a name by which it is found again if that breaks off. Raises `OSError`."""
        path = Path(one.name)
        going = path.with_suffix(".part")
        path.replace(going)
        destroy(going)


def backup_file(path: Path) -> BackupFile:
    """A file on a disk, by what it says of itself. Raises `NotABackup`, `OSError`."""
    with path.open("rb") as file:
        head = read_head(file)
        status = os.fstat(file.fileno())
    return BackupFile(head, str(path), status.st_size, status.st_mtime, lambda: path.open("rb"))
