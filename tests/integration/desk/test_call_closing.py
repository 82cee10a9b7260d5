"""Closing a call at the desk and opening it again, and more seats at an event: said before, done once, in words."""

from datetime import timedelta
from http import HTTPStatus

from tests.factories import DEMO_CALL
from tests.integration.desk.meeting import Meeting
from tests.integration.desk.test_contacts import error_words
from tests.integration.desk.worker import Worker
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call

CALL = f"/desk/calls/{DEMO_CALL}"
#: What a person may type into any field, in scripts that are read in both directions.
SCRIPTS = "ተጨማሪ ጊዜ ያስፈልጋል و المزيد من الوقت"


def found(worker: Worker) -> Call:
    with worker.app.app_context():
        return published_calls.find_call(DEMO_CALL)


def close(worker: Worker) -> None:
    worker.get(CALL)
    worker.follow("Close the call")
    worker.press("Close the call", why="enough")


def test_what_closing_means_is_said_and_then_done(worker: Worker) -> None:
    # Given the page of an open call
    worker.get(CALL)
    page = worker.follow("Close the call")
    # Then what will happen is said, and nothing has happened
    assert "Nobody can begin any more" in page.text
    assert found(worker).is_open
    # When no reason is given, the form names what is missing, and the call is still open
    page = worker.press("Close the call")
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert "Choose why you are doing this" in page.text
    assert found(worker).is_open
    # When one is, then the call is closed, for visitors as well, and the record says who and why
    page = worker.press("Close the call", why="enough")
    assert page.path == CALL
    assert "The call is closed." in page.text
    assert not found(worker).is_open
    line = worker.record()[0]
    assert (line.tag, line.reason) == ("call closed", "We have heard from enough people")


def test_a_closed_call_is_opened_again_with_a_new_last_day(worker: Worker) -> None:
    close(worker)
    told = found(worker).closes_on
    # Given a day before the one that people were told, and a reason in other scripts
    early = told - timedelta(days=1)
    worker.follow("Open the call again")
    worker.press("Open it again", **boxes(early), why="other", words=SCRIPTS)
    # Then the error says which day can be taken, and everything typed is there
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert any("or a later day" in words for words in error_words(worker))
    assert SCRIPTS in [box.get("value") for box in worker.page.all("input")]
    # When the day is one that can be
    page = worker.press("Open it again", **boxes(told + timedelta(days=7)))
    assert "The call is open again." in page.text
    assert found(worker).closes_on == told + timedelta(days=7)
    assert worker.record()[0].reason == SCRIPTS
    # And a visitor can begin at once
    assert "Begin" in Worker(worker.app, worker.founded).get(f"/en/calls/{DEMO_CALL}/").text


def boxes(day: object) -> dict[str, str]:
    year, month, date = str(day).split("-")
    return {"day": date, "month": month, "year": year}


def test_a_call_whose_answers_were_due_stays_closed(page_worker: Worker) -> None:
    worker = page_worker
    close(worker)
    with worker.later(days=5 * 366):
        worker.sign_in_anew()
        worker.get(f"{CALL}/open-again")
        assert worker.status == HTTPStatus.CONFLICT
        assert "This call cannot be opened again." in worker.page.text


def test_an_open_call_is_not_opened_and_a_closed_one_not_closed(page_worker: Worker) -> None:
    assert "Nothing was changed." in page_worker.get(f"{CALL}/open-again").text
    close(page_worker)
    assert "Nothing was changed." in page_worker.get(f"{CALL}/close").text


# More seats


def test_seats_are_added_and_those_who_wait_move_up(meeting: Meeting) -> None:
    worker, people = meeting.worker, meeting.fill(waiting=2)
    worker.get(meeting.address)
    page = worker.follow("Add seats")
    assert "waited longest get the new seats first" in page.text
    # Given a number that is none, the field says so and keeps it
    page = worker.press("Add the seats", more="three", why="room")
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert "Enter a number of seats from 1 to 1000" in page.text
    assert "three" in [box.get("value") for box in page.all("input")]
    # When one seat is added, then the first in line has it, and the page says so in words
    page = worker.press("Add the seats", more="1")
    assert "The people who waited longest have one" in page.text
    assert [meeting.state(one) for one in people[-2:]] == ["confirmed", "waiting"]
    assert (worker.record()[0].tag, worker.record()[0].reason) == (
        "seats added",
        "There is room for more people",
    )


def test_a_second_press_adds_no_more_seats(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    worker.get(f"{page_meeting.address}/seats")
    form = worker.page
    for _ in range(2):
        worker.page = form
        worker.press("Add the seats", more="4", why="room")
        assert "people can register for them" in worker.page.text
    assert page_meeting.event.seats == 10


def test_an_event_that_is_over_gets_no_seats(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    days = (page_meeting.event.ends_at - clock.now()).days + 1
    with worker.later(days=days):
        worker.sign_in_anew()
        assert "Nothing was changed." in worker.get(f"{page_meeting.address}/seats").text
