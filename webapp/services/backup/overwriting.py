"""Files that are overwritten before their names go: a file that is only removed stays on the disk."""

import os
from pathlib import Path
from typing import Final

_PIECE: Final = 1 << 20


def destroy(path: Path) -> None:
    """Overwrite a file, wait until the disk has it, and remove it. One that is not there is no error. Raises `OSError`.

    Where a file system writes elsewhere, what is overwritten stays for a while.
    """
    if not path.exists():
        return
    with path.open("r+b") as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(bytes(min(left, _PIECE)))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()
