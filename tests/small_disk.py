"""A small file system of its own, in memory, and another program that fills it to the last byte. Wants root."""

import errno
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEGABYTE = 1024 * 1024


@contextmanager
def mounted(folder: Path, megabytes: int) -> Iterator[None]:
    """This folder is a file system of so many megabytes, until the block ends."""
    size = f"size={megabytes}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", size, "hearth-test", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(ballast: Path) -> None:
    """Write to this file until there is no byte left."""
    with ballast.open("ab", buffering=0) as file:
        for size in (MEGABYTE, 4096, 1):
            _write_all(file.fileno(), bytes(size))


def _write_all(descriptor: int, chunk: bytes) -> None:
    try:
        while os.write(descriptor, chunk) == len(chunk):
            pass
    except OSError as error:
        assert error.errno == errno.ENOSPC
