"""Secure deletion of files: overwritten before their names go; a file that is only removed stays on the disk."""

import os
import shutil
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


def destroy_files(folder: Path) -> None:
    """Destroy every file in a folder, and in those within it. Raises `OSError`."""
    for path in [one for one in folder.rglob("*") if one.is_file()]:
        destroy(path)


def destroy_folder(folder: Path) -> None:
    """The same, and the folder with them. Raises `OSError`."""
    destroy_files(folder)
    shutil.rmtree(folder)
