"""Replay: rows copied with SQL and put back as they were, with every right on the databases and no configuration."""

from typing import Any

from sqlalchemy import Table, delete, insert, select, update

from webapp.services.infrastructure import stores

Row = dict[str, Any]


def copied(model: type[Any], *which: Any) -> list[Row]:
    """Whole rows of a table, as they lie there now. Wants an application context."""
    with stores.reading(_store(model)) as session:
        return [
            dict(row) for row in session.execute(select(_table(model)).where(*which)).mappings()
        ]


def put_back(model: type[Any], rows: list[Row]) -> None:
    """Write rows as they were copied, whatever stands in their place now."""
    table = _table(model)
    for row in rows:
        which = [column == row[column.name] for column in table.primary_key.columns]
        with stores.writing(_store(model)) as session:
            there = session.execute(select(table).where(*which)).first()
            # An UPDATE where other rows refer to this one.
            write = insert(table) if there is None else update(table).where(*which)
            session.execute(write.values(row))


def take_out(model: type[Any], *which: Any) -> None:
    """Delete rows."""
    with stores.writing(_store(model)) as session:
        session.execute(delete(_table(model)).where(*which))


def _table(model: type[Any]) -> Table:
    table: Table = model.__table__
    return table


def _store(model: type[Any]) -> stores.Store:
    return getattr(model, "__bind_key__", None) or "main"
