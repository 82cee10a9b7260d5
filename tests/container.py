"""What deploy/Containerfile promises of a container's run time, kept by bubblewrap where no image can be pulled.

A box has a root that nobody can write to, with `/usr` of this machine, the installed wheel and its libraries; three
folders that can be written to; the image's user and environment; and no shell.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from tests.installed import ROOT, Installed
from tests.private_machine import libraries

CONTAINERFILE: Final = (ROOT / "deploy" / "Containerfile").read_text()
MADE_BY_BWRAP: Final = ("/", "/dev", "/dev/shm")  # noqa: S108  (in the box)
SHELLS: Final = ("sh", "bash", "dash", "busybox", "perl")


def user() -> int:
    """The user that the image names, who is not root."""
    (found,) = re.findall(r"^USER (\d+):\1$", CONTAINERFILE, re.MULTILINE)
    return int(found)


def environment() -> dict[str, str]:
    """What the image sets in the environment of its processes."""
    (text,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", CONTAINERFILE, re.MULTILINE)
    return dict(pair.split("=", 1) for pair in text.replace("\\\n", " ").split())


def health_check() -> list[str]:
    """The image's own look at whether a door is well."""
    (command,) = re.findall(r"^HEALTHCHECK .*\\\n +CMD (\[.*\])$", CONTAINERFILE, re.MULTILINE)
    return [str(word) for word in json.loads(command)]


@dataclass(frozen=True)
class Box:
    """A container of this installation, with its data and its configuration."""

    installed: Installed
    data: Path
    config: Path

    def start(self, *command: str, said: IO[bytes], **settings: str) -> "subprocess.Popen[bytes]":
        """Start this command of the image in it."""
        surroundings = {**environment(), **settings, "HOST": "127.0.0.1"}
        given = [word for name, value in surroundings.items() for word in ("--setenv", name, value)]
        who = str(user())
        become = ["setpriv", "--reuid", who, "--regid", who, "--clear-groups", "--no-new-privs"]
        become += ["--inh-caps=-all", "--bounding-set=-all", "--"]
        places = {"/opt/hearth/bin": str(self.installed.folder / "bin")}
        words = [word.replace(there, here) for word in command for there, here in places.items()]
        return subprocess.Popen(
            ["bwrap", *self._root(), "--clearenv", *given, "--", *become, *words],
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )

    def _root(self) -> list[str]:
        """A root of its own: everything read-only but the data and two folders in memory."""
        options = ["--cap-add", "ALL", "--unshare-pid", "--unshare-ipc", "--die-with-parent"]
        # Folders above others would be root's alone.
        for folder in ("/etc", "/srv"):
            options += ["--perms", "0755", "--dir", folder]
        options += ["--ro-bind", "/usr", "/usr", "--ro-bind", "/etc/ssl", "/etc/ssl"]
        for link in ("bin", "sbin", "lib", "lib64"):
            options += ["--symlink", f"usr/{link}", f"/{link}"]
        options += ["--proc", "/proc", "--dev", "/dev"]
        for folder in ("/tmp", "/dev/shm"):  # noqa: S108  (in the box)
            options += ["--perms", "1777", "--tmpfs", folder]
        for path in (self.installed.folder, Path(sys.base_prefix), *libraries()):
            options += _shown(path)
        for shell in SHELLS:
            if found := shutil.which(shell, path="/usr/bin"):
                options += ["--ro-bind", "/dev/null", os.path.realpath(found)]
        options += ["--bind", str(self.data), "/srv/hearth"]
        options += ["--ro-bind", str(self.config), "/etc/hearth"]
        return [*options, "--chdir", "/srv/hearth", "--remount-ro", "/"]


def _shown(path: Path) -> list[str]:
    """A folder of this machine, where every user of the box can go to it."""
    if path.is_relative_to("/usr"):
        return []
    above = [str(one) for one in reversed(path.parents) if str(one) not in MADE_BY_BWRAP]
    made = [word for one in above for word in ("--perms", "0755", "--dir", one)]
    return [*made, "--ro-bind", str(path), str(path)]
