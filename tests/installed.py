"""Hearth as a wheel, installed beside the libraries of this run and away from the checkout."""

import os
import subprocess
import sys
import sysconfig
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: Any moment: whoever says the same one gets the same bytes.
EPOCH = "1700000000"


@dataclass(frozen=True)
class Installed:
    """A virtual environment with Hearth in it; `hearth` is its command."""

    folder: Path

    @property
    def hearth(self) -> Path:
        return self.folder / "bin" / "hearth"


def build(folder: Path, *, umask: int = 0o022, zone: str = "UTC") -> Path:
    """What `make wheel` builds, into this folder. The zone is a person's own, who builds it somewhere else."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    subprocess.run(
        [*command, "--directory", str(folder)],
        cwd=ROOT,
        env={**os.environ, "SOURCE_DATE_EPOCH": EPOCH, "TZ": zone},
        umask=umask,
        check=True,
        capture_output=True,
    )
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(wheel: Path, folder: Path, libraries: Sequence[str] | None = None) -> Installed:
    """Install it with `--no-deps` where the libraries of this run are seen, and the checkout is not."""
    # For every user to read, whatever this run keeps to itself.
    command = [sys.executable, "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True, umask=0o022)
    folder.chmod(0o755)
    seen = libraries or [path for path in sys.path if path.endswith("site-packages")]
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    listed = packages / "libraries.pth"
    listed.write_text("".join(f"{path}\n" for path in seen))
    listed.chmod(0o644)
    pip = [sys.executable, "-m", "pip", "--python", str(folder), "--disable-pip-version-check"]
    options = ["--no-deps", "--no-index", "--no-compile", "--quiet"]
    command = [*pip, "install", *options, str(wheel)]
    subprocess.run(command, check=True, cwd=folder, umask=0o022)
    return Installed(folder)


def wait_for(what: "subprocess.Popen[bytes]", path: Path, words: str, seconds: float = 120) -> str:
    """What a process has written into this file, once these words are in it. Raises where it ends before."""
    deadline = time.monotonic() + seconds
    while words not in (said := path.read_text(errors="replace")):
        if what.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(said)
        time.sleep(0.05)
    return said
