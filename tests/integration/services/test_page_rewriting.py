"""Rewriting rows in the order of their random keys: no row changes, no other writer waits long."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
import time_machine
from flask import Flask
from sqlalchemy import event

from tests.factories import publish_demo_event, register_some, submit_one
from tests.integration.at_once import at_once
from tests.integration.rounds import rounds
from tests.integration.tables import counts, everything, tables
from tests.stores import Stores
from webapp.extensions import db
from webapp.rules import clock
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import page_rewriting, stores
from webapp.services.infrastructure.page_rewriting import TABLES, Busy, rewrite
from webapp.services.sealed import parts
from webapp.services.worker import rewriting_rounds
from webapp.services.worker.rewriting_rounds import MANY, RewritingRounds

pytestmark = pytest.mark.usefixtures("inside")

#: Tables without row numbers that are about no participant and no registrant, or whose rows stay for a minute.
NOT_ABOUT_PEOPLE = {
    *("ended_desk_visits", "news_wishes", "event_messages", "purpose_key_seals", "audit_notes"),
    "failed_sign_ins",
}
ROUNDS = rounds(8)


def test_every_table_about_people_is_rewritten() -> None:
    # Then a new table cannot be forgotten
    random = {
        table.name
        for store, table in tables()
        if store != "volatile" and table.dialect_options["sqlite"]["with_rowid"] is False
    }
    assert random == {name for names in TABLES.values() for name in names} | NOT_ABOUT_PEOPLE


def test_no_row_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given people, and steps of a few rows
    for _ in range(3):
        submit_one(written=False)
    register_some(publish_demo_event(), 7)
    monkeypatch.setattr(page_rewriting, "ROWS", 2)
    before = everything()
    # When all is rewritten
    rewrite("main")
    rewrite("erasure")
    # Then every row is as it was
    assert everything() == before


def test_rewriting_around_some_rows_changes_none_and_moves_no_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given secrets of many, and three among them: the first, the last and one between
    with stores.writing("erasure") as erasure:
        erasure.add_all(parts.new_secret() for _ in range(60))
    before = everything()
    ids = sorted(row[0] for row in before["erasure_secrets"])
    monkeypatch.setattr(page_rewriting, "AROUND", 4)
    # When what lies around these is rewritten
    with moved("erasure_secrets") as rows:
        page_rewriting.rewrite_around("erasure", "erasure_secrets", [ids[0], ids[30], ids[-1]])
    # Then all rows are as they were, and at most eight were moved for each
    assert everything() == before
    assert rows and sum(rows) <= 3 * 8


def test_nobody_waits_for_the_indexes_of_a_long_table(
    demo_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two people, and a bound below that
    for _ in range(2):
        submit_one()
    table = db.metadata.tables["submissions"]
    assert bool(page_rewriting._indexes("main", table)) == (demo_stores.kind == "sqlite")
    monkeypatch.setattr(page_rewriting, "MOST_REBUILT", 1)
    # Then its rows are rewritten, a range at a time, and its indexes are not
    assert page_rewriting._indexes("main", table) == []
    before = everything()
    rewrite("main")
    assert everything() == before


@contextmanager
def moved(table: str) -> Iterator[list[int]]:
    """How many rows each statement took out of this table."""
    found: list[int] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        if f"DELETE FROM {table}" in statement:
            found.append(cursor.rowcount)

    engine = db.engines["erasure"]
    event.listen(engine, "after_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "after_cursor_execute", note)


def test_a_step_is_no_longer_than_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given rows of which each is larger than a step should be
    for _ in range(3):
        submit_one()
    monkeypatch.setattr(page_rewriting, "BYTES", 1)
    monkeypatch.setitem(TABLES, "main", ("parts",))
    # Then a step takes one of them
    indexes = len(page_rewriting._indexes("main", db.metadata.tables["parts"]))
    assert counts()["parts"] <= len(list(page_rewriting.steps("main"))) <= 9 + 1 + indexes


def test_a_step_gives_way_to_others(demo_stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    if demo_stores.kind == "sqlite":
        return
    # Given a person who is in the middle of changing something
    submit_one()
    before = everything()
    monkeypatch.setitem(TABLES, "main", ("parts",))
    with psycopg.connect(demo_stores.main) as person:
        person.execute("UPDATE parts SET epoch = epoch")
        # When a step wants the table, then it gives way after a moment
        steps = page_rewriting.steps("main")
        began = time.monotonic()
        assert next(steps) is False
        assert time.monotonic() - began < 2
        # And says so where it may not wait for ever
        with monkeypatch.context() as hurried:
            hurried.setattr(page_rewriting, "PATIENCE_SECONDS", 0)
            with pytest.raises(Busy):
                rewrite("main")
    # And does it afterwards
    assert all(steps)
    assert everything() == before


def test_erased_while_pages_are_rewritten_is_gone(inside: Flask) -> None:
    for _ in range(ROUNDS):
        held = own_copies.find_held(submit_one().receipt)
        # When the worker rewrites at the moment when a person erases
        person, *workers = at_once(
            inside,
            partial(erasing.erase_held, held),
            partial(rewrite, "main"),
            partial(rewrite, "erasure"),
        )
        # Then it is complete, and nothing came back
        assert getattr(person, "complete", person) is True
        assert workers == [None, None]
        assert not {"submissions", "parts", "own_copies", "erasure_secrets"} & set(counts())


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stores whose rewriting began."""
    seen: list[str] = []

    def steps(store: str) -> Iterator[bool]:
        seen.append(store)
        yield True

    monkeypatch.setattr(page_rewriting, "steps", steps)
    return seen


def test_once_a_day_and_when_many_are_new(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rewriting, both = RewritingRounds(), ["erasure", "main"]
    monkeypatch.setattr(rewriting_rounds, "_held", lambda: held)
    # Given a worker that has just started
    held = 1000
    assert rewriting() and begun == both
    # When few rows are new, then it has done enough for today
    held += MANY
    assert rewriting() and begun == both
    # When a tenth is new, or a day begins, then it begins again
    held += MANY
    assert rewriting() and begun == 2 * both
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert rewriting() and begun == 3 * both
        assert rewriting() and begun == 3 * both


def test_what_one_round_does_not_finish_the_next_one_does(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewriting_rounds, "SECONDS", -1)
    rewriting = RewritingRounds()
    assert not rewriting() and begun == ["erasure"]
    assert not rewriting() and begun == ["erasure", "main"]
    assert rewriting() and begun == ["erasure", "main"]


def test_a_store_that_does_not_answer_is_tried_again(
    begun: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    rewriting = RewritingRounds()

    def unavailable(store: str) -> Iterator[bool]:
        raise stores.StoreUnavailable(store)
        yield True

    with monkeypatch.context() as down:
        down.setattr(page_rewriting, "steps", unavailable)
        with pytest.raises(stores.StoreUnavailable):
            rewriting()
    assert rewriting() and begun == ["erasure", "main"]
