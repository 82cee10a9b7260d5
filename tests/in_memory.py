"""Folders in memory for what tests write: nothing waits for a disk, and nothing of a run stays.

A run that is killed leaves its folders behind; the next one removes them.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 (the folders in it have random names)
ROOM = 4 * 2**30  # bytes; a worker of the tests needs less than one of these


def new_folder(name: str) -> Path:
    """A new folder for this process, in memory if there is room, else where temporary files go.

    `name` is short: the path of a Unix socket in it has at most 107 characters.
    """
    memory = _memory()
    if memory is not None:
        _sweep(memory)
    return Path(tempfile.mkdtemp(prefix=f"hearth-{name}-{os.getpid()}-", dir=memory))


def _memory() -> Path | None:
    with suppress(OSError):
        about = os.statvfs(MEMORY)
        # PostgreSQL's programs are copied there, too, where root runs the tests.
        usable = os.access(MEMORY, os.W_OK) and not about.f_flag & os.ST_NOEXEC
        if usable and about.f_bavail * about.f_frsize >= ROOM:
            return MEMORY
    return None


def _sweep(memory: Path) -> None:
    """Remove what processes left there that are no more."""
    for folder in memory.glob("hearth-*-*-*"):
        process = folder.name.split("-")[2]
        if process.isdecimal() and not Path("/proc", process).exists():
            shutil.rmtree(folder, ignore_errors=True)
