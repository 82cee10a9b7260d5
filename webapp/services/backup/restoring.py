"""Restore: what is missing is put back from a backup, and what was deleted since then is deleted again.

Only what is missing is filled, and nothing is ever replaced: an older `erasure` in the place of one that can still be
read would bring back people who were told that they are deleted.
"""

import io
import os
import tarfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from webapp.extensions import current_settings
from webapp.services.answers import withdrawal_log
from webapp.services.backup.backup_places import BackupFile, BackupPlace
from webapp.services.backup.making_backups import BESIDE, CONFIGURATION
from webapp.services.backup.store_copies import put_back
from webapp.services.infrastructure import append_only_file, backup_marks, stores
from webapp.services.infrastructure.stores import Store
from webapp.vault.backup_files import BackupKind, NotABackup, open_backup, opens_key
from webapp.vault.envelope import DoesNotOpen

STORES: Final[tuple[tuple[BackupKind, Store], ...]] = (
    (BackupKind.MAIN, "main"),
    (BackupKind.ERASURE, "erasure"),
)
TOMBSTONES: Final = "tombstones.txt"


class NoBackup(LookupError):
    """There is no backup of this kind in the place."""

    def __init__(self, kind: BackupKind) -> None:
        super().__init__(kind.name)
        self.kind = kind


class BackupDamaged(Exception):
    """A backup file does not open to its end: it is damaged or cut off, or of another key."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class TombstonesLost(Exception):
    """The list of what was deleted is not there: an old `erasure` would bring people back."""


def newest(place: BackupPlace, kind: BackupKind) -> BackupFile:
    """The newest backup of a kind. Raises `NoBackup`, and what the place raises."""
    found = place.files(kind)
    if not found:
        raise NoBackup(kind)
    return found[0]


def is_its_key(one: BackupFile, seed: bytes) -> bool:
    """Whether a backup was encrypted to this key. Raises `BackupDamaged`."""
    try:
        with one.open() as file:
            return opens_key(file, seed=seed)
    except NotABackup:
        raise BackupDamaged(one.name) from None


def restore_configuration(
    place: BackupPlace, seed: bytes, *, config: Path, instance: Path, tombstones_lost: bool
) -> tuple[str, ...]:
    """Put back the files of the configuration, and those beside the stores, that are missing. Returns their names.

    Ids that the archive has and `tombstones.txt` lacks are added to it. Where that file is lost, the archive's takes
    its place only when it is said that it is (`tombstones_lost`). Raises `NoBackup`, `BackupDamaged`.
    """
    chosen = newest(place, BackupKind.CONFIGURATION)
    data = b"".join(open_file(chosen, seed))
    but = frozenset() if tombstones_lost else frozenset({TOMBSTONES})
    return put_files_back(data, config=config, instance=instance, but=but)


def put_files_back(
    data: bytes, *, config: Path, instance: Path, but: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """The same from an archive that is open already. `but`: names that are not made where they are missing."""
    made = []
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        for member in archive:
            path = _place(member.name, config, instance)
            content = archive.extractfile(member) if member.isfile() else None
            if path is None or content is None:
                continue
            if not path.exists() and member.name not in but:
                write_new(path, content.read())
                made.append(str(path))
            elif path.exists() and member.name == TOMBSTONES:
                add_lines(path, content.read())
    return tuple(made)


def _place(name: str, config: Path, instance: Path) -> Path | None:
    """Where a file of the archive belongs; None for a name that no backup of ours has (path traversal)."""
    first, *rest = Path(name).parts or ("",)
    if ".." in rest or Path(name).is_absolute():
        return None
    if first == CONFIGURATION:
        return config.joinpath(*rest)
    return instance.joinpath(first, *rest) if first in BESIDE else None


def write_new(path: Path, content: bytes) -> None:
    """Whole or not at all: a half file of the configuration would be taken for one that is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.rename(path)
    finally:
        part.unlink(missing_ok=True)


def add_lines(path: Path, content: bytes) -> None:
    """Add those lines to a file that it does not have, in their order. Raises `OSError`.

    The last line about a person stands, so where the two lists went apart whoever is marked *do not contact* in this
    content stays marked.
    """
    here, there = path.read_bytes().split(), content.split()
    known = set(here)
    missing = [line for line in there if line not in known]
    if there[: len(here)] == here:
        # An older copy of the same list: a line of its end may be like an earlier one, and say something new.
        missing = there[len(here) :]
    elif missing:
        missing += withdrawal_log.marks_that_stand(there)
    if missing:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND)
        try:
            append_only_file.append(descriptor, b"".join(line + b"\n" for line in missing))
        finally:
            os.close(descriptor)


def missing_stores() -> list[Store]:
    """Of `main` and `erasure`, those that have no tables. Raises `StoreUnavailable`."""
    found = stores.revisions()
    return [store for _, store in STORES if not found[store]]


def check_tombstones(missing: Iterable[Store]) -> None:
    """Refuse an old `erasure` without the list of what was deleted since it was made: those people would be back.

    Raises `TombstonesLost`.
    """
    if "erasure" in missing and not current_settings().tombstone_file.exists():
        raise TombstonesLost


def restore_stores(
    place: BackupPlace, seed: bytes, missing: Iterable[Store]
) -> list[tuple[Store, BackupFile]]:
    """Put back each of these stores, and say from which file. Hearth does not run meanwhile.

    `main` and `erasure` come from one backup where both are missing: of another one, records that were sealed anew in
    between would not open. Until `finish` is called, no process starts: people who were deleted may be back. Raises
    `NoBackup`, `BackupDamaged`, `CopyFailed`: what was put back before stays.
    """
    settings = current_settings()
    stores.let_go()
    urls = {"main": settings.database_url, "erasure": settings.erasure_database_url}
    wanted = [(kind, store) for kind, store in STORES if store in set(missing)]
    chosen = _of_one_backup(place, [kind for kind, _ in wanted])
    if wanted:
        begin()
    done: list[tuple[Store, BackupFile]] = []
    for kind, store in wanted:
        put_back(urls[store], open_file(chosen[kind], seed))
        done.append((store, chosen[kind]))
    return done


def begin() -> None:
    """Until `finish` is called no process starts, whatever becomes of this one."""
    backup_marks.note_restore(current_settings().instance)


def finish() -> None:
    """Everything that was put back has been looked through: processes may start again."""
    backup_marks.forget_restore(current_settings().instance)


def _of_one_backup(place: BackupPlace, kinds: Sequence[BackupKind]) -> dict[BackupKind, BackupFile]:
    """The newest backup that has all of these kinds. Raises `NoBackup`."""
    by_id = {kind: {one.head.backup_id: one for one in place.files(kind)} for kind in kinds}
    for kind in kinds:
        for backup_id in by_id[kind]:
            if all(backup_id in others for others in by_id.values()):
                return {one: by_id[one][backup_id] for one in kinds}
        raise NoBackup(kind)
    return {}


def open_file(chosen: BackupFile, seed: bytes) -> Iterator[bytes]:
    """The pieces of a backup file. Raises `BackupDamaged`, and what the place raises."""
    try:
        with chosen.open() as file:
            yield from open_backup(file, seed=seed)
    except (DoesNotOpen, NotABackup):
        raise BackupDamaged(chosen.name) from None
