"""Physical backups of PostgreSQL, as the manual has them: a base backup, the archived log, point-in-time recovery.

The cluster of `main` alone is archived. `erasure` and `volatile` are in another one, which goes on from today.
"""

import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import select

from tests import in_memory, postgres
from tests.factories import Sent, submit_one
from tests.integration.services.test_older_stores import erase, is_read
from tests.integration.services.test_restored_consents import decide, standing
from tests.postgres import Postgres
from tests.stores import DEMO, PostgresShelf, Stores, application
from webapp.cli import replaying
from webapp.models import ErasureSecret
from webapp.services.backup import store_copies
from webapp.services.infrastructure import audit, record_check, row_verification, stores
from webapp.settings import WrongSetting
from webapp.web import start_checks

DATABASE = "hearth_main"
DOORS = "public,desk,worker"
#: So many people answer while the base backup is taken: it takes a second, or much longer on a busy machine.
ENOUGH = 20


@pytest.fixture
def backups() -> Iterator[Path]:
    """Where base backups and the archived log go. PostgreSQL's own user writes there."""
    folder = in_memory.new_folder("wal")
    (folder / "log").mkdir()
    for path in (folder, folder / "log"):
        path.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def archived(backups: Path) -> Iterator[Postgres]:
    """The cluster of `main`, with the settings of the manual."""
    copy = f"test ! -f {backups}/log/%f && cp %p {backups}/log/%f"
    running = postgres.start("archive_mode=on", f"archive_command={copy}")
    yield running
    running.stop()


@pytest.fixture
def where(
    archived: Postgres,
    postgres_shelf: PostgresShelf,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Stores]:
    """A demo whose `main` is in the archived cluster, and nothing else of it."""
    monkeypatch.setenv("PATH", str(postgres.programs()), prepend=":")
    with postgres_shelf.fresh(tmp_path, DEMO) as fresh:
        archived.create(DATABASE)
        main = archived.url(DATABASE)
        with store_copies.copied("main", fresh.main, tmp_path) as pieces:
            store_copies.put_back(main, pieces)
        yield replace(fresh, main=main)


@contextmanager
def people_answering(house: Flask) -> Iterator[list[Sent]]:
    """People go on answering meanwhile, one after the other."""
    sent: list[Sent] = []
    over = threading.Event()

    def answer() -> None:
        with house.app_context():
            while not over.is_set() and len(sent) < ENOUGH:
                sent.append(submit_one(written=False))

    going = threading.Thread(target=answer)
    going.start()
    try:
        yield sent
    finally:
        over.set()
        going.join()


def base_backup(cluster: Postgres, to: Path) -> None:
    subprocess.run(
        [
            *("pg_basebackup", "--host", str(cluster.folder), "--username", "postgres"),
            *("--pgdata", str(to), "--checkpoint", "fast", "--no-sync"),
        ],
        check=True,
        capture_output=True,
    )


def moment(cluster: Postgres) -> str:
    """A point in time, after which something else happens."""
    ((now,),) = cluster.admin.execute("SELECT clock_timestamp()::text").fetchall()
    return str(now)


@contextmanager
def recovered(backups: Path, until: str) -> Iterator[Postgres]:
    """Another cluster: of the base backup, and of the log up to that moment."""
    (backups / "base" / "recovery.signal").touch()
    running = postgres.start(
        f'restore_command=cp {backups}/log/%f "%p"',
        f"recovery_target_time={until}",
        "recovery_target_action=promote",
        base_backup=backups / "base",
    )
    try:
        with closing(psycopg.connect(running.url(DATABASE), autocommit=True)) as connection:
            wait_until_promoted(connection)
        yield running
    finally:
        running.stop()


def wait_until_promoted(connection: "psycopg.Connection[tuple[bool]]") -> None:
    for _ in range(200):
        if connection.execute("SELECT NOT pg_is_in_recovery()").fetchall() == [(True,)]:
            return
        connection.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("the recovery did not come to its end")


def replay_tombstones(house: Flask) -> Result:
    """The operator's command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(replaying, "application", lambda: house)
        return CliRunner().invoke(replaying.replay, ["--yes"])


def held(folder: Path, values: list[bytes]) -> set[bytes]:
    """Those of these values that any file in it has."""
    files = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
    return {value for value in values if any(value in data for data in files)}


def test_after_a_point_in_time_recovery_of_main_whoever_was_deleted_stays_deleted(
    where: Stores, archived: Postgres, backups: Path, tmp_path: Path
) -> None:
    with application(where, tmp_path, DOORS=DOORS) as house, house.app_context():
        # Given a base backup that was taken while people answered, and some who answered after it
        with people_answering(house) as early:
            stays = submit_one()
            base_backup(archived, backups / "base")
        goes, changes_their_mind = submit_one(), submit_one()
        record_check.watch()
        until = moment(archived)
        # And after the moment to which it will be recovered: one deletes everything, one takes a permission back
        erase(goes)
        decide(changes_their_mind, "contact_me", False)
        later = submit_one()
        with stores.reading("erasure") as erasure:
            secrets = list(erasure.scalars(select(ErasureSecret.secret)))
    # When the machine of main is lost, and main comes back in another cluster, as it was at that moment
    archived.go_away()
    with recovered(backups, until) as again:
        now = replace(where, main=again.url(DATABASE))
        with application(now, tmp_path, DOORS=DOORS) as house, house.app_context():
            # Then no process starts, and the line says what to do
            with pytest.raises(WrongSetting, match=r"main is older .*give replay-tombstones"):
                start_checks.before_serving(house)
            assert "contact_me" in standing(changes_their_mind)
            # And when the command was given, they start
            done = replay_tombstones(house)
            assert done.exit_code == 0, done.output
            start_checks.before_serving(house)
            # And whoever was deleted is, and what was taken back is
            assert not is_read(goes)
            assert "contact_me" not in standing(changes_their_mind)
            # And everyone else reads theirs, but whoever answered after that moment
            assert early
            assert all(is_read(one) for one in (*early, stays, changes_their_mind))
            assert not is_read(later)
            # And every row and the record are as Hearth wrote them
            assert list(row_verification.find_false()) == []
            assert audit.verify()
    # And no secret ever was in the base backup or in the log, which do have who answered
    assert secrets
    answered = stays.submission_id.bytes
    assert held(backups, [answered, *secrets]) == {answered}
