"""The tombstone file: an append-only, fsynced list of erased ids, kept outside the databases.

A restore of `main` or `erasure` brings rows back; this file says which of them must stay erased: the ids of rows, and
of the erasure secrets that went with them. Ids are random, so it names no participant. Other lines of it say which
permissions were taken back (`services.answers.withdrawal_log`).
"""

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final
from uuid import UUID

from webapp.extensions import current_settings
from webapp.services.infrastructure import append_only_file
from webapp.settings import WrongSetting

#: So many last bytes are the newest two thousand lines: more than one erasing of a batch writes.
NEWEST_BYTES: Final = 1 << 16


def append(ids: Iterable[UUID]) -> None:
    """Write ids to the tombstone file and wait until the disk has all of them.

    Raises `OSError`, like that of a full disk: then no secret may go yet, and the next try writes them all again.
    """
    append_lines(erased.hex for erased in ids)


def append_lines(lines: Iterable[str]) -> None:
    """The same for lines without spaces. Raises `OSError`."""
    descriptor = _open()
    try:
        append_only_file.append(descriptor, "".join(f"{line}\n" for line in lines).encode())
    finally:
        os.close(descriptor)


def lines() -> Iterator[str]:
    """Every line of the tombstone file, in the order of writing."""
    path = current_settings().tombstone_file
    if path.exists():
        with path.open(encoding="ascii", errors="replace") as written:
            for line in written:
                yield line.strip()


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
    wanted = {one.hex: one for one in ids}
    return {wanted[line] for line in lines() if line in wanted} if wanted else set()


def everything() -> set[UUID]:
    """All ids that the tombstone file has: of rows, and of erasure secrets. A line that is no id is passed over."""
    return _ids(lines())


def newest() -> set[UUID]:
    """The ids among its newest lines, of which there are at most two thousand."""
    path = current_settings().tombstone_file
    if not path.exists():
        return set()
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - NEWEST_BYTES))
        return _ids(file.read().decode("ascii", errors="replace").splitlines())


def _ids(found: Iterable[str]) -> set[UUID]:
    ids = set()
    for line in found:
        with suppress(ValueError):
            ids.add(UUID(line))
    return ids


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
