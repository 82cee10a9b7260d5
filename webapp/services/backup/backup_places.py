"""A place for backups (`BackupPlace`), a folder or a bucket of an S3-compatible store, and how long each kind lives.

A copy of `erasure` is a copy of crypto-shredding keys: one that is kept undoes erasing. So it is removed before its
seventh day is over, unless no newer one was made; `main` and the configuration live for 60 days.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO, Final, Protocol
from uuid import UUID

from webapp.rules import clock
from webapp.vault.backup_files import BackupHead, BackupKind

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
    """One whole backup file in its place."""

    head: BackupHead
    #: Where an operator finds it: the path of a file, or the address of an object.
    name: str
    size: int
    #: When it came there, by the clock of the place: of two of one day, the later one is the newest.
    stored_at: float
    #: Its bytes from the beginning. Raises what the place raises, and `NotABackup` where it is not what it says it is.
    open: Callable[[], AbstractContextManager[BinaryIO]] = field(repr=False, compare=False)

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

    def __str__(self) -> str:
        return f"{self.name}  {self.size:,} bytes"


class BackupPlace(Protocol):
    """Where backups are kept. Each method raises `OSError` or `BucketFailed` where it cannot do what it says."""

    @property
    def name(self) -> str:
        """How an operator names it: a path, or an address."""

    @property
    def disk(self) -> Path | None:
        """The folder whose disk its files fill; None where they fill none of this machine."""

    def try_out(self) -> None:
        """Find out whether a backup could be made here now, before anything is copied."""

    def prepare(self) -> None:
        """Make the place ready for a backup, and destroy what a run that was killed has left."""

    def files(self, kind: BackupKind) -> list[BackupFile]:
        """The whole files of a kind, the newest first. Anything else is passed over."""

    def write(self, head: BackupHead, pieces: Iterable[bytes], public_key: bytes) -> BackupFile:
        """Encrypt these pieces into a new file: it is there whole, or not at all. Raises what the pieces raise, too."""

    def remove(self, one: BackupFile) -> None:
        """Remove one of its files, and destroy it where the place can."""


def remove_old(place: BackupPlace) -> Iterator[BackupFile]:
    """Remove what has reached its day, but the newest of each kind. Yields what went. Raises what the place raises.

    Of `main` and of the configuration the two newest stay: a clock that jumped takes no good copy with it. Of
    copies of secrets the newest alone, which has all that is still needed.
    """
    for kind in FOLDERS:
        stays = 1 if kind is BackupKind.ERASURE else 2
        for one in place.files(kind)[stays:]:
            if one.is_over:
                place.remove(one)
                yield one


def newest_first(files: Iterable[BackupFile]) -> list[BackupFile]:
    """In the order in which backups are taken for a restore."""
    return sorted(
        files,
        key=lambda one: (not one.is_of_the_future, one.head.made_on, one.stored_at),
        reverse=True,
    )


def together(files: Iterable[BackupFile]) -> set[UUID]:
    """The ids of the backups that these files are of: one, where they were made together."""
    return {one.head.backup_id for one in files}


def file_name(head: BackupHead) -> str:
    """The name of a backup file within the folder of its kind: its day, and its id."""
    return f"{head.made_on.isoformat()}-{head.backup_id.hex}{SUFFIX}"
