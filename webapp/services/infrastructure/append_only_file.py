"""Appending whole lines to a file, fsynced: for what must outlast a database that is put back or changed."""

import os


def append(descriptor: int, lines: bytes) -> None:
    """Write lines at the end of an open file, and wait until the disk has all of them.

    Raises `OSError`, like that of a full disk: then the end of the file may be half a line, and the next call begins a
    line of its own.
    """
    # An earlier try may have ended in the middle of a line; ours must not make one wrong line of two.
    waiting = memoryview(lines if _ends_a_line(descriptor) else b"\n" + lines)
    while waiting:
        # A disk that is nearly full takes a part, and says so only by how much it took.
        waiting = waiting[os.write(descriptor, waiting) :]
    os.fsync(descriptor)


def _ends_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size == 0 or os.pread(descriptor, 1, size - 1) == b"\n"
