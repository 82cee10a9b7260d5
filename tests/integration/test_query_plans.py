"""No page of the desk and no chore of the worker reads a whole table about people: the plans of their statements.

Every statement is noted while the pages and chores run, and both databases are asked how they would find its rows. Few
rows say as much as many: SQLite's planner does not count them here, and PostgreSQL's is told to avoid reading whole
tables, which it then does where no index would help.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, event, select

from tests.conftest import MakeApp
from tests.factories import DEMO_CALL, publish_demo_event, register_some, submit_one
from tests.integration.desk.worker import Worker
from tests.integration.house import make_house
from tests.sharing import list_shown, new_member, says_yes, share
from tests.turned import the_day_is_over
from webapp.extensions import db
from webapp.models import Export, Registration, Submission
from webapp.services.calls import published_calls
from webapp.services.infrastructure import page_rewriting, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import (
    exported_lists,
    lists_in_turn,
    shared_reading,
    sharing_offers,
    withdrawals_after_export,
)
from webapp.services.worker import chores

PAGES = (
    "/desk/",
    "/desk/calls",
    "/desk/calls/support-needs",
    "/desk/calls/support-needs?state=unread",
    "/desk/calls/support-needs?state=no-contact",
    "/desk/calls/support-needs?consent=contact_me&typed_by=self",
    "/desk/calls/support-needs?language=en&after=2026-11-28.00000000000000000000000000000000",
    "/desk/calls/support-needs?before=2020-11-28.00000000000000000000000000000000&page=2",
    "/desk/calls/support-needs/aside",
    "/desk/contacts",
    "/desk/events",
    "/desk/events/round-table",
    "/desk/events/round-table/write",
    "/desk/me",
    "/desk/entering",
    "/desk/callers",
)
#: Tables that grow with the number of people.
PEOPLE = {
    *page_rewriting.TABLES["main"],
    *page_rewriting.TABLES["erasure"],
    *("audit_entries", "audit_notes", "rate_buckets", "public_visits"),
}
#: What is read whole all the same, by its table and what stands in the statement.
BOUNDED = {
    "waiting_parts": ("", "a pool, which the worker empties"),
    "exported_submissions": ("LIMIT", "some in turn, in the order of ids"),
    "shared_contacts": ("LIMIT", "a few in turn, in the order of ids"),
    "shares": ("shared_contacts", "of those alone"),
    "erasure_secrets": ("LIMIT", "a few in turn, in the order of ids"),
    "audit_entries": ("actor != ? ORDER BY audit_entries.n DESC", "the newest act, from the end"),
}
#: Indexes that are read whole: each holds few rows, or only what is counted.
WHOLE = {
    "ix_submissions_listed": "the number of people of every call is counted in the index alone",
    "ix_submissions_set_aside_id": "those who were put aside",
    "ix_submissions_answers_changed_on": "those who changed something",
    "ix_submissions_contact_changed_on": "the same",
    "ix_submissions_do_not_contact_on": "those who are not to be contacted",
    "ix_consents_withdrawn": "what was taken back",
    "ix_tombstones_waiting": "what an erasing still has to finish",
}
Noted = dict[tuple[Engine, str], Any]


@pytest.fixture
def house(make_app: MakeApp) -> Flask:
    return make_house(make_app)


@pytest.fixture
def desk(house: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """A coordinator at the desk of a coalition with people, a list of them, and an event."""
    worker = Worker(house, founded)
    with house.app_context():
        for _ in range(3):
            submit_one(members=list_shown())
        register_some(publish_demo_event(seats=2), 3)
    worker.sign_in(steps=-1)
    worker.export(file_format="csv")
    # A list that is longer than a page is read in another way.
    for module in (withdrawals_after_export, exported_lists):
        monkeypatch.setattr(module, "PER_PAGE", 1)
    with house.app_context():
        lists_in_turn.look_at_next_lines()
    return worker


def test_no_page_of_the_desk_reads_a_whole_table_about_people(house: Flask, desk: Worker) -> None:
    pages = [*PAGES, *pages_about_one(house)]
    with noted(house) as statements:
        for page in pages:
            desk.get(page)
            assert desk.status == 200, page

    assert whole_reads(house, statements) == []


def test_what_is_shared_is_listed_in_the_order_of_an_index(house: Flask, founded: Founded) -> None:
    # Given three people whose details are shared with a member
    with house.app_context():
        member = new_member("Harbour House", "Hana")
        for _ in range(3):
            says_yes()
        assert share(founded, member) == 3
        reader = member.signed_in()
        # When one of its people goes through the pages, and Today counts them
        with noted(house) as statements:
            first = shared_reading.page_of(reader, 1)
            second = shared_reading.page_of(reader, 1, after=first.older)
            back = shared_reading.page_of(reader, 1, before=second.newer)
            assert shared_reading.how_many(reader) == 3
            (offer,) = sharing_offers.preview(published_calls.find_call(DEMO_CALL))
            assert (offer.agreed, offer.shared, offer.new) == (3, 3, 0)
    # Then the pages lead to each other
    assert back.rows == first.rows != second.rows
    # And none reads or sorts all that is shared
    assert whole_reads(house, statements) == []
    ordered = [one for one in statements.items() if "ORDER BY shares.shared_on" in one[0][1]]
    assert len(ordered) == 3
    with house.app_context():
        for (engine, statement), values in ordered:
            plan = explained(engine, statement, values)
            assert "ix_shares_listed" in plan, plan
            assert "TEMP B-TREE" not in plan and "'Sort'" not in plan, plan


def test_no_chore_reads_a_whole_table_about_people(house: Flask, desk: Worker) -> None:
    with house.app_context():
        # The first round of a day checks the whole record.
        assert chores.do_all(mail=False)
        with noted(house) as statements:
            assert chores.do_all(mail=False)
            the_day_is_over()

    assert whole_reads(house, statements) == []


def test_the_test_sees_a_whole_table(house: Flask, desk: Worker) -> None:
    with house.app_context(), noted(house) as statements, stores.reading() as main:
        main.scalars(select(Submission).where(Submission.consent_count > 1)).all()

    assert len(whole_reads(house, statements)) == 1


def pages_about_one(app: Flask) -> Iterator[str]:
    with app.app_context(), stores.reading() as main:
        yield f"/desk/submissions/{main.scalars(select(Submission.id)).first()}"
        yield f"/desk/registrations/{main.scalars(select(Registration.id)).first()}"
        made = main.scalars(select(Export.id)).one()
        yield f"/desk/exports/{made}"
        yield f"/desk/exports/{made}?after={made.hex}"
        yield f"/desk/exports/{made}?before={made.hex}&crossed_before={made.hex}.line"


def test_who_was_put_aside_is_not_looked_for_among_everyone(house: Flask, desk: Worker) -> None:
    # When a coordinator looks at what was put aside
    with noted(house) as statements:
        desk.get(f"/desk/calls/{DEMO_CALL}/aside")
    # Then those people are found in the index that has no others
    ((engine, statement), values) = next(
        one for one in statements.items() if "GROUP BY submissions.set_aside_id" in one[0][1]
    )
    with house.app_context():
        assert "ix_submissions_set_aside_id" in explained(engine, statement, values)


@contextmanager
def noted(app: Flask) -> Iterator[Noted]:
    """The statements made meanwhile, each once, with values that it was made with."""
    seen: Noted = {}

    def note(
        connection: Any, cursor: Any, statement: str, values: Any, context: Any, many: bool
    ) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
            seen[connection.engine, statement] = values[0] if many else values

    with app.app_context():
        engines = list(db.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


def whole_reads(app: Flask, statements: Noted) -> list[tuple[str, str]]:
    """What of a table about people each of these would read whole, with the statement."""
    assert statements
    with app.app_context():
        return [
            (read, statement)
            for (engine, statement), values in statements.items()
            for table, read in plan_of(engine, statement, values)
            if table in PEOPLE and not is_bounded(table, read, statement)
        ]


def is_bounded(table: str, read: str, statement: str) -> bool:
    there, _ = BOUNDED.get(table, ("", ""))
    return (table in BOUNDED and there in statement) or any(one in read.split() for one in WHOLE)


def explained(engine: Engine, statement: str, values: Any) -> str:
    """All that a database says of how it would find the rows of a statement."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        how = "EXPLAIN QUERY PLAN"
        if engine.dialect.name != "sqlite":
            how = "EXPLAIN (FORMAT JSON)"
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_sort = off")
        cursor.execute(f"{how} {statement}", values)
        return str(cursor.fetchall())


def plan_of(engine: Engine, statement: str, values: Any) -> Iterator[tuple[str, str]]:
    """What a statement reads from beginning to end: the table, and how."""
    with engine.connect() as connection:
        cursor = connection.connection.cursor()
        if engine.dialect.name == "sqlite":
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            names = {alias: table for table, alias in re.findall(r"(\w+) AS (\w+)", statement)}
            for *_, read in cursor.fetchall():
                if read.startswith("SCAN "):
                    name = read.split()[1]
                    yield names.get(name, name), read
        else:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", values)
            yield from whole_in(cursor.fetchone()[0][0]["Plan"])


def whole_in(node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"], f"Seq Scan of {node['Relation Name']}"
    for one in node.get("Plans", ()):
        yield from whole_in(one)
