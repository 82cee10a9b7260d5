"""Fresh stores for every test of services and requests, without making three databases for each."""

import itertools
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from psycopg import sql

from tests.conftest import MakeApp
from tests.integration.house import make_house
from tests.stores import DEMO, STORES, PostgresShelf, Shelf, Stores
from webapp.extensions import db

TRUNCATED_EVERY = 100


class Recycled:
    """Three databases of one PostgreSQL, put back for every test to what the demo's are.

    Copying a database takes 0.2 seconds and a test wants three; filling the tables again takes a tenth of that.
    """

    def __init__(self, shelf: PostgresShelf, stores: Stores) -> None:
        self.shelf = shelf
        self.stores = stores
        self.kept = {store: self._read(store) for store in STORES}
        self.times = itertools.count(1)

    def put_back(self) -> None:
        """Take every row out, and the demo's in again. Connections that are still open are closed.

        TRUNCATE makes the files of every table and index anew, which takes longer than all the rest: it comes only now
        and then, for what deleted rows leave behind. As a replica PostgreSQL checks no foreign key meanwhile.
        """
        anew = next(self.times) % TRUNCATED_EVERY == 0
        for store in STORES:
            with self._connect(store) as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                connection.execute("SET session_replication_role = replica")
                tables = [sql.Identifier(table) for table in _tables(store)]
                one_by_one = [sql.SQL("DELETE FROM {}").format(table) for table in tables]
                # CASCADE: a test of migrations may have left a table that refers to ours.
                all_at_once = [sql.SQL("TRUNCATE {} CASCADE").format(sql.SQL(", ").join(tables))]
                connection.execute(sql.SQL("; ").join(all_at_once if anew else one_by_one))
                for table, rows in self.kept[store].items():
                    self._fill(connection, table, rows)

    def _read(self, store: str) -> dict[str, bytes]:
        with self._connect(store) as connection, connection.cursor() as cursor:
            kept = {}
            for table in _tables(store):
                query = sql.SQL("COPY {} TO STDOUT (FORMAT binary)")
                with cursor.copy(query.format(sql.Identifier(table))) as copy:
                    rows = b"".join(bytes(block) for block in copy)
                # Only what has rows is filled again; each table costs a round trip.
                if cursor.rowcount:
                    kept[table] = rows
            return kept

    def _fill(self, connection: psycopg.Connection, table: str, rows: bytes) -> None:
        query = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
        with connection.cursor() as cursor, cursor.copy(query) as copy:
            copy.write(rows)

    def _connect(self, store: str) -> psycopg.Connection:
        return psycopg.connect(getattr(self.stores, store))


def _tables(store: str) -> list[str]:
    """The tables of one store, those that others refer to first; and which migration made them."""
    metadata = db.metadatas[None if store == "main" else store]
    return [*(table.name for table in metadata.sorted_tables), "alembic_version"]


@pytest.fixture(scope="session")
def recycled(postgres_shelf: PostgresShelf) -> Iterator[Recycled]:
    """The three databases that tests use one after the other."""
    with postgres_shelf.fresh(Path(), DEMO) as stores:
        yield Recycled(postgres_shelf, stores)


@pytest.fixture
def demo_stores(shelf: Shelf, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stores]:
    """Three fresh stores with a coordinator and the coalition's own call."""
    if isinstance(shelf, PostgresShelf):
        recycled: Recycled = request.getfixturevalue("recycled")
        recycled.put_back()
        yield recycled.stores
        return
    with ExitStack() as stack:
        yield stack.enter_context(shelf.fresh(tmp_path, DEMO))


@pytest.fixture
def house(make_app: MakeApp) -> Flask:
    """One application that holds every key, on either database."""
    return make_house(make_app)


@pytest.fixture
def page_house(make_page_app: MakeApp) -> Flask:
    """The same on SQLite alone, for what does not depend on the database."""
    return make_house(make_page_app)


@pytest.fixture
def another_disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder on another disk than the data, as it were."""
    return tmp_path_factory.mktemp("another-disk")
