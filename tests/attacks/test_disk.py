"""Attack: carve deleted erasure secrets out of the raw disk, or out of PostgreSQL's files, and open what was erased.

Before (at c7b8640): SQLite's TRUNCATE journal had the old page with the secrets, and truncating it freed the blocks
without clearing them. After "Everything is deleted", 6 of 6 secrets were found in the disk image with one regular
expression; with an older state of `main` and the coordinator's passphrase the answers were read again. The write-ahead
log of `volatile` was truncated in the same way and left salts and Visits behind. On PostgreSQL the secrets stayed in
the table's file; VACUUM leaves some there, too (6 of 6 where the last rows of a page were deleted).

Now the journal of `erasure` keeps its blocks and is overwritten and synced before a page says that something is
deleted; so is the log of `volatile` in each round of the worker, and at its end. On PostgreSQL the worker writes the
table anew (`VACUUM FULL`) in its round.
"""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, select

from tests.attacks.deleting import (
    ACTS,
    Act,
    a_round,
    a_visitor,
    deleted_by,
    erases,
    secrets,
)
from tests.conftest import MakeApp
from tests.factories import environment
from tests.integration.house import make_house
from tests.live import ROOT, surroundings
from tests.pages import CheckedClient
from tests.people import (
    answers_for,
    begin,
)
from tests.postgres import Postgres
from tests.raw_disk import RawDisk, mounted
from tests.stores import DEMO, SqliteShelf, application
from tests.tally import Tell
from tests.turned import the_worker_kept_running
from webapp.extensions import db
from webapp.models import DailySalt, ErasureSecret, PublicVisit
from webapp.rules import clock
from webapp.services.backup.backup_folder import BackupFolder
from webapp.services.backup.backup_places import remove_old
from webapp.services.backup.store_copies import copied
from webapp.services.infrastructure import stores
from webapp.services.worker import smtp
from webapp.vault.backup_files import BackupHead, BackupKind, new_backup_key

TODAY = datetime(2026, 12, 1, 12, tzinfo=UTC)
GONE = "Everything is deleted"


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[RawDisk]:
    """A disk of its own, with SQLite's temporary files on it."""
    with mounted(tmp_path) as made:
        monkeypatch.setenv("SQLITE_TMPDIR", str(made.folder))
        yield made


@pytest.fixture
def on_disk(disk: RawDisk, sqlite_shelf: SqliteShelf) -> Iterator[Flask]:
    """Both doors and a worker, with everything that is theirs on that disk."""
    with (
        sqlite_shelf.fresh(disk.folder, DEMO) as there,
        application(there, disk.folder, DOORS="public,desk,worker") as app,
    ):
        app.test_client_class = CheckedClient
        smtp.init_app(app)
        yield app


def halves(wanted: Iterable[bytes]) -> list[bytes]:
    """A thief needs all of a secret; no half of one may be left either."""
    return [half for one in wanted for half in (one[:16], one[16:])]


@pytest.mark.parametrize("act", ACTS)
def test_what_a_page_calls_deleted_is_nowhere_on_the_disk(
    on_disk: Flask, disk: RawDisk, act: Act, tell: Tell
) -> None:
    # Given a page that said that it is deleted, a moment ago
    gone = deleted_by(act, on_disk)
    assert gone
    # When a thief searches every block of the disk, those of files and those that were freed
    found = disk.found(gone)
    tell("the raw disk", f"{act.__name__}: {len(found)} of {len(gone)} secrets found")
    # Then there is none, nor half of one
    assert found == []
    assert disk.found(halves(gone)) == []
    # And the search does find those of the people who stay
    stay = secrets(on_disk)
    assert len(disk.found(stay)) == len(stay)


DIES_WHILE_IT_WRITES = """
import os, sqlite3, sys
store = sqlite3.connect(sys.argv[1], isolation_level=None)
for pragma in ("journal_mode=PERSIST", "synchronous=FULL", "cache_size=1"):
    store.execute(f"PRAGMA {pragma}")
store.execute("BEGIN IMMEDIATE")
store.execute("UPDATE erasure_secrets SET secret = zeroblob(32)")
os._exit(1)
"""


@pytest.mark.parametrize("first", ["the service", "the backup"])
def test_a_journal_that_a_crash_left_is_not_freed(
    on_disk: Flask, disk: RawDisk, first: str, tmp_path: Path
) -> None:
    # Given secrets, and a process that dies while it writes, with all of them in its journal
    with on_disk.app_context():
        with stores.writing("erasure") as erasure:
            erasure.add_all(
                ErasureSecret(id=uuid4(), secret=os.urandom(32), made_on=clock.today())
                for _ in range(200)
            )
        for engine in db.engines.values():
            engine.dispose()
    path = disk.folder / "erasure.sqlite3"
    subprocess.run([sys.executable, "-c", DIES_WHILE_IT_WRITES, path], check=False)
    journal = Path(f"{path}-journal")
    assert journal.read_bytes()[:8].strip(b"\0")
    # When its transaction is rolled back
    if first == "the backup":
        back_up(disk.folder, tmp_path / "backups")
    before = secrets(on_disk)
    assert not journal.read_bytes()[:8].strip(b"\0")
    # And a participant deletes everything afterwards
    gone = deleted_by(erases, on_disk)
    with on_disk.app_context(), stores.writing("erasure") as erasure:
        erasure.execute(delete(ErasureSecret))
    # Then none of the secrets that were in that journal is on the disk any more
    assert len(before) >= 200
    assert disk.found([*gone, *before]) == []


def back_up(instance: Path, to: Path) -> None:
    """As the command does it."""
    with copied("erasure", f"sqlite:///{instance / 'erasure.sqlite3'}", to) as pieces:
        assert b"".join(pieces).startswith(b"SQLite format 3")


def test_the_search_finds_what_an_ordinary_journal_leaves(disk: RawDisk) -> None:
    # Given words that were deleted in a database with secure_delete and the journal of before
    planted = [f"planted-{number:024}".encode() for number in range(40)]
    made = sqlite3.connect(disk.folder / "control.sqlite3", isolation_level=None)
    for pragma in ("journal_mode=TRUNCATE", "synchronous=FULL", "secure_delete=ON"):
        made.execute(f"PRAGMA {pragma}")
    made.execute("CREATE TABLE planted (word BLOB)")
    for word in planted:
        made.execute("INSERT INTO planted VALUES (?)", [word])
    made.execute("DELETE FROM planted")
    made.close()
    files = b"".join(path.read_bytes() for path in disk.folder.glob("control*"))
    assert not [word for word in planted if word in files]
    # Then they are not in its files, and found on the disk
    assert disk.found(planted) == planted


def test_a_visit_that_was_left_is_nowhere_on_the_disk(
    on_disk: Flask, disk: RawDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a participant who answered some pages, with a version of their Visit for each, and left
    participant = a_visitor(on_disk)
    sealed = []
    begin(participant)
    for _ in range(4):
        participant.press_first(**answers_for(participant))
        with on_disk.app_context(), stores.reading("volatile") as volatile:
            row = volatile.execute(select(PublicVisit.id, PublicVisit.sealed)).one()
        sealed.append(row.sealed[64:192])
    assert disk.found([row.id, sealed[-1]]) == [row.id, sealed[-1]]
    participant.client.get("/leave")
    # When the worker has made its round
    a_round(on_disk, monkeypatch)
    # Then no version of it is left on the disk, nor the id under which it was stored
    assert disk.found([row.id, *sealed]) == []


def test_a_salt_of_yesterday_is_nowhere_on_the_disk(
    on_disk: Flask, disk: RawDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a visitor of yesterday, counted under the salt of that day
    with time_machine.travel(TODAY, tick=False):
        begin(a_visitor(on_disk))
        with on_disk.app_context(), stores.reading("volatile") as volatile:
            salt = volatile.scalars(select(DailySalt.salt)).one()
    assert disk.found([salt]) == [salt]
    # When the worker has made its first round of today
    with time_machine.travel(TODAY + timedelta(days=1), tick=False):
        with on_disk.app_context():
            the_worker_kept_running()
        a_round(on_disk, monkeypatch)
    # Then the networks of yesterday cannot be tried any more, with any key
    assert disk.found([salt]) == []


LAST_PROCESS = """
from datetime import date
from sqlalchemy import delete
from webapp import create_app
from webapp.extensions import db
from webapp.models import DailySalt
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.settings import Settings
import os
app = create_app(Settings.from_environment(os.environ))
with app.app_context():
    with stores.writing("volatile") as volatile:
        volatile.add(DailySalt(day=date(2026, 1, 1), salt=bytes.fromhex("5a17" * 16)))
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DailySalt))
"""


def test_a_service_that_stops_leaves_no_log_in_freed_blocks(
    disk: RawDisk, sqlite_shelf: SqliteShelf
) -> None:
    # Given a process that deletes a salt, and is the last to close the store: SQLite then removes the log
    with sqlite_shelf.fresh(disk.folder, DEMO) as there:
        settings = environment(disk.folder, **there.environment(), DOORS="public")
        done = subprocess.run(
            [sys.executable, "-c", LAST_PROCESS],
            cwd=ROOT,
            env=surroundings(disk.folder, **settings),
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    # Then nothing of it is on the disk
    assert disk.found([bytes.fromhex("5a17" * 16)]) == []


def test_a_backup_that_was_removed_is_nowhere_on_the_disk(disk: RawDisk) -> None:
    # Given a copy of secrets of a week ago on that disk, and one of today
    folder, key = BackupFolder(disk.folder / "backups"), new_backup_key().public_key
    today = clock.today()
    old, _ = (
        folder.write(BackupHead(BackupKind.ERASURE, day, uuid4()), [os.urandom(200_000)], key)
        for day in (today - timedelta(days=8), today)
    )
    data = Path(old.name).read_bytes()
    pieces = [data[start : start + 64] for start in range(0, len(data) - 64, 8192)]
    assert disk.found(pieces) == pieces
    # When its days are over
    assert [one.name for one in remove_old(folder)] == [old.name]
    # Then it is removed from the disk, and not only its name
    assert disk.found(pieces) == []


# PostgreSQL


@pytest.fixture
def house(make_app: MakeApp) -> Flask:
    """Both doors and a worker, on PostgreSQL."""
    return make_house(make_app)


def in_tables(cluster: Postgres, wanted: Iterable[bytes]) -> list[bytes]:
    """Which stand in a file of a table, an index or a temporary one: in any file but the write-ahead log."""
    cluster.admin.execute("CHECKPOINT")
    content = b"".join(
        path.read_bytes()
        for path in (cluster.folder / "data").rglob("*")
        if path.is_file() and "pg_wal" not in path.parts
    )
    return [one for one in wanted if one in content]


@pytest.mark.parametrize("shelf", ["postgresql"], indirect=True)
@pytest.mark.parametrize("act", ACTS)
def test_what_was_deleted_is_in_no_table_after_one_round(
    house: Flask, cluster: Postgres, act: Act, monkeypatch: pytest.MonkeyPatch, tell: Tell
) -> None:
    # Given what was deleted on PostgreSQL
    gone = deleted_by(act, house)
    before = in_tables(cluster, gone)
    # When the worker has made one round
    a_round(house, monkeypatch)
    # Then no file of a table has a secret of it, and those of the people who stay are there
    found = in_tables(cluster, gone)
    tell(
        "PostgreSQL's tables",
        f"{act.__name__}: {len(found)} of {len(gone)} secrets found, {len(before)} before the round",
    )
    assert found == []
    stay = secrets(house)
    assert len(in_tables(cluster, stay)) == len(stay)
