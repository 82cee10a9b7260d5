"""Health checks of what protects processes from each other and visitors from each other: rights, tombstones, proxy."""

import errno
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from webapp.cli.finding import Finding, State
from webapp.release import VERSION
from webapp.services.infrastructure import (
    database_grants,
    held_rights,
    separate_stores,
    shared_network,
    upgrade_notes,
)
from webapp.settings import Settings, WrongSetting

#: Linux's attributes of a file (`chattr`): how they are asked for, and the one that lets it only grow.
FS_IOC_GETFLAGS = 0x8008_6601
FS_APPEND_FL = 0x20
CANNOT = {errno.ENOTTY, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL}


def release(chosen: Settings) -> Iterator[Finding]:
    """The release that runs here, and whether an upgrade to it came to its end."""
    note = upgrade_notes.read(chosen.instance)
    if note and not note.finished:
        words = f"an upgrade to Hearth {note.to_release} did not come to its end: give upgrade again, or downgrade"
        yield Finding("release", State.BROKEN, words)
    else:
        yield Finding("release", State.WELL, f"Hearth {VERSION}")


def stores(chosen: Settings) -> Iterator[Finding]:
    """Separation of the stores, and of the processes' roles on PostgreSQL by the rights that they really have."""
    try:
        separate_stores.check()
    except WrongSetting as one:
        yield Finding("databases", State.BROKEN, str(one))
        return
    if database_grants.on_postgresql():
        yield from _roles()


def _roles() -> Iterator[Finding]:
    missing = database_grants.missing_roles()
    if missing:
        store, role = missing[0]
        words = f"PostgreSQL has no role {role} for {store}: give each process its own, then grants --apply"
        yield Finding("databases", State.LOOK, words)
        return
    found = [
        held_rights.in_words(process, one)
        for process, role in database_grants.ROLES.items()
        for one in held_rights.differences(process, role)
    ]
    yield from (Finding("databases", State.BROKEN, words) for words in found)
    if not found:
        words = "each process has a role of its own, with the rights that it needs"
        yield Finding("databases", State.WELL, words)


def tombstones(chosen: Settings) -> Iterator[Finding]:
    """Whether the tombstone file can only grow: a process that was taken over could empty it otherwise."""
    yield _only_grows("tombstones", chosen.tombstone_file, "nothing was deleted yet")


def heads(chosen: Settings) -> Iterator[Finding]:
    """Whether the file with the noted heads of the record can only grow: a cut-off end is missed by it alone."""
    yield _only_grows("heads", chosen.head_file, "no end of the record was noted yet")


def _only_grows(name: str, path: Path, words_without: str) -> Finding:
    if not path.exists():
        return Finding(name, State.WELL, words_without)
    only_grows = is_append_only(path)
    if only_grows is None:
        words = "this file system cannot keep a file append-only; the copies of the backup are what is left"
        return Finding(name, State.WELL, words)
    if only_grows:
        return Finding(name, State.WELL, f"{path.name} can only grow")
    words = f"{path} can be emptied by each process that writes to it: chattr +a {path}"
    return Finding(name, State.LOOK, words)


def is_append_only(path: Path) -> bool | None:
    """Whether a file has the append-only attribute; None where the file system knows none."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        flags = bytearray(8)
        fcntl.ioctl(descriptor, FS_IOC_GETFLAGS, flags)
    except OSError as error:
        if error.errno in CANNOT:
            return None
        raise
    finally:
        os.close(descriptor)
    return bool(int.from_bytes(flags[:4], "little") & FS_APPEND_FL)


def proxy(chosen: Settings) -> Iterator[Finding]:
    """Whether a door noticed within a day that all visitors count as one network."""
    if shared_network.is_noted():
        yield Finding("proxy", State.BROKEN, shared_network.WORDS)
    else:
        yield Finding("proxy", State.WELL, "no door noticed that all visitors count as one network")
