"""How people come in to an event in a building, from the desk to a registrant's own page."""

from collections.abc import Callable
from http import HTTPStatus

import pytest

from tests.integration.desk.meeting import LINK, Meeting
from tests.integration.desk.test_contacts import error_words
from tests.integration.desk.worker import Worker
from tests.integration.public.booker import Booker, at
from tests.pages import words

PLACE = "Quay House, 2nd floor\nRing twice. ማዕጾ 3"
PHONE = "0300 123 4567, then 8412#"
Held = Callable[..., Meeting]


@pytest.fixture
def held(page_worker: Worker) -> Held:
    """An event that is held in this way."""
    return lambda how, **changes: Meeting(page_worker, held=how, room_code=False, **changes)


def save(meeting: Meeting, **typed: str) -> str:
    meeting.worker.get(f"{meeting.address}/link")
    return meeting.worker.press("Save", **typed).text


def own_page(meeting: Meeting, ticket: str) -> Booker:
    booker = Booker(meeting.worker.app)
    booker.own(ticket)
    return booker


def test_an_event_in_a_building_has_an_address_and_no_link(held: Held) -> None:
    # Given an event in a building, and one person with a seat
    meeting = held("place")
    person, worker = meeting.book(), meeting.worker
    assert "The address is not set yet: “A small group" in worker.get("/desk/").text
    page = own_page(meeting, person.ticket).page
    assert "The address is not here yet." in page.text
    assert "How to join" not in page.text
    # When it is saved empty, then it is asked for; a link is not
    save(meeting, place="")
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert error_words(worker) == ["Enter the address"]
    assert [box.get("name") for box in worker.page.all("textarea")] == ["place"]
    # When it is written
    worker.press("Save", place=PLACE)
    assert "It is set. People with a seat see the address from now on." in worker.page.text
    # Then the registrant reads it as it was written, and the desk can correct it
    page = own_page(meeting, person.ticket).page
    (shown,) = [words(box) for box in page.all("p") if "Quay House" in words(box)]
    assert shown == PLACE.replace("\n", "")
    assert "This address is only for you." in page.text
    worker.get(f"{meeting.address}/link")
    assert [words(box) for box in worker.page.all("textarea")] == [words_of(PLACE)]
    # And a new address says that nobody was told
    assert "Nobody was told: write to the registrants" in save(meeting, place="Other House")
    assert "Other House" in own_page(meeting, person.ticket).page.text


def test_where_both_are_possible_a_number_says_nothing_of_an_address(held: Held) -> None:
    meeting = held("both")
    said = save(meeting, phone=PHONE, minutes="20")
    assert "The number to dial in is set. People with a seat see it from" in said
    assert "The address is not set yet." in said
    assert "see the address from now on" not in said
    assert "The joining link is set" not in said


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("We moved to 12 Water Lane.", "Take the address out."),
        ("Ring 0300 1234567", "Take the number to dial in out."),
    ],
)
def test_a_message_brings_neither_address_nor_number(held: Held, typed: str, said: str) -> None:
    # Given an event with an address and a number, and somebody who would read a message
    meeting = held("both")
    worker = meeting.worker
    meeting.book()
    save(meeting, place="Quay House, 12 Water Lane, Leeds", phone=PHONE, minutes="20")
    # When a coordinator writes one of them to everyone: also to those who wait, and past any room code
    worker.get(f"{meeting.address}/write")
    worker.press("Continue", words=typed)
    # Then it is asked to be taken out, and what was typed is kept
    (told,) = error_words(worker)
    assert told.startswith(said)
    assert typed in [words(box) for box in worker.page.all("textarea")]
    worker.press("Continue", words="The address has changed. Please look at it again.")
    assert "Yes, send it" in worker.buttons()


def test_who_corrects_an_address_at_the_same_time_reads_the_other_one_first(held: Held) -> None:
    # Given two coordinators with the same page
    meeting = held("place")
    person, worker = meeting.book(), meeting.worker
    save(meeting, place=PLACE)
    page = worker.get(f"{meeting.address}/link")
    assert "Nobody was told" in worker.press("Save", place="Other House").text
    # When the second one saves, then nothing is replaced before the new address was read
    worker.page, worker.address = page, f"{meeting.address}/link"
    worker.press("Save", place="Third House")
    assert worker.status == HTTPStatus.BAD_REQUEST
    (said,) = error_words(worker)
    assert "someone else has changed the address meanwhile, to “Other House”" in said
    assert [words(box) for box in worker.page.all("textarea")] == ["Third House"]
    assert "Other House" in own_page(meeting, person.ticket).page.text
    # When it is saved again, then it is
    worker.press("Save")
    assert "Third House" in own_page(meeting, person.ticket).page.text


def test_a_second_press_says_that_nobody_was_told_too(held: Held) -> None:
    meeting = held("place")
    worker = meeting.worker
    save(meeting, place=PLACE)
    page = worker.get(f"{meeting.address}/link")
    for _ in range(2):
        worker.page, worker.address = page, f"{meeting.address}/link"
        assert "Nobody was told" in worker.press("Save", place="Other House").text


def words_of(typed: str) -> str:
    return " ".join(typed.split())


def test_where_both_are_possible_each_can_be_set_by_itself(held: Held) -> None:
    # Given an event in a building that others join by phone
    meeting = held("both")
    person, worker = meeting.book(), meeting.worker
    save(meeting, place=PLACE)
    page = worker.get(meeting.address).text
    assert "The address is set." in page
    assert "The joining link is not set yet." in page
    # When link and number come later, then the address stays
    save(meeting, link=LINK, phone=PHONE, minutes="20")
    assert "The joining link is set." in worker.get(meeting.address).text
    page = own_page(meeting, person.ticket).page
    assert "Quay House" in page.text
    assert "You will see the link to join here from" in page.text
    assert "8412" not in page.text
    with at(meeting.event, minutes=20):
        booker = own_page(meeting, person.ticket)
        assert LINK in booker.links_outside()
        assert "To join by phone 0300 123 4567, then 8412#" in booker.page.text
        assert "The others may see your phone number." in booker.page.text
    # When the form is saved as it is, then both stay: they are not shown, so nobody can type them again
    worker.get(f"{meeting.address}/link")
    assert "A link is set." in worker.page.text
    assert "8412" not in worker.page.html
    worker.press("Save")
    with at(meeting.event, minutes=20):
        assert LINK in own_page(meeting, person.ticket).links_outside()


def test_a_number_alone_is_enough_for_a_call(held: Held) -> None:
    meeting = held("call")
    person = meeting.book()
    assert "The number to dial in is set." in save(meeting, phone=PHONE, minutes="20")
    assert meeting.worker.status == HTTPStatus.OK
    # (and nothing is said of a link, which there is not)
    assert "The joining link is set" not in meeting.worker.page.text
    with at(meeting.event, minutes=20):
        page = own_page(meeting, person.ticket).page
        assert "To join by phone" in page.text
        assert "Join now" not in page.text
        # And nothing is said of a video call, which there is not
        assert "video call" not in page.text
    assert "A number is set." in meeting.worker.get(f"{meeting.address}/link").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"place": "x" * 1001}, "Make this 1 letter shorter"),
        ({"place": PLACE, "phone": "1" * 302}, "Make this 2 letters shorter"),
        ({}, "Enter the address"),
    ],
)
def test_what_is_too_long_or_missing_is_said_and_kept(
    held: Held, typed: dict[str, str], said: str
) -> None:
    meeting = held("both")
    save(meeting, **typed)
    assert error_words(meeting.worker) == [said]
    boxes = [words(box) for box in meeting.worker.page.all("textarea")]
    assert all(words_of(one) in boxes for one in typed.values())
    assert not meeting.event.has_link


def test_a_room_code_opens_the_address_without_a_script(page_worker: Worker) -> None:
    # Given a focus group in a building with room codes
    meeting = Meeting(page_worker, held="place")
    person = meeting.book()
    save(meeting, place=PLACE)
    booker = own_page(meeting, person.ticket)
    assert "To see the address, you need the code" in booker.page.text
    assert "Quay House" not in booker.page.html
    # When they type another code, then nothing is shown; with their own it is
    booker.press("Show the address", code="K7QF-2M9Z")
    assert booker.status == HTTPStatus.BAD_REQUEST
    assert "Quay House" not in booker.page.html
    booker.press("Show the address", code=person.room_code or "")
    assert "Quay House" in booker.page.text


def test_people_are_told_where_their_page_leads(held: Held) -> None:
    meeting = held("place")
    booker = Booker(meeting.worker.app)
    booker.book(meeting.event.slug)
    assert "It will show you where to go." in booker.page.text


def test_the_desk_and_the_public_pages_name_the_last_day(held: Held) -> None:
    # Given an event in a week and a bit, whose last day to register is a week before it
    meeting = held("call", last_day_before=7)
    worker, slug, event = meeting.worker, meeting.event.slug, meeting.event
    day = event.last_day_to_book
    assert day is not None
    said = f"until the end of {day.day} {day:%B %Y}."
    visitor = Booker(worker.app)
    with at(event, days=9):
        worker.sign_in_anew()
        assert f"People can register {said}" in worker.get(meeting.address).text
        assert f"You can book {said}" in visitor.get(f"/en/events/{slug}/").text
        assert f"You can book {said}" in visitor.get(f"/en/events/{slug}/paper").text
    # When that day is over, then the desk says so, and visitors are told that booking has closed
    with at(event, days=6):
        worker.sign_in_anew()
        assert "The last day to register was" in worker.get(meeting.address).text
        page = visitor.get(f"/en/events/{slug}/").text
        assert "Booking has closed." in page
        assert "You can book" not in page
