"""The first page says what is new, and is kind when nothing is."""

import os
from datetime import date, timedelta

import pytest
import time_machine

from tests.factories import publish_demo_event
from tests.integration.damage import spoilt_key
from tests.integration.desk.worker import Worker
from webapp.rules import clock
from webapp.rules.retention import due_on
from webapp.services.infrastructure import backup_marks

CANNOT_BE_TAKEN = "Nobody can register for this event now"


def test_an_empty_desk_is_kind(worker: Worker) -> None:
    # Given a call without answers
    page = worker.get("/desk/")
    # Then the desk says so without alarm
    assert "Nobody has answered yet. That is fine" in page.text
    assert (
        "Nothing needs you today: everything has been read, no e-mail waits, and nothing will be deleted in the next "
        "30 days." in page.text
    )
    assert "Nobody has answered yet" in worker.get("/desk/calls/support-needs").text
    assert "Nobody has given us permission to get in touch yet" in worker.get("/desk/contacts").text


def test_new_answers_are_counted_until_they_are_read(worker: Worker) -> None:
    # Given two people who answered
    first, second = worker.answered_by("quote"), worker.answered_by()
    assert "2 people’s answers have not been read yet" in worker.get("/desk/").text
    assert "everything has been read" not in worker.page.text
    # When one is read
    worker.open_answers(first)
    # Then one is left
    assert "One person’s answers have not been read yet" in worker.get("/desk/").text
    # And when both are, nothing is new
    worker.open_answers(second)
    assert "Nothing needs you today: everything has been read" in worker.get("/desk/").text


def test_what_will_be_erased_is_announced_before_it_happens(worker: Worker) -> None:
    # Given a participant whose contact details are kept for half a year after the call closes
    worker.answered_by("contact_me")
    closes_on = clock.today() + timedelta(days=90)
    # When that day is near
    near = closes_on + timedelta(days=165)
    with worker.later(days=(near - clock.today()).days):
        page = worker.sign_in()
    # Then the desk says what goes, and when
    day = due_on(closes_on, 6)
    assert (
        f"One person’s contact details will be deleted on {day.day} {day:%B %Y}: “How support needs are decided”."
        in page.text
    )
    assert "answers will be deleted" not in page.text
    assert "nothing will be deleted" not in page.text


def test_a_call_that_cannot_be_answered_is_said(worker: Worker) -> None:
    # Given a call with a key that is not as Hearth made it
    with spoilt_key(worker.app, "contact"):
        # Then the first page of the desk says so, and whom to tell
        page = worker.get("/desk/")
        assert "Nobody can answer this call now" in page.text
        assert "Tell the person who looks after the server, and do it today" in page.text
    # And says nothing any more when it is corrected
    assert "Nobody can answer this call now" not in worker.get("/desk/").text


def test_a_meeting_whose_keys_are_wrong_is_said_until_it_is_over(worker: Worker) -> None:
    # Given a meeting with a key that is not as Hearth made it
    with worker.app.app_context():
        event = publish_demo_event()
    assert CANNOT_BE_TAKEN not in worker.get("/desk/").text
    with spoilt_key(worker.app, "needs"):
        # Then the first page of the desk says so, and whom to tell
        page = worker.get("/desk/")
        assert CANNOT_BE_TAKEN in page.text
        assert "Tell the person who looks after the server, and do it today" in page.text
        # Also while it runs, when booking is closed, but registrants may still say what they need
        for minutes, said in ((1, True), (event.definition.minutes, False)):
            with time_machine.travel(event.starts_at + timedelta(minutes=minutes), tick=False):
                assert (CANNOT_BE_TAKEN in worker.sign_in().text) is said


def test_the_day_is_greeted_in_the_coalitions_own_hour(page_worker: Worker) -> None:
    hours = {7: "Good morning, Ana", 13: "Good afternoon, Ana", 20: "Good evening, Ana"}
    tomorrow = clock.today() + timedelta(days=1)
    for hour, greeting in hours.items():
        with page_worker.later(seconds=_seconds_until(tomorrow, hour)):
            assert page_worker.sign_in().h1 == greeting


def _seconds_until(day: date, hour: int) -> float:
    midnight = clock.now().astimezone(clock.COALITION_ZONE).replace(hour=0, minute=0, second=1)
    days = (day - midnight.date()).days
    return (midnight - clock.now()).total_seconds() + days * 86_400 + hour * 3_600


# Backups


def test_a_coalition_sees_its_last_backup_and_whether_one_was_opened(worker: Worker) -> None:
    # Given an instance without a backup, then Today says nothing of any
    instance = worker.app.extensions["hearth_settings"].instance
    assert "last backup" not in worker.get("/desk/").text
    # When one is made, then it says when, and that nobody has tried to open one
    backup_marks.note_backup(instance)
    today = worker.get("/desk/").text
    day = f"{clock.today().day} {clock.today():%B %Y}"
    assert f"The last backup was made on {day}." in today
    assert "Nobody has checked yet that a backup opens." in today
    # And when one was opened, it says when
    backup_marks.note_drill(instance)
    today = worker.get("/desk/").text
    assert f"Someone last checked on {day} that a backup opens." in today
    assert "Nobody has checked" not in today


@pytest.mark.parametrize(("days", "told"), [(None, False), (2, False), (4, True)])
def test_backups_that_have_stopped_are_told(worker: Worker, days: int | None, told: bool) -> None:
    # Given an instance of which a backup was made so many days ago, or none yet
    if days is not None:
        mark = worker.app.extensions["hearth_settings"].instance / backup_marks.BACKUP
        mark.touch()
        then = (clock.now() - timedelta(days=days)).timestamp()
        os.utime(mark, (then, then))
    # Then Today says so once it is too long ago
    assert ("No backup has been made since" in worker.get("/desk/").text) == told
