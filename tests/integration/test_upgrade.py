"""An upgrade that is refused, fails or is killed: given again it finishes, or the way back works; nothing is lost."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import time_machine
from sqlalchemy import Engine, event

from tests import live
from tests.earlier_releases import (
    Operator,
    Told,
    check_all_is_there,
    surroundings,
    unpack,
    with_backup_key,
)
from webapp.cli import upgrading
from webapp.services.backup.backup_folder import BackupFolder
from webapp.services.infrastructure import (
    backup_marks,
    row_verification,
    schema_versions,
    stores,
    upgrade_notes,
)
from webapp.services.infrastructure.stores import STORES
from webapp.services.keys import bootstrap
from webapp.vault.backup_files import BackupKind

OLD, NEW = "0025", stores.newest_revision()
FILES = ("public.env", "desk.env", "worker.env")


class Killed(BaseException):
    """The end of a process that handles nothing."""


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Told]:
    """An instance of an earlier release, on the day after it was made."""
    for name, value in surroundings(tmp_path).items():
        monkeypatch.setenv(name, value)
    told = unpack(OLD, tmp_path)
    with time_machine.travel(told.next_day):
        yield told


@pytest.fixture
def operator(told: Told, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Operator:
    """The operator, who opened a backup lately."""
    operator = with_backup_key(tmp_path, tmp_path_factory.mktemp("elsewhere") / "backups")
    mark = tmp_path / backup_marks.DRILL
    mark.touch()
    os.utime(mark, (time.time(), time.time()))
    return operator


def revisions(instance: Path) -> dict[str, str]:
    """Which tables each store has, read past our own code."""
    return {store: revision_of(store, instance) for store in STORES}


def revision_of(store: str, instance: Path) -> str:
    with closing(sqlite3.connect(instance / f"{store}.sqlite3")) as connection:
        (found,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(found)


def all_at(revision: str) -> dict[str, str]:
    return dict.fromkeys(STORES, revision)


def config(instance: Path) -> dict[str, bytes]:
    return {name: (instance / "config" / name).read_bytes() for name in FILES}


# Refused


def test_a_dry_run_says_what_would_happen_and_changes_nothing(
    operator: Operator, tmp_path: Path
) -> None:
    before = config(tmp_path)
    done = operator.give("upgrade", "--dry-run")
    assert done.exit_code == 0, done.output
    for words in (
        "tables at main 0025",
        f"Tables: {NEW}, ",
        "must be stopped before",
        "A backup of",
    ):
        assert words in done.output
    assert (revisions(tmp_path), config(tmp_path)) == (all_at(OLD), before)
    assert upgrade_notes.read(tmp_path) is None


def without_key(instance: Path) -> None:
    (instance / "config" / "backup.env").unlink()


def with_newer_tables(instance: Path) -> None:
    with closing(sqlite3.connect(instance / "main.sqlite3")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")


def with_a_lost_store(instance: Path) -> None:
    (instance / "erasure.sqlite3").unlink()


def with_a_lost_file(instance: Path) -> None:
    (instance / "config" / "desk.env").unlink()


def with_a_setting_that_is_wrong(instance: Path) -> None:
    with (instance / "config" / "public.env").open("a") as file:
        file.write("PROXY_HOPS=many\n")


def never_opened(instance: Path) -> None:
    (instance / backup_marks.DRILL).unlink()


def with_a_note_that_is_damaged(instance: Path) -> None:
    (instance / upgrade_notes.FILE).write_text("{")


REASONS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no backup key": (without_key, "No backup can be made"),
    "newer tables": (with_newer_tables, "are at 9999, which Hearth"),
    "a lost store": (with_a_lost_store, "erasure has no tables"),
    "a lost file": (with_a_lost_file, "desk.env is missing"),
    "a wrong setting": (with_a_setting_that_is_wrong, "it does not start: PROXY_HOPS"),
    "an unfinished restore": (backup_marks.note_restore, "give restore once more"),
    "no drill": (never_opened, "No backup was opened for"),
    "a damaged note": (with_a_note_that_is_damaged, "cannot be read: move it away"),
}


@pytest.mark.parametrize("reason", REASONS)
def test_an_unsafe_upgrade_is_refused_with_the_way_out(
    operator: Operator, tmp_path: Path, reason: str
) -> None:
    # Given something that makes it unsafe
    make_it_so, said = REASONS[reason]
    make_it_so(tmp_path)
    files = {path: path.read_bytes() for path in tmp_path.glob("**/*.env")}
    # When it is given, then it says why, and has changed nothing
    done = operator.upgrade("--unopened")
    assert done.exit_code == 1
    assert said in done.output
    assert "Nothing was changed." in done.output
    assert "Traceback" not in done.output
    assert {path: path.read_bytes() for path in tmp_path.glob("**/*.env")} == files
    if reason not in ("newer tables", "a lost store"):
        assert revisions(tmp_path) == all_at(OLD)


def test_a_full_disk_and_processes_that_go_on_are_in_the_way(
    operator: Operator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a process that has a store open, as a door that was not stopped
    holding = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM alembic_version');"
    holding += "print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, str(tmp_path / "main.sqlite3")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        process.stdout.readline()
        # And a disk that is nearly full
        usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
        with monkeypatch.context() as patch:
            patch.setattr(shutil, "disk_usage", lambda folder: usage)
            done = operator.upgrade("--unopened")
        # Then both are told at once, with what to do
        assert done.exit_code == 1
        assert f"main: process {process.pid}" in done.output
        assert "systemctl stop" in done.output
        assert "too little room" in done.output
        # And a migration that only expands waits for nobody
        pending = [replace(one, expands_only=True) for one in schema_versions.pending(OLD)]
        with monkeypatch.context() as patch:
            patch.setattr(schema_versions, "pending", lambda revision: pending)
            done = operator.give("upgrade", "--dry-run")
        assert done.exit_code == 0, done.output
        assert "Hearth may run meanwhile" in done.output
        assert process.stdin
        process.stdin.close()
    # And afterwards it goes
    assert operator.upgrade("--unopened").exit_code == 0


# Killed


@contextmanager
def killed_at_commit(patch: pytest.MonkeyPatch, store: str, number: int) -> Iterator[None]:
    """A kill while the tables change, just before one of a store's commits."""
    left = [number]
    change = upgrading.migrate_stores

    def count(connection: Any) -> None:
        left[0] -= f"{store}.sqlite3" in str(connection.engine.url)
        if not left[0]:
            raise Killed

    def migrate(app: Any) -> None:
        event.listen(Engine, "commit", count)
        try:
            change(app)
        finally:
            event.remove(Engine, "commit", count)

    patch.setattr(upgrading, "migrate_stores", migrate)
    yield


def kill(*_: Any, **__: Any) -> None:
    raise Killed


def kill_the_second(change: Callable[..., Any]) -> Callable[..., Any]:
    """A function that ends the process when it is called again."""
    calls: list[bool] = []

    def changed(*given: Any, **named: Any) -> Any:
        calls.append(True)
        return kill() if len(calls) > 1 else change(*given, **named)

    return changed


def backups_there(operator: Operator) -> set[str]:
    (place,) = [
        line.partition("=")[2].strip()
        for line in (operator.instance / "config" / "backup.env").read_text().splitlines()
        if line.startswith("BACKUPS")
    ]
    return {one.head.backup_id.hex for one in BackupFolder(Path(place)).files(BackupKind.MAIN)}


CUTS: tuple[tuple[str, int, dict[str, str]], ...] = (
    ("main", 2, {**all_at(OLD), "main": "0026"}),
    ("erasure", 1, {**all_at(OLD), "main": NEW}),
    ("volatile", 1, {**all_at(NEW), "volatile": OLD}),
)


def test_an_upgrade_that_is_killed_again_and_again_comes_to_its_end(
    operator: Operator, told: Told, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # Given a kill in the middle of the backup, then of the configuration
    before = config(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BackupFolder, "write", kill_the_second(BackupFolder.write))
        die(operator)
    assert (revisions(tmp_path), config(tmp_path)) == (all_at(OLD), before)
    assert upgrade_notes.read(tmp_path) is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bootstrap, "complete_config", kill_the_second(bootstrap.complete_config))
        die(operator)
    assert revisions(tmp_path) == all_at(OLD)
    # And kills while the tables of each store change: a migration is there whole or not at all
    ways_back = tmp_path_factory.mktemp("ways-back")
    kept: set[str] = set()
    for store, number, state in CUTS:
        with pytest.MonkeyPatch.context() as patch, killed_at_commit(patch, store, number):
            die(operator)
        assert revisions(tmp_path) == state
        shutil.copytree(tmp_path, ways_back / f"{store}-{number}")
        # The backup of before anything was moved stays the way back
        note = upgrade_notes.read(tmp_path)
        assert note
        assert not note.finished
        assert note.backup_id in backups_there(operator)
        kept.add(note.backup_id)
    assert len(kept) == 1
    # And one while everything is verified
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_verification, "find_false", kill)
        die(operator)
    assert revisions(tmp_path) == all_at(NEW)
    # When it is given once more, then it comes to its end, and everything is there
    done = operator.upgrade("--unopened")
    assert done.exit_code == 0, done.output
    assert "It goes on, and its backup stays the way back" in done.output
    check_all_is_there(told, OLD)
    # And from each of those states the way back works as well
    for place in sorted(ways_back.iterdir()):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("INSTANCE", str(place))
            back = operator.give("downgrade", "--yes")
            assert back.exit_code == 0, back.output
        assert revisions(place) == all_at(OLD)
        assert config(place) == before


def die(operator: Operator) -> None:
    with pytest.raises(Killed):
        operator.upgrade("--unopened")


def test_kill_9_while_the_tables_change(operator: Operator, told: Told, tmp_path: Path) -> None:
    # Given an upgrade that waits for the second store, whose tables another program holds
    with (
        subprocess.Popen(
            [sys.executable, "-m", "webapp.cli", "upgrade", "--unopened"],
            cwd=live.ROOT,
            env=live.surroundings(tmp_path),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process,
    ):
        assert process.stdout
        said = [process.stdout.readline()]
        while "Tables" not in said[-1]:
            said.append(process.stdout.readline())
            assert said[-1], said
        with closing(sqlite3.connect(tmp_path / "erasure.sqlite3", isolation_level=None)) as held:
            held.execute("BEGIN IMMEDIATE")
            deadline = time.monotonic() + 60
            while revision_of("main", tmp_path) != NEW:
                assert time.monotonic() < deadline
                time.sleep(0.01)
            # When it is killed
            process.send_signal(signal.SIGKILL)
            process.wait()
    # Then the first store was moved, and the second was not; given again, it finishes
    assert revisions(tmp_path) == {**all_at(OLD), "main": NEW}
    done = operator.upgrade("--unopened")
    assert done.exit_code == 0, done.output
    check_all_is_there(told, OLD)


# Failed


def test_a_migration_that_fails_says_where_and_what_to_do(
    operator: Operator, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a migration in the middle that raises, with a value in its message
    def some_of_it() -> None:
        flask_migrate.upgrade(revision="0030")
        raise ValueError("robin@example.org")

    with monkeypatch.context() as patch:
        patch.setattr(stores, "upgrade", some_of_it)
        done = operator.upgrade("--unopened")
    # Then its kind and place are told, no value, and the two ways on
    assert done.exit_code == 1
    assert "Tables: ValueError at test_upgrade.py, line" in done.output
    assert "robin" not in done.output
    assert "give upgrade again" in done.output
    assert "downgrade" in done.output
    # And given again without the fault, it finishes
    assert operator.upgrade("--unopened").exit_code == 0
    check_all_is_there(told, OLD)


def test_a_disk_that_fills_up_meanwhile_leaves_whole_tables(
    operator: Operator, told: Told, tmp_path: Path
) -> None:
    # Given a store that cannot grow
    def no_larger(connection: Any, record: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")

    event.listen(Engine, "connect", no_larger)
    try:
        done = operator.upgrade("--unopened")
    finally:
        event.remove(Engine, "connect", no_larger)
    # Then SQLite's own words are told, and the last migration that there was room for is whole
    assert done.exit_code == 1
    assert "database or disk is full" in done.output
    assert revisions(tmp_path) == {**all_at(OLD), "main": "0026"}
    # And with room it goes
    assert operator.upgrade("--unopened").exit_code == 0
    check_all_is_there(told, OLD)


def test_rows_that_hearth_did_not_write_stop_an_upgrade_before_it_changes_anything(
    operator: Operator, told: Told, tmp_path: Path
) -> None:
    # Given a permission that was put in by hand
    with closing(sqlite3.connect(tmp_path / "main.sqlite3")) as connection, connection:
        changed = connection.execute("UPDATE submissions SET language = 'ar'")
        assert changed.rowcount == 1
    # When the backup is opened first, then the rehearsal finds it
    done = operator.upgrade()
    assert done.exit_code == 1
    assert "The backup is not sound" in done.output
    assert revisions(tmp_path) == all_at(OLD)
    # And without a rehearsal, the verification does, and the upgrade does not say that it is done
    done = operator.upgrade("--unopened")
    assert done.exit_code == 1
    assert "1 rows are not as Hearth wrote them" in done.output
    note = upgrade_notes.read(tmp_path)
    assert note
    assert not note.finished
