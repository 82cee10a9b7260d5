"""Flask extensions and the engines of the three stores: SQLite's journal modes, transactions and writers' queue.

Extensions are bound to an application in `webapp.create_app`. There is deliberately no mailer here: models import this
module, and only the worker may send mail.
"""

import sqlite3
import time
from _thread import LockType
from datetime import date
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

import psycopg
from flask import Flask, current_app
from flask_babel import Babel
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_wtf import CSRFProtect
from sqlalchemy import Connection, Engine, MetaData, event
from sqlalchemy.orm import DeclarativeBase, registry

from webapp.canonical_types import (
    CanonicalBoolean,
    CanonicalDate,
    CanonicalInteger,
    CanonicalString,
)
from webapp.settings import VERIFIED, Settings, is_local

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """The declarative base, with a naming convention for constraints, so that migrations can name them."""

    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        # For columns that name no type: see `canonical_types`.
        type_annotation_map={
            bool: CanonicalBoolean,
            date: CanonicalDate,
            int: CanonicalInteger,
            str: CanonicalString,
        },
    )


db = SQLAlchemy(model_class=Base)
if TYPE_CHECKING:
    # A type checker cannot follow the class that the extension makes of it.
    Model = Base
else:
    Model = db.Model
migrate = Migrate()
csrf = CSRFProtect()
babel = Babel()


def current_settings() -> Settings:
    """The settings of the current application."""
    settings: Settings = current_app.extensions["hearth_settings"]
    return settings


# A transaction that will write declares it (see services.infrastructure.stores): SQLite then takes its write lock at
# once (BEGIN IMMEDIATE) and does not fail half-way with SQLITE_BUSY (a deadlock of two readers that both want to
# write).
WRITING = "hearth_writing"
# Temporary files (statement journals, sorters) would leave their content in freed blocks of the disk.
EVERYWHERE = ("temp_store=MEMORY", "foreign_keys=ON")
PRAGMAS = {
    None: ("journal_mode=WAL", "synchronous=FULL", *EVERYWHERE),
    # A deleted secret must not live on in a write-ahead log, nor in blocks that a shorter journal frees: PERSIST keeps
    # them, and services.infrastructure.secure_deletion overwrites them.
    # The first that reads the file rolls back what a crash left, and would remove that journal, unless this connection
    # has the file for itself meanwhile. The last one lets go of it.
    "erasure": (
        "locking_mode=EXCLUSIVE",
        "journal_mode=PERSIST",
        "locking_mode=NORMAL",
        "schema_version",
        "journal_size_limit=-1",
        "synchronous=FULL",
        "secure_delete=ON",
        *EVERYWHERE,
    ),
    "volatile": ("journal_mode=WAL", "synchronous=NORMAL", "secure_delete=ON", *EVERYWHERE),
}


#: The lock time-out of a writer, after which an error page is shown.
PATIENCE_SECONDS = 10


def engine_options(url: str, *, through_pooler: bool = False) -> dict[str, Any]:
    """Engine options of one store: pool size, time-outs, and no parameters (personal data) in errors.

    `through_pooler`: PgBouncer in transaction mode gives each transaction another session of PostgreSQL, so nothing
    may be prepared in one for the next (server-side prepared statements).
    """
    shared = {
        "url": url,
        "hide_parameters": True,
        "pool_size": 10,
        "max_overflow": 6,
        "pool_timeout": PATIENCE_SECONDS,
    }
    if url.startswith("sqlite"):
        return {**shared, "connect_args": {"isolation_level": None, "timeout": PATIENCE_SECONDS}}
    connect: dict[str, Any] = {"connect_timeout": 5}
    if through_pooler:
        connect["prepare_threshold"] = None
    return {**shared, "pool_pre_ping": True, "connect_args": connect}


#: A mutex of this process's writers for each SQLite store: SQLite has one writer at a time and no fair queue. It is
#: made with the engine and goes with it: two mutexes for one store would exclude no writer.
QUEUES: WeakKeyDictionary[Engine, LockType] = WeakKeyDictionary()
#: Engines of which this process has deleted or changed rows since their journal was last overwritten. What was only
#: added needs no overwriting yet: a journal's old pages are then those that the database still has.
OLD_PAGES: WeakSet[Engine] = WeakSet()
ADDING = ("INSERT", "SELECT", "BEGIN", "PRAGMA")


def tune_engines(app: Flask) -> None:
    """Set each SQLite store's journal mode, transactions and mutex of writers; watch where PostgreSQL's connect to."""
    with app.app_context():
        for store, engine in db.engines.items():
            if engine.dialect.name == "sqlite":
                QUEUES[engine] = Lock()
                _tune_sqlite(engine, PRAGMAS[store])
                if store == "erasure":
                    _note_old_pages(engine)
            else:
                event.listen(engine, "connect", _refuse_unverified)


def _refuse_unverified(connection: "psycopg.Connection[Any]", record: Any) -> None:
    """Refuse a database on another machine that did not prove who it is, whatever led there.

    The settings refuse such an address; but libpq also takes a host from its own environment (`PGHOST`).
    """
    about = connection.info
    if is_local(about.host) and is_local(about.hostaddr):
        return
    if not connection.pgconn.ssl_in_use or about.get_parameters().get("sslmode") != VERIFIED:
        connection.close()
        raise psycopg.OperationalError("not over TLS that is verified")


def _tune_sqlite(engine: Engine, pragmas: tuple[str, ...]) -> None:
    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, record: Any) -> None:
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writing = connection.get_execution_options().get(WRITING)
        if writing and began_to_write(connection.connection.driver_connection):
            return
        # Through SQLAlchemy, so that a failure is one of its exceptions, as everywhere else.
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _note_old_pages(engine: Engine) -> None:
    @event.listens_for(engine, "before_cursor_execute")
    def note(connection: Connection, cursor: Any, statement: str, *more: Any) -> None:
        if not statement.startswith(ADDING):
            OLD_PAGES.add(engine)


def began_to_write(sqlite: Any) -> bool:
    """Acquire SQLite's write lock by fair polling; False after the time-out, or on an error other than SQLITE_BUSY.

    SQLite's own busy handler backs off to a tenth of a second: under load, the connection that has waited longest is
    then the least likely to be awake when the lock is free (starvation). Polling every millisecond avoids that.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    sqlite.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < until:
            try:
                sqlite.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY:
                    return False
                time.sleep(0.001)
            else:
                return True
        return False
    finally:
        sqlite.execute(f"PRAGMA busy_timeout={1000 * PATIENCE_SECONDS}")
