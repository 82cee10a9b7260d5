"""Looking at everything in turn: a few rows each time, each of them once in a round, and again in the next."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import submit_one
from tests.turned import the_worker_kept_running
from webapp.models import ErasureSecret, OwnCopy, Part, Tombstone
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.incremental_reading import Around
from webapp.services.retention import expiry, false_rows, orphans


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> None:
    app.app_context().push()


@pytest.mark.parametrize("last_first", [False, True])
def test_each_row_once_in_a_round_and_never_more_than_so_many(last_first: bool) -> None:
    # Given seven rows, and someone who looks at three at a time
    ids = {uuid4() for _ in range(7)}
    with stores.writing() as main:
        main.add_all(Tombstone(id=one, erased_on=clock.today(), done=True) for one in ids)
    around = Around(3, last_first=last_first)
    # When they look three times, then they have seen each once
    for _ in range(2):
        seen = [look(around) for _ in range(3)]
        assert [len(some) for some in seen] == [3, 3, 1]
        assert {one for some in seen for one in some} == ids
        assert around.is_at_start
    # And from the other end with the other order
    assert (max(ids) in look(around)) == last_first


def look(around: Around) -> list[UUID]:
    with around.next(select(Tombstone.id), Tombstone.id) as rows:
        return [row[0] for row in rows]


def test_what_could_not_be_done_is_done_the_next_time() -> None:
    with stores.writing() as main:
        main.add_all(Tombstone(id=uuid4(), erased_on=clock.today(), done=True) for _ in range(4))
    around = Around(3)
    seen: list[list[UUID]] = []
    with (
        pytest.raises(stores.StoreUnavailable),
        around.next(select(Tombstone.id), Tombstone.id) as rows,
    ):
        seen.append([row[0] for row in rows])
        raise stores.StoreUnavailable("main")
    assert look(around) == seen[0]


def test_an_operator_goes_through_all_once_however_long_each_round_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given rounds of three and of two, which would end together after six
    for _ in range(2):
        submit_one()
    for around, most in ((false_rows.PARTS, 2), (false_rows.COPIES, 3)):
        monkeypatch.setattr(around, "most", most)
        # Where it stands afterwards is nothing to the next test.
        monkeypatch.setattr(around, "_after", None)
    with stores.reading() as main:
        parts, copies = (len(main.scalars(select(one.id)).all()) for one in (Part, OwnCopy))
    rounds = []
    erase = expiry.erase_due
    monkeypatch.setattr(expiry, "erase_due", lambda: rounds.append(1) or erase())
    # When an operator erases what is due, then each row was looked at once
    the_worker_kept_running()
    assert expiry.erase_all_due() == 0
    assert len(rounds) == max(parts // 2, copies // 3) + 1
    assert parts // 2 != copies // 3


def test_an_orphan_is_found_within_a_round(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given more secrets than one round looks at, and one of them that protects nothing
    for _ in range(3):
        submit_one()
    lonely = uuid4()
    with stores.writing("erasure") as erasure:
        erasure.add(ErasureSecret(id=lonely, secret=bytes(32), made_on=clock.today()))
    before = secrets()
    monkeypatch.setattr(orphans, "AROUND", Around(4))
    with time_machine.travel(clock.now() + timedelta(days=3)):
        the_worker_kept_running()
        # When the worker comes round often enough, then that one is gone and no other
        swept = sum(orphans.sweep_orphans() for _ in range(len(before)))
    assert swept == 1
    assert secrets() == before - {lonely}


def secrets() -> set[UUID]:
    with stores.reading("erasure") as erasure:
        return set(erasure.scalars(select(ErasureSecret.id)))
