"""Timing of an act from the mail that it promised: out of a stolen `main`, and by watching when the mail arrives.

At commit c7b8640 a row of the outbox had a submission's or a registration's id and, while the mail waited, the minute
at which it was promised; after a refusal `not_before` and `attempts` gave the second of the first attempt, for up to
14 days while the server refused; a mail left within five seconds. Now a row has the day; of a retry it says a later
quarter of an hour or hour, and counts six attempts at most; and mails leave together at random moments.
"""

import statistics
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace

import pytest
import time_machine
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import delete

from tests.conftest import MakeApp
from tests.factories import publish_demo_event, register_one, register_some
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from tests.integration.mail.steps import asked_for_confirmation, messages
from webapp import cli
from webapp.cli import worker
from webapp.models import OutboxMessage
from webapp.services.infrastructure import outbox, stores
from webapp.services.worker import chores, delivery, mail_claims
from webapp.services.worker.mail_rounds import LONGEST, MailRounds

DAY = datetime(2026, 12, 1, tzinfo=UTC)
#: One act at each of many minutes of an hour: 07:03, 08:16, 09:29 ...
MOMENTS = [DAY + timedelta(hours=7, minutes=3 + 73 * one, seconds=19) for one in range(12)]


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    with Postbox().open() as listening:
        yield listening


@pytest.fixture
def house(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and a worker whose mail server is away; on SQLite, then on PostgreSQL."""
    app = make_house(make_app)
    with app.app_context():
        yield app


@pytest.fixture
def sending(make_app: MakeApp, postbox: Postbox) -> Iterator[Flask]:
    """The same with a mail server."""
    app = make_house(make_app, postbox.port)
    with app.app_context():
        yield app


def refused(act: datetime, times: int) -> OutboxMessage:
    """What a thief finds of one act whose mail was refused so many times, by a worker that came in three seconds."""
    with time_machine.travel(act, tick=False):
        asked_for_confirmation()
    moment = act
    for _ in range(times):
        moment += timedelta(seconds=3)
        with time_machine.travel(moment, tick=False):
            assert delivery.send_waiting() == 0
        (row,) = messages()
        moment = datetime.fromtimestamp(row.not_before, UTC)
    with stores.writing() as main:
        main.execute(delete(OutboxMessage))
    return row


def hit_by(errors: list[float]) -> float:
    """The share of acts whose minute a thief names who has learnt the best correction for their guesses."""
    return max(sum(abs(one - best) < 60 for one in errors) for best in errors) / len(errors)


def test_a_row_that_waits_does_not_say_the_minute(house: Flask) -> None:
    # Given a participant and a registrant at each of several moments, whose mails wait
    event = publish_demo_event(seats=30)
    for act in MOMENTS:
        with time_machine.travel(act, tick=False):
            asked_for_confirmation()
            register_one(event, f"{act:%H%M}@example.org")
    # When a thief reads `main`
    rows = messages()
    # Then there is a day beside each id, and no time at all
    assert len(rows) == 2 * len(MOMENTS)
    assert {(row.made_on, row.not_before, row.claimed_until) for row in rows} == {
        (DAY.date(), 0, None)
    }


@pytest.mark.parametrize("times", [1, 3])
def test_a_row_that_was_refused_does_not_say_the_minute(house: Flask, times: int) -> None:
    # Given mails that a server refused, and a thief who knows the pauses
    errors, steps = [], set()
    for act in MOMENTS:
        row = refused(act, times)
        first = row.not_before - sum(map(outbox.pause_after, range(1, row.attempts + 1)))
        errors.append(first - act.timestamp())
        steps.add(row.not_before % outbox.QUARTER)
    # Then the guesses are spread over a quarter of an hour, because no time in a row is finer
    assert hit_by(errors) < 0.4
    assert steps == {0}


def test_after_some_attempts_nothing_counts_them(house: Flask) -> None:
    # Given mails of an early and a late morning that were refused ever since
    for act in (DAY + timedelta(hours=6), DAY + timedelta(hours=11)):
        with time_machine.travel(act, tick=False):
            asked_for_confirmation()
    for hour in range(12, 24 * 4):
        with time_machine.travel(DAY + timedelta(hours=hour), tick=False):
            delivery.send_waiting()
    first, second = messages()
    # Then both have been tried as often as can be said, and are due at a full hour
    assert first.attempts == second.attempts == outbox.MOST_ATTEMPTS
    assert {row.not_before % outbox.HOUR for row in (first, second)} == {0}


def test_a_worker_that_died_leaves_no_second(house: Flask) -> None:
    with time_machine.travel(MOMENTS[0], tick=False):
        asked_for_confirmation()
        # Given a worker that dies while it sends
        assert mail_claims.claim()
        (row,) = messages()
    # Then its lease, as stored, ends with a quarter of an hour
    assert row.claimed_until is not None
    assert row.claimed_until % outbox.QUARTER == 0


def test_a_mail_that_ended_says_days_alone(sending: Flask, postbox: Postbox) -> None:
    # Given a mail that was put off, and then sent
    with time_machine.travel(MOMENTS[0], tick=False):
        asked_for_confirmation(email="slow@example.org")
        postbox.at_recipient["slow@example.org"] = "450 busy"
        delivery.send_waiting()
    postbox.at_recipient.clear()
    with time_machine.travel(MOMENTS[0] + timedelta(hours=1), tick=False):
        assert delivery.send_waiting() == 1
    (row,) = messages()
    assert (row.state, row.attempts, row.not_before) == ("sent", 0, 0)


def arrivals(act: float) -> float:
    """How many seconds after an act its mail leaves, when the worker looks every five seconds."""
    now = 0.0
    rounds = MailRounds(seconds=lambda: now)
    while True:
        if rounds.begins() and now >= act:
            return now - act
        now += 5


def test_the_arrival_of_a_mail_does_not_tell_the_minute() -> None:
    # Given many acts, each at a moment of its own in a worker's day
    waited = [arrivals(3600 + 97.0 * one) for one in range(600)]
    # Then none waits for more than a few minutes
    assert max(waited) <= LONGEST + 5
    # And an observer who takes any one minute before the arrival for that of the act is mostly wrong
    minutes = [int(seconds // 60) for seconds in waited]
    assert max(minutes.count(one) for one in set(minutes)) < 0.4 * len(waited)
    assert statistics.pstdev(waited) > 60


class Minutes(threading.Event):
    """A worker's waiting, without waiting: `now` goes on by what it would have waited. Ends after 25 minutes."""

    now = 0.0

    def __init__(self, looks: Callable[[float], None]) -> None:
        super().__init__()
        self.looks = looks

    def wait(self, timeout: float | None = None) -> bool:
        self.looks(self.now)
        self.now += timeout or 0
        return self.now > 25 * 60


def test_a_worker_does_not_send_when_something_was_done(
    sending: Flask, postbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given the worker as it is started, and people who book at three moments
    event = publish_demo_event()
    acts, waited = [301.0, 702.0, 1103.0], list[float]()

    def looks(now: float) -> None:
        # As an observer of the mailboxes sees it, with every look of the worker
        waited.extend(now - booked[len(waited)] for _ in postbox.mails[len(waited) :])
        if acts and now >= acts[0]:
            booked.append(now)
            register_one(event, f"{acts.pop(0):.0f}@example.org")

    booked: list[float] = []
    clockwork = Minutes(looks)
    monkeypatch.setattr(worker, "application", lambda door: sending)
    monkeypatch.setattr(worker, "threading", SimpleNamespace(Event=lambda: clockwork))
    signals = SimpleNamespace(SIGINT=2, SIGTERM=15, SIGHUP=1, signal=lambda *of: None)
    monkeypatch.setattr(worker, "signal", signals)
    rounds = partial(MailRounds, seconds=lambda: clockwork.now)
    monkeypatch.setattr(worker, "MailRounds", rounds)
    # When it runs for 25 minutes
    done = CliRunner().invoke(cli.command("worker"), ["--unseparated"])
    assert done.exit_code == 0, done.output
    # Then every mail has left within a few minutes, and they did not leave at once
    assert len(waited) == 3
    assert max(waited) <= LONGEST + 10
    assert max(waited) > 10


def test_acts_between_two_rounds_leave_together_in_an_order_of_their_own(
    sending: Flask, postbox: Postbox
) -> None:
    # Given six people who book one after the other
    event = publish_demo_event()
    people = {one.id: one.address for one in register_some(event, 6)}
    by_id = sorted(messages(), key=lambda row: row.id)
    # When the round comes
    assert chores.send_mail()
    # Then their mails leave in the order of random ids
    assert [mail.recipients[0] for mail in postbox.mails] == [
        people[row.subject_id] for row in by_id
    ]
