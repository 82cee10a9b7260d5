"""The rights that the manual gives to files: three users share what they must, and none can take away another's.

The commands are taken out of `docs/operating.md`, so that what is tested is what an operator types.
"""

import os
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests import three_users
from tests.three_users import PROCESSES, Instance, as_user
from webapp.cli.checks_deployment import is_append_only
from webapp.services.infrastructure import disk_space

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become three users")


@pytest.fixture
def instance() -> Iterator[Instance]:
    with three_users.instance() as made:
        yield made


def write_down(instance: Instance) -> None:
    """One line more, as Hearth writes it."""
    descriptor = os.open(instance.tombstones, os.O_RDWR | os.O_APPEND)
    os.write(descriptor, f"{uuid4().hex}\n".encode())
    os.close(descriptor)


@pytest.mark.parametrize("name", PROCESSES)
def test_each_process_reads_its_own_configuration_and_writes_down_what_it_deletes(
    instance: Instance, name: str
) -> None:
    own = instance.config / f"{name.removeprefix('hearth-')}.env"
    assert as_user(name, own.read_text)
    assert as_user(name, lambda: os.open(instance.tombstones, os.O_RDWR | os.O_APPEND))
    # And no other's, nor can it change its own
    for other in set(instance.config.iterdir()) - {own}:
        assert not as_user(name, other.read_text)
    assert not as_user(name, lambda: own.open("a"))
    assert not as_user(name, lambda: own.chmod(0o666))


@pytest.mark.parametrize("name", PROCESSES)
def test_each_process_gives_up_the_reserve_that_the_worker_filled(
    instance: Instance, name: str
) -> None:
    reserve = instance.data / "reserve"
    assert as_user("hearth-worker", lambda: disk_space.fill(reserve))
    assert reserve.stat().st_blocks * 512 >= disk_space.RESERVE_BYTES
    # When another process finds the disk full
    assert as_user(name, lambda: disk_space.empty(reserve))
    # Then its room is free, and the worker can fill it again
    assert reserve.stat().st_blocks == 0
    assert as_user("hearth-worker", lambda: disk_space.fill(reserve))
    assert not as_user(name, reserve.unlink)


@pytest.mark.parametrize("name", PROCESSES)
def test_no_process_can_put_a_configuration_of_its_own_in_the_place_of_the_real_one(
    instance: Instance, name: str
) -> None:
    # What was tried: move the configuration away, and make another one
    assert not as_user(name, lambda: instance.config.rename(instance.config.with_name("moved")))
    assert not as_user(name, lambda: (instance.data / "mine").mkdir())
    assert not as_user(name, lambda: (instance.config / "desk.env").unlink())
    assert not as_user(name, lambda: (instance.config / "more.env").touch())
    # And remove what was written down
    assert not as_user(name, instance.tombstones.unlink)
    assert not as_user(name, lambda: instance.tombstones.rename(instance.data / "gone"))
    assert not as_user(name, lambda: list(instance.config.iterdir()))


@pytest.mark.parametrize("name", PROCESSES)
def test_what_was_deleted_can_be_added_to_and_never_emptied(instance: Instance, name: str) -> None:
    assert is_append_only(instance.tombstones) is True
    write_down(instance)
    for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC):
        assert not as_user(name, lambda flags=flags: os.open(instance.tombstones, flags))
    assert not as_user(name, lambda: os.truncate(instance.tombstones, 0))
    assert as_user(name, lambda: write_down(instance))
    assert len(instance.tombstones.read_text().splitlines()) == 2


@pytest.mark.parametrize("name", PROCESSES)
def test_the_worker_alone_notes_the_heads_of_the_record(instance: Instance, name: str) -> None:
    heads = instance.data / "record-heads.txt"
    is_worker = name == "hearth-worker"
    assert as_user(name, lambda: os.open(heads, os.O_RDWR | os.O_APPEND | os.O_CREAT)) is is_worker
    # And none can remove them
    assert not as_user(name, heads.unlink)
    assert not as_user(name, lambda: heads.rename(instance.data / "gone"))
