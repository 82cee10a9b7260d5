"""Bookings that are not confirmed, at the desk: counted apart, confirmed for people who ring, said on Today."""

from datetime import timedelta

import pytest
import time_machine

from tests.integration.desk.meeting import Meeting
from tests.integration.desk.worker import Worker

WITHOUT = {"registrant_email": ""}


@pytest.fixture
def asked(worker: Worker) -> Meeting:
    """The small group as it is by default: a registration holds nothing until it is confirmed."""
    return Meeting(worker, confirm_address=True)


@pytest.fixture
def page_asked(page_worker: Worker) -> Meeting:
    """The same on SQLite alone, for tests that are about pages."""
    return Meeting(page_worker, confirm_address=True)


def test_what_is_not_confirmed_is_counted_and_listed_apart(asked: Meeting) -> None:
    # Given two requests, and one who cancelled before confirming
    worker, people = asked.worker, [asked.book(name) for name in ("Ana", "Robin", "Sam")]
    worker.get(f"{people[2].page}/cancel")
    worker.press("Cancel it", why="audience")
    # When a coordinator looks
    said = worker.get(asked.address).text
    # Then they are neither seats nor people who wait
    assert "0 of 6 seats taken, not confirmed yet: 2" in said
    before, _, after = said.partition("Not confirmed yet")
    assert people[0].reference not in before
    apart, _, gone = after.partition("No longer registered")
    assert all(one.reference in apart for one in people[:2])
    assert "Has not confirmed the address" in apart
    assert people[2].reference in gone
    # And Today says the same, and asks nothing of the coordinator
    today = worker.get("/desk/").text
    assert "not confirmed yet: 2" in today
    assert "wait for your yes" not in today


def test_a_coordinator_confirms_for_someone_who_rings(asked: Meeting) -> None:
    worker, person = asked.worker, asked.book("Robin")
    page = worker.get(person.page)
    assert "They have not confirmed their address." in page.text
    page = worker.follow("Confirm the registration")
    assert "They get a seat." in page.text
    assert "Anyone can fill in the form." in page.text
    page, address = worker.page, worker.address
    # Without a reason nothing is done
    worker.press("Confirm it")
    assert worker.status == 400
    assert asked.state(person) == "requested"
    # And pressed twice it is done once
    for _ in range(2):
        worker.page, worker.address = page, address
        worker.press("Confirm it", why="rang")
        assert "The registration is confirmed, and their booking page says so." in worker.page.text
    assert asked.state(person) == "confirmed"
    assert asked.mails(person) == ["confirm_address", "registered"]
    lines = [line for line in worker.record() if line.tag == "registration confirmed by hand"]
    assert [line.reason for line in lines] == ["They rang us"]
    # And it is not offered again
    assert "Nothing was changed." in worker.get(f"{person.page}/confirm").text


def test_bookings_without_an_address_beyond_the_quota_are_said_on_today(asked: Meeting) -> None:
    # Given a room whose half is held by bookings without an address, and two more of them
    worker = asked.worker
    people = [asked.book(f"Person{number}", **WITHOUT) for number in range(5)]
    assert [asked.state(one) for one in people] == ["confirmed"] * 3 + ["applied"] * 2
    # When a coordinator looks at Today
    worker.get("/desk/")
    said = "2 registrations without an e-mail address wait for your yes:"
    assert said in worker.page.text
    # Then it leads to them, and a yes gives the seat
    worker.get(people[3].page)
    assert "They gave no e-mail address, and wait for your yes." in worker.page.text
    worker.follow("Confirm the registration")
    assert "they only see this on their booking page" in worker.page.text
    worker.press("Confirm it", why="known")
    assert asked.state(people[3]) == "confirmed"
    assert "One registration without an e-mail address waits" in worker.get("/desk/").text


def test_in_a_full_room_confirming_gives_a_place(asked: Meeting) -> None:
    worker, waits = asked.worker, asked.book("Late")
    asked.with_seats(1)
    first = asked.book("First")
    for person, said in ((first, "They get a seat."), (waits, "so they get the next place")):
        worker.get(f"{person.page}/confirm")
        assert said in worker.page.text
        worker.press("Confirm it", why="paper")
    assert [asked.state(one) for one in (first, waits)] == ["confirmed", "waiting"]


def test_cancelling_what_was_not_confirmed_sends_no_mail(page_asked: Meeting) -> None:
    worker, person = page_asked.worker, page_asked.book("Robin")
    assert "We send no e-mail about it." in worker.get(person.page).text
    worker.get(f"{person.page}/cancel")
    assert "They get no e-mail." in worker.page.text
    worker.press("Cancel it", why="audience")
    assert page_asked.mails(person) == ["confirm_address"]


def test_once_it_has_begun_nothing_is_confirmed(page_asked: Meeting) -> None:
    worker, person = page_asked.worker, page_asked.book("Robin", **WITHOUT)
    late = [page_asked.book(f"Person{number}", **WITHOUT) for number in range(3)][-1]
    assert page_asked.state(person) == "confirmed"
    with time_machine.travel(page_asked.event.starts_at + timedelta(minutes=5)):
        worker.sign_in(steps=-1)
        assert "Confirm the registration" not in worker.get(late.page).text
        assert "Nothing was changed." in worker.get(f"{late.page}/confirm").text


def test_what_the_page_says_about_paper(page_asked: Meeting) -> None:
    said = page_asked.worker.get(page_asked.address).text
    assert "If the last page says that they have no seat yet, find the registration here" in said


def test_the_link_is_sent_again_to_an_address_that_is_not_confirmed(page_asked: Meeting) -> None:
    worker, person = page_asked.worker, page_asked.book("Robin")
    worker.get(person.page)
    worker.follow("Send the link again")
    worker.press_first(why="lost")
    assert "We are e-mailing them the link again." in worker.page.text
    assert page_asked.mails(person) == ["confirm_address"]
    assert page_asked.state(person) == "requested"


def test_what_changes_for_those_who_have_not_confirmed_is_said_before(page_asked: Meeting) -> None:
    worker = page_asked.worker
    page_asked.book("Robin")
    # When a coordinator is about to close, move or call off
    said = worker.get(f"{page_asked.address}/close").text
    assert "One registration is not confirmed yet. People can still confirm" in said
    assert "Nobody has registered." not in said
    said = worker.get(f"{page_asked.address}/call-off").text
    assert "One registration is not confirmed yet. Nobody can confirm any more." in said
    worker.get(f"{page_asked.address}/move")
    worker.press("Continue", year=str(page_asked.event.starts_at.year + 1), why="host")
    assert "One registration is not confirmed yet. These people get no e-mail" in worker.page.text
    # And once it is closed, they can
    worker.get(f"{page_asked.address}/close")
    worker.press("Yes, close it")
    assert page_asked.event.pending == 1
