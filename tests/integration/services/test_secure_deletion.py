"""Secure deletion: what is left of deleted rows in SQLite's journals and in PostgreSQL's tables, and when it stays."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, delete, func, select

from tests.factories import submit_one
from tests.postgres import Postgres
from tests.stores import Stores, application
from webapp.extensions import db
from webapp.models import DailySalt, ErasureSecret
from webapp.rules import clock
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import secure_deletion, stores
from webapp.services.infrastructure.table_rewrites import TABLES, TableRewrites
from webapp.services.sealed import shredding
from webapp.services.worker import chores
from webapp.vault.sealing import new_erasure_secret

pytestmark = pytest.mark.usefixtures("inside")
#: Seconds in which a busy machine overwrites six times.
PATIENCE_SECONDS = 30
on_sqlite = pytest.mark.parametrize("shelf", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("shelf", ["postgresql"], indirect=True)


def file_of(store: str, ending: str = "") -> Path:
    return Path(f"{urlsplit(store).path}{ending}")


def secrets() -> set[bytes]:
    with stores.reading("erasure") as erasure:
        return set(erasure.scalars(select(ErasureSecret.secret)))


def is_clear(path: Path) -> bool:
    """It is there, with blocks of its own, and nothing in them."""
    content = path.read_bytes()
    return bool(content) and not content.strip(b"\0")


def add_secrets(how_many: int) -> list[ErasureSecret]:
    made = [
        ErasureSecret(id=uuid4(), secret=new_erasure_secret(), made_on=clock.today())
        for _ in range(how_many)
    ]
    with stores.writing("erasure") as erasure:
        erasure.add_all(made)
    return made


# SQLite


@on_sqlite
def test_the_journal_is_clear_when_erasing_is_complete(inside: Flask, demo_stores: Stores) -> None:
    # Given what other people's answers left in the journal
    journal = file_of(demo_stores.erasure, "-journal")
    held = own_copies.find_held(submit_one().receipt)
    submit_one()
    assert not is_clear(journal)
    # When one is erased
    assert erasing.erase_held(held).complete
    # Then nothing of it is left
    assert is_clear(journal)


@on_sqlite
def test_a_page_says_deleted_only_when_the_old_pages_are_gone(
    inside: Flask, demo_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a disk that fails, or a process that dies, after the secrets were deleted
    held = own_copies.find_held(submit_one().receipt)
    before = secrets()

    def fails(file: int, length: int) -> None:
        raise OSError

    with monkeypatch.context() as patch:
        patch.setattr(secure_deletion, "_zero", fails)
        # Then it is not called complete
        assert not erasing.erase_held(held).complete
    gone = before - secrets()
    left = file_of(demo_stores.erasure, "-journal").read_bytes()
    assert gone
    assert all(secret in left for secret in gone)
    # When the worker comes
    assert chores.do_all(mail=False)
    # Then it is
    assert is_clear(file_of(demo_stores.erasure, "-journal"))
    assert shredding.finish_waiting() == 0


@on_sqlite
def test_what_a_crash_left_is_overwritten_in_the_next_round(
    inside: Flask, demo_stores: Stores
) -> None:
    # Given a journal with old pages, of a process that is no more: nothing is waiting to be deleted
    add_secrets(20)
    add_secrets(20)
    journal = file_of(demo_stores.erasure, "-journal")
    assert not is_clear(journal)
    chores.overwrite_remains()
    assert is_clear(journal)


@on_sqlite
def test_tables_that_were_rebuilt_leave_no_journal(inside: Flask, demo_stores: Stores) -> None:
    add_secrets(20)
    add_secrets(20)
    stores.migrate_all(inside)
    assert is_clear(file_of(demo_stores.erasure, "-journal"))


@on_sqlite
def test_a_deleted_secret_is_in_no_page_of_a_file_with_many(
    inside: Flask, demo_stores: Stores
) -> None:
    # Given a file whose pages were split, filled, emptied and joined again
    gone: list[bytes] = []
    kept: list[ErasureSecret] = []
    for turn in range(40):
        kept += add_secrets(30)
        kept.sort(key=lambda one: one.id)
        leave = kept[turn % 3 :: 3][:25]
        with stores.writing("erasure") as erasure:
            ids = [one.id for one in leave]
            erasure.execute(delete(ErasureSecret).where(ErasureSecret.id.in_(ids)))
        gone += [one.secret for one in leave]
        kept = [one for one in kept if one not in leave]
    # Then neither a whole secret nor a half is in it or beside it
    path = file_of(demo_stores.erasure)
    files = b"".join(one.read_bytes() for one in path.parent.glob(f"{path.name}*"))
    assert not [half for one in gone for half in (one[:16], one[16:]) if half in files]
    assert all(one.secret in files for one in kept)


@on_sqlite
def test_a_long_journal_is_overwritten_to_its_end(
    inside: Flask, demo_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a journal that is longer than what is looked at at once, and an end with nothing in it
    monkeypatch.setattr(secure_deletion, "CHUNK", 1000)
    add_secrets(200)
    add_secrets(200)
    journal = file_of(demo_stores.erasure, "-journal")
    with journal.open("ab") as opened:
        opened.write(bytes(5000))
    size = journal.stat().st_size
    assert size > 10_000
    stores.overwrite_remains("erasure")
    assert is_clear(journal)
    assert journal.stat().st_size == size


@on_sqlite
def test_the_log_keeps_its_blocks_and_has_nothing_in_them(
    inside: Flask, demo_stores: Stores
) -> None:
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DailySalt))
    log = file_of(demo_stores.volatile, "-wal")
    size = log.stat().st_size
    assert size and not is_clear(log)
    stores.overwrite_remains("volatile")
    assert is_clear(log)
    assert log.stat().st_size == size


@on_sqlite
def test_a_log_that_is_read_waits_for_the_next_round(
    inside: Flask, demo_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secure_deletion, "READERS_MILLISECONDS", 10)
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(DailySalt))
    with stores.reading("volatile") as volatile:
        volatile.scalar(select(func.count()).select_from(DailySalt))
        with pytest.raises(stores.StoreUnavailable):
            stores.overwrite_remains("volatile")
    stores.overwrite_remains("volatile")
    assert is_clear(file_of(demo_stores.volatile, "-wal"))


@pytest.fixture
def other_process(inside: Flask, demo_stores: Stores, tmp_path: Path) -> Iterator[Flask]:
    """Another application on the same files, with connections and a queue of its own."""
    with application(demo_stores, tmp_path, DOORS="worker") as app:
        yield app


@on_sqlite
@pytest.mark.parametrize("store", ["erasure", "volatile"])
def test_overwriting_while_others_write_loses_nothing(
    inside: Flask, other_process: Flask, store: stores.Store
) -> None:
    # Given a process that writes all the time
    done = threading.Event()
    overwritten = 0

    def overwrites() -> None:
        nonlocal overwritten
        with other_process.app_context():
            while not done.wait(0.002):
                try:
                    stores.overwrite_remains(store)
                except stores.StoreUnavailable:
                    continue
                overwritten += 1

    other = threading.Thread(target=overwrites)
    other.start()
    try:
        # When another one overwrites meanwhile
        began = time.monotonic()
        kept = write_and_count(
            store, until=lambda: overwritten > 5 or time.monotonic() > began + PATIENCE_SECONDS
        )
    finally:
        done.set()
        other.join()
    # Then every row is there, and the file is whole
    assert overwritten > 5
    with stores.reading(store) as session:
        table = ErasureSecret if store == "erasure" else DailySalt
        assert session.scalar(select(func.count()).select_from(table)) == kept
        assert session.connection().exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def write_and_count(store: stores.Store, until: Callable[[], bool]) -> int:
    """Add and delete rows; how many there are at the end, by our own count."""
    ids, day = [], clock.today()
    with stores.writing(store) as session:
        session.execute(delete(ErasureSecret if store == "erasure" else DailySalt))
    while not until():
        if store == "erasure":
            ids += [one.id for one in add_secrets(2)]
            with stores.writing("erasure") as session:
                session.execute(delete(ErasureSecret).where(ErasureSecret.id == ids.pop(0)))
        else:
            day = day.fromordinal(day.toordinal() + 1)
            with stores.writing("volatile") as session:
                session.add(DailySalt(day=day, salt=os.urandom(32)))
            ids.append(uuid4())
    return len(ids)


def test_every_sqlite_store_keeps_temporary_files_in_memory(inside: Flask) -> None:
    for engine in db.engines.values():
        if engine.dialect.name == "sqlite":
            with engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA temp_store").scalar() == 2


# PostgreSQL


def file_numbers(engine: Engine) -> dict[str, int]:
    """Which file each table is in: another one after it was written anew."""
    query = "SELECT relname, relfilenode FROM pg_class WHERE relname = ANY(%s)"
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(query, (list(TABLES["erasure"]),))
        return dict(map(tuple, rows))


def erasure_engine() -> Engine:
    return db.engines["erasure"]


def reported() -> None:
    """PostgreSQL counts what was deleted once the session that did it has told its statistics."""
    erasure_engine().dispose()
    time.sleep(0.3)


def a_later_round(rewrites: TableRewrites) -> dict[str, int]:
    """However long the last one took. Returns the files afterwards."""
    for done in rewrites._done.values():
        done.not_before = 0
    rewrites()
    return file_numbers(erasure_engine())


@on_postgresql
def test_a_table_is_written_anew_when_rows_were_deleted_and_not_before(inside: Flask) -> None:
    # Given a worker that has made its first two rounds
    rewrites = TableRewrites()
    first = file_numbers(erasure_engine())
    a_later_round(rewrites)
    before = a_later_round(rewrites)
    assert not set(before.values()) & set(first.values())
    # When nothing was deleted, nothing is done
    add_secrets(3)
    reported()
    assert a_later_round(rewrites) == before
    # When something was, it is done in the round after, and once more
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(ErasureSecret))
    reported()
    files = [a_later_round(rewrites) for _ in range(4)]
    assert len({one["erasure_secrets"] for one in (before, *files)}) == 3
    assert {one["purpose_key_seals"] for one in files} == {before["purpose_key_seals"]}


@on_postgresql
def test_a_large_table_is_written_anew_less_often(inside: Flask) -> None:
    rewrites = TableRewrites()
    rewrites()
    before = file_numbers(erasure_engine())
    # Given a rewrite that took a minute
    for done in rewrites._done.values():
        done.not_before = time.monotonic() + 6000
    rewrites()
    assert file_numbers(erasure_engine()) == before


@on_postgresql
def test_a_table_that_is_in_use_waits_for_the_next_round(
    inside: Flask, demo_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.services.infrastructure.table_rewrites.LOCK_TIMEOUT", "50ms")
    rewrites = TableRewrites()
    # Given a backup that is being made
    with psycopg.connect(demo_stores.erasure) as dump:
        dump.execute("LOCK TABLE erasure_secrets IN ACCESS SHARE MODE")
        with pytest.raises(stores.StoreUnavailable):
            rewrites()
        # Then nobody waits behind the worker
        assert secrets() is not None
    rewrites()


@on_postgresql
def test_a_role_without_the_right_says_so_once(
    inside: Flask,
    demo_stores: Stores,
    tmp_path: Path,
    cluster: Postgres,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, "hearth.erasure")
    if not cluster.admin.execute("SELECT 1 FROM pg_roles WHERE rolname = 'reader'").fetchone():
        cluster.admin.execute("CREATE ROLE reader LOGIN")
    poor = (
        address.replace("postgresql://postgres@", "postgresql://reader@")
        for address in (demo_stores.main, demo_stores.erasure, demo_stores.volatile)
    )
    with (
        application(Stores("postgresql", *poor), tmp_path, DOORS="worker") as app,
        app.app_context(),
    ):
        rewrites = TableRewrites()
        rewrites()
        rewrites()
    said = [one.getMessage() for one in caplog.records if "may not rewrite" in one.getMessage()]
    assert len(said) == 3
