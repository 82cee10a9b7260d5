"""Transactions of the three stores (unit of work): the only module that commits.

`main` holds sealed parts and everything else, `erasure` the crypto-shredding keys without which those parts cannot be
opened, `volatile` sessions and rate limits. There is no transaction across stores (no two-phase commit), so the order
counts: creating writes the secrets first, erasing writes the tombstone first (`services.sealed.shredding`). Then a
crash between two commits never leaves a part that cannot be opened, or one that can be opened after it was erased.

Lock order in `main`, against deadlocks, for every transaction that locks more than one row: the worker's clock, the
coordinator, the event before its registrations, submissions by id before what belongs to them, a registration before
its mails, and the head of the audit chain last.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Literal, get_args

from alembic.script import ScriptDirectory
from flask import Flask, current_app
from flask_migrate import upgrade
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from webapp.extensions import PATIENCE_SECONDS, QUEUES, WRITING, db

# Imported for its listeners: no session reads or writes a row that is not authenticated.
from webapp.services.infrastructure import row_authentication as row_authentication

Store = Literal["main", "erasure", "volatile"]
STORES: tuple[Store, ...] = get_args(Store)


class TurnNeverCame(Exception):
    """The write lock of an SQLite store was not free for ten seconds."""


class StoreUnavailable(Exception):
    """A store cannot be reached, is full, or stayed locked for ten seconds. Nothing was half written."""


def _engine(store: Store) -> Engine:
    return db.engines[None if store == "main" else store]


@lru_cache(maxsize=64)
def _for_reading(engine: Engine) -> Engine:
    """Snapshot isolation: PostgreSQL needs REPEATABLE READ for it; a transaction of SQLite always has it."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ")
    return engine


@lru_cache(maxsize=64)
def _for_writing(engine: Engine) -> Engine:
    return engine.execution_options(**{WRITING: True})


@contextmanager
def _turn(engine: Engine) -> Iterator[None]:
    if engine.dialect.name != "sqlite":
        yield
        return
    queue = QUEUES[engine]
    if not queue.acquire(timeout=PATIENCE_SECONDS):
        raise TurnNeverCame
    try:
        yield
    finally:
        queue.release()


def _session(engine: Engine) -> Session:
    return Session(engine, expire_on_commit=False)


@contextmanager
def reading(store: Store = "main") -> Iterator[Session]:
    """A read transaction on one snapshot of a store; changes made through it are rolled back.

    Raises `StoreUnavailable`.
    """
    try:
        with _session(_for_reading(_engine(store))) as session:
            yield session
    except (DBAPIError, PoolTimeout) as error:
        raise StoreUnavailable(store) from error


@contextmanager
def writing(store: Store = "main") -> Iterator[Session]:
    """One atomic write transaction. On SQLite it takes the write lock at once (BEGIN IMMEDIATE).

    Seal before you enter, because no other request can write meanwhile. Raises `StoreUnavailable`; an `IntegrityError`
    passes through, because it answers a question (another request was first) and is no failure.
    """
    engine = _engine(store)
    try:
        with _turn(engine), _session(_for_writing(engine)) as session, session.begin():
            yield session
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeout, TurnNeverCame) as error:
        raise StoreUnavailable(store) from error


def empty_log(store: Store) -> None:
    """Checkpoint and truncate SQLite's write-ahead log, in which deleted rows live on otherwise (data remanence)."""
    engine = _engine(store)
    if engine.dialect.name != "sqlite":
        return
    try:
        # Not through a session: a checkpoint cannot be made inside a transaction.
        connection = engine.raw_connection()
        try:
            connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreUnavailable(store) from error


def migrate_all(app: Flask) -> None:
    """Migrate all three stores to the newest revision. Raises `StoreUnavailable` before it touches any."""
    with app.app_context():
        check()
        upgrade()


def revisions() -> dict[Store, str]:
    """The migration revision of each store; empty where it has no tables yet. Raises `StoreUnavailable`."""
    found: dict[Store, str] = {}
    for store in STORES:
        with reading(store) as session:
            has_tables = inspect(session.connection()).has_table("alembic_version")
            row = (
                session.execute(text("SELECT version_num FROM alembic_version"))
                if has_tables
                else None
            )
            found[store] = (row.scalar() or "") if row else ""
    return found


def newest_revision() -> str:
    """The newest migration revision that this release knows."""
    config = current_app.extensions["migrate"].migrate.get_config("migrations")
    return str(ScriptDirectory.from_config(config).get_current_head())


def check() -> None:
    """Raise `StoreUnavailable` unless all three stores answer."""
    for store in STORES:
        with reading(store) as session:
            session.execute(text("SELECT 1"))
