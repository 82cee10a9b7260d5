"""What a person is told is what was done: a writer to the database can neither hide a look nor invent one.

Before decision 64 nobody told the person anything. A database writer, or the public process once it is taken over,
could now try to hide from a survivor that a worker reads their answers, or frighten them with a look that never was.
"""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from sqlalchemy import delete, insert, select

from tests import postgres
from tests.factories import TO_READ, Sent, signed_in, submit_one
from tests.integration.services.test_grants import as_role, granted
from tests.stores import Stores
from webapp.models import Look
from webapp.rules import clock
from webapp.rules.contact.caller_matching import Clues
from webapp.rules.looks import LookKind
from webapp.rules.references import reference
from webapp.rules.roles import Role
from webapp.services.answers import looks, own_copies
from webapp.services.calls import published_calls
from webapp.services.infrastructure import row_verification, stores
from webapp.services.infrastructure.database_grants import ROLES
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure
from webapp.services.phone_requests import caller_search

__all__ = ["granted"]


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """On SQLite, then on PostgreSQL."""
    with app.app_context():
        yield app


@pytest.fixture
def read(inside: Flask, founded: Founded) -> Sent:
    """A person whose answers a coordinator has read today."""
    sent = submit_one()
    disclosure.open_testimony(signed_in(founded), sent.submission_id, TO_READ)
    return sent


def told(sent: Sent) -> looks.Looked:
    return looks.find(own_copies.find_held(sent.receipt))


def named() -> set[str]:
    row_verification.check_daily()
    found = row_verification.newest()
    assert found is not None
    return {one.reference for one in found.rows if one.table == "looks"}


def test_a_look_that_was_deleted_is_named_the_next_day(read: Sent) -> None:
    assert named() == set()
    with stores.writing() as main:
        main.execute(delete(Look))
    assert told(read).is_empty
    assert named() == {reference(read.submission_id)}


def test_a_look_that_never_was_frightens_no_one(read: Sent) -> None:
    # Given a look put in without the configuration's key, and one that was copied to another person
    other = submit_one()
    with stores.writing() as main:
        ours = main.scalars(select(Look)).one()
        row = {**ours.under_mac(), "row_mac": ours.row_mac}
        main.execute(insert(Look), [{**row, "id": uuid4(), "submission_id": other.submission_id}])
    # Then it is not shown, the person is told that something is wrong, and the check names it
    assert (told(other).looks, told(other).is_whole) == ((), False)
    assert len(named()) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"looked_on": clock.today() - timedelta(days=400)},
        {"role": Role.ANALYST},
        {"kind": LookKind.SEARCHED},
        {"reason": None},
    ],
    ids=["day", "role", "kind", "reason"],
)
def test_no_column_of_a_look_can_be_changed(read: Sent, change: dict[str, object]) -> None:
    with stores.writing() as main:
        main.execute(Look.__table__.update().values(change))
    assert (told(read).looks, told(read).compared_on, told(read).is_whole) == ((), (), False)


def test_what_remains_a_look_of_a_search_can_be_deleted_unseen(
    inside: Flask, founded: Founded
) -> None:
    """The record has how many people a search compared, and not whom: docs/threat-model.md says so."""
    sent, call = submit_one(), published_calls.find_call("support-needs")
    caller_search.search(signed_in(founded), [call], Clues(name="No Such Name"), "They rang")
    assert told(sent).compared_on == (clock.today(),)
    with stores.writing() as main:
        main.execute(delete(Look))
    assert told(sent).compared_on == ()
    assert named() == set()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE looks SET reason = 'danger'",
        "INSERT INTO looks SELECT * FROM looks",
        "SELECT * FROM audit_entries",
        "SELECT name FROM coordinators",
        "SELECT * FROM exported_submissions",
        "SELECT * FROM crossed_out",
    ],
)
def test_the_public_process_writes_no_look_and_reads_no_record(
    cluster: postgres.Postgres, granted: Stores, statement: str
) -> None:
    with (
        psycopg.connect(as_role(cluster, granted, ROLES["public"]).main, autocommit=True) as public,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        public.execute(statement)


@pytest.mark.parametrize("process", ["desk", "worker"])
def test_no_process_rewrites_a_look(
    cluster: postgres.Postgres, granted: Stores, process: str
) -> None:
    with (
        psycopg.connect(as_role(cluster, granted, ROLES[process]).main, autocommit=True) as role,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        role.execute("UPDATE looks SET reason = 'danger'")
