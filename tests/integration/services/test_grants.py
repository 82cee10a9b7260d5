"""On PostgreSQL each process has a role of its own, and can do its work with it and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
import time_machine
from flask import Flask
from sqlalchemy import MetaData

from tests import postgres
from tests.factories import (
    DEMO_CALL,
    TO_READ,
    code_for,
    publish_demo_event,
    register_some,
    sheets_of,
    submit_one,
)
from tests.pages import CheckedClient
from tests.people import (
    ALL_BOXES,
    answer_everything,
    begin,
    come_back,
    send,
    sign_in,
    tell_more,
)
from tests.stores import DEMO, PostgresShelf, Stores, application
from tests.turned import an_operator_confirmed
from tests.visitor import Visitor
from webapp import sessions
from webapp.extensions import db
from webapp.rules import clock
from webapp.services.answers import consents, erasing, own_copies
from webapp.services.calls import closing, published_calls
from webapp.services.events import event_changes, own_registrations, waiting_list
from webapp.services.infrastructure import database_grants, table_rewrites
from webapp.services.infrastructure.database_grants import RIGHTS, ROLES
from webapp.services.keys import (
    authentication,
    recovery,
    recovery_rehearsal,
    recovery_renewal,
)
from webapp.services.opening import disclosure
from webapp.services.worker import chores, smtp
from webapp.services.worker.rewriting_rounds import RewritingRounds

#: What the public door's role must not even read: how coordinators sign in, and the sealed private keys.
NEVER_PUBLIC = {
    "main": (
        *("coordinators", "slots", "recovery_keys", "audit_entries", "audit_head", "exports"),
        *("recovery_pairs", "ended_desk_visits", "record_checks"),
    ),
    "erasure": ("purpose_key_seals",),
    "volatile": ("desk_visits", "session_keyrings"),
}


@pytest.fixture
def granted(postgres_shelf: PostgresShelf, tmp_path: Path) -> Iterator[Stores]:
    """A demo on PostgreSQL whose three roles were given their rights by the owner of the tables."""
    admin = postgres_shelf.cluster.admin
    for role in ROLES.values():
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
            admin.execute(f'CREATE ROLE "{role}" LOGIN')
    with postgres_shelf.fresh(tmp_path, DEMO) as stores:
        with application(stores, tmp_path, DOORS="worker") as app, app.app_context():
            assert database_grants.missing_roles() == []
            database_grants.apply()
        yield stores


def as_role(cluster: postgres.Postgres, stores: Stores, role: str) -> Stores:
    """The same stores, signed in to as another database role."""
    changed = (
        address.replace("postgresql://postgres@", f"postgresql://{role}@")
        for address in (stores.main, stores.erasure, stores.volatile)
    )
    return Stores("postgresql", *changed)


@contextmanager
def process(cluster: postgres.Postgres, stores: Stores, folder: Path, name: str) -> Iterator[Flask]:
    """One process of a separated instance, on its own role."""
    with (
        application(as_role(cluster, stores, ROLES[name]), folder, DOORS=name) as app,
        app.app_context(),
    ):
        app.test_client_class = CheckedClient
        yield app


def metadata(store: str) -> MetaData:
    return db.metadatas[None if store == "main" else store]


@pytest.mark.parametrize("store", list(RIGHTS))
def test_every_table_has_its_rights_said(store: str) -> None:
    # Then a new table cannot be forgotten: the developer who adds it says which process needs it
    assert set(RIGHTS[store]) == set(metadata(store).tables)  # type: ignore[index]


@pytest.mark.parametrize("store", list(NEVER_PUBLIC))
def test_the_public_doors_role_cannot_read_what_opens_anything(
    cluster: postgres.Postgres, granted: Stores, store: str
) -> None:
    url = getattr(as_role(cluster, granted, ROLES["public"]), store)
    with psycopg.connect(url, autocommit=True) as public:
        for table in NEVER_PUBLIC[store]:
            for statement in (f"SELECT * FROM {table}", f"DELETE FROM {table}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    public.execute(statement)
        # Nor make a table, or a function, of its own
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            public.execute("CREATE TABLE mine (id int)")


def test_no_role_can_put_anything_beside_the_tables(
    cluster: postgres.Postgres, granted: Stores, tmp_path: Path
) -> None:
    # Given a database of before PostgreSQL 15, where everybody may
    with psycopg.connect(granted.main, autocommit=True) as owner:
        owner.execute("GRANT CREATE ON SCHEMA public TO PUBLIC")
    # When the rights are given again
    with application(granted, tmp_path, DOORS="worker") as app, app.app_context():
        database_grants.apply()
    # Then no process can leave a function there that another one's statements would find
    for role in ROLES.values():
        url = as_role(cluster, granted, role).main
        with (
            psycopg.connect(url, autocommit=True) as process_,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            process_.execute(
                "CREATE FUNCTION lower(varchar) RETURNS text AS 'SELECT $1' LANGUAGE sql"
            )


def test_the_worker_alone_may_write_tables_of_keys_anew(
    cluster: postgres.Postgres, granted: Stores
) -> None:
    # Given a PostgreSQL that knows the right to maintain a table
    for name, role in ROLES.items():
        signed_in = as_role(cluster, granted, role)
        for store, tables in table_rewrites.TABLES.items():
            with psycopg.connect(getattr(signed_in, store), autocommit=True) as connection:
                for table in tables:
                    before = connection.execute(
                        "SELECT pg_relation_filenode(%s)", [table]
                    ).fetchone()
                    # Without the right VACUUM warns, and does nothing
                    connection.execute(f"VACUUM (FULL) {table}".encode())
                    after = connection.execute(
                        "SELECT pg_relation_filenode(%s)", [table]
                    ).fetchone()
                    assert (before != after) == (name == "worker")
                    # And nobody can do more with it, like emptying it
                    with pytest.raises(psycopg.errors.InsufficientPrivilege):
                        connection.execute(f"TRUNCATE {table}".encode())


@pytest.mark.parametrize("name", ["desk", "worker"])
def test_no_role_can_change_the_record(
    cluster: postgres.Postgres, granted: Stores, name: str
) -> None:
    url = as_role(cluster, granted, ROLES[name]).main
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM audit_entries").fetchone() != (0,)
        for statement in ("UPDATE audit_entries SET tag = 'x'", "DELETE FROM audit_entries"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_the_desk_cannot_take_back_that_a_session_ended(
    cluster: postgres.Postgres, granted: Stores
) -> None:
    with psycopg.connect(as_role(cluster, granted, ROLES["desk"]).main, autocommit=True) as desk:
        desk.execute("INSERT INTO ended_desk_visits VALUES ('\\x00', 1, '2026-11-29')")
        for statement in (
            "UPDATE ended_desk_visits SET through = 0",
            "DELETE FROM ended_desk_visits",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                desk.execute(statement)


def test_the_recovery_sheets_work_with_the_desks_role_alone(
    cluster: postgres.Postgres, granted: Stores, postgres_shelf: PostgresShelf, tmp_path: Path
) -> None:
    # Given an operator who gives the commands with the desk's configuration
    founded = postgres_shelf.founded
    with process(cluster, granted, tmp_path, "desk"):
        # When the sheets are renewed and rehearsed, and a coordinator who lost everything comes
        renewed = recovery_renewal.renew(recovery.recovery_secret(*sheets_of(founded, 1, 2)))
        new = replace(founded, sheets=renewed.sheets)
        assert recovery_rehearsal.rehearse(sheets_of(new)).put_away == 1
        # Then the set before is put away, and she has everything back
        back = recovery.let_back_in("ana", *sheets_of(new, 2, 3))
    assert (back.sealed, back.missing) == (3, 0)


def test_events_and_calls_are_changed_with_the_desks_role_alone(
    cluster: postgres.Postgres, granted: Stores, tmp_path: Path
) -> None:
    why: dict[str, Any] = {"actor": UUID(int=1), "reason": "People need more time"}
    # Given the desk's own configuration and role
    with process(cluster, granted, tmp_path, "desk"):
        # When an event is published with keys of its own, and gets more seats
        event = publish_demo_event()
        assert event_changes.add_seats(event.id, 2, **why) == event.seats + 2
        # And a call is closed and opened again, then it takes answers
        closes_on = published_calls.find_call(DEMO_CALL).closes_on
        closing.close(DEMO_CALL, **why)
        closing.reopen(DEMO_CALL, closes_on, **why)
        assert published_calls.find_call(DEMO_CALL).accepts_answers(clock.today())


def test_the_worker_cannot_read_how_coordinators_sign_in(
    cluster: postgres.Postgres, granted: Stores
) -> None:
    roles = as_role(cluster, granted, ROLES["worker"])
    for url, tables in (
        (roles.main, ("coordinators", "slots", "recovery_keys", "recovery_pairs")),
        (roles.erasure, ("purpose_key_seals",)),
    ):
        with psycopg.connect(url, autocommit=True) as connection:
            for table in tables:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute(f"SELECT * FROM {table}")


def test_each_process_does_its_work_with_its_own_role(
    cluster: postgres.Postgres,
    granted: Stores,
    postgres_shelf: PostgresShelf,
    tmp_path: Path,
) -> None:
    owner = postgres_shelf.founded.owner
    # Given a meeting, announced by the operator
    with application(granted, tmp_path, DOORS="public,desk") as app, app.app_context():
        group = publish_demo_event("small-group", seats=2)
    # When people answer, come back, and delete; and others book, change what they need, cancel and delete
    with process(cluster, granted, tmp_path, "public") as app:
        visitor = Visitor(app.test_client())
        visitor.get("/en/")
        begin(visitor)
        answer_everything(visitor)
        code = send(visitor, ALL_BOXES)
        tell_more(visitor)
        come_back(Visitor(app.test_client()), code)
        with app.app_context():
            stays = submit_one()
            held = own_copies.find_held(code)
            call = published_calls.find_call(DEMO_CALL)
            subject = consents.Subject(held.submission_id, call.id, call.form, "en")
            consents.change(subject, "quote", granted=False)
            assert erasing.erase_held(own_copies.find_held(code)).complete
            booked = register_some(group, 3)
            assert [one.state for one in booked] == ["confirmed", "confirmed", "waiting"]
            own_registrations.change_needs(own_registrations.find_own(booked[0].ticket), {})
            waiting_list.cancel(booked[0].id)
            assert waiting_list.delete_own(booked[1].id).complete
            assert own_registrations.find_own(booked[2].ticket).state == "confirmed"
    # And a coordinator signs in, looks round, and reads what a participant wrote
    with process(cluster, granted, tmp_path, "desk") as app:
        desk = Visitor(app.test_client())
        sign_in(desk, owner)
        assert desk.path == "/desk/"
        pages = (
            "calls/support-needs",
            "calls",
            "events",
            f"events/{group.slug}",
            "contacts",
            "record",
        )
        for page in (*pages, "languages", "languages/ar", "callers", "entering", "me", "deleting"):
            assert desk.get(f"/desk/{page}").title
            assert desk.status == 200
        with app.app_context():
            holder = authentication.sign_in(
                owner.sign_in_name, owner.passphrase, code_for(postgres_shelf.founded, 1)
            )
            assert disclosure.open_testimony(holder, stays.submission_id, TO_READ).answers
    # And the worker does every chore, now and when all is due
    with process(cluster, granted, tmp_path, "worker") as app, app.app_context():
        smtp.init_app(app)
        rewriting = RewritingRounds()
        assert chores.do_all(more=(sessions.sweep, rewriting))
        assert rewriting()
        with time_machine.travel(clock.now() + timedelta(days=9 * 365)):
            an_operator_confirmed()
            assert chores.do_all(more=(sessions.sweep,))
