"""The folder of backup files: one folder for each kind, because each has a life of its own.

A copy of `erasure` is a copy of crypto-shredding keys: one that is kept undoes erasing. So it is overwritten and
removed before its seventh day is over, unless no newer one was made; `main` and the configuration live for 60 days.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Final
from uuid import UUID

from webapp.rules import clock
from webapp.services.backup.overwriting import destroy
from webapp.vault.backup_files import BackupHead, BackupKind, NotABackup, read_head, seal_backup

FOLDERS: Final[Mapping[BackupKind, str]] = MappingProxyType(
    {
        BackupKind.MAIN: "main",
        BackupKind.ERASURE: "erasure",
        BackupKind.CONFIGURATION: "config",
    }
)
#: A copy of `erasure` that is this old goes when a newer one is there: our pages promise seven days.
DAYS: Final[Mapping[BackupKind, int]] = MappingProxyType(
    {BackupKind.MAIN: 60, BackupKind.ERASURE: 6, BackupKind.CONFIGURATION: 60}
)
SUFFIX: Final = ".backup"


@dataclass(frozen=True)
class BackupFile:
    """One file in the folder, by what it says of itself."""

    path: Path
    head: BackupHead

    @property
    def is_over(self) -> bool:
        """Whether it has reached its day, by the clock of the machine; or says a day that is still to come."""
        return self.is_of_the_future or (
            self.head.made_on <= clock.today() - timedelta(days=DAYS[self.head.kind])
        )

    @property
    def is_of_the_future(self) -> bool:
        """Whether it was made while the clock was ahead: it is older than it says, and never the newest."""
        return self.head.made_on > clock.today() + timedelta(days=1)


@dataclass(frozen=True)
class BackupFolder:
    """Where backups are kept."""

    path: Path

    def files(self, kind: BackupKind) -> list[BackupFile]:
        """The whole files of a kind, the newest first. Anything else in the folder is passed over."""
        found = []
        for path in sorted((self.path / FOLDERS[kind]).glob(f"*{SUFFIX}")):
            with suppress(NotABackup, OSError), path.open("rb") as file:
                head = read_head(file)
                if head.kind == kind:
                    found.append(BackupFile(path, head))
        return sorted(
            found,
            key=lambda one: (
                not one.is_of_the_future,
                one.head.made_on,
                one.path.stat().st_mtime_ns,
            ),
            reverse=True,
        )

    def write(self, head: BackupHead, pieces: Iterable[bytes], public_key: bytes) -> BackupFile:
        """Encrypt these pieces into a new file, under a name of its own first: one that broke off is no backup.

        Raises `OSError`, and what reading the pieces raises.
        """
        folder = self.path / FOLDERS[head.kind]
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{head.made_on.isoformat()}-{head.backup_id.hex[:8]}{SUFFIX}"
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
        return BackupFile(path, head)

    def remove_old(self) -> Iterator[BackupFile]:
        """Remove what has reached its day, but the newest of each kind. Yields what went. Raises `OSError`.

        Of `main` and of the configuration the two newest stay: a clock that jumped takes no good copy with it. Of
        copies of secrets the newest alone, which has all that is still needed.
        """
        for kind in FOLDERS:
            stays = 1 if kind is BackupKind.ERASURE else 2
            for one in self.files(kind)[stays:]:
                if one.is_over:
                    _remove(one.path)
                    yield one

    def destroy_remains(self) -> None:
        """Destroy what a run that was killed has left: files that were not finished, or half destroyed. Raises
        `OSError`."""
        for folder in FOLDERS.values():
            for path in (self.path / folder).glob("*.part"):
                destroy(path)


def _remove(path: Path) -> None:
    """Destroy a whole file, under a name by which it is found again if that breaks off."""
    going = path.with_suffix(".part")
    path.replace(going)
    destroy(going)


def together(files: Iterable[BackupFile]) -> set[UUID]:
    """The ids of the backups that these files are of: one, where they were made together."""
    return {one.head.backup_id for one in files}
