"""What lies in the stores, as an attacker finds it who opens them with other programs."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Table, delete, func, insert, select

from webapp.extensions import db
from webapp.services.infrastructure import stores

Row = tuple[Any, ...]
Backup = dict[str, list[Row]]


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


def back_up_main() -> Backup:
    """A copy of `main`, as a backup has it."""
    with stores.reading() as main:
        return {
            table.name: [tuple(row) for row in main.execute(select(table))]
            for store, table in tables()
            if store == "main"
        }


def put_back(backup: Backup) -> None:
    """`main` alone is what it was; the erasure store and the tombstone file go on from now."""
    ours = [table for store, table in tables() if store == "main"]
    with stores.writing() as main:
        for table in reversed(ours):
            main.execute(delete(table))
        for table in ours:
            if rows := backup[table.name]:
                names = [column.name for column in table.columns]
                main.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
