"""Rewriting stored rows in the order of their random keys, so that their pages do not tell in which order they came.

A database file says more than its tables. SQLite numbers the overflow pages of long rows as they arrive, and keeps the
cells of a page in that order; PostgreSQL has `ctid`, `xmin` and the numbers of TOAST values. A copy of the file would
give the order of all submissions, and so pair rows that must not be linkable.

Each step deletes a range of rows and inserts them again, unchanged, in one short transaction. VACUUM and CLUSTER would
hold the write lock for the whole database, and CLUSTER keeps the numbers of TOAST values (decision 50).
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    Table,
    column,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    tuple_,
)
from sqlalchemy import table as untyped
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import db
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.stored_keys import as_stored, beyond, key_of
from webapp.services.infrastructure.stores import Store, StoreUnavailable

#: The primary key of one row.
Key = tuple[Any, ...]
#: Bounds of one step, and with them of how long another writer waits for it.
ROWS = 500
BYTES = 500_000
#: The indexes of longer tables stay as they are: building one of a million rows held the write lock for 14 seconds.
MOST_REBUILT = 100_000
#: So many rows before and after one are rewritten with it: more than a page of secrets has.
AROUND = 50
#: On PostgreSQL: how long a step waits for writers, and other writers behind it, before it gives way.
LOCK_TIMEOUT = "100ms"
LOCK_NOT_AVAILABLE = "55P03"
PATIENCE_SECONDS = 30
SHORTEST_PAUSE = 0.005

#: Every table about people, each with random keys. A test compares this with the models.
TABLES: Final[dict[Store, tuple[str, ...]]] = {
    "main": (
        "submissions",
        "parts",
        "waiting_parts",
        "own_copies",
        "consents",
        "looks",
        "shares",
        "shared_contacts",
        "tombstones",
        "return_drafts",
        "entry_drafts",
        "registrations",
        "registration_parts",
        "outbox",
        "exported_submissions",
        "crossed_out",
        "list_findings",
    ),
    "erasure": ("erasure_secrets",),
}


class Busy(StoreUnavailable):
    """Other writers held a table all the time. Nothing is half done; the next round goes on."""


def rewrite(store: Store) -> None:
    """Rewrite every table about people in one store. Raises `StoreUnavailable`, `Busy`."""
    _go_through(store, steps(store))


def rewrite_around(store: Store, name: str, ids: Sequence[UUID]) -> None:
    """Rewrite the rows with these ids in a table, and with each so many around it that its whole page is rewritten.

    Then their places tell no more in which order they came; how long it takes does not depend on how long the table
    is. For tables without another index and without references. Raises `StoreUnavailable`, `Busy`.
    """
    table = db.metadatas[None if store == "main" else store].tables[name]
    _go_through(store, _steps_around(store, table, sorted(ids)))


def _go_through(store: Store, rewriting: Iterator[bool]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    for went_on in rewriting:
        if went_on:
            until = time.monotonic() + PATIENCE_SECONDS
        elif time.monotonic() > until:
            raise Busy(store)


def steps(store: Store) -> Iterator[bool]:
    """The same, step by step, with a pause after each that is as long as the step was: others write meanwhile.

    Yields False after a step that other writers kept out; it is tried again. Raises `StoreUnavailable`.
    """
    metadata = db.metadatas[None if store == "main" else store]
    for name in TABLES[store]:
        table = metadata.tables[name]
        after: Key | None = None
        more, most = True, ROWS
        while more:
            began = time.monotonic()
            try:
                done = _try_range(store, table, after, most)
            except IntegrityError:
                # One of them names a row that is not there, by hand. It alone stays where it is.
                after, most = _pass_by(store, table, after, most)
                done = after, True
            if done is not None:
                after, more = done
            yield done is not None
            _pause(began)
        for index in _indexes(store, table):
            began = time.monotonic()
            _rebuild(store, index)
            yield True
            _pause(began)


def _steps_around(store: Store, table: Table, ids: Sequence[UUID]) -> Iterator[bool]:
    waiting = list(reversed(ids))
    while waiting:
        began = time.monotonic()
        with stores.reading(store) as session:
            after = _key_before(session, table, waiting[-1])
        done = _try_range(store, table, after, 2 * AROUND)
        if done is not None:
            waiting.pop()
        yield done is not None
        _pause(began)


def _key_before(session: Session, table: Table, row_id: UUID) -> Key | None:
    """The key of the row that stands so many before this one; None where the table begins sooner."""
    (own,) = table.primary_key
    (key,) = _keys(table)
    found = select(key).where(own < row_id).order_by(key.desc()).offset(AROUND).limit(1)
    row = session.execute(found).one_or_none()
    return None if row is None else tuple(row)


def _try_range(
    store: Store, table: Table, after: Key | None, most: int
) -> tuple[Key | None, bool] | None:
    """As `_rewrite_range`; None where other writers kept it out."""
    try:
        return _rewrite_range(store, table, after, most)
    except StoreUnavailable as error:
        if not _lock_was_taken(error):
            raise
        return None


def _pause(began: float) -> None:
    time.sleep(max(SHORTEST_PAUSE, time.monotonic() - began))


def _pass_by(store: Store, table: Table, after: Key | None, most: int) -> tuple[Key | None, int]:
    """After a range that cannot be written again: go on row by row, and beyond the row that it was."""
    if most > 1:
        return after, 1
    with stores.reading(store) as session:
        return _end_of_range(session, table, after, 1), ROWS


def _rewrite_range(
    store: Store, table: Table, after: Key | None, most: int
) -> tuple[Key | None, bool]:
    """Rewrite the rows that follow. Returns the last of them, and whether there may be more."""
    with stores.writing(store) as session:
        _lock(session, table)
        last = _end_of_range(session, table, after, most)
        if last is None:
            return after, False
        keys = _keys(table)
        chosen = tuple_(*keys) <= key_of(keys, last)
        if after is not None:
            chosen &= beyond(keys, after)
        _move(session, table, chosen)
    return last, True


def _lock(session: Session, table: Table) -> None:
    if session.get_bind().dialect.name == "sqlite":
        # The transaction has the write lock. What is deleted is overwritten; a row may go before those that name it.
        session.execute(text("PRAGMA secure_delete=ON"))
        session.execute(text("PRAGMA defer_foreign_keys=ON"))
    else:
        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        # Not the rows alone: a writer that waits for one that is deleted here would not find the new one.
        session.execute(text(f"LOCK TABLE {table.name} IN EXCLUSIVE MODE"))


def _end_of_range(session: Session, table: Table, after: Key | None, most: int) -> Key | None:
    """The key of the last row of the range after that one: as many as the bounds allow, and at least one."""
    keys = _keys(table)
    size: ColumnElement[int] = literal(0)
    for one in table.columns:
        if issubclass(one.type.python_type, bytes):
            size = size + func.coalesce(func.length(one), 0)
    query = select(*keys, size).order_by(*keys).limit(most)
    if after is not None:
        query = query.where(beyond(keys, after))
    last: Key | None = None
    total = 0
    for *key, size_of_row in session.execute(query):
        total += size_of_row
        if last is not None and total > BYTES:
            break
        last = tuple(key)
    return last


def _keys(table: Table) -> list[Any]:
    return [as_stored(column) for column in table.primary_key]


def _move(session: Session, table: Table, chosen: ColumnElement[bool]) -> None:
    if session.get_bind().dialect.name == "sqlite":
        # As they are stored: what no release of ours wrote is moved like any other row, and stays what it is.
        rows = session.execute(
            select(*map(as_stored, table.columns)).where(chosen).order_by(*_keys(table))
        ).all()
        if not rows:
            return
        session.execute(delete(table).where(chosen))
        _put_in(session, table, rows)
        return
    # One statement: a row that others name is gone at no moment.
    names = [column.name for column in table.columns]
    gone = delete(table).where(chosen).returning(*table.columns).cte("gone")
    again = select(*(gone.c[name] for name in names)).order_by(
        *(gone.c[column.name] for column in table.primary_key)
    )
    session.execute(insert(table).from_select(names, again).add_cte(gone))


def _put_in(session: Session, table: Table, rows: Sequence[Row[Any]]) -> None:
    names = [column.name for column in table.columns]
    unread = untyped(table.name, *map(column, names))
    session.execute(insert(unread), [dict(zip(names, row, strict=True)) for row in rows])


def _indexes(store: Store, table: Table) -> list[str]:
    """SQLite's indexes beside the primary key, which is the table itself. None of a long table, and none on PostgreSQL.

    An entry takes the place of the one that was deleted, so that the old order would show: they are built anew.
    """
    with stores.reading(store) as session:
        if session.get_bind().dialect.name != "sqlite" or _is_long(session, table):
            return []
        rows = session.execute(text(f"PRAGMA index_list({table.name})")).all()
    return [row.name for row in rows if row.origin != "pk"]


def _is_long(session: Session, table: Table) -> bool:
    """Whether building an index of this table would keep others from writing for longer than they wait."""
    some = select(literal(1)).select_from(table).limit(MOST_REBUILT + 1).subquery()
    return (session.scalar(select(func.count()).select_from(some)) or 0) > MOST_REBUILT


def _rebuild(store: Store, index: str) -> None:
    with stores.writing(store) as session:
        session.execute(text("PRAGMA secure_delete=ON"))
        session.execute(text(f"REINDEX {index}"))


def _lock_was_taken(error: StoreUnavailable) -> bool:
    cause = error.__cause__
    return (
        isinstance(cause, DBAPIError)
        and getattr(cause.orig, "sqlstate", None) == LOCK_NOT_AVAILABLE
    )
