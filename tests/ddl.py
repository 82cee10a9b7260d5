"""Schema comparison: the DDL of a database as the database itself tells it, in a form that can be compared.

Alembic's own check does not see CHECKs, the predicates of partial indexes, or WITHOUT ROWID; the database does.
"""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import Column, Engine, MetaData, text

from webapp.extensions import db

ALEMBIC = "alembic_version"
SOME_ID = UUID("5eed0000-0000-4000-8000-000000000001")
# Where a CHECK wants one of a few values.
CHECKED = {
    ("calls", "state"): "open",
    ("event_counts", "state"): "confirmed",
    ("events", "ends_at"): 2,
    ("events", "state"): "open",
    ("exports", "file_format"): "csv",
    ("crossed_out", "kind"): "line",
    ("looks", "kind"): "answers",
    ("looks", "role"): "analyst",
    ("news_wishes", "every_days"): 1,
    ("organisation_periods", "standing"): "host",
    ("outbox", "state"): "claimed",
    ("own_copies", "purpose"): "contact",
    ("parts", "purpose"): "contact",
    ("purpose_key_holders", "recovery_key_id"): None,
    ("recovery_pairs", "second_sheet"): 2,
    ("registration_parts", "purpose"): "needs",
    ("registrations", "place"): None,
    ("registrations", "state"): "confirmed",
    ("role_grants", "role"): "analyst",
    ("slots", "kind"): "passphrase",
    ("submissions", "typed_by"): "self",
    ("tombstones", "done"): False,
}
POSTGRES_QUERIES = (
    """SELECT 'column', table_name, column_name, udt_name, character_maximum_length, is_nullable, column_default
       FROM information_schema.columns WHERE table_schema = 'public'""",
    """SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
       FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid)
       FROM pg_trigger WHERE NOT tgisinternal""",
    """SELECT 'options', relname, unnest(reloptions) FROM pg_class
       WHERE relnamespace = 'public'::regnamespace""",
)


def dump(app: Flask) -> dict[str, set[str]]:
    """The definition of everything in each store."""
    with app.app_context():
        return {
            str(store or "main"): {line for line in _definitions(engine) if ALEMBIC not in line}
            for store, engine in db.engines.items()
        }


def _definitions(engine: Engine) -> Iterator[str]:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            query = text(
                "SELECT type, tbl_name, name, sql FROM sqlite_master WHERE sql IS NOT NULL"
            )
            for kind, table, name, sql in connection.execute(query):
                yield from _pieces(kind, table, name, sql)
        else:
            for query in map(text, POSTGRES_QUERIES):
                for row in connection.execute(query):
                    yield " | ".join(map(str, row))


def _pieces(kind: str, table: str, name: str, sql: str) -> Iterator[str]:
    """One line for each column and constraint: their order in the statement means nothing."""
    sql = re.sub(r"\s+", " ", sql).replace('"', "")
    if kind != "table":
        yield f"{kind} {name}: {sql}"
        return
    head, _, body = sql.partition("(")
    inside, _, tail = body.rpartition(")")
    yield f"table {table}: {head.strip()} {tail.strip()}"
    for piece in _split(inside):
        yield f"table {table}: {piece}"


def _split(definitions: str) -> Iterator[str]:
    depth, start = 0, 0
    for place, character in enumerate(definitions + ","):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            yield definitions[start:place].strip()
            start = place + 1


def create_from_models(app: Flask) -> None:
    """Make all tables as the models say, without a migration."""
    with app.app_context():
        for store, metadata in db.metadatas.items():
            metadata.create_all(db.engines[store])


def put_a_row_everywhere(app: Flask) -> None:
    """Fill every table with one row, referring to one another."""
    with app.app_context():
        for store, metadata in db.metadatas.items():
            with db.engines[store].begin() as connection:
                for table in metadata.sorted_tables:
                    row = {column.name: _value(table.name, column) for column in table.columns}
                    connection.execute(table.insert().values(row))


def count_rows(app: Flask) -> dict[str, int]:
    """How many rows each table holds."""
    with app.app_context():
        counted = {}
        for store, metadata in db.metadatas.items():
            counted.update(_counts(db.engines[store], metadata))
        return counted


def _counts(engine: Engine, metadata: MetaData) -> Iterator[tuple[str, int]]:
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            yield table.name, len(connection.execute(table.select()).all())


def _value(table: str, column: "Column[Any]") -> Any:
    if (table, column.name) in CHECKED:
        return CHECKED[table, column.name]
    kind = column.type.python_type
    if kind is UUID:
        return SOME_ID
    if issubclass(kind, bytes):
        return b"\x00" * 32
    if kind is str:
        return "x"
    if kind in (int, float, bool):
        return kind(1)
    return kind(2026, 11, 21)
