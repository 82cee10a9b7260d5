"""The tombstone file: an append-only, fsynced list of erased ids, kept outside the databases.

A restore of `main` or `erasure` brings rows back; this file says which of them must stay erased: the ids of rows, and
of the erasure secrets that went with them. Ids are random, so it names no participant.
"""

import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from uuid import UUID

from webapp.extensions import current_settings
from webapp.services.infrastructure import append_only_file
from webapp.settings import WrongSetting


def append(ids: Iterable[UUID]) -> None:
    """Write ids to the tombstone file and wait until the disk has all of them.

    Raises `OSError`, like that of a full disk: then no secret may go yet, and the next try writes them all again.
    """
    descriptor = _open()
    try:
        lines = "".join(f"{erased.hex}\n" for erased in ids).encode()
        append_only_file.append(descriptor, lines)
    finally:
        os.close(descriptor)


def _open() -> int:
    """The tombstone file, open at its end. Whichever process comes first makes it.

    Public door, desk and worker may be three users: where the folder's group may write, it may write here as well,
    whatever the umask of the first process says. Otherwise the file is for its owner alone.
    """
    path = current_settings().tombstone_file
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return os.open(path, os.O_RDWR | os.O_APPEND)
    folder = path.parent.stat()
    if folder.st_mode & stat.S_IWGRP:
        # A group that this process is not in cannot be given; then the file stays for its owner.
        with suppress(PermissionError):
            os.fchown(descriptor, -1, folder.st_gid)
            os.fchmod(descriptor, 0o660)
    return descriptor


def listed(ids: set[UUID]) -> set[UUID]:
    """Those of these ids that the tombstone file has: they were erased, whatever a restored database says."""
    path = current_settings().tombstone_file
    if not ids or not path.exists():
        return set()
    wanted = {one.hex: one for one in ids}
    with path.open(encoding="ascii", errors="replace") as lines:
        return {wanted[line.strip()] for line in lines if line.strip() in wanted}


def everything() -> set[UUID]:
    """All ids that the tombstone file has: of rows, and of erasure secrets. A line that is no id is passed over."""
    path, found = current_settings().tombstone_file, set()
    if path.exists():
        with path.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                with suppress(ValueError):
                    found.add(UUID(line.strip()))
    return found


def check_writable() -> None:
    """Raise `WrongSetting` when this process could not write to the tombstone file: nothing could be erased at once."""
    path = current_settings().tombstone_file
    where, needed = (
        (path, os.R_OK | os.W_OK) if os.access(path, os.F_OK) else (path.parent, os.W_OK | os.X_OK)
    )
    if not os.access(where, needed):
        raise WrongSetting(
            f"INSTANCE must be a folder whose {path.name} this process can write to; docs/operating.md says how for"
            " three processes that are three users"
        )
