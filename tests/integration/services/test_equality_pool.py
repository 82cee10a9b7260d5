"""The pool of equality parts: a part waits, sealed to the worker, until it is written together with others."""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from functools import partial

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update

from tests.conftest import MakeApp
from tests.factories import publish_demo_call, submit_one
from tests.integration.at_once import at_once
from tests.integration.house import make_house
from tests.integration.rounds import rounds
from tests.integration.tables import counts, everything
from tests.turned import the_worker_kept_running
from webapp.models import ErasureSecret, Part, Tombstone, WaitingPart
from webapp.rules import clock
from webapp.services.answers import corrections, erasing, own_copies
from webapp.services.answers.corrections import Correction
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores
from webapp.services.retention import orphans
from webapp.services.sealed import equality_pool, parts
from webapp.services.worker import equality_batches
from webapp.services.worker.equality_batches import ENOUGH, write_waiting

PEOPLE = {"submissions", "parts", "waiting_parts", "own_copies", "consents", "erasure_secrets"}
ROUNDS = rounds(8)


@pytest.fixture
def house(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    app = make_house(make_app)
    with app.app_context():
        yield app


pytestmark = pytest.mark.usefixtures("house")


def waiting() -> int:
    return counts().get("waiting_parts", 0)


def written() -> list[Part]:
    with stores.reading() as main:
        return list(main.scalars(select(Part).where(Part.purpose == "equality")))


def wait(people: int) -> None:
    for _ in range(people):
        submit_one(written=False)


def first_of_next_month() -> datetime:
    now = clock.now()
    return (now.replace(day=1, hour=12) + timedelta(days=32)).replace(day=1)


def test_parts_wait_for_enough_others() -> None:
    # Given one person too few
    wait(ENOUGH - 1)
    # When the worker looks, then they go on waiting
    assert write_waiting() == 0
    assert (waiting(), written()) == (ENOUGH - 1, [])
    # And with one person more, all of them are written together
    wait(1)
    assert write_waiting() == ENOUGH
    assert (waiting(), len(written())) == (0, ENOUGH)


def test_on_the_first_of_a_month_they_are_written_however_few_they_are() -> None:
    wait(2)
    with time_machine.travel(first_of_next_month() - timedelta(days=1), tick=False):
        assert write_waiting() == 0
    with time_machine.travel(first_of_next_month(), tick=False):
        assert write_waiting() == 2


def test_what_is_due_is_written_so_that_it_can_be_erased() -> None:
    wait(1)
    with stores.reading() as main:
        due = main.scalars(select(WaitingPart.due_on)).one()
    # Given a secret whose own day has not come
    with stores.writing("erasure") as erasure:
        erasure.execute(update(ErasureSecret).values(made_on=due + timedelta(days=9)))
    with time_machine.travel(datetime.combine(due, time(12), UTC)):
        assert write_waiting() == 1


def test_few_answers_to_one_call_are_not_written_beside_many_to_another() -> None:
    # Given many answers to one call, and those of one person to another
    publish_demo_call("another-call")
    other = published_calls.find_call("another-call")
    submit_one(other, written=False)
    wait(ENOUGH)
    # When the many are written, then that person goes on waiting
    assert write_waiting() == ENOUGH
    assert waiting() == 1
    assert other.id not in {part.call_id for part in written()}


def test_no_column_is_lost_on_the_way() -> None:
    # Given a part with a value in every column
    wait(1)
    equality_batches.write_waiting(enough=1)
    (part,) = written()
    columns = {column.name: getattr(part, column.name) for column in Part.__table__.columns}
    # When it waits and is read again
    secret = parts.new_secret("equality")
    row = equality_pool.seal_into_pool(part, secret)
    opened = equality_batches._open(row)
    # Then every column is as it was
    assert opened is not None
    assert {name: getattr(opened, name) for name in columns} == columns


def test_erased_while_it_waits_nothing_is_left() -> None:
    # Given answers about equality that wait
    sent = submit_one(written=False)
    held = own_copies.find_held(sent.receipt)
    assert held.equality is not None and waiting() == 1
    # When their owner erases everything
    assert erasing.erase_held(held).complete
    # Then nothing waits, no secret is left, and the part has its tombstone
    assert not PEOPLE & set(counts())
    with stores.reading() as main:
        assert main.get_one(Tombstone, held.equality.part_id).done


def test_corrected_while_it_waits_the_new_answers_wait_instead() -> None:
    # Given answers about equality that wait
    sent = submit_one(written=False)
    held = own_copies.find_held(sent.receipt)
    before = set(counts()) and counts()["erasure_secrets"]
    assert held.equality is not None
    # When they are corrected
    answers = {**held.answers, "age_band": "25_34"}
    corrections.correct(
        sent.receipt,
        Correction(held.submission_id, held.copies, answers, frozenset(), "en"),
    )
    # Then the new part waits alone, and the old secret is gone
    assert waiting() == 1
    assert counts()["erasure_secrets"] == before
    with stores.reading("erasure") as erasure:
        assert erasure.get(ErasureSecret, held.equality.secret_id) is None
    # And the new one is what the worker writes
    assert write_waiting(enough=1) == 1
    now = own_copies.find_held(sent.receipt).equality
    assert now is not None and [part.id for part in written()] == [now.part_id]


def test_erased_at_the_moment_when_it_is_written_it_is_gone(house: Flask) -> None:
    for _ in range(ROUNDS):
        held = own_copies.find_held(submit_one(written=False).receipt)
        # When the worker writes it at the same moment
        person, worker = at_once(
            house, partial(erasing.erase_held, held), partial(write_waiting, enough=1)
        )
        # Then both succeed, and all is gone
        assert getattr(person, "complete", person) is True
        assert worker in (0, 1), repr(worker)
        assert not PEOPLE & set(counts())


def test_two_workers_write_each_part_once(house: Flask) -> None:
    wait(ENOUGH)
    both = at_once(house, write_waiting, write_waiting)
    assert sum(int(str(one)) for one in both) == ENOUGH
    assert (waiting(), len(written())) == (0, ENOUGH)


def test_secrets_of_what_waits_are_no_orphans(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given parts that the worker cannot open for months, and the secret of a post that broke off
    wait(2)
    held = counts()["erasure_secrets"]
    with stores.writing("erasure") as erasure:
        erasure.add(parts.new_secret())
    key = bytes(32)
    # When it sweeps secrets that protect nothing
    with time_machine.travel(first_of_next_month() + timedelta(days=40), tick=False):
        the_worker_kept_running()
        with monkeypatch.context() as lost:
            lost.setattr(equality_batches, "current_settings", lambda: SettingsWith(key))
            assert write_waiting() == 0
        assert waiting() == 2
        assert orphans.sweep_orphans() == 1
        # Then theirs are still there, and with the right key nothing is lost
        assert counts()["erasure_secrets"] == held
        assert write_waiting() == 2


class SettingsWith:
    """Settings of a worker with another key."""

    def __init__(self, mailer_key: bytes) -> None:
        self.mailer_key = mailer_key


def test_a_row_that_opens_nothing_holds_up_no_other() -> None:
    # Given a row that was damaged, or written by another hand, among many
    wait(ENOUGH)
    with stores.writing() as main:
        row = main.scalars(select(WaitingPart)).first()
        assert row is not None
        row.envelope = row.envelope[:-1] + bytes([row.envelope[-1] ^ 1])
    # When the worker writes, then it does not count among enough
    assert write_waiting() == 0
    # And with another one in its place the others are written, and that one stays
    wait(1)
    assert write_waiting() == ENOUGH
    assert (waiting(), len(written())) == (1, ENOUGH)


def test_a_row_that_is_put_back_is_not_written_twice() -> None:
    # Given a thief who wrote down a row that waits, and puts it back after it was written
    wait(1)
    with stores.reading() as main:
        (row,) = main.scalars(select(WaitingPart)).all()
        copied = {
            column.name: getattr(row, column.name) for column in WaitingPart.__table__.columns
        }
    write_waiting(enough=1)
    with stores.writing() as main:
        main.add(WaitingPart(**copied))
    wait(1)
    # When the worker writes, then what else waits is written, and the row is gone
    write_waiting(enough=1)
    assert (waiting(), len(written())) == (0, 2)


def test_nothing_that_waits_is_in_the_clear_but_the_call_and_days() -> None:
    sent = submit_one(written=False)
    held = own_copies.find_held(sent.receipt)
    (row,) = everything()["waiting_parts"]
    assert held.equality is not None
    assert not {held.submission_id, held.equality.part_id, held.equality.secret_id} & set(row)
