"""A small disk whose every block can be read: an ext4 file system in a file, mounted through a loop device.

A test that looks at files alone does not see what is left in blocks that were freed. It needs root, which the machine
of `make test` has; without it, or without `mkfs.ext4` and `mount` (Debian: e2fsprogs, mount), the tests fail.
"""

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

#: In bytes; sparse. With less room, nothing new would be begun.
SIZE = 512 * 2**20
HOLE = bytes(4096)
SYSTEM = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C"}


class NoRawDisk(RuntimeError):
    """No file system can be mounted here; the message ends with what the system said."""


@dataclass(frozen=True)
class RawDisk:
    """`folder` is where its files are, `image` has every block of it."""

    folder: Path
    image: Path

    def found(self, wanted: Iterable[bytes]) -> list[bytes]:
        """Which of these stand anywhere on the disk, in files or outside of them, once all is written."""
        os.sync()
        with self.image.open("rb") as opened:
            blocks = b"".join(_written(opened))
        return [one for one in wanted if one in blocks]


def _written(image: BinaryIO) -> Iterator[bytes]:
    """Every block that was ever written, and a block of zeros for each hole: the image is sparse, and nine tenths of it
    are holes."""
    place, end = 0, image.seek(0, os.SEEK_END)
    while place < end:
        try:
            begins = os.lseek(image.fileno(), place, os.SEEK_DATA)
        except OSError:
            # Nothing but a hole up to the end.
            return
        place = os.lseek(image.fileno(), begins, os.SEEK_HOLE)
        yield os.pread(image.fileno(), place - begins, begins) + HOLE


@contextmanager
def mounted(folder: Path, size: int = SIZE) -> Iterator[RawDisk]:
    """A new, empty disk, and no trace of it afterwards."""
    image, files = folder / "disk.image", folder / "disk"
    files.mkdir()
    with image.open("wb") as made:
        made.truncate(size)
    _run("mkfs.ext4", "-q", "-F", str(image))
    _run("mount", "-o", "loop", str(image), str(files))
    try:
        yield RawDisk(files, image)
    finally:
        _run("umount", str(files))
        image.unlink()


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, env=SYSTEM, capture_output=True, text=True, check=False)
    except OSError as error:
        raise NoRawDisk(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        raise NoRawDisk(f"{command[0]} (run as root? see tests/README.md): {done.stderr}")
