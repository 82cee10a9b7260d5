"""What lies in the stores, as an attacker finds it who opens them with other programs."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, func, select

from webapp.extensions import db
from webapp.services.infrastructure import stores

Row = tuple[Any, ...]


def tables() -> Iterator[tuple[stores.Store, Table]]:
    """Every table, with the name of its store."""
    for bind, metadata in db.metadatas.items():
        for table in metadata.sorted_tables:
            yield (bind or "main"), table  # type: ignore[misc]


def everything() -> dict[str, list[Row]]:
    """Every row of every table, in an order that does not depend on the database."""
    found = {}
    for store, table in tables():
        with stores.reading(store) as session:
            found[table.name] = sorted(
                (tuple(row) for row in session.execute(select(table))), key=repr
            )
    return found


def counts() -> dict[str, int]:
    """How many rows each table has; empty tables are left out."""
    found = {}
    for store, table in tables():
        with stores.reading(store) as session:
            count = session.scalar(select(func.count()).select_from(table))
        if count:
            found[table.name] = count
    return found


def written(before: dict[str, list[Row]], after: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """Rows that are new or changed since."""
    return {
        name: new
        for name, rows in after.items()
        if (new := [row for row in rows if row not in before[name]])
    }
