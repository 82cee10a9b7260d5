"""Room on the disk: load shedding of new storage while there is still room to erase, and a reserve for a full disk.

On a full disk nobody could hand in a code, withdraw or erase, because each of these writes a little. So nothing new is
begun below `KEEP_FREE_MB`, and nothing new is stored below half of it: what lies between is for answers that were begun
before. When other programs fill the disk all the same, a preallocated file is emptied for these acts alone.

The file systems that are looked at hold the instance's folder and its SQLite files. How full the disk of a PostgreSQL
server is, its clients cannot know.
"""

import logging
import os
import shutil
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from webapp.extensions import current_settings
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.settings import Settings

log = logging.getLogger("hearth.disk")

MEGABYTE = 1024 * 1024
#: Below this, operator and coordinators are told.
LOW_BYTES = 1024 * MEGABYTE
#: Room for some thousands of withdrawals or erasures, each of which writes some kilobytes.
RESERVE_BYTES = 32 * MEGABYTE
#: With less than this the reserve is given up. A request writes far less; others may write at the same moment.
NEEDED_BYTES = 8 * MEGABYTE


class LittleRoom(StoreUnavailable):
    """There is so little room on the disk that nothing new is stored; erasing goes on."""


def free_bytes(chosen: Settings | None = None) -> int:
    """The room that is left where the instance and its SQLite stores are: of several file systems, the fullest one."""
    chosen = chosen or current_settings()
    return min(shutil.disk_usage(folder).free for folder in _folders(chosen))


def _folders(chosen: Settings) -> set[Path]:
    urls = (chosen.database_url, chosen.erasure_database_url, chosen.volatile_database_url)
    files = {Path(urlsplit(url).path) for url in urls if url.startswith("sqlite")}
    return {chosen.instance, *(file.parent for file in files if file.parent.is_dir())}


def may_begin(chosen: Settings | None = None) -> bool:
    """Whether there is room for something new to begin."""
    chosen = chosen or current_settings()
    return free_bytes(chosen) >= chosen.keep_free_mb * MEGABYTE


def may_store(chosen: Settings | None = None) -> bool:
    """Whether there is room to store what was begun before."""
    chosen = chosen or current_settings()
    return free_bytes(chosen) >= chosen.keep_free_mb * MEGABYTE // 2


def ensure_room_to_begin() -> None:
    """Raises `LittleRoom`."""
    if not may_begin():
        raise LittleRoom("main")


def ensure_room_to_store() -> None:
    """Raises `LittleRoom`."""
    if not may_store():
        raise LittleRoom("main")


# The reserve


def has_reserve(chosen: Settings) -> bool:
    """Whether the reserve is there, with blocks of the disk behind all of it."""
    try:
        about = chosen.reserve_file.stat()
    except OSError:
        return False
    return about.st_size >= RESERVE_BYTES and about.st_blocks * 512 >= RESERVE_BYTES


def give_up_reserve_if_full() -> bool:
    """Empty the reserve where the disk is full, before an act that must not fail for that. Returns whether it was."""
    chosen = current_settings()
    if free_bytes(chosen) >= NEEDED_BYTES:
        return False
    try:
        given_up = empty(chosen.reserve_file)
    except OSError as error:
        log.warning("the reserve cannot be given up: %s", type(error).__name__)
        return False
    if given_up:
        log.warning("the disk is full: the reserve was given up, for taking back and erasing")
    return given_up


def tend_reserve() -> None:
    """Give the reserve up on a full disk; fill it, or fill it anew, where there is room for it (worker)."""
    chosen = current_settings()
    if give_up_reserve_if_full() or has_reserve(chosen):
        return
    if free_bytes(chosen) >= chosen.keep_free_mb * MEGABYTE + RESERVE_BYTES:
        # In a folder that is not the worker's the operator makes the file: `check` says so while there is none.
        with suppress(PermissionError):
            fill(chosen.reserve_file)


def empty(reserve: Path) -> bool:
    """Give the blocks of the file back to the disk. Returns whether there were any. Raises `OSError`."""
    descriptor = os.open(reserve, os.O_WRONLY)
    try:
        if not os.fstat(descriptor).st_size:
            return False
        os.ftruncate(descriptor, 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return True


def fill(reserve: Path) -> None:
    """Take blocks of the disk, and not only a length: a file with holes would give nothing back. Raises `OSError`."""
    # Not made anew where it is there: the processes may be several users, and it is for their group.
    there = reserve.exists()
    descriptor = os.open(reserve, os.O_RDWR if there else os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, RESERVE_BYTES)
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, 0)
        raise
    finally:
        os.close(descriptor)
