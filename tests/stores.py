"""Database fixtures: three fresh, migrated stores for a test, on SQLite or on PostgreSQL.

Migrating and founding take seconds, so each kind is made once in a test run; a test gets a copy.
"""

import itertools
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from tests import postgres
from tests.factories import environment, publish_demo_call, rehearse_all
from tests.made_once import (
    COMPILED_TEMPLATES,
    compile_statements_once,
    with_routes_made_once,
)
from webapp import create_app
from webapp.extensions import db
from webapp.services.infrastructure.stores import migrate_all
from webapp.services.keys import bootstrap
from webapp.services.keys.bootstrap import Founded
from webapp.settings import Settings

STORES = ("main", "erasure", "volatile")
MIGRATED = "migrated"
DEMO = "demo"
TEMPLATES = (MIGRATED, DEMO)


@dataclass(frozen=True)
class Stores:
    """Where the three stores of one test are, as the settings name them."""

    kind: str
    main: str
    erasure: str
    volatile: str

    def environment(self) -> dict[str, str]:
        """The three settings that lead here."""
        return {
            "DATABASE_URL": self.main,
            "ERASURE_DATABASE_URL": self.erasure,
            "VOLATILE_DATABASE_URL": self.volatile,
        }


class SqliteShelf:
    """Hands out copies of three SQLite files: migrated, or with the demo's content as well."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.founded: Founded
        for name in TEMPLATES:
            (folder / name).mkdir()
            self._prepare(name)

    def _prepare(self, name: str) -> None:
        stores = sqlite_stores(self.folder / name)
        migrate(stores, self.folder)
        if name == DEMO:
            self.founded = found(stores, self.folder)

    @contextmanager
    def fresh(self, folder: Path, template: str = MIGRATED) -> Iterator[Stores]:
        """A copy in the given folder."""
        for store in STORES:
            shutil.copy(self.folder / template / f"{store}.sqlite3", folder)
        yield sqlite_stores(folder)

    @contextmanager
    def empty(self, folder: Path) -> Iterator[Stores]:
        """Three files that do not exist yet."""
        yield sqlite_stores(folder)


class PostgresShelf:
    """Hands out copies of three databases of one PostgreSQL: migrated, or with the demo's content as well."""

    def __init__(self, cluster: postgres.Postgres, folder: Path) -> None:
        self.cluster = cluster
        self.numbers = itertools.count(1)
        self.founded: Founded
        for name in TEMPLATES:
            stores = self._create(f"hearth_{name}", None)
            migrate(stores, folder)
            if name == DEMO:
                self.founded = found(stores, folder)

    @contextmanager
    def fresh(self, folder: Path, template: str = MIGRATED) -> Iterator[Stores]:
        """Copies, dropped at the end even with open connections."""
        with self._for_a_while(f"hearth_{template}") as stores:
            yield stores

    @contextmanager
    def empty(self, folder: Path) -> Iterator[Stores]:
        """Three databases without a table."""
        with self._for_a_while(None) as stores:
            yield stores

    @contextmanager
    def _for_a_while(self, template: str | None) -> Iterator[Stores]:
        prefix = f"hearth_{next(self.numbers)}"
        try:
            yield self._create(prefix, template)
        finally:
            for store in STORES:
                self.cluster.drop(f"{prefix}_{store}")

    def _create(self, prefix: str, template: str | None) -> Stores:
        for store in STORES:
            source = f"{template}_{store}" if template else "template0"
            self.cluster.create(f"{prefix}_{store}", template=source)
        return Stores("postgresql", *(self.cluster.url(f"{prefix}_{store}") for store in STORES))


Shelf = SqliteShelf | PostgresShelf


def sqlite_stores(folder: Path) -> Stores:
    """Three SQLite files in a folder, made when they are first used."""
    return Stores("sqlite", *(f"sqlite:///{folder / store}.sqlite3" for store in STORES))


def migrate(stores: Stores, folder: Path) -> None:
    """Bring three stores to the newest tables, as an operator does."""
    with application(stores, folder, DOORS="worker") as app:
        migrate_all(app)


def found(stores: Stores, folder: Path) -> Founded:
    """Make the first coordinator, rehearse the sheets and publish the demo's call, as the demo command does."""
    with application(stores, folder, DOORS="public,desk,worker") as app, app.app_context():
        founded = bootstrap.found(organisation="Demo coalition", name="Ana", sign_in_name="ana")
        rehearse_all(founded)
        publish_demo_call()
        return founded


@contextmanager
def application(stores: Stores, folder: Path, **changes: str) -> Iterator[Flask]:
    """An application on these stores, which lets go of its connections at the end."""
    settings = Settings.from_environment(environment(folder, **stores.environment(), **changes))
    app = with_routes_made_once(settings.doors, lambda: create_app(settings))
    app.jinja_env.bytecode_cache = COMPILED_TEMPLATES
    compile_statements_once(app)
    try:
        yield app
    finally:
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()
