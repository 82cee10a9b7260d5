"""Secure deletion on SQLite (data remanence): the files beside a store are overwritten in place, and synced.

SQLite keeps old pages of a transaction in a rollback journal, and new ones in a write-ahead log. With the usual modes
it truncates or removes these files, and the blocks that this frees still have the pages: on a raw disk every deleted
secret is found again. Here both files keep their blocks, which are filled with zeros.

A file system that does not write in place (copy-on-write, log-structured, `data=journal`), a snapshot and the spare
blocks of a flash disk keep older content all the same: see docs/threat-model.md.
"""

import atexit
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast
from weakref import WeakKeyDictionary

from flask import Flask
from sqlalchemy import Engine, QueuePool
from sqlalchemy.exc import SQLAlchemyError

from webapp.extensions import PATIENCE_SECONDS, began_to_write, db

#: The header of a write-ahead log. A log without it is an empty one.
HEADER_BYTES = 32
#: Bytes that are looked at, or written, at once.
CHUNK = 2**20
#: Other processes that write all the time can be faster each time.
TRIES = 20
#: How long a log waits for its readers before the next round.
READERS_MILLISECONDS = 1000
#: Without the file's times, where the system can leave them out.
_sync = getattr(os, "fdatasync", os.fsync)
#: Engines whose log is overwritten when this process ends, and the process: a fork must not use its connections.
_AT_EXIT: WeakKeyDictionary[Engine, int] = WeakKeyDictionary()


class NotOverwritten(Exception):
    """The write lock was not free, the log is in use, or the disk failed. The worker's next round tries again."""


def init_app(app: Flask) -> None:
    """Have the log of `volatile` overwritten at exit: the last process that closes it removes it."""
    with app.app_context():
        engine = db.engines["volatile"]
    if engine.dialect.name == "sqlite":
        _AT_EXIT[engine] = os.getpid()


@atexit.register
def _overwrite_at_exit() -> None:
    for engine, process in list(_AT_EXIT.items()):
        pool = engine.pool
        used = isinstance(pool, QueuePool) and pool.checkedin() > 0
        if used and process == os.getpid():
            # Where another process uses it, that one is the last, and has its turn.
            with suppress(NotOverwritten, SQLAlchemyError):
                overwrite(engine)


def overwrite(engine: Engine) -> None:
    """Overwrite what the journal or the write-ahead log of an SQLite store has of old pages.

    To be called when this thread has no transaction there. Raises `NotOverwritten`.
    """
    try:
        with _raw_connection(engine) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
            if mode == "wal":
                _overwrite_log(connection, _beside(connection, "-wal"))
            else:
                _overwrite_journal(connection, _beside(connection, "-journal"))
    except (OSError, sqlite3.Error) as error:
        raise NotOverwritten from error


@contextmanager
def _raw_connection(engine: Engine) -> Iterator[sqlite3.Connection]:
    # Not through a session: a checkpoint cannot be made inside a transaction.
    pooled = engine.raw_connection()
    try:
        yield cast(sqlite3.Connection, pooled.driver_connection)
    finally:
        pooled.close()


def _beside(connection: sqlite3.Connection, ending: str) -> Path:
    """A file of SQLite's own beside the database, where a symbolic link leads to."""
    (_, _, path) = connection.execute("PRAGMA database_list").fetchone()
    return Path(f"{path}{ending}")


def _overwrite_journal(connection: sqlite3.Connection, path: Path) -> None:
    """Whole, because earlier transactions may have left more in it than the last one.

    With the write lock the journal is nobody's: a crashed transaction was rolled back when the lock was taken, and its
    header was zeroed and synced by SQLite, so that a crash at any moment from here on leaves no hot journal.
    """
    with _write_lock(connection), _open(path) as journal:
        if journal is not None:
            _zero(journal, _used(journal))


def _overwrite_log(connection: sqlite3.Connection, path: Path) -> None:
    """Once a checkpoint has copied all of it to the database."""
    with _open(path) as log:
        if log is None or not _used(log):
            return
        for _ in range(TRIES):
            before = os.pread(log, HEADER_BYTES, 0)
            _begin_log_anew(connection)
            with _write_lock(connection):
                # Where another process began to write since, the header has other salts, and the log is in use.
                if os.pread(log, HEADER_BYTES, 0) == before:
                    _clear_log(log)
                    return
    raise NotOverwritten


def _clear_log(log: int) -> None:
    """The header first, in a sync of its own: a log with a header, and zeros after some of its frames, would bring back
    old pages after a crash."""
    _zero(log, HEADER_BYTES)
    _zero(log, _used(log))


def _begin_log_anew(connection: sqlite3.Connection) -> None:
    """RESTART waits until no process reads from the log, and holds up writers; TRUNCATE would free its blocks."""
    connection.execute(f"PRAGMA busy_timeout={READERS_MILLISECONDS}")
    try:
        (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
    finally:
        connection.execute(f"PRAGMA busy_timeout={1000 * PATIENCE_SECONDS}")
    if busy:
        raise NotOverwritten


@contextmanager
def _write_lock(connection: sqlite3.Connection) -> Iterator[None]:
    """SQLite's write lock, in a transaction that writes nothing: no other process writes meanwhile."""
    if not began_to_write(connection):
        raise NotOverwritten
    try:
        yield
    finally:
        connection.execute("ROLLBACK")


@contextmanager
def _open(path: Path) -> Iterator[int | None]:
    """The file, or None where SQLite has not made one. SQLite's locks are on other files: closing this frees none."""
    try:
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield None
        return
    try:
        yield file
    finally:
        os.close(file)


def _used(file: int) -> int:
    """How many bytes there are up to the last one that is not zero."""
    end = os.fstat(file).st_size
    while end:
        start = max(0, end - CHUNK)
        if used := len(os.pread(file, end - start, start).rstrip(b"\0")):
            return start + used
        end = start
    return 0


def _zero(file: int, length: int) -> None:
    """Overwrite so many bytes from the beginning, and wait for the disk.

    Also when there are none: another process may have written, and not waited yet.
    """
    written = 0
    while written < length:
        written += os.pwrite(file, bytes(min(CHUNK, length - written)), written)
    _sync(file)
