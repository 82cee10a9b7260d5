"""Health check on this machine: whether deleted secrets can be overwritten where they lie (data remanence)."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from webapp.cli.finding import Finding, State
from webapp.settings import Settings

#: What Linux has mounted where. Elsewhere this check has nothing to say.
MOUNTS = Path("/proc/self/mountinfo")
#: Copy-on-write, log-structured, in layers, or on another machine: an overwritten file is written elsewhere.
NOT_IN_PLACE = frozenset(
    [
        *("bcachefs", "btrfs", "f2fs", "nilfs2", "overlay", "zfs"),
        *("ceph", "cifs", "fuse.glusterfs", "fuse.sshfs", "nfs", "nfs4", "smb3"),
    ]
)
IN_MEMORY = frozenset(["tmpfs", "ramfs"])
#: ext4 may write the content of files to a journal of its own first.
THROUGH_A_JOURNAL = "data=journal"


def overwriting(chosen: Settings) -> Iterator[Finding]:
    """The file system of SQLite stores: where it does not write in place, deleted keys stay on the disk."""
    if not chosen.erasure_database_url.startswith("sqlite"):
        return
    kind = not_in_place(chosen.instance)
    if kind:
        yield Finding(
            "disk",
            State.LOOK,
            f"{chosen.instance} is on {kind}, which does not overwrite a file where it lies: what people deleted stays "
            "on the disk for a while. Move it to ext4",
        )


def not_in_place(path: Path, mounts: Path = MOUNTS) -> str:
    """What kind of file system a path is on, if it does not write in place; empty if it does, or is not known."""
    kind, options = _file_system_of(path, mounts)
    if THROUGH_A_JOURNAL in options:
        return f"{kind} with {THROUGH_A_JOURNAL}"
    return kind if kind in NOT_IN_PLACE else ""


def is_in_memory(path: Path, mounts: Path = MOUNTS) -> bool:
    """Whether what is written here is in memory alone, and so on no disk (unless it is swapped out)."""
    return _file_system_of(path, mounts)[0] in IN_MEMORY


def _file_system_of(path: Path, mounts: Path) -> tuple[str, list[str]]:
    """Kind and options of the file system that a path is on; empty where Linux does not say it."""
    if not mounts.exists():
        return "", []
    here = str(path.resolve())
    _, kind, options = max(
        (one for one in _mounted(mounts) if _holds(one[0], here)),
        key=lambda one: len(one[0]),
        default=("", "", ""),
    )
    return kind, options.split(",")


def _mounted(mounts: Path) -> Iterator[tuple[str, str, str]]:
    """Mount point, kind and options of each file system: fields of proc_pid_mountinfo(5). A later one hides earlier."""
    for line in reversed(mounts.read_text(errors="replace").splitlines()):
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ")
        yield _unescaped(before.split(" ")[4]), kind, options


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)


def _holds(point: str, path: str) -> bool:
    return os.path.commonpath([point, path]) == point
