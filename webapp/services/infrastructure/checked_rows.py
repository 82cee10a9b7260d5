"""Authenticated rows read in bulk with SQLAlchemy Core: each with its MAC checked, and none made an object.

The ORM makes an object of a row, remembers it, and asks its listeners: for a list of 10,000 people that is most of the
work. What is read here is to look at; what is changed is read by the ORM, under a lock.
"""

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Select, inspect, select

from webapp.models.authenticated import MAC_COLUMN
from webapp.services.infrastructure.row_authentication import (
    columns_in_order,
    forged_row,
    row_holds,
)
from webapp.services.infrastructure.stores import Inside, rows

log = logging.getLogger(__name__)


def read_checked(
    inside: Inside, table: Any, *only: ColumnElement[bool], by: Any
) -> Iterator[tuple[Any, bool]]:
    """The rows of an authenticated table that meet these conditions, in the order `by`, each with whether it holds.

    A row has its columns as attributes. False ones are named in the log, as those that the ORM reads.
    """
    statement = _all(table).where(*only).order_by(*by)
    row: Any
    for row in rows(inside).execute(statement):
        genuine = row_holds(table, row[:-1], row[-1])
        if not genuine:
            log.error("a row is false and is not used: %s", forged_row(table, row._asdict()))
        yield row, genuine


@lru_cache(maxsize=64)
def _all(table: Any) -> Select[Any]:
    """All columns of a table: those under the MAC in their order, and the MAC last."""
    columns = inspect(table).local_table.c
    return select(*[columns[name] for name in columns_in_order(table)], columns[MAC_COLUMN])
