"""Three processes as three users: the rights of files as docs/install.md gives them, and acts of one user."""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.evening import steps
from tests.factories import WHO_WE_ARE
from tests.raw_disk import mounted
from webapp.services.keys import bootstrap

#: Ids that no machine has, in place of the manual's names: a test makes no users.
IDS = {"hearth-public": 61_101, "hearth-desk": 61_102, "hearth-worker": 61_103, "hearth": 61_100}
PROCESSES = ("hearth-public", "hearth-desk", "hearth-worker")


@dataclass(frozen=True)
class Instance:
    """The two folders of an instance: data, and configuration."""

    data: Path
    config: Path

    @property
    def growing(self) -> list[Path]:
        """The files that may grow and never shrink."""
        return [self.tombstones, self.data / "record-heads.txt"]

    @property
    def tombstones(self) -> Path:
        return self.data / "tombstones.txt"


def commands() -> list[str]:
    """The commands of docs/install.md about owners, modes and attributes, the loop written out."""
    given = dict(steps())["Who may read and write what"]
    lines = [line.strip() for one in given for line in one.commands.splitlines()]
    wanted = [line for line in lines if re.match(r"(touch|chown|chmod|chattr) ", line)]
    assert len(wanted) == 9, wanted
    return [
        line.replace("$process", process)
        for line in wanted
        for process in (("public", "desk", "worker") if "$process" in line else ("",))
    ]


@contextmanager
def instance() -> Iterator[Instance]:
    """What `init` makes, with the rights of the manual, on a disk that knows `chattr +a`."""
    with TemporaryDirectory(prefix="hearth-rights-") as above, mounted(Path(above)) as disk:
        Path(above).chmod(0o755)
        made = Instance(disk.folder / "srv", disk.folder / "etc")
        made.data.mkdir(mode=0o700)
        bootstrap.write_config(made.config, {**WHO_WE_ARE, "BASE_URL": "http://localhost"})
        try:
            for line in commands():
                _give(line, made)
            yield made
        finally:
            subprocess.run(["chattr", "-a", *made.growing], check=False, capture_output=True)


def _give(line: str, made: Instance) -> None:
    command = line.replace("/srv/hearth", str(made.data)).replace("/etc/hearth", str(made.config))
    for name, number in IDS.items():
        command = re.sub(rf"root:{name}(?=\s)", f"root:{number}", command)
    subprocess.run(command.split(), check=True, capture_output=True)


def as_user(name: str, act: Callable[[], object]) -> bool:
    """Whether a process of this user may do it. In a child of its own: it never becomes root again."""
    child = os.fork()
    if not child:
        os.setgroups([IDS["hearth"]])
        os.setgid(IDS[name])
        os.setuid(IDS[name])
        try:
            act()
        except PermissionError:
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
