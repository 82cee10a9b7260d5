"""Fixtures of all tests: stores, an application, a visitor whose every page is checked, a browser."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from tests import in_memory, postgres
from tests.made_once import addresses_compiled_once, passphrases_stretched_once
from tests.pages import CheckedClient
from tests.stores import (
    DEMO,
    PostgresShelf,
    Shelf,
    SqliteShelf,
    Stores,
    application,
)
from tests.visitor import Visitor
from tests.writes import watch
from webapp.services.infrastructure import disk_space
from webapp.services.keys.bootstrap import Founded

pytest_plugins = ["tests.garbage", "tests.live", "tests.tally"]

MakeApp = Callable[..., Flask]

#: PostgreSQL, PgBouncer and the machine of the installing run as other users than root.
UMASK = 0o022


# Before pytest makes its own, from the same option.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """What tests write is in memory, unless `--basetemp` says where it is to stay; other users can read it."""
    os.umask(UMASK)
    if config.option.basetemp is None and not hasattr(config, "workerinput"):
        config.option.basetemp = str(in_memory.new_folder("run"))
        config.add_cleanup(lambda: shutil.rmtree(config.option.basetemp, ignore_errors=True))


@pytest.fixture(scope="session", autouse=True)
def quick_to_make() -> Iterator[None]:
    """Applications are made and passphrases stretched quickly: a test run has thousands of them."""
    with addresses_compiled_once(), passphrases_stretched_once():
        yield


@pytest.fixture(scope="session", autouse=True)
def small_reserves() -> Iterator[None]:
    """Every instance on which a worker comes round has a reserve; those of a run's hundreds of folders stay small."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(disk_space, "RESERVE_BYTES", disk_space.MEGABYTE)
        yield


@pytest.fixture(autouse=True)
def the_same_umask() -> Iterator[None]:
    """The command line closes its process's files to others; one given in a test does so for that test alone."""
    yield
    os.umask(UMASK)


# Stores


@pytest.fixture(scope="session")
def sqlite_shelf(tmp_path_factory: pytest.TempPathFactory) -> SqliteShelf:
    return SqliteShelf(tmp_path_factory.mktemp("sqlite-template"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Postgres]:
    """A real PostgreSQL, for the whole run."""
    running = postgres.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgres_shelf(
    cluster: postgres.Postgres, tmp_path_factory: pytest.TempPathFactory
) -> PostgresShelf:
    return PostgresShelf(cluster, tmp_path_factory.mktemp("postgres-template"))


@pytest.fixture(params=["sqlite", "postgresql"])
def shelf(request: pytest.FixtureRequest) -> Shelf:
    """Where fresh stores come from. A test that takes it, however indirectly, runs on both databases."""
    name = "sqlite_shelf" if request.param == "sqlite" else "postgres_shelf"
    made: Shelf = request.getfixturevalue(name)
    return made


@pytest.fixture
def stores(shelf: Shelf, tmp_path: Path) -> Iterator[Stores]:
    """Three fresh, migrated stores."""
    with shelf.fresh(tmp_path) as fresh:
        yield fresh


@pytest.fixture
def demo_stores(shelf: Shelf, tmp_path: Path) -> Iterator[Stores]:
    """Three fresh stores with a coordinator and the coalition's own call."""
    with shelf.fresh(tmp_path, DEMO) as fresh:
        yield fresh


@pytest.fixture
def sqlite_demo_stores(sqlite_shelf: SqliteShelf, tmp_path: Path) -> Iterator[Stores]:
    """The same on SQLite alone, for tests that are not about stores."""
    with sqlite_shelf.fresh(tmp_path, DEMO) as fresh:
        yield fresh


@pytest.fixture
def founded(shelf: Shelf) -> Founded:
    """The demo coordinator's passphrase, codes and secrets."""
    return shelf.founded


@pytest.fixture
def page_founded(sqlite_shelf: SqliteShelf) -> Founded:
    """The same for the applications on SQLite alone."""
    return sqlite_shelf.founded


# The application


def _maker(stores: Stores, folder: Path) -> Iterator[MakeApp]:
    with ExitStack() as stack:

        def make(**changes: str) -> Flask:
            app = stack.enter_context(application(stores, folder, **changes))
            app.test_client_class = CheckedClient
            watch(app)
            return app

        yield make


@pytest.fixture
def make_app(demo_stores: Stores, tmp_path: Path) -> Iterator[MakeApp]:
    """Makes applications on the same fresh stores: `make_app(DOORS="public")`."""
    yield from _maker(demo_stores, tmp_path)


@pytest.fixture
def app(make_app: MakeApp) -> Flask:
    """Both doors and the demo's call; on SQLite, then on PostgreSQL."""
    return make_app()


@pytest.fixture
def make_page_app(sqlite_demo_stores: Stores, tmp_path: Path) -> Iterator[MakeApp]:
    """Makes applications on SQLite alone."""
    yield from _maker(sqlite_demo_stores, tmp_path)


@pytest.fixture
def page_app(make_page_app: MakeApp) -> Flask:
    """Both doors and the demo's call on SQLite alone, for tests that are about pages."""
    return make_page_app()


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """A visitor at the public door, on both databases."""
    return Visitor(app.test_client())


@pytest.fixture
def page_visitor(page_app: Flask) -> Visitor:
    """A visitor at the public door, on SQLite alone."""
    return Visitor(page_app.test_client())
