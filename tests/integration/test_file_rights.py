"""The rights that the manual gives to files: three users share what they must, and none can take away another's.

The commands are taken out of `docs/operating.md`, so that what is tested is what an operator types.
"""

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.evening import steps
from tests.factories import WHO_WE_ARE
from webapp.services.infrastructure import disk_space
from webapp.services.keys import bootstrap

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become three users")

#: Ids that no machine has, in place of the manual's names: a test makes no users.
IDS = {"hearth-public": 61_101, "hearth-desk": 61_102, "hearth-worker": 61_103, "hearth": 61_100}


def rights() -> list[str]:
    """The manual's own commands about owners and modes, the loop written out."""
    commands = dict(steps())["The instance"]
    lines = [line.strip() for line in commands.splitlines()]
    wanted = [line for line in lines if re.match(r"(touch|chown|chmod) ", line)]
    assert len(wanted) == 7, wanted
    return [
        line.replace("$process", process)
        for line in wanted
        for process in (("public", "desk", "worker") if "$process" in line else ("",))
    ]


@pytest.fixture
def instance() -> Iterator[Path]:
    """What `init` makes, with the rights of the manual."""
    with TemporaryDirectory(prefix="hearth-rights-") as above:
        Path(above).chmod(0o755)
        folder = Path(above, "instance")
        bootstrap.write_config(folder / "config", {**WHO_WE_ARE, "BASE_URL": "http://localhost"})
        for line in rights():
            command = line.replace("/srv/hearth", str(folder))
            for name, number in IDS.items():
                command = re.sub(rf"root:{name}(?=\s)", f"root:{number}", command)
            subprocess.run(command.split(), check=True)
        yield folder


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


@pytest.mark.parametrize("name", ["hearth-public", "hearth-desk", "hearth-worker"])
def test_each_process_reads_its_own_configuration_and_writes_down_what_it_deletes(
    instance: Path, name: str
) -> None:
    own = instance / "config" / f"{name.removeprefix('hearth-')}.env"
    assert as_user(name, own.read_text)
    assert as_user(name, lambda: os.open(instance / "tombstones.txt", os.O_RDWR | os.O_APPEND))
    # And no other's, nor can it change its own
    for other in set((instance / "config").iterdir()) - {own}:
        assert not as_user(name, other.read_text)
    assert not as_user(name, lambda: own.open("a"))
    assert not as_user(name, lambda: own.chmod(0o666))


@pytest.mark.parametrize("name", ["hearth-public", "hearth-desk", "hearth-worker"])
def test_each_process_gives_up_the_reserve_that_the_worker_filled(
    instance: Path, name: str
) -> None:
    reserve = instance / "reserve"
    assert as_user("hearth-worker", lambda: disk_space.fill(reserve))
    assert reserve.stat().st_blocks * 512 >= disk_space.RESERVE_BYTES
    # When another process finds the disk full
    assert as_user(name, lambda: disk_space.empty(reserve))
    # Then its room is free, and the worker can fill it again
    assert reserve.stat().st_blocks == 0
    assert as_user("hearth-worker", lambda: disk_space.fill(reserve))
    assert not as_user(name, reserve.unlink)


@pytest.mark.parametrize("name", ["hearth-public", "hearth-desk", "hearth-worker"])
def test_no_process_can_put_a_configuration_of_its_own_in_the_place_of_the_real_one(
    instance: Path, name: str
) -> None:
    # What was tried: move config/ away, and make another one
    assert not as_user(name, lambda: (instance / "config").rename(instance / "config-moved"))
    assert not as_user(name, lambda: (instance / "mine").mkdir())
    assert not as_user(name, lambda: (instance / "config" / "desk.env").unlink())
    assert not as_user(name, lambda: (instance / "config" / "more.env").touch())
    # And remove what was written down
    assert not as_user(name, (instance / "tombstones.txt").unlink)
    assert not as_user(name, lambda: (instance / "tombstones.txt").rename(instance / "gone"))
    assert not as_user(name, lambda: list((instance / "config").iterdir()))
