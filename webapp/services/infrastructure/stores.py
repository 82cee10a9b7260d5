"""Transactions of the three stores (unit of work): the only module that commits.

`main` holds sealed parts and everything else, `erasure` the crypto-shredding keys without which those parts cannot be
opened, `volatile` sessions and rate limits. There is no transaction across stores (no two-phase commit), so the order
counts: creating writes the secrets first, erasing writes the tombstone first (`services.sealed.shredding`). Then a
crash between two commits never leaves a part that cannot be opened, or one that can be opened after it was erased.

Lock order in `main`, against deadlocks, for every transaction that locks more than one row: the worker's clock,
organisations, invitations, coordinators by id, purpose keys, the event before its registrations, submissions by id
before what belongs to them (parts, consents, shares), a registration before its mails, and the head of the audit chain
last.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import Literal, get_args

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session

from webapp.extensions import OLD_PAGES, PATIENCE_SECONDS, QUEUES, WRITING, db

# Imported for its listeners: no session reads or writes a row that is not authenticated.
from webapp.resources import MIGRATIONS
from webapp.services.infrastructure import row_authentication as row_authentication
from webapp.services.infrastructure import secure_deletion
from webapp.services.infrastructure.secure_deletion import NotOverwritten

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


def _session(bind: Engine | Connection) -> Session:
    return Session(bind, expire_on_commit=False)


@contextmanager
def _unavailable(store: Store) -> Iterator[None]:
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeout, TurnNeverCame, NotOverwritten) as error:
        raise StoreUnavailable(store) from error


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
def reading_rows(store: Store = "main") -> Iterator[Connection]:
    """The same for statements of SQLAlchemy Core, without the ORM's session, which takes longer than one statement.

    What is read so is not authenticated by the session (`tests/architecture/test_row_reads.py` lists where that is
    done). Raises `StoreUnavailable`.
    """
    try:
        with _for_reading(_engine(store)).connect() as connection:
            yield connection
    except (DBAPIError, PoolTimeout) as error:
        raise StoreUnavailable(store) from error


#: The transaction that a service is called in: with the ORM's session, or for rows alone.
Inside = Session | Connection


def rows(inside: Inside) -> Connection:
    """The connection of a transaction, for statements of SQLAlchemy Core."""
    return inside if isinstance(inside, Connection) else inside.connection()


def session(inside: Inside) -> Session:
    """The ORM's session of a transaction, for rows that are hardly ever there. Closing it ends nothing."""
    return inside if isinstance(inside, Session) else _session(inside)


@contextmanager
def writing(store: Store = "main") -> Iterator[Session]:
    """One atomic write transaction. On SQLite it takes the write lock at once (BEGIN IMMEDIATE).

    Seal before you enter, because no other request can write meanwhile. Raises `StoreUnavailable`; an `IntegrityError`
    passes through, because it answers a question (another request was first) and is no failure.

    Where rows of `erasure` were deleted or changed, their old pages are overwritten before this returns, after the
    commit. Where that fails it raises, too: the rows are gone from the database and perhaps not from the disk, so the
    caller must not say "erased", and the worker overwrites them in its next round.
    """
    with (
        _written(store) as engine,
        _session(_for_writing(engine)) as session,
        session.begin(),
    ):
        yield session


@contextmanager
def writing_rows(store: Store) -> Iterator[Connection]:
    """The same for statements of SQLAlchemy Core, without the ORM's session: for what is written in every request.

    A row under a MAC is written with `new_rows.insert_new`. Raises what `writing` raises.
    """
    with _written(store) as engine, _for_writing(engine).begin() as connection:
        yield connection


@contextmanager
def _written(store: Store) -> Iterator[Engine]:
    """In this process's turn to write; afterwards old pages are overwritten, if the transaction left any."""
    engine = _engine(store)
    with _unavailable(store), _turn(engine):
        yield engine
        if engine in OLD_PAGES:
            _overwrite(engine)


def overwrite_remains(store: Store) -> None:
    """Overwrite what SQLite's journal or write-ahead log still has of old pages (data remanence).

    Raises `StoreUnavailable`. Nothing to do on PostgreSQL (`services.infrastructure.table_rewrites`).
    """
    engine = _engine(store)
    if engine.dialect.name == "sqlite":
        with _unavailable(store), _turn(engine):
            _overwrite(engine)


def _overwrite(engine: Engine) -> None:
    secure_deletion.overwrite(engine)
    OLD_PAGES.discard(engine)


@contextmanager
def outside_transactions(store: Store) -> Iterator[Connection]:
    """A connection in autocommit mode, for maintenance that PostgreSQL does in no transaction.

    Raises `StoreUnavailable`.
    """
    with _unavailable(store), _engine(store).connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def migrate_all(app: Flask) -> None:
    """Migrate all three stores to the newest revision. Raises `StoreUnavailable` before it touches any.

    Raised afterwards, it says that old pages could not be overwritten: the worker does it in its first round.
    """
    with app.app_context():
        check()
        upgrade()
        # A table that is rebuilt leaves its old pages in the journal.
        overwrite_remains("erasure")


def let_go() -> None:
    """Close this process's connections: a file that is put in the place of a store is another file."""
    for store in STORES:
        _engine(store).dispose()


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


@cache
def newest_revision() -> str:
    """The newest migration revision that this release knows, by the files' numbers: Alembic would load all of them."""
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def are_ready() -> bool:
    """Whether all three stores answer, with the tables that this release needs. Raises `StoreUnavailable`.

    Newer ones will do: in a rolling upgrade processes of before go on serving beside them.
    """
    return all(_revision(store) >= newest_revision() for store in STORES)


def _revision(store: Store) -> str:
    with reading_rows(store) as connection:
        return str(connection.scalar(text("SELECT version_num FROM alembic_version")))


def check() -> None:
    """Raise `StoreUnavailable` unless all three stores answer."""
    for store in STORES:
        _ask(store)


def not_answering() -> list[Store]:
    """The stores that do not answer."""
    return [store for store in STORES if not _answers(store)]


def _answers(store: Store) -> bool:
    try:
        _ask(store)
    except StoreUnavailable:
        return False
    return True


def _ask(store: Store) -> None:
    with reading_rows(store) as connection:
        connection.execute(text("SELECT 1"))
