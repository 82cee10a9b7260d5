"""New rows in one statement (executemany), each with its MAC: for what is written while others wait for the lock.

The ORM's unit of work sorts, compares and tracks what it writes, which takes longer than writing it. Rows that were
just made need none of that: they are in no session before, nor after.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Insert, insert, inspect

from webapp.extensions import Model
from webapp.models.authenticated import MAC_COLUMN, Authenticated
from webapp.services.infrastructure.row_authentication import mac_of_values
from webapp.services.infrastructure.stores import Inside, rows


def insert_new(inside: Inside, new: Sequence[Model]) -> None:
    """Write new rows, one statement for each table, inside the caller's transaction.

    In the order of the tables' first rows: what a row refers to comes before it, or is written already. A column
    without a value is NULL: the tables have no defaults. Raises `IntegrityError` where a row is there already.
    """
    by_table: dict[type[Model], list[dict[str, Any]]] = {}
    for row in new:
        by_table.setdefault(type(row), []).append(_values(row))
    connection = rows(inside)
    for table, values in by_table.items():
        connection.execute(_into(table), values)


def insert_values(inside: Inside, table: Any, new: Sequence[Mapping[str, Any]]) -> None:
    """The same for thousands of rows of one table, given by their values. All have the same columns.

    Raises `IntegrityError` where a row is there already.
    """
    if new:
        signed = [{**values, MAC_COLUMN: mac_of_values(table, values)} for values in new]
        rows(inside).execute(_into(table), signed)


def _values(row: Model) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _columns(type(row))}
    if isinstance(row, Authenticated):
        del values[MAC_COLUMN]
        values[MAC_COLUMN] = mac_of_values(type(row), values)
    return values


@lru_cache(maxsize=64)
def _into(table: Any) -> Insert:
    return insert(table)


@lru_cache(maxsize=64)
def _columns(table: Any) -> tuple[str, ...]:
    return tuple(column.key for column in inspect(table).column_attrs)
