"""Instances of every earlier release are upgraded to this one, and taken back: everything is there, and opens.

On SQLite and on PostgreSQL.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from tests import ddl, postgres
from tests.earlier_releases import (
    EARLIER,
    check_all_is_there,
    load,
    opened,
    surroundings,
    unpack,
    with_backup_key,
)
from tests.stores import Shelf, Stores
from webapp.services.infrastructure import upgrade_notes

MIDDLE = "0025"


@pytest.fixture
def nowhere(shelf: Shelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stores]:
    """Where the three stores of an instance will be; commands find them by the environment."""
    monkeypatch.setenv("PATH", f"{postgres.programs()}{os.pathsep}{os.environ['PATH']}")
    with shelf.empty(tmp_path) as empty:
        for name, value in surroundings(tmp_path, empty).items():
            monkeypatch.setenv(name, value)
        yield empty


@pytest.mark.parametrize("release", EARLIER)
def test_an_instance_of_an_earlier_release_is_upgraded_and_everything_opens(
    release: str, nowhere: Stores, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Given an instance as an earlier release wrote it
    told = unpack(release, tmp_path)
    if nowhere.kind == "postgresql":
        load(tmp_path, release, nowhere)
    with time_machine.travel(told.next_day):
        operator = with_backup_key(tmp_path, tmp_path_factory.mktemp("elsewhere"))
        # When it is upgraded
        done = operator.upgrade()
        # Then the command ends well, and says what to do next
        assert done.exit_code == 0, done.output
        assert "systemctl restart hearth-worker" in done.output
        # And what people told us opens
        check_all_is_there(told, release)


def test_the_way_back_and_forward_again_loses_nothing(
    nowhere: Stores, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Given an instance of an earlier release, its tables, and its configuration
    told = unpack(MIDDLE, tmp_path)
    if nowhere.kind == "postgresql":
        load(tmp_path, MIDDLE, nowhere)
    files = [tmp_path / "config" / f"{name}.env" for name in ("public", "desk", "worker")]
    config = {path: path.read_bytes() for path in files}
    with time_machine.travel(told.next_day):
        with without_reading() as app:
            tables = ddl.dump(app)
        operator = with_backup_key(tmp_path, tmp_path_factory.mktemp("elsewhere"))
        # When it is upgraded, and taken back
        assert operator.upgrade().exit_code == 0
        back = operator.give("downgrade", "--yes")
        assert back.exit_code == 0, back.output
        # Then tables and configuration are those of before
        with without_reading() as app:
            assert ddl.dump(app) == tables
        assert {path: path.read_bytes() for path in files} == config
        assert upgrade_notes.read(tmp_path) is None
        # And forward again, everything is there
        assert operator.upgrade().exit_code == 0
        check_all_is_there(told, MIDDLE)


without_reading = opened
