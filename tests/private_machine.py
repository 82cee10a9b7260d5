"""A machine inside this one that a test may change as root: namespaces with an overlay file system (overlayfs).

What a program in it installs, writes to `/etc`, listens on or leaves running is gone with it, and this machine has seen
nothing of it. It has a network of its own with nothing but loopback. It needs root, `unshare` and `mkfs.ext4`, which
the machine of `make test` has; without them the test fails.
"""

import fcntl
import os
import socket
import struct
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Final

from tests.raw_disk import mounted

ROOT = Path(__file__).parents[1]
UNSHARE: Final = (
    *("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--propagation", "private"),
    "--",
)
#: In bytes; sparse.
DISK: Final = 3 * 2**30
SIOCSIFFLAGS, UP = 0x8914, 1


def run(module: str, folder: Path, seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run `python -m MODULE` of the tests as root of such a machine, whose disk is a file in this folder."""
    if os.geteuid() != 0:
        raise RuntimeError("Only root can make a machine inside this one: see tests/README.md.")
    with mounted(folder, DISK) as disk:
        command = [sys.executable, "-m", __name__, module, str(disk.folder)]
        return subprocess.run(
            [*UNSHARE, *command],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=seconds,
        )


def enter(disk: Path) -> None:
    """From here on, this process and all that it starts are in it."""
    top = disk / "machine"
    # Its users reach the files of its root, whatever the umask of whoever asked for it.
    os.umask(0o022)
    for one in (top, disk / "upper", disk / "work"):
        one.mkdir()
    layers = f"lowerdir=/,upperdir={disk / 'upper'},workdir={disk / 'work'}"
    _mount("-t", "overlay", "-o", layers, "overlay", top)
    _mount("-t", "proc", "proc", top / "proc")
    _mount("--rbind", "/dev", top / "dev")
    for folder, mode in (("run", "755"), ("tmp", "1777"), ("dev/shm", "1777")):
        _mount("-t", "tmpfs", "-o", f"mode={mode}", "tmpfs", top / folder)
    for path in (ROOT, Path(sys.prefix), Path(sys.base_prefix), *libraries()):
        _show(path, top)
    os.chroot(top)
    os.chdir(ROOT)
    _loopback()


def libraries() -> list[Path]:
    """The folders that this run's libraries are in."""
    own = Path(sysconfig.get_path("purelib"))
    return list({own, *(Path(path) for path in sys.path if path.endswith("site-packages"))})


def _show(path: Path, top: Path) -> None:
    """A folder of this machine that the other one needs: every user there may go to it, wherever it is mounted."""
    inside = top / path.relative_to("/")
    if not inside.is_dir() or not any(inside.iterdir()):
        inside.mkdir(parents=True, exist_ok=True)
        _mount("--bind", path, inside)
    for above in path.parents:
        here = top / above.relative_to("/")
        if here != top:
            here.chmod(here.stat().st_mode | 0o011)


def _mount(*words: str | Path) -> None:
    subprocess.run(["mount", *map(str, words)], check=True)


def _loopback() -> None:
    with socket.socket() as asking:
        fcntl.ioctl(asking, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", UP))


if __name__ == "__main__":
    enter(Path(sys.argv[2]))
    os.execv(sys.executable, [sys.executable, "-m", sys.argv[1]])  # noqa: S606
