"""New rows in one statement (executemany), each with its MAC: for what is written while others wait for the lock.

The ORM's unit of work sorts, compares and tracks what it writes, which takes longer than writing it. Rows that were
just made need none of that: they are in no session before, nor after.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, insert, inspect
from sqlalchemy.orm import Session

from webapp.extensions import Model
from webapp.models.authenticated import Authenticated
from webapp.services.infrastructure.row_authentication import sign


def insert_new(session: Session, rows: Sequence[Model]) -> None:
    """Write rows of one table, inside the caller's transaction. What they refer to must be written already.

    Raises `IntegrityError` where one is there.
    """
    if not rows:
        return
    for row in rows:
        if isinstance(row, Authenticated):
            sign(row)
    table = type(rows[0])
    names = _columns(table)
    values = [{name: getattr(row, name) for name in names} for row in rows]
    session.connection().execute(_into(table), values)


@lru_cache(maxsize=64)
def _into(table: type[Model]) -> Insert:
    return insert(table)


@lru_cache(maxsize=64)
def _columns(table: Any) -> tuple[str, ...]:
    return tuple(column.key for column in inspect(table).column_attrs)
