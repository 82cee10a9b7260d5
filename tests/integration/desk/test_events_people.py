"""One registration: opened with a reason, let in or cancelled by hand, with a reason, on the record."""

from http import HTTPStatus

import pytest
from sqlalchemy import delete, select

from tests.factories import publish_demo_event, register_one
from tests.integration.desk.meeting import Booked, Meeting
from tests.integration.desk.test_events import at, references
from tests.integration.desk.worker import Worker
from tests.pages import words
from tests.rows import change
from tests.turned import the_day_is_over
from webapp.models import PurposeKeySeal, Registration, RegistrationPart
from webapp.services.events import booking_requests, registration_erasing, waiting_list
from webapp.services.infrastructure import stores


def open_one(meeting: Meeting, registrant: Booked, **filled: str) -> None:
    meeting.worker.get(registrant.page)
    meeting.worker.press("Open the registration", **{"why": "prepare", **filled})


def erase(meeting: Meeting, registrant: Booked) -> None:
    with meeting.worker.app.app_context(), stores.writing() as main:
        registration_erasing.shred_registration(main, main.get_one(Registration, registrant.id))


# Opening


def test_opening_shows_who_it_is_and_their_needs_apart(meeting: Meeting) -> None:
    # Given a registrant with needs, who wrote in Arabic
    registrant = meeting.book(
        "Robin", "ar", access_needs=["captions"], interpreter_language="العربية"
    )
    # When a coordinator opens the registration with a reason
    open_one(meeting, registrant, words="for Tuesday")
    page = meeting.worker.page
    # Then it shows who they are, and under a heading of its own what they need
    assert page.h1 == "Who has registered"
    who, _, needs = page.text.partition("What they need")
    assert "Robin" in who
    assert "robin@mail.example" in who
    assert "Captions, so that I can read what people say" in needs
    (written,) = [element for element in page.all("dd") if words(element) == "العربية"]
    assert (written.get("lang"), written.get("dir")) == ("ar", "auto")
    assert "They left this out" in needs
    # And the record says so
    newest = meeting.worker.record()[0]
    assert (newest.tag, newest.subject_id) == ("registration opened", registrant.id)
    assert newest.reason == "To prepare the event: for Tuesday"


def test_the_record_leads_back_and_names_no_registrant(meeting: Meeting) -> None:
    worker, registrant = meeting.worker, meeting.book("Robin")
    open_one(meeting, registrant)
    with worker.app.app_context():
        waiting_list.cancel(registrant.id)
        the_day_is_over()
    page = worker.get("/desk/record")
    assert f"Ana Opened a registration: {registrant.reference} To prepare the event" in page.text
    assert (
        f"The person who registered Cancelled a registration: {registrant.reference}" in page.text
    )
    assert "Robin" not in page.html
    worker.follow(registrant.reference)
    assert worker.path == registrant.page


@pytest.mark.parametrize(
    "filled",
    [{"why": ""}, {"why": "other"}, {"words": "robin@mail.example"}, {"words": "x" * 141}],
    ids=["none", "other", "address", "long"],
)
def test_nothing_opens_without_a_good_reason(page_meeting: Meeting, filled: dict[str, str]) -> None:
    registrant = page_meeting.book("Robin")
    open_one(page_meeting, registrant, **filled)
    assert page_meeting.worker.status == HTTPStatus.BAD_REQUEST
    assert "Robin" not in page_meeting.worker.page.html
    assert "registration opened" not in page_meeting.worker.tags()


@pytest.mark.parametrize("lost", ["key", "bytes"])
def test_an_opening_is_written_down_before_anything_opens(meeting: Meeting, lost: str) -> None:
    # Given a registration that cannot be opened
    worker, registrant = meeting.worker, meeting.book("Robin")
    with worker.app.app_context():
        if lost == "key":
            with stores.writing("erasure") as store:
                store.execute(delete(PurposeKeySeal))
        else:
            with stores.writing() as main:
                change(main, select(RegistrationPart), {"envelope": b"\x01\x01" + bytes(700)})
    # When a coordinator tries
    open_one(meeting, registrant)
    # Then nothing is shown, and that they tried is in the record
    assert worker.status == (
        HTTPStatus.FORBIDDEN if lost == "key" else HTTPStatus.INTERNAL_SERVER_ERROR
    )
    assert "Robin" not in worker.page.html
    assert worker.tags()[0] == "registration opened"


def test_markup_in_a_name_stays_words(page_meeting: Meeting) -> None:
    registrant = page_meeting.book("Robin", display_name="<b>{{ 7 * 7 }}</b>")
    open_one(page_meeting, registrant)
    assert "<b>{{ 7 * 7 }}</b>" in page_meeting.worker.page.text
    page_meeting.worker.get(page_meeting.address)
    page_meeting.worker.press("Open the attendance list")
    assert "<b>{{ 7 * 7 }}</b>" in page_meeting.worker.page.text


@pytest.mark.parametrize("button", ["Open the registration", "Cancel it", "Move them to the front"])
def test_what_was_erased_is_gone(meeting: Meeting, button: str) -> None:
    # Given a coordinator with a registration's page open
    worker, people = meeting.worker, meeting.fill(waiting=2)
    registrant = people[7]
    act = {"Cancel it": "/cancel", "Move them to the front": "/first"}.get(button, "")
    page = worker.get(f"{registrant.page}{act}")
    why = next(e.get("value") for e in page.all("input") if e.get("name") == "why")
    # When it is erased before the button is pressed
    erase(meeting, registrant)
    worker.press(button, why=why)
    # Then it is gone, kindly
    assert worker.status == HTTPStatus.NOT_FOUND
    assert worker.page.h1 == "This is no longer here"


# Cancelling by hand


def test_cancelling_says_who_moves_up_and_moves_them_up(meeting: Meeting) -> None:
    # Given a full event, and two who wait
    worker, people = meeting.worker, meeting.fill(waiting=2)
    # When a coordinator wants to cancel for a registrant with a seat
    worker.get(people[2].page)
    page = worker.follow("Cancel it")
    # Then they read what happens, and nothing has happened yet
    assert f"Their seat goes to {people[6].reference}" in page.text
    assert meeting.state(people[2]) == "confirmed"
    # And without a reason nothing does
    worker.press("Cancel it")
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert meeting.state(people[2]) == "confirmed"
    # And with one, the next in line has the seat, and both are promised one mail
    page, address = worker.page, worker.address
    for _ in range(2):
        worker.page, worker.address = page, address
        worker.press("Cancel it", why="asked", words="by phone")
        assert worker.path == people[2].page
    assert [meeting.state(people[n]) for n in (2, 6, 7)] == ["cancelled", "confirmed", "waiting"]
    assert meeting.mails(people[2]) == ["cancelled", "registered"]
    assert meeting.mails(people[6]) == ["moved_up", "waiting"]
    assert meeting.mails(people[7]) == ["waiting"]
    # And the record has it once
    lines = [line for line in worker.record() if line.tag == "registration cancelled"]
    assert [line.reason for line in lines] == ["They asked us to: by phone"]
    # And nothing is left to change
    assert "Change it by hand" not in worker.page.text


def test_cancelling_for_a_registrant_who_waits_moves_no_other(meeting: Meeting) -> None:
    worker, people = meeting.worker, meeting.fill(waiting=2)
    worker.get(f"{people[6].page}/cancel")
    assert (
        "They leave the waiting list. Everyone else keeps their seat and order" in worker.page.text
    )
    worker.press("Cancel it", why="twice")
    assert meeting.state(people[6]) == "cancelled"
    assert meeting.state(people[7]) == "waiting"
    assert "place 1" in worker.get(people[7].page).text


def test_cancelling_when_no_registrant_waits(page_meeting: Meeting) -> None:
    registrant = page_meeting.book()
    page = page_meeting.worker.get(f"{registrant.page}/cancel")
    assert "Nobody is on the waiting list." in page.text


def test_nothing_is_cancelled_once_the_event_has_begun(meeting: Meeting) -> None:
    worker, registrant = meeting.worker, meeting.book()
    with at(meeting, minutes=-1):
        worker.sign_in()
        assert "Nothing was changed." in worker.get(f"{registrant.page}/cancel").text
        assert "Cancel it" not in worker.page.text
        # But it can be noted that they came, and corrected
        worker.press("They came")
        assert meeting.state(registrant) == "attended"
        worker.press("They did not come")
        assert meeting.state(registrant) == "no_show"


# Letting in by hand


def test_a_free_seat_is_given_by_hand(meeting: Meeting) -> None:
    # Given a room that has just become larger, and two who wait
    worker, people = meeting.worker, meeting.fill(waiting=2)
    meeting.with_seats(7)
    # When a coordinator gives the free seat to the second of them
    page = worker.get(people[7].page)
    page = worker.follow("Give them a seat")
    assert "ahead of people who have waited longer" in page.text
    page, address = worker.page, worker.address
    for _ in range(2):
        worker.page, worker.address = page, address
        worker.press("Give them the seat", why="needed")
        assert "They now have a seat" in worker.page.text
    # Then they have it and are told once, the first in line waits on, and the record says why
    assert [meeting.state(people[n]) for n in (6, 7)] == ["waiting", "confirmed"]
    assert meeting.mails(people[7]) == ["moved_up", "waiting"]
    assert meeting.mails(people[6]) == ["waiting"]
    lines = [line for line in worker.record() if line.tag == "registration promoted"]
    assert [line.reason for line in lines] == ["The event needs them"]


def test_in_a_full_room_a_registrant_is_put_first_by_hand(meeting: Meeting) -> None:
    # Given a full event, and three who wait
    worker, people = meeting.worker, meeting.fill(waiting=3)
    worker.get(people[8].page)
    # When a coordinator puts the last of them first, and presses twice
    page = worker.follow("Move them to the front")
    assert "They get the next seat that is given back" in page.text
    page, address = worker.page, worker.address
    for _ in range(2):
        worker.page, worker.address = page, address
        worker.press("Move them to the front", why="mistake")
        assert "They are now at the front of the waiting list." in worker.page.text
    # Then the order is theirs, no mail was promised, and no seat was made
    worker.get(meeting.address)
    order = [one.reference for one in (people[8], people[6], people[7])]
    assert references(worker)[6:] == order
    assert meeting.mails(people[8]) == ["waiting"]
    assert worker.tags().count("registration put first") == 1
    # And so it goes on: who is put first after them stands before them
    worker.get(f"{people[7].page}/first")
    worker.press("Move them to the front", why="needed")
    # And the next seats are given in this order, to who registers later last
    late = meeting.book("Late")
    with worker.app.app_context():
        for seated in people[:3]:
            waiting_list.cancel(seated.id)
    states = [meeting.state(one) for one in (people[7], people[8], people[6], late)]
    assert states == ["confirmed"] * 3 + ["waiting"]


def test_who_is_first_or_has_a_seat_is_not_let_in_again(page_meeting: Meeting) -> None:
    worker, people = page_meeting.worker, page_meeting.fill(waiting=1)
    for registrant in (people[0], people[6]):
        page = worker.get(registrant.page)
        assert "Move them to the front" not in page.text
        assert "Give them a seat" not in page.text
        for act in ("promote", "first"):
            assert "Nothing was changed." in worker.get(f"{registrant.page}/{act}").text


def test_a_seat_is_offered_by_hand_only_while_one_is_free(meeting: Meeting) -> None:
    # Given a room that has just become larger, and a coordinator who reads what giving its seat means
    worker, people = meeting.worker, meeting.fill(waiting=3)
    meeting.with_seats(7)
    page = worker.get(people[8].page)
    assert "Move them to the front" not in page.text
    worker.follow("Give them a seat")
    page, address = worker.page, worker.address
    # When another registrant gets it before they press
    worker.get(f"{people[7].page}/promote")
    worker.press("Give them the seat", why="needed")
    worker.page, worker.address = page, address
    worker.press("Give them the seat", why="needed")
    # Then nothing else is done instead, and the page says how it is now
    assert "Nothing was changed." in worker.page.text
    assert "Give them a seat" not in worker.page.text
    assert "Move them to the front" in worker.page.text
    assert meeting.state(people[8]) == "waiting"
    assert "place 2" in worker.page.text


def test_moving_to_the_front_never_takes_a_seat(meeting: Meeting) -> None:
    # Given a coordinator who reads what moving a registrant to the front means
    worker, people = meeting.worker, meeting.fill(waiting=2)
    worker.get(f"{people[7].page}/first")
    page, address = worker.page, worker.address
    # When the seat before theirs is given back, and they press then
    with worker.app.app_context():
        waiting_list.cancel(people[0].id)
        waiting_list.cancel(people[1].id)
    worker.page, worker.address = page, address
    worker.press("Move them to the front", why="needed")
    # Then the page says what is so: they have a seat already, and were told once
    assert "They now have a seat" in worker.page.text
    assert meeting.mails(people[7]) == ["moved_up", "waiting"]
    assert "registration put first" not in worker.tags()


def test_an_unknown_notice_is_none(page_worker: Worker) -> None:
    meeting = Meeting(page_worker)
    page = page_worker.get(f"{meeting.address}?done=everything")
    (main,) = page.all("main")
    assert not [element for element in main.iter() if element.get("role") == "status"]


# The address


RIGHT = "ana@example.org"


def test_an_address_is_corrected_without_being_seen(meeting: Meeting) -> None:
    # Given a registrant whose mail did not arrive, and who rings
    registrant = meeting.book("Robin")
    worker = meeting.worker
    worker.get(registrant.page)
    worker.follow("Correct the address")
    assert "They keep their seat" in worker.page.text
    assert "robin@mail.example" not in worker.page.html
    # When the address has a slip in it, it is asked again
    worker.press("Save the address", address="ana@", why="asked")
    assert worker.status == 400
    assert "Write an e-mail address like name@example.org" in worker.page.text
    worker.press("Save the address", address="zoë@example.org", why="asked")
    assert "because of the letters before the @" in worker.page.text
    # And when it is right, the new code for the room is shown, once
    worker.press("Save the address", address=f"Ana <{RIGHT}>", why="asked")
    assert worker.page.h1 == "The address is corrected"
    assert "robin@mail.example" not in worker.page.html
    [code] = [words(one) for one in worker.page.all("p") if one.get("class") == "code"]
    assert code != registrant.room_code
    assert len(code.replace("-", "")) == 8
    # Then the seat is theirs as before, and one mail waits
    worker.follow("I have passed it on")
    assert "Has a seat, seat 1" in worker.page.text
    assert meeting.mails(registrant) == ["registered"]
    # And it is in the record, with the reason
    worker.get("/desk/record")
    assert "Corrected the e-mail address of a registration" in worker.page.text
    assert "They told us the right address" in worker.page.text


def test_an_address_that_had_its_mails_of_today_is_corrected_without_one(
    meeting: Meeting, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an address that strangers typed so often that it gets no more mails today, and events with and without code
    registrant, worker = meeting.book("Robin"), meeting.worker
    with worker.app.app_context():
        other = register_one(publish_demo_event("round-table"), "typo@example.org")
    worker.sign_in_anew()
    monkeypatch.setattr(booking_requests, "may_mail", lambda address: False)
    # When a coordinator corrects an address to it
    worker.get(f"{registrant.page}/address")
    worker.press("Save the address", address=RIGHT, why="asked")
    # Then it is corrected, and beside the new room code stands that no mail comes
    assert worker.page.h1 == "The address is corrected"
    assert "No e-mail can go to this address today" in worker.page.text
    # And where there is no code, the page says the same
    worker.get(f"/desk/registrations/{other.id}/address")
    worker.press("Save the address", address=RIGHT, why="asked")
    assert worker.status == 200
    assert "The address is corrected. No e-mail can go there today" in worker.page.text
    assert "We are e-mailing them" not in worker.page.text


def test_the_room_code_is_shown_too_when_the_button_is_pressed_twice(meeting: Meeting) -> None:
    # Of a button pressed twice, a browser shows the second answer alone
    registrant = meeting.book("Robin")
    worker = meeting.worker
    for _ in range(2):
        worker.get(f"{registrant.page}/address")
        worker.press("Save the address", address=RIGHT, why="asked")
        [code] = [words(one) for one in worker.page.all("p") if one.get("class") == "code"]
        assert len(code.replace("-", "")) == 8
    assert meeting.mails(registrant) == ["registered"]


def test_the_link_is_sent_again_without_opening_anything(meeting: Meeting) -> None:
    registrant = meeting.book("Robin")
    worker = meeting.worker
    worker.get(registrant.page)
    worker.follow("Send the link again")
    worker.press("Send it again", why="lost")
    assert "We are e-mailing them the link again." in worker.page.text
    assert "robin@mail.example" not in worker.page.html
    assert meeting.state(registrant) == "confirmed"
    worker.get("/desk/record")
    assert "Sent the link to a booking page again" in worker.page.text
    assert "Opened a registration" not in worker.page.text


def test_the_desk_knows_who_cannot_be_written_to(meeting: Meeting) -> None:
    # Given one with an address, and one without
    meeting.book("Robin")
    silent = meeting.book("Sam", registrant_email="")
    worker = meeting.worker
    assert worker.get(meeting.address).text.count("No e-mail") == 1
    page = worker.get(silent.page)
    assert "They gave no e-mail address, so Hearth cannot write to them." in page.text
    assert "Send the link again" not in page.text
    # Then no page says that they will get a mail
    assert "they only see this on their booking page" in worker.get(f"{silent.page}/cancel").text
    called_off = worker.get(f"{meeting.address}/call-off").text
    assert "One of them gave no e-mail address" in called_off
    worker.get(f"{silent.page}/link")
    worker.press("Send it again", why="asked")
    assert "Nothing was sent. They did not give us an e-mail address." in worker.page.text
    # And an address can be added
    worker.get(silent.page)
    worker.follow("Add the address")
    worker.press("Save the address", address=RIGHT, why="asked")
    assert meeting.mails(silent) == ["registered"]


def test_of_a_booking_that_was_deleted_the_desk_sees_a_number_and_a_day(meeting: Meeting) -> None:
    registrant = meeting.book("Robin")
    with meeting.worker.app.app_context():
        waiting_list.delete_own(registrant.id)
        the_day_is_over()
    worker = meeting.worker
    page = worker.get(meeting.address)
    assert "as we promised or by the people themselves" in page.text
    assert registrant.reference not in page.text
    worker.get(registrant.page)
    assert worker.status == 404
    page = worker.get("/desk/record")
    assert "The person who registered" in page.text
    assert "Deleted their registration" in page.text
    assert registrant.page not in [one.get("href") for one in page.all("a")]


def test_nothing_is_corrected_once_the_event_has_begun(meeting: Meeting) -> None:
    registrant = meeting.book("Robin")
    worker = meeting.worker
    with at(meeting, minutes=-1):
        worker.sign_in()
        page = worker.get(registrant.page)
        assert "Correct the address" not in page.text
        for what in ("address", "link"):
            assert "Nothing was changed." in worker.get(f"{registrant.page}/{what}").text
