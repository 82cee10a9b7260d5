"""The desk's menu leads to every kind of work, and says where a page belongs."""

import pytest

from tests.integration.desk.meeting import Meeting
from tests.integration.desk.worker import Worker
from tests.pages import Page


def current(page: Page) -> list[tuple[str, str]]:
    """The entries that are marked: their words, and how."""
    menu = next(nav for nav in page.all("nav") if nav.get("aria-label") == "Desk")
    return [
        ("".join(link.itertext()), link.get("aria-current", ""))
        for link in menu.iter("a")
        if link.get("aria-current")
    ]


def test_every_kind_of_work_is_one_press_away(page_worker: Worker) -> None:
    # Given a coordinator at one page of the desk
    for words in ("Today", "Calls", "Events", "Contacts", "Record", "Languages"):
        page = page_worker.get("/desk/record")
        # When they press an entry
        page = page_worker.follow(words)
        # Then they are there, and the entry says so
        assert page_worker.status == 200
        assert current(page) == [(words, "page")]


def test_a_page_below_an_entry_belongs_to_it(page_worker: Worker) -> None:
    participant = page_worker.answered_by("quote")
    assert current(page_worker.get("/desk/calls/support-needs")) == [("Calls", "true")]
    assert current(page_worker.look_at(participant)) == [("Calls", "true")]


def test_all_calls_with_what_is_unread(page_worker: Worker) -> None:
    # Given two people who answered, of whom one was read
    page_worker.open_answers(page_worker.answered_by("quote"))
    page_worker.answered_by()
    # Then the page of all calls counts both
    page = page_worker.get("/desk/calls")
    assert "Open calls" in page.text
    assert "How support needs are decided support-needs 2 1" in page.text
    # And a call that has closed is told apart
    with page_worker.later(days=91):
        page = page_worker.sign_in()
        page = page_worker.get("/desk/calls")
    assert "No call is open now." in page.text
    assert "Closed calls" in page.text


def test_all_events_with_their_seats(page_meeting: Meeting) -> None:
    # Given a meeting with one person
    page_meeting.book()
    page = page_meeting.worker.get("/desk/events")
    assert "Events to come" in page.text
    assert "1 of 6 seats taken" in page.text
    # And when it is over, it is still there
    with page_meeting.worker.later(days=400):
        page_meeting.worker.sign_in()
        page = page_meeting.worker.get("/desk/events")
    assert "No events are coming up." in page.text
    assert "Over" in page.text


@pytest.mark.parametrize("address", ["/desk/", "/desk/calls"])
def test_acting_for_a_caller_is_one_press_away(page_worker: Worker, address: str) -> None:
    page_worker.get(address)
    assert page_worker.follow("Someone rings without their code").h1 == (
        "Someone rings without their code"
    )
    page_worker.get(address)
    assert page_worker.follow("Enter answers for someone").h1 == "Enter answers"
