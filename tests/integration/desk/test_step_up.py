"""Step-up: lists, names, people and keys want a second factor that was confirmed within the last five minutes."""

from http import HTTPStatus

import pytest

from tests.conftest import MakeApp
from tests.integration.desk.meeting import Meeting
from tests.integration.desk.newcomer import invite
from tests.integration.desk.worker import PASSWORD, Worker, rows_of_xlsx
from tests.pages import words
from webapp.desk.shared.second_factor import WRONG_CODE
from webapp.services.keys.bootstrap import Founded

ASKED = "Confirm that it is you"
SAFE = {"contact_ok": "yes"}


def problems(worker: Worker) -> list[str]:
    """The words of the error summary."""
    return [
        words(link)
        for one in worker.page.all("div")
        if one.get("class") == "problem"
        for link in one.iter("a")
    ]


def test_a_list_wants_a_code_after_five_minutes_and_nothing_typed_is_lost(worker: Worker) -> None:
    # Given a form that was filled in for longer than five minutes
    worker.answered_by("contact_me")
    with worker.later(minutes=6):
        # When it is sent
        answer = worker.export(words="in spring")
        # Then no list is made, and a code is asked for
        assert answer.status_code == HTTPStatus.FORBIDDEN
        worker._arrive(answer)
        assert worker.page.h1 == ASKED
        assert not any("exported" in tag for tag in worker.tags())
        # When it is right, the list comes with all that was typed
        file = worker.press_for_file("Confirm and go on", second_factor=worker.code())
        assert len(rows_of_xlsx(file.data, PASSWORD)) == 1
        assert worker.record()[0].reason.endswith("in spring")
        assert worker.tags()[1] == "second factor confirmed"
        # And the next one needs no other
        assert worker.export().status_code == HTTPStatus.OK
    with worker.later(minutes=12):
        assert worker.export().status_code == HTTPStatus.FORBIDDEN


def test_within_five_minutes_of_signing_in_nothing_more_is_asked(page_worker: Worker) -> None:
    page_worker.answered_by("contact_me")
    with page_worker.later(minutes=4, seconds=50):
        assert page_worker.export().status_code == HTTPStatus.OK


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12", "Enter the six digits that your app shows now"),
        ("000000", str(WRONG_CODE)),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_carried_on(
    page_worker: Worker, typed: str, said: str
) -> None:
    with page_worker.later(minutes=6):
        assert not invite(page_worker, "analyst", name="Bea")
        page_worker.confirm(second_factor=typed)
        assert (page_worker.status, problems(page_worker)) == (HTTPStatus.BAD_REQUEST, [said])
        assert page_worker.page.h1 == ASKED
        page_worker.confirm()
        assert "Bea" in page_worker.page.text
        assert page_worker.path.startswith("/desk/people/invitations/")


def test_too_many_tries_keep_what_was_typed(make_page_app: MakeApp, page_founded: Founded) -> None:
    # Given an attacker who found a desk open, with the limits of production
    worker = Worker(make_page_app(LIMIT_FACTOR="1"), page_founded)
    worker.sign_in(steps=-1)
    with worker.later(minutes=6):
        invite(worker, "analyst", name="Bea")
        # When they guess
        tried = []
        for guess in range(11):
            worker.confirm(second_factor=f"{guess:06}")
            tried.append(worker.status)
        # Then they are stopped, and the page still has what was typed
        assert tried == [HTTPStatus.BAD_REQUEST] * 10 + [HTTPStatus.TOO_MANY_REQUESTS]
        assert problems(worker) == ["Too many tries. Wait a few minutes, and try again"]
        assert "Bea" in {one.get("value") for one in worker.page.all("input")}
    with worker.later(minutes=12):
        worker.confirm()
        assert worker.path.startswith("/desk/people/invitations/")


def test_wrong_and_replayed_get_the_same_answer(worker: Worker) -> None:
    # Given a code that was used up by a step-up of another session
    with worker.later(minutes=6):
        other = Worker(worker.app, worker.founded)
        other.sign_in()
        pages = []
        # When it is tried here, and another that is wrong
        for typed in (worker.code(), "000000"):
            invite(worker, "analyst", name="Bea")
            page = worker.confirm(second_factor=typed)
            pages.append((worker.status, problems(worker), page.h1))
        # Then nobody learns which of them would have been right
        assert pages[0] == pages[1]
        assert worker.tags()[:2] == ["wrong six-digit code"] * 2


def test_a_page_that_is_looked_at_leads_back(page_worker: Worker) -> None:
    # A page at the desk, and nothing else
    for asked, led in (
        ("/desk/contacts", "/desk/contacts"),
        ("//elsewhere.example/", "/desk/"),
        ("https://elsewhere.example/desk/", "/desk/"),
        ("/desk/../en/", "/desk/"),
        ("/desk/sign-in", "/desk/"),
        ("/en/", "/desk/"),
        ("", "/desk/"),
    ):
        page_worker.get(f"/desk/confirm?to={asked}")
        assert page_worker.path == led
    with page_worker.later(minutes=6):
        page_worker.get("/desk/confirm?to=/desk/contacts")
        assert page_worker.page.h1 == ASKED
        page_worker.confirm(second_factor="000000")
        assert page_worker.page.h1 == ASKED
        page_worker.confirm()
        assert page_worker.path == "/desk/contacts"


def test_names_and_lists_of_an_event_want_it_too(meeting: Meeting) -> None:
    worker, _ = meeting.worker, meeting.fill()
    with worker.later(minutes=6):
        worker.get(meeting.address)
        worker.press("Open names and needs")
        assert worker.page.h1 == ASKED
        assert not any("opened" in tag for tag in worker.tags())
        worker.confirm()
        assert worker.page.h1 != ASKED
        assert worker.status == HTTPStatus.OK
