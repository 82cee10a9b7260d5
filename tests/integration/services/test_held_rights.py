"""A process compares the rights of its PostgreSQL role with what its work needs, before it serves."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.integration.services.test_grants import as_role, granted
from tests.postgres import Postgres
from tests.stores import Stores, application
from webapp.cli import checks_deployment
from webapp.cli.finding import State
from webapp.services.infrastructure import held_rights, separate_stores
from webapp.services.infrastructure.database_grants import ROLES
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.settings import WrongSetting
from webapp.web import start_checks

__all__ = ["granted"]


@pytest.mark.parametrize("process", list(ROLES))
def test_a_process_with_the_manuals_rights_serves(
    cluster: Postgres, granted: Stores, tmp_path: Path, process: str
) -> None:
    own = as_role(cluster, granted, ROLES[process])
    with application(own, tmp_path, DOORS=process) as app, app.app_context():
        held_rights.check(process)
        assert list(held_rights.differences(process)) == []


CHANGES = [
    ("public", "main", "GRANT SELECT ON slots TO {}", "may do more", "SELECT on slots"),
    (
        "public",
        "main",
        "GRANT UPDATE (name) ON coordinators TO {}",
        "more",
        "UPDATE (name) on coordi",
    ),
    ("public", "volatile", "GRANT DELETE ON desk_visits TO {}", "more", "DELETE on desk_visits"),
    ("desk", "main", "GRANT TRUNCATE ON audit_entries TO {}", "more", "TRUNCATE on audit_entries"),
    ("worker", "main", "GRANT CREATE ON SCHEMA public TO {}", "more", "CREATE in the schema"),
    ("public", "main", "GRANT {owner} TO {}", "more", "and "),
    ("public", "main", "REVOKE INSERT ON submissions FROM {}", "less", "INSERT on submissions"),
    ("desk", "main", "REVOKE UPDATE ON audit_head FROM {}", "less", "UPDATE on audit_head"),
    ("public", "main", "REVOKE UPDATE (id) ON calls FROM {}", "less", "UPDATE (id) on calls"),
]


@pytest.mark.parametrize(("process", "store", "change", "way", "right"), CHANGES)
def test_one_right_more_or_less_is_named_in_one_line(
    cluster: Postgres,
    granted: Stores,
    tmp_path: Path,
    process: str,
    store: str,
    change: str,
    way: str,
    right: str,
) -> None:
    # Given a role to which someone gave a right, or from which they took one
    role = f'"{ROLES[process]}"'
    statement = change.replace("{owner}", "postgres").replace("{}", role)
    with psycopg.connect(getattr(granted, store), autocommit=True) as owner:
        owner.execute(statement)
    try:
        own = as_role(cluster, granted, ROLES[process])
        with (
            application(own, tmp_path, DOORS=process) as app,
            app.app_context(),
            pytest.raises(WrongSetting) as refused,
        ):
            # When its process starts
            held_rights.check(process)
    finally:
        cluster.admin.execute(f"REVOKE postgres FROM {role}")
    # Then it does not, and says which
    said = str(refused.value)
    assert f"as the role {ROLES[process]}, which may do {way.removeprefix('may do ')} than" in said
    assert right in said
    assert "grants --apply" in said
    assert "\n" not in said


def test_an_operator_is_told_by_check(cluster: Postgres, granted: Stores, tmp_path: Path) -> None:
    with application(granted, tmp_path, DOORS="desk,public,worker") as app, app.app_context():
        chosen = app.extensions["hearth_settings"]
        (well,) = checks_deployment.stores(chosen)
        assert well.state is State.WELL
        with psycopg.connect(granted.main, autocommit=True) as owner:
            owner.execute(f'GRANT SELECT ON slots TO "{ROLES["public"]}"')
        (broken,) = checks_deployment.stores(chosen)
    assert broken.state is State.BROKEN
    assert "SELECT on slots" in broken.words


def test_a_demo_and_both_doors_in_one_process_are_not_compared(
    granted: Stores, tmp_path: Path
) -> None:
    # Given the owner's role
    for settings in ({"DEMO": "yes", "DOORS": "public"}, {"DOORS": "public,desk"}):
        with application(granted, tmp_path, **settings) as app:
            start_checks.before_serving(app)
    with application(granted, tmp_path, DOORS="public") as app, pytest.raises(WrongSetting):
        start_checks.before_serving(app)


# A database that comes up later


@pytest.fixture
def early(granted: Stores, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """A public door with the owner's role, which was started before its databases."""
    with application(granted, tmp_path, DOORS="public") as app:
        with monkeypatch.context() as before:
            before.setattr(separate_stores, "check", is_not_there)
            start_checks.before_serving(app)
        yield app


def is_not_there() -> None:
    raise StoreUnavailable("main")


def test_a_door_that_was_early_serves_nothing_with_wrong_rights(early: Flask) -> None:
    # Given databases that are there now
    client = FlaskClient(early)
    # Then every page is an error, and the way out works
    for path in ("/en/", "/en/calls/support-needs/", "/en/"):
        assert client.get(path).status_code == 503
    assert client.get("/leave").status_code == 303


def test_a_door_that_was_early_serves_as_soon_as_all_is_well(
    early: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, looked = FlaskClient(early), []
    monkeypatch.setattr(separate_stores, "check", is_not_there)
    # While they are not, pages that need none of them are shown
    assert client.get("/en/safety").status_code == 200
    monkeypatch.setattr(separate_stores, "check", lambda: None)
    monkeypatch.setattr(held_rights, "check", looked.append)
    # When they are, the rights are looked at, and never again
    for _ in range(3):
        assert client.get("/en/").status_code == 200
    assert looked == ["public"]
