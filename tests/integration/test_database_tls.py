"""A database on another machine must prove that it is the one that was asked for, before it is told anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import tls_front
from tests.postgres import Postgres
from tests.stores import DEMO, PostgresShelf, Stores, application
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.stores import StoreUnavailable


@pytest.fixture
def demo(postgres_shelf: PostgresShelf, tmp_path: Path) -> Iterator[Stores]:
    with postgres_shelf.fresh(tmp_path, DEMO) as fresh:
        yield fresh


def through(stores: Stores, port: int, query: str) -> Stores:
    """The same databases, by the address of the front."""
    return Stores(
        "postgresql",
        *(
            f"postgresql://postgres@{tls_front.HOST}:{port}/{_name(one)}?{query}"
            for one in (stores.main, stores.erasure, stores.volatile)
        ),
    )


def _name(address: str) -> str:
    return address.partition("@/")[2].partition("?")[0]


def verifying(authority: tls_front.Authority) -> str:
    return f"sslmode=verify-full&sslrootcert={authority.file}"


@contextmanager
def answers(addresses: Stores, folder: Path) -> Iterator[None]:
    with application(addresses, folder, DOORS="worker") as app, app.app_context():
        stores.check()
        yield


def test_a_database_that_proves_whose_it_is_is_used(
    cluster: Postgres, demo: Stores, tmp_path: Path
) -> None:
    ours = tls_front.authority(tmp_path, "ours")
    with (
        tls_front.in_front_of(cluster.folder, ours.server()) as port,
        answers(through(demo, port, verifying(ours)), tmp_path),
    ):
        assert stores.revisions()["main"] == stores.newest_revision()


@pytest.mark.parametrize("who", ["another authority's", "another host's", "no TLS"])
def test_a_database_that_only_says_so_is_told_nothing(
    cluster: Postgres, demo: Stores, tmp_path: Path, who: str
) -> None:
    # Given a machine in between, with a certificate of its own, one of ours for another host, or none
    ours = tls_front.authority(tmp_path, "ours")
    front = {
        "another authority's": tls_front.authority(tmp_path, "theirs").server(),
        "another host's": ours.server("127.0.0.3"),
        "no TLS": None,
    }[who]
    # When Hearth connects, then it does not sign in there
    with (
        tls_front.in_front_of(cluster.folder, front) as port,
        pytest.raises(StoreUnavailable),
        answers(through(demo, port, verifying(ours)), tmp_path),
    ):
        pass


def test_a_host_from_libpqs_own_environment_is_no_way_around(
    cluster: Postgres, demo: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an address without a host, and an environment that leads it to another machine, over TLS or without
    ours = tls_front.authority(tmp_path, "ours")
    bare = Stores(
        "postgresql",
        *(
            f"postgresql://postgres@/{_name(one)}"
            for one in (demo.main, demo.erasure, demo.volatile)
        ),
    )
    monkeypatch.setenv("PGHOST", tls_front.HOST)
    for front, mode in ((ours.server(), "require"), (None, "prefer")):
        monkeypatch.setenv("PGSSLMODE", mode)
        with tls_front.in_front_of(cluster.folder, front) as port:
            monkeypatch.setenv("PGPORT", str(port))
            # When Hearth connects, then it hangs up
            with pytest.raises(StoreUnavailable), answers(bare, tmp_path):
                pass
