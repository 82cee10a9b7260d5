"""A coordinator learns on Today that nothing is deleted, looks at the day, and confirms it or leaves it."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import update

from tests.integration.desk.worker import Worker
from tests.integration.tables import counts
from webapp.models import WorkerClock
from webapp.rules import clock
from webapp.services.infrastructure import clock_guard, stores
from webapp.services.infrastructure.deletion_stops import ClockDoubted
from webapp.services.worker import chores

STOPPED = "Hearth has stopped deleting"
BUTTON = "The day is right: delete as planned"


@pytest.fixture
def late(worker: Worker) -> Iterator[Worker]:
    """Signed in 1,200 days after the worker last ran: all answers are due."""
    worker.answered_by("contact_me")
    with worker.app.app_context():
        clock_guard.sure()
    with worker.later(days=1200):
        worker.sign_in()
        yield worker


def look(worker: Worker) -> None:
    with worker.app.app_context(), pytest.raises(ClockDoubted):
        clock_guard.sure()


def test_today_says_nothing_while_all_is_well(worker: Worker) -> None:
    with worker.app.app_context():
        clock_guard.sure()
    worker.get("/desk/")
    assert STOPPED not in worker.page.text
    # And the page about it leads back
    worker.get("/desk/deleting")
    assert worker.path == "/desk/"


def test_the_day_is_looked_at_and_confirmed(late: Worker) -> None:
    look(late)
    late.get("/desk/")
    assert STOPPED in late.page.text
    late.follow("Look at the day, and confirm it if it is right")
    # Then it says which day the server believes it is, and how much would go
    assert late.page.h1 == STOPPED
    assert "1 set of answers, 1 set of contact details, 1 set of equality answers" in late.page.text
    assert str(clock.today().year) in late.page.text
    # When no reason is chosen, then it asks for one
    late.press(BUTTON)
    assert "Choose why you are doing this" in late.page.text
    # When they give one
    late.press(BUTTON, why="off")
    assert late.path == "/desk/"
    assert "Confirmed. Hearth deletes everything on its day" in late.page.text
    assert STOPPED not in late.page.text
    # Then the record says who said so and why, and the worker goes on
    line = late.record()[0]
    assert (line.tag, line.reason) == (
        "deleting confirmed",
        "The server was switched off for a while",
    )
    late.get("/desk/record")
    assert "Confirmed the day after the clock had jumped" in late.page.text
    with late.app.app_context():
        chores.expiry.erase_due()
        assert "parts" not in counts()


def test_pressing_twice_confirms_once(late: Worker) -> None:
    late.get("/desk/deleting")
    again = late.page
    late.press(BUTTON, why="off")
    late.page = again
    late.press(BUTTON, why="off")
    assert late.path == "/desk/"
    assert late.tags().count("deleting confirmed") == 1


def test_a_day_that_has_changed_meanwhile_is_looked_at_again(late: Worker) -> None:
    late.get("/desk/deleting")
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        late.press(BUTTON, why="off", day="2020-01-01")
        assert late.page.h1 == STOPPED
        assert "Nothing was confirmed" in late.page.text
    assert "deleting confirmed" not in late.tags()


def test_two_clocks_are_not_mended_by_believing_one(worker: Worker) -> None:
    # Given a worker on another machine, whose clock is wrong, and a desk whose clock is right
    with worker.app.app_context():
        clock_guard.sure()
        with worker.later(days=600):
            look(worker)
    worker.get("/desk/deleting")
    # Then there is nothing to confirm, and it says whom to tell
    assert "has another clock than this page" in worker.page.text
    assert BUTTON not in worker.page.text
    assert "Tell the person who looks after the server" in worker.page.text


def test_a_changed_note_of_the_last_run_is_said(worker: Worker) -> None:
    with worker.app.app_context():
        clock_guard.sure()
        with stores.writing() as main:
            main.execute(update(WorkerClock).values(allowed=10_000))
    worker.get("/desk/deleting")
    assert "is not as Hearth wrote it" in worker.page.text


def test_what_cannot_be_opened_any_more_is_said_on_today(worker: Worker) -> None:
    with worker.app.app_context():
        clock_guard.sure()
        clock_guard.note_unreadable(7)
    worker.get("/desk/")
    assert "Some of what we hold can no longer be opened" in worker.page.text
