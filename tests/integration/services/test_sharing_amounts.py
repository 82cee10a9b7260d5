"""How much is read for sharing, however many people there are; and that counts say what can be read."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import Select, event, select
from sqlalchemy.orm import Session

from tests.factories import DEMO_CALL
from tests.integration.services.test_sharing import harbour, lantern, offer, what_is_left
from tests.sharing import Member, end_membership, says_yes, share
from webapp.models import Coordinator, Part, SetAside, SharedContact, Submission
from webapp.rules import clock
from webapp.services.answers import shared_with
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import export_purposes, shared_reading, sharing

__all__ = ["harbour", "lantern"]
pytestmark = pytest.mark.usefixtures("inside")


@contextmanager
def sealed_values() -> Iterator[Counter[str]]:
    """How many contact parts, and sealed rows of shares, are read meanwhile."""
    read: Counter[str] = Counter()

    def loaded(row: Part | SharedContact, context: object) -> None:
        read[type(row).__name__] += 1

    for table in (Part, SharedContact):
        event.listen(table, "load", loaded)
    try:
        yield read
    finally:
        for table in (Part, SharedContact):
            event.remove(table, "load", loaded)


def test_counting_and_the_worker_read_nothing_sealed(
    founded: Founded, harbour: Member, lantern: Member
) -> None:
    # Given three people, shared with one of two members
    for _ in range(3):
        says_yes()
    share(founded, harbour)
    hana, call = harbour.signed_in(), published_calls.find_call(DEMO_CALL)
    with sealed_values() as read:
        # When Today says it, when pages count it, and when the worker comes round
        assert shared_reading.how_many(hana) == 3
        assert shared_reading.how_many(lantern.signed_in()) == 0
        lists = [one for one in export_purposes.purposes_for(call) if one.recipient]
        assert [one.people for one in lists] == [3, 3]
        assert offer(harbour).shared == 3
        assert shared_with.end_uncovered() == shared_with.end_uncovered_in_turn() == 0
    # Then no sealed value is read
    assert read.total() == 0


def test_sharing_reads_each_person_as_often_however_many_they_are(
    founded: Founded, harbour: Member, lantern: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sharing, "BATCH", 2)
    for _ in range(6):
        says_yes()
    with sealed_values() as read:
        assert share(founded, harbour) == 6
    assert read == {"Part": 6}
    # And what is shared already is looked at, and not opened
    with sealed_values() as read:
        assert share(founded, harbour) == 0
    assert read == {"Part": 6, "SharedContact": 6}


@pytest.mark.parametrize("how", ["do not contact", "put aside", "left"])
def test_what_does_not_stand_is_counted_nowhere_and_ended_by_the_worker(
    founded: Founded, harbour: Member, lantern: Member, how: str
) -> None:
    # Given two people who are shared, of whom one is not to be, past all that ends it in the same transaction
    first, _ = says_yes(), says_yes()
    share(founded, harbour)
    hana = harbour.signed_in()
    if how == "left":
        end_membership(harbour)
    else:
        with stores.writing() as main:
            row = main.get_one(Submission, first.submission_id)
            if how == "do not contact":
                row.do_not_contact_on = clock.today()
            else:
                row.set_aside_id = put_aside(main, row)
    left = 0 if how == "left" else 1
    # Then neither the count nor the list has it, and the worker deletes it
    assert shared_reading.how_many(hana) == left
    assert len(shared_reading.page_of(hana).rows) == left
    assert shared_with.end_uncovered() == 2 - left
    assert what_is_left(first) == (left, left)


def test_the_end_of_one_persons_sharing_and_counts_go_by_the_index(inside: Flask) -> None:
    this = SharedContact.submission_id == uuid4()
    with stores.reading() as main:
        now = shared_with.cover(main)
        ends = plan(main, select(SharedContact).where(this))
        counts = plan(
            main, select(SharedContact.submission_id).where(~shared_with.stands_in_sql(now))
        )
    assert "ix_shared_contacts_person" in ends
    assert "ix_shared_contacts_person" in counts


def plan(main: Session, query: Select[Any]) -> str:
    """How the database finds the rows, where it has many."""
    connection, seen = main.connection(), []

    def note(on: Any, cursor: Any, statement: str, values: Any, *rest: Any) -> None:
        seen.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    main.execute(query)
    event.remove(connection, "before_cursor_execute", note)
    ((statement, values),) = seen
    if connection.dialect.name == "sqlite":
        rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
    else:
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"EXPLAIN {statement}", values)
    return " ".join(str(row) for row in rows)


def put_aside(main: Session, row: Submission) -> UUID:
    act = SetAside(
        id=uuid4(),
        call_id=row.call_id,
        coordinator_id=main.scalars(select(Coordinator.id)).all()[0],
        made_on=clock.today(),
        people=1,
    )
    main.add(act)
    main.flush()
    return act.id
