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
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import delete, select

from tests.conftest import MakeApp
from tests.factories import WHO_WE_ARE, environment, publish_demo_event, submit_one
from tests.integration.house import make_house
from tests.integration.public.booker import Booker
from tests.integration.public.steps import go_to_check, send_answers, step_address, value_of
from tests.live import ROOT, surroundings
from tests.pages import CheckedClient
from tests.people import (
    ALL_BOXES,
    answer_everything,
    answers_for,
    begin,
    come_back,
    send,
    shown_code,
    tell_more,
)
from tests.postgres import Postgres
from tests.raw_disk import RawDisk, mounted
from tests.stores import DEMO, SqliteShelf, application
from tests.tally import Tell
from tests.turned import the_worker_kept_running
from tests.visitor import Visitor
from webapp import cli
from webapp.extensions import db
from webapp.models import DailySalt, ErasureSecret, PublicVisit
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.keys import bootstrap
from webapp.services.worker import smtp

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


def a_round(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker's round, as the command does it."""
    monkeypatch.setattr(cli, "application", lambda door: app)
    done = CliRunner().invoke(cli.main.commands["worker"], ["--once"])
    assert done.exit_code == 0, done.output


def secrets(app: Flask) -> set[bytes]:
    """Every erasure secret that there is."""
    with app.app_context(), stores.reading("erasure") as erasure:
        return set(erasure.scalars(select(ErasureSecret.secret)))


def another_answers(app: Flask) -> None:
    """One more person's answers, all parts of them."""
    with app.app_context():
        submit_one()


def halves(wanted: Iterable[bytes]) -> list[bytes]:
    """A thief needs all of a secret; no half of one may be left either."""
    return [half for one in wanted for half in (one[:16], one[16:])]


def a_visitor(app: Flask) -> Visitor:
    return Visitor(app.test_client())


# Each does something at the public door that makes secrets, stops before the button that deletes them, and presses it.

Act = Callable[[Flask], Iterator[None]]


def erases(app: Flask) -> Iterator[None]:
    participant = a_visitor(app)
    begin(participant)
    answer_everything(participant)
    code = send(participant, ALL_BOXES)
    tell_more(participant)
    come_back(participant, code)
    participant.follow("Delete everything")
    yield
    participant.press("Yes, delete everything")
    assert participant.page.h1 == "Everything is deleted"


def corrects(app: Flask) -> Iterator[None]:
    participant = a_visitor(app)
    code = send_answers(participant, ("quote",), change_words="More time.")
    come_back(participant, code)
    participant.follow("What you told us")
    token = str(value_of(participant, "csrf_token"))
    participant.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    participant.press("Continue", change_words="More kindness.")
    yield
    participant.press("Save my changes")
    assert "the old ones are gone" in participant.page.text


def throws_unfinished_answers_away(app: Flask) -> Iterator[None]:
    participant = a_visitor(app)
    go_to_check(participant, change_words="More time.")
    participant.press("Stop for now")
    participant.press("Give me a return code")
    code = shown_code(participant)
    returned = a_visitor(app)
    come_back(returned, code)
    returned.get(step_address("unfinished"))
    yield
    returned.press("Yes, delete them")
    assert returned.page.h1 == "Your unfinished answers are deleted"


def deletes_a_booking(app: Flask) -> Iterator[None]:
    with app.app_context():
        event = publish_demo_event()
    booker = Booker(app)
    booker.own(booker.book(event.slug))
    booker.follow("Delete your booking and what you told us")
    yield
    booker.press("Yes, delete it")
    assert booker.page.h1 == "Your booking is deleted"


ACTS: tuple[Act, ...] = (erases, corrects, throws_unfinished_answers_away, deletes_a_booking)


def deleted_by(act: Act, app: Flask) -> set[bytes]:
    """The secrets that one person's act has deleted, among other people's."""
    another_answers(app)
    way = act(app)
    next(way)
    before = secrets(app)
    # The old pages that other people's answers leave in the journal have these secrets, too
    another_answers(app)
    assert next(way, "done") == "done"
    return before - secrets(app)


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
    """As the manual's timer does it."""
    bootstrap.write_config(instance / "config", {**WHO_WE_ARE, "BASE_URL": "http://localhost"})
    environ = {"PATH": os.environ["PATH"], "INSTANCE": str(instance), "BACKUPS": str(to)}
    subprocess.run([ROOT / "deploy" / "backup.sh"], env=environ, check=True)


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


def test_a_backup_that_was_removed_is_nowhere_on_the_disk(
    disk: RawDisk, sqlite_shelf: SqliteShelf
) -> None:
    # Given an instance on that disk with the backups of a week ago, and one that broke off
    old = [disk.folder / "backups" / "erasure" / name for name in ("old.sqlite3", "old.dump.part")]
    old[0].parent.mkdir(parents=True)
    for path in old:
        path.write_bytes(path.name.encode() * 400)
        os.utime(path, (time.time() - 8 * 24 * 3600,) * 2)
    with sqlite_shelf.fresh(disk.folder, DEMO):
        back_up(disk.folder, disk.folder / "backups")
    # Then the script has removed them from the disk, and not only their names
    assert [path.suffix for path in old[0].parent.iterdir()] == [".sqlite3"]
    assert disk.found(path.name.encode() * 20 for path in old) == []


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
