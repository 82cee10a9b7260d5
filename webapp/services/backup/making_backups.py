"""Online backup: `main`, then `erasure`, then the configuration with what was deleted and the noted ends of the record.

In this order, because a secret is stored before what it protects: `erasure` then has the secret of everything in that
`main`, but for what was erased in between.
"""

import io
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.services.backup.backup_places import BackupFile, BackupPlace, remove_old
from webapp.services.backup.overwriting import destroy_folder
from webapp.services.backup.store_copies import PIECE, copied
from webapp.services.infrastructure import backup_marks
from webapp.services.infrastructure.stores import Store
from webapp.vault.backup_files import BackupHead, BackupKind

#: What belongs to an instance beside its stores and its configuration, in its folder.
BESIDE: Final = ("tombstones.txt", "record-heads.txt", "words")
CONFIGURATION: Final = "config"
#: What the folder of copies that are not encrypted yet begins with.
SCRATCH: Final = ".making-backup-"


@dataclass(frozen=True)
class Made:
    """What one run made, and what had reached its day and was removed."""

    files: tuple[BackupFile, ...]
    removed: tuple[BackupFile, ...]


def make(place: BackupPlace, public_key: bytes) -> Made:
    """Make one backup, remove old ones, and note the day. Hearth may run meanwhile.

    Raises `CopyFailed`, `OSError`, `BucketFailed`: then no backup is noted, and what is removed had reached its day.
    """
    settings, backup_id, today = current_settings(), uuid4(), clock.today()
    stores: tuple[tuple[BackupKind, Store, str], ...] = (
        (BackupKind.MAIN, "main", settings.database_url),
        (BackupKind.ERASURE, "erasure", settings.erasure_database_url),
    )
    place.prepare()
    destroy_remains(settings.instance)
    files = []
    # Beside the stores, where all of it lies in the same way: no copy that is not encrypted is ever on the other disk.
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=settings.instance) as scratch:
        for kind, store, url in stores:
            with copied(store, url, Path(scratch)) as pieces:
                head = BackupHead(kind, today, backup_id)
                files.append(place.write(head, pieces, public_key))
    head = BackupHead(BackupKind.CONFIGURATION, today, backup_id)
    files.append(
        place.write(head, _configuration(settings.config_folder, settings.instance), public_key)
    )
    removed = tuple(remove_old(place))
    backup_marks.note_backup(settings.instance)
    return Made(tuple(files), removed)


def destroy_remains(instance: Path) -> None:
    """Destroy the copies that a run has left which was killed. Raises `OSError`."""
    for left in instance.glob(f"{SCRATCH}*"):
        destroy_folder(left)


def _configuration(config: Path, instance: Path) -> Iterator[bytes]:
    """The configuration, and what lies beside the stores, as one archive (tar)."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.add(config, CONFIGURATION)
        for name in BESIDE:
            if (instance / name).exists():
                archive.add(instance / name, name)
    whole = data.getvalue()
    for start in range(0, len(whole), PIECE):
        yield whole[start : start + PIECE]
