"""After the last day of a call, what reached us on paper can still be entered, and nothing is kept longer for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine
from sqlalchemy import select

from tests.factories import DEMO_CALL
from tests.integration.desk.entering import BEGIN, SAID, begin, enter, send, the_call, type_in
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import errors
from tests.integration.tables import counts
from tests.visitor import Value
from webapp.models import Part, Submission
from webapp.rules.late_paper import LATE_DAYS, last_day_to_enter
from webapp.rules.retention import due_on
from webapp.services.calls import closing
from webapp.services.infrastructure import stores

CALL = f"/desk/calls/{DEMO_CALL}"


@contextmanager
def days_after_the_last(worker: Worker, days: int) -> Iterator[date]:
    """So many days after the call's last day, the coordinator signed in. Yields the last day."""
    last = the_call(worker).closes_on
    noon = datetime.combine(last + timedelta(days=days), time(12), UTC)
    with time_machine.travel(noon):
        worker.get("/desk/")
        worker.sign_in()
        yield last


def told_on(day: date) -> dict[str, Value]:
    return {"day": str(day.day), "month": str(day.month), "year": str(day.year)}


def test_a_form_that_came_by_post_after_the_last_day_can_be_entered(worker: Worker) -> None:
    with days_after_the_last(worker, 3) as last:
        # Given a closed call, and a form on paper that came a day late
        worker.get(CALL)
        worker.follow("Enter a late paper form")
        came_on = last + timedelta(days=1)
        # When it is entered
        draft = begin(worker, how="paper", **told_on(came_on))
        type_in(worker, draft, **SAID)
        worker.get(f"{draft}/check")
        send(worker, "contact_me", agreed="ticked")
        # Then it is stored with the day on which it came, and the record says that it was late
        assert worker.record()[0].reason == (
            "on paper, permissions ticked on paper, after the last day"
        )
        with worker.app.app_context(), stores.reading() as main:
            assert main.scalars(select(Submission.received_on)).one() == came_on
            # And it goes on the day on which all others go
            call = the_call(worker)
            days = dict(main.execute(select(Part.purpose, Part.due_on)).all())
            assert days["testimony"] == due_on(last, call.form.parts["testimony"].keep_months)
            assert days["contact"] == due_on(last, call.form.parts["contact"].keep_months)


def test_what_was_said_after_the_last_day_cannot_be_entered(worker: Worker) -> None:
    with days_after_the_last(worker, 1) as last:
        # When a phone call of today, or of the last day, is to be entered
        worker.get(BEGIN)
        worker.press("Begin", how="phone", **told_on(last + timedelta(days=1)))
        # Then the first is refused, and says what can be done
        (said,) = errors(worker)
        assert "What the person said after that day cannot be entered. A paper form can" in said
        # And the second is not
        worker.press("Begin", how="phone", **told_on(last))
        assert worker.path.endswith("/page/first")


def test_a_draft_of_the_last_day_can_be_sent_on_the_next(worker: Worker) -> None:
    # Given a phone call on the last day, half entered
    last = the_call(worker).closes_on
    with time_machine.travel(datetime.combine(last, time(12), UTC)):
        worker.get("/desk/")
        worker.sign_in()
        draft = enter(worker)
    # When the coordinator goes on the day after
    with days_after_the_last(worker, 1):
        worker.get(f"{draft}/check")
        send(worker)
    # Then it is stored
    with worker.app.app_context():
        assert counts()["submissions"] == 1


def test_a_call_that_was_closed_early_takes_paper_and_no_phone_calls(worker: Worker) -> None:
    # Given a call that was closed before its last day
    with worker.app.app_context():
        closing.close(DEMO_CALL, actor="operator", reason="enough answers")
    worker.get(BEGIN)
    worker.press("Begin", how="phone")
    assert errors(worker) == [
        "This call was closed early, so you can only enter what came on paper"
    ]
    # When a form on paper comes
    draft = begin(worker, how="paper")
    type_in(worker, draft, **SAID)
    worker.get(f"{draft}/check")
    send(worker, agreed="ticked")
    # Then it is stored
    with worker.app.app_context():
        assert counts()["submissions"] == 1


def test_there_is_an_end_to_it(page_worker: Worker) -> None:
    with days_after_the_last(page_worker, 1) as last:
        # Given a late form, half entered
        draft = begin(page_worker, how="paper", **told_on(last))
        type_in(page_worker, draft, **SAID)
    with days_after_the_last(page_worker, 12):
        # And again later, so that the draft still waits
        page_worker.get(f"{draft}/page/change")
        page_worker.press("Continue", change_words="More")
    with days_after_the_last(page_worker, LATE_DAYS + 1):
        # When the last day for late forms has passed
        page_worker.get(CALL)
        # Then the call's page offers nothing, and no address begins anything
        assert "late paper" not in page_worker.page.text
        page_worker.get(BEGIN)
        assert page_worker.path == CALL


def test_no_late_form_is_taken_that_would_have_to_go_at_once() -> None:
    # Given a call whose answers are kept for one month
    last = date(2027, 3, 28)
    assert last_day_to_enter(last, [1, 6]) == date(2027, 4, 27) < due_on(last, 1)
    assert last_day_to_enter(last, [6, 12]) == last + timedelta(days=LATE_DAYS)


def test_the_day_cannot_be_before_the_call_began(page_worker: Worker) -> None:
    page_worker.get(BEGIN)
    page_worker.press("Begin", how="paper", **told_on(date(2020, 1, 1)))
    (said,) = errors(page_worker)
    assert said.startswith("The call was published on")


@pytest.mark.parametrize(
    "typed",
    [*({"day": day} for day in ("0", "32", "x", "", "-1")), {"year": "9" * 25}, {"year": "26"}],
)
def test_a_day_that_is_in_no_calendar_is_refused(
    page_worker: Worker, typed: dict[str, str]
) -> None:
    page_worker.get(BEGIN)
    page_worker.press("Begin", how="paper", **typed)
    assert errors(page_worker) == ["Enter a day that is in the calendar, like 20 7 2027"]
