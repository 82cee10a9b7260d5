"""An event at the desk: counts, order and states for all coordinators; names only after opening."""

from datetime import date, timedelta
from http import HTTPStatus
from uuid import UUID

import pytest
import time_machine
from flask_babel import format_date
from sqlalchemy import delete, select

from tests.integration.desk.meeting import LINK, Booked, Meeting
from tests.integration.desk.test_contacts import error_words
from tests.integration.desk.worker import Worker
from tests.integration.tables import everything
from tests.pages import words
from tests.rows import change
from tests.turned import the_worker_kept_running
from webapp.models import OutboxMessage, PurposeKeySeal
from webapp.rules import clock
from webapp.rules.states import MailState
from webapp.services.events import event_changes, own_registrations, registrations, waiting_list
from webapp.services.infrastructure import outbox, stores
from webapp.services.retention import expiry


def references(worker: Worker) -> list[str]:
    """Whom the page lists, in its order."""
    links = [e for e in worker.page.all("a") if e.get("href", "").startswith("/desk/registrations")]
    return [words(link) for link in links]


def at(meeting: Meeting, **before: float) -> time_machine.travel:
    """So long before the event begins, signed in anew."""
    return time_machine.travel(meeting.event.starts_at - timedelta(**before))


# Counts and order


def test_today_counts_seats_and_who_waits(meeting: Meeting) -> None:
    # Given an event without registrations
    worker = meeting.worker
    assert "0 of 6 seats taken" in worker.get("/desk/").text
    # When people register, and more than there are seats
    meeting.fill(waiting=2)
    # Then the counts are those of now
    assert "6 of 6 seats taken, 2 people waiting" in worker.get("/desk/").text
    # And lead to the event
    worker.follow("A small group talk about support")
    assert worker.path == meeting.address
    assert "6 of 6 seats taken, 2 people waiting" in worker.page.text


def test_seats_in_order_then_the_waiting_list_in_order_then_the_rest(meeting: Meeting) -> None:
    # Given a full event, a waiting list, and a registrant who cancelled
    worker, people = meeting.worker, meeting.fill(waiting=3)
    with worker.app.app_context():
        waiting_list.cancel(people[1].id)
    # When a coordinator looks
    worker.get(meeting.address)
    # Then seat two is now with who waited longest, the others wait in order, and who cancelled is last
    seats = [people[0], people[6], *people[2:6]]
    order = [*seats, people[7], people[8], people[1]]
    assert references(worker) == [one.reference for one in order]


def test_an_event_tells_nothing_of_who_comes(meeting: Meeting) -> None:
    worker = meeting.worker
    registrant = meeting.book("Robin", interpreter_language="Portuguese", access_needs=["captions"])
    for address in ("/desk/", meeting.address, registrant.page, f"{registrant.page}/cancel"):
        page = worker.get(address)
        assert worker.status == HTTPStatus.OK
        for told in (
            "Robin",
            "mail.example",
            "Portuguese",
            registrant.ticket,
            registrant.room_code,
        ):
            assert str(told) not in page.html


def test_fifty_on_a_page(page_meeting: Meeting) -> None:
    # Given more people than a page has room for
    worker, people = page_meeting.worker, page_meeting.fill(waiting=47)
    worker.get(page_meeting.address)
    first = references(worker)
    worker.follow("Next")
    assert [*first, *references(worker)] == [one.reference for one in people]
    assert len(first) == 50


def test_an_empty_event_is_kind(page_meeting: Meeting) -> None:
    page = page_meeting.worker.get(page_meeting.address)
    assert "Nobody has registered yet. That is fine" in page.text
    assert "Open the attendance list" not in page_meeting.worker.buttons()


@pytest.mark.parametrize("more", ["", "/link", "/move", "/call-off"])
def test_an_event_that_is_not_there(page_worker: Worker, more: str) -> None:
    page = page_worker.get(f"/desk/events/no-such-event{more}")
    assert page_worker.status == HTTPStatus.NOT_FOUND
    assert page.h1 == "This is no longer here"


def test_a_coordinator_with_a_booking_on_paper_reads_how_to_enter_it(meeting: Meeting) -> None:
    # Given an event with room codes that can be booked
    worker, address = meeting.worker, f"/desk/events/{meeting.event.slug}"
    told = worker.get(address).text
    # Then its page says how, and that the code is shown only once
    assert "register them on the event’s public page, in a private window" in told
    assert "The last page shows a code only once: their room code" in told
    # And what holds for registrants without an e-mail address
    assert "with their e-mail address if they have one" in told
    assert "or their booking code if they have no e-mail address" in told
    # And when booking is closed, it says nothing of it
    worker.follow("Close registration")
    worker.press("Yes, close it")
    assert "register them" not in worker.get(address).text


# The list for the room


def test_the_list_has_seats_and_display_names_only(meeting: Meeting) -> None:
    # Given two people with a seat, one of whom gave no name
    worker = meeting.worker
    meeting.book("Robin", interpreter_language="Vietnamese")
    meeting.book("Sky", display_name="")
    # When a coordinator opens the list
    worker.get(meeting.address)
    page = worker.press("Open the attendance list")
    # Then it has what the room may know, and nothing else
    rows = [words(row) for row in page.all("tr")][1:]
    assert rows == ["1 Robin", "2 No name given"]
    for told in ("mail.example", "Vietnamese", "sky"):
        assert told not in page.html
    # And before the event it says from when on it can be filled in here: its boxes are for paper
    assert "When the event has begun, open this list again" in page.text
    assert "unmarked" in next(
        one for one in page.all("form") if "for-room" in one.get("class", "")
    ).get("class", "")
    # And the record has it
    assert worker.tags()[0] == "attendance list opened"


def test_looking_at_an_event_opens_nothing(meeting: Meeting) -> None:
    worker, registrant = meeting.worker, meeting.book()
    before = worker.tags()
    for address in (meeting.address, registrant.page, f"{registrant.page}/cancel"):
        worker.get(address)
    for address in (f"{meeting.address}/list", f"{registrant.page}/open"):
        answer = worker.client.get(address)
        # Then it leads to the page with the button, and that is all
        assert answer.status_code == HTTPStatus.SEE_OTHER
        assert address.startswith(answer.headers["Location"])
    assert worker.tags() == before


def test_the_list_stays_closed_without_the_key(meeting: Meeting) -> None:
    worker = meeting.worker
    meeting.book("Robin")
    with worker.app.app_context(), stores.writing("erasure") as erasure:
        erasure.execute(delete(PurposeKeySeal))
    worker.get(meeting.address)
    page = worker.press("Open the attendance list")
    assert worker.status == HTTPStatus.FORBIDDEN
    assert "Robin" not in page.html
    assert worker.tags()[0] == "attendance list opened"


def test_who_came_is_noted_on_the_list(meeting: Meeting) -> None:
    # Given two people at an event that has begun
    worker, came, missing = meeting.worker, meeting.book("Robin"), meeting.book("Sky")
    third = meeting.book("Ash")
    with at(meeting, minutes=-5):
        worker.sign_in()
        worker.get(meeting.address)
        worker.press("Open the attendance list")
        # When a coordinator ticks who is there
        filled = {f"came-{came.id.hex}": "attended", f"came-{missing.id.hex}": "no_show"}
        page = worker.press("Save who came", **filled)
        # Then it is noted, the one left out is as before, and the record has each
        assert "Saved. The list shows who came." in page.text
        assert [meeting.state(one) for one in (came, missing, third)] == [
            "attended",
            "no_show",
            "confirmed",
        ]
        tags = worker.tags()
        assert tags.count("marked as attended") == tags.count("marked as no_show") == 1
        # And noting the same again adds nothing
        worker.get(meeting.address)
        worker.press("Open the attendance list")
        worker.press("Save who came")
        assert worker.tags().count("marked as attended") == 1


def test_no_registrant_is_noted_before_the_event_begins(meeting: Meeting) -> None:
    worker, registrant = meeting.worker, meeting.book()
    page = worker.get(registrant.page)
    assert "They came" not in worker.buttons()
    token = next(e for e in page.all("input") if e.get("name") == "csrf_token").get("value")
    for address, field in (
        (f"{registrant.page}/mark", "came"),
        (f"{meeting.address}/attendance", f"came-{registrant.id.hex}"),
    ):
        page = worker.post(address, {"csrf_token": token, field: "attended"})
        assert "Nothing was changed." in page.text
    assert meeting.state(registrant) == "confirmed"


# The joining link


def test_the_joining_link_is_set_and_never_shown(meeting: Meeting) -> None:
    # Given an event without a link, for which people have registered
    worker, registrant = meeting.worker, meeting.book()
    assert "The joining link is not set yet: “A small group" in worker.get("/desk/").text
    # When a coordinator sets it
    page = worker.get(f"{meeting.address}/link")
    assert "We never e-mail the link" in page.text
    meeting.set_link()
    # Then the page says from when people see it
    assert "The joining link is set." in worker.page.text
    assert "from 10.40 am, which is 20 minutes before the start" in worker.page.text
    # And it is on no page of the desk, and nowhere in the stores in the clear
    worker.get(meeting.address)
    worker.press("Open the attendance list")
    pages = [worker.page.html]
    pages += [
        worker.get(address).html
        for address in (
            "/desk/",
            "/desk/record",
            meeting.address,
            f"{meeting.address}/link",
            registrant.page,
        )
    ]
    assert not any("canary-room" in html for html in pages)
    with worker.app.app_context():
        assert "canary-room" not in repr(everything())
    # And who has a seat sees it inside the window
    with at(meeting, minutes=19), worker.app.app_context():
        own = own_registrations.find_own(registrant.ticket)
        found = own_registrations.way_in(own, registrant.ticket, registrant.room_code or "")
        assert found.link == LINK


def test_an_empty_link_keeps_the_one_that_is_set(meeting: Meeting) -> None:
    meeting.set_link()
    meeting.set_link("", minutes="5")
    event = meeting.event
    assert (event.has_link, event.link_opens_minutes) == (True, 5)
    registrant = meeting.book()
    with at(meeting, minutes=4), meeting.worker.app.app_context():
        own = own_registrations.find_own(registrant.ticket)
        found = own_registrations.way_in(own, registrant.ticket, registrant.room_code or "")
        assert found.link == LINK


@pytest.mark.parametrize(
    "link",
    [
        "",
        "meet.example.org/room",
        "http://meet.example.org/room",
        "javascript:alert(1)",
        "https://",
        "https://localhost/room",
        "https://you@meet.example.org/room",
        "https://meet.example.org:port/room",
        "https://meet.example.org/a room",
        "https://meet.example.org/<b>",
        "https://meet.example.org/ré",
        "https://[meet.example.org",
    ],
)
def test_only_a_whole_safe_link_is_taken(page_meeting: Meeting, link: str) -> None:
    page_meeting.set_link(link)
    assert page_meeting.worker.status == HTTPStatus.BAD_REQUEST
    assert error_words(page_meeting.worker) == ["Enter the whole link. It begins with https://"]
    assert not page_meeting.event.has_link


@pytest.mark.parametrize(
    ("link", "minutes", "said"),
    [
        (f"https://meet.example.org/{'x' * 1000}", "15", "at most 1000 letters"),
        (LINK, "181", "from 0 to 180"),
        (LINK, "-1", "from 0 to 180"),
        (LINK, "soon", "from 0 to 180"),
        (LINK, "", "from 0 to 180"),
        (LINK, "٣", "from 0 to 180"),
    ],
)
def test_the_link_and_its_window_are_bounded(
    page_meeting: Meeting, link: str, minutes: str, said: str
) -> None:
    page_meeting.set_link(link, minutes)
    (words,) = error_words(page_meeting.worker)
    assert said in words
    assert not page_meeting.event.has_link


# Moving


def go_to_move(meeting: Meeting, **changes: str) -> None:
    """Fill in the page that moves the event."""
    filled = {"day": "1", "month": "12", "year": str(clock.today().year + 1)}
    meeting.worker.get(f"{meeting.address}/move")
    meeting.worker.press("Continue", **{**filled, "time": "2.30 pm", "why": "host", **changes})


def test_moving_shows_the_time_in_words_first(meeting: Meeting) -> None:
    # Given an event with people in it
    worker, people, before = meeting.worker, meeting.fill(waiting=1), meeting.event
    # When a coordinator gives another day
    go_to_move(meeting)
    # Then they see it in words, and nothing has changed
    assert worker.page.h1 == "Is this the new time?"
    assert f"1 December {clock.today().year + 1}, 2.30 pm to 3.30 pm, UK time" in worker.page.text
    assert "6 people have a seat, and one person is waiting." in worker.page.text
    assert meeting.event.starts_at == before.starts_at
    # And once they say yes, it moves, and all registrants who are in are told once
    worker.press("Yes, move it")
    assert worker.path == meeting.address
    after = meeting.event
    assert (after.starts_at.month, after.calendar_sequence) == (12, before.calendar_sequence + 1)
    assert after.ends_at - after.starts_at == before.ends_at - before.starts_at
    assert all(meeting.mails(one).count("event_changed") == 1 for one in people)
    assert worker.record()[0].reason == "The person who runs it cannot come then"


def test_moving_twice_is_moving_once(meeting: Meeting) -> None:
    worker, registrant = meeting.worker, meeting.book()
    go_to_move(meeting)
    page, address = worker.page, worker.address
    for _ in range(2):
        worker.page, worker.address = page, address
        worker.press("Yes, move it")
        assert worker.status == HTTPStatus.OK
    assert meeting.mails(registrant) == ["event_changed", "registered"]
    assert worker.tags().count("event moved") == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"day": "31", "month": "2"}, "Enter a day that is in the calendar"),
        ({"day": ""}, "Enter a day that is in the calendar"),
        ({"day": "first"}, "Enter a day that is in the calendar"),
        ({"year": "27"}, "Enter a day that is in the calendar"),
        ({"year": "2020"}, "This day has passed"),
        ({"year": "9999"}, "more than 2 years away"),
        ({"time": "2.30"}, "Enter a time like 2.30 pm or 14:30"),
        ({"time": "25:00"}, "Enter a time like"),
        ({"time": "14:60"}, "Enter a time like"),
        ({"time": "13 pm"}, "Enter a time like"),
        ({"time": "noon"}, "Enter a time like"),
        ({"time": ""}, "Enter a time like"),
        ({"why": "other"}, "Give your reason in a few words"),
    ],
)
def test_a_time_that_is_none_is_refused_kindly(
    page_meeting: Meeting, changes: dict[str, str], said: str
) -> None:
    before = page_meeting.event
    go_to_move(page_meeting, **changes)
    assert page_meeting.worker.status == HTTPStatus.BAD_REQUEST
    (told,) = error_words(page_meeting.worker)
    assert said in told
    assert page_meeting.event == before


def last_sunday(month: int) -> date:
    """When the clocks change in the UK, next year."""
    end = date(clock.today().year + 1, month, 31)
    return end - timedelta(days=(end.weekday() + 1) % 7)


@pytest.mark.parametrize(
    ("month", "typed", "said"),
    [
        (3, "01:30", "The clocks go forward that night"),
        (10, "1.30 am", "The clocks go back that night"),
        (3, "00:30", "The clocks change before the event would end"),
    ],
)
def test_a_time_that_the_clocks_do_not_show_once_is_refused(
    page_meeting: Meeting, month: int, typed: str, said: str
) -> None:
    day = last_sunday(month)
    go_to_move(page_meeting, day=str(day.day), month=str(month), year=str(day.year), time=typed)
    (told,) = error_words(page_meeting.worker)
    assert said in told


def test_a_time_of_today_that_is_over_is_refused(page_meeting: Meeting) -> None:
    day = clock.today()
    go_to_move(
        page_meeting, day=str(day.day), month=str(day.month), year=str(day.year), time="00:00"
    )
    (told,) = error_words(page_meeting.worker)
    # On the night of a clock change midnight is refused for that.
    assert "This time has passed" in told or "The clocks" in told


# Closing and calling off


def test_a_closed_event_takes_no_registrants_and_still_moves_up(meeting: Meeting) -> None:
    worker, people = meeting.worker, meeting.fill(waiting=1)
    worker.get(meeting.address)
    worker.follow("Close registration")
    assert meeting.event.state == "open"
    page = worker.press("Yes, close it")
    assert "Registration is closed. People who have a seat keep it." in page.text
    assert "Close registration" not in page.text
    # And closing is not offered again
    assert "Nothing was changed." in worker.get(f"{meeting.address}/close").text
    with pytest.raises(registrations.EventClosed):
        meeting.book("Late")
    with worker.app.app_context():
        waiting_list.cancel(people[0].id)
    assert meeting.state(people[6]) == "confirmed"


def test_calling_off_says_what_happens_and_tells_everybody_once(meeting: Meeting) -> None:
    # Given a full event with a waiting list
    worker, people = meeting.worker, meeting.fill(waiting=1)
    # When a coordinator asks to call it off
    worker.get(meeting.address)
    page = worker.follow("Call it off")
    # Then they are told whom it concerns, and nothing has happened
    assert "6 people have a seat, and one person is waiting." in page.text
    assert meeting.event.state == "open"
    # And without a reason nothing does
    worker.press("Call it off")
    assert worker.status == HTTPStatus.BAD_REQUEST
    assert meeting.event.state == "open"
    # And with one, sent twice, all registrants are told once
    page, address = worker.page, worker.address
    for _ in range(2):
        worker.page, worker.address = page, address
        worker.press("Call it off", why="few")
    assert "This event has been called off." in worker.page.text
    assert {meeting.state(one) for one in people} == {"cancelled"}
    assert all(meeting.mails(one).count("cancelled") == 1 for one in people)
    assert worker.tags().count("event called off") == 1
    # And nothing about it can be changed any more
    for act in ("move", "link", "call-off"):
        assert "Nothing was changed." in worker.get(f"{meeting.address}/{act}").text
    assert "Called off" in worker.get("/desk/events").text


def test_an_event_that_is_over_stays_as_it_was(meeting: Meeting) -> None:
    worker, registrant = meeting.worker, meeting.book()
    with at(meeting, days=-1):
        worker.sign_in()
        page = worker.get(meeting.address)
        assert "This event is over." in page.text
        token = next(e for e in page.all("input") if e.get("name") == "csrf_token").get("value")
        worker.post(f"{meeting.address}/call-off", {"csrf_token": token, "why": "few"})
        assert "Nothing was changed." in worker.page.text
        assert meeting.state(registrant) == "confirmed"
        assert "cancelled" not in meeting.mails(registrant)


def test_what_was_erased_leaves_its_counts(meeting: Meeting) -> None:
    # Given two people at an event whose time to be kept is over
    worker, registrant = meeting.worker, meeting.book("Robin")
    meeting.book("Sky")
    with at(meeting, days=-10):
        # Then the desk announces it before it happens
        worker.sign_in()
        assert "2 registrations will be deleted" in worker.get("/desk/").text
    with at(meeting, days=-20):
        with worker.app.app_context():
            the_worker_kept_running()
            expiry.erase_due()
        worker.sign_in()
        page = worker.get(meeting.address)
        # And afterwards only how many there were is known
        assert "Has a seat 2" in page.text
        assert references(worker) == []
        # And an old link leads to nothing
        assert worker.get(registrant.page).h1 == "This is no longer here"


# Mails


def wait_long(meeting: Meeting, registrant: Booked, **values: object) -> None:
    with meeting.worker.app.app_context(), stores.writing() as main:
        theirs = OutboxMessage.subject_id == registrant.id
        change(main, select(OutboxMessage).where(theirs), values)


def test_today_says_how_long_mails_wait_and_what_to_do(meeting: Meeting) -> None:
    # Given one mail that was promised just now
    worker, registrant = meeting.worker, meeting.book()
    page = worker.get("/desk/")
    assert "one e-mail is about to be sent" in page.text
    assert "Please tell the person who looks after the server" not in page.text
    # When it still waits after three hours
    now = int(clock.now().timestamp())
    wait_long(meeting, registrant, not_before=now - 3 * 3600 - 100)
    page = worker.get("/desk/")
    # Then the desk says so, and what to do
    assert (
        "One e-mail has been waiting to be sent for 3 hours. Please tell the person who"
        in page.text
    )


def test_trying_again_does_not_make_a_mail_younger(meeting: Meeting) -> None:
    # Given a mail that was tried six times, and is due again in an hour
    worker, registrant = meeting.worker, meeting.book()
    wait_long(meeting, registrant, attempts=6, not_before=int(clock.now().timestamp()) + 60 * 60)
    # Then its age counts from when it was first due
    with worker.app.app_context():
        assert outbox.backlog().oldest_minutes == 15 + 30 + 60 + 120 + 180 - 60


def test_a_mail_that_was_refused_leads_to_whom_it_concerns(meeting: Meeting) -> None:
    worker, registrant, other = meeting.worker, meeting.book("Robin"), meeting.book("Sky")
    wait_long(meeting, registrant, state=MailState.FAILED, finished_on=clock.today())
    assert (
        "E-mail to one person could not be delivered: “A small group" in worker.get("/desk/").text
    )
    page = worker.follow_line("could not be delivered")
    (row,) = [words(row) for row in page.all("tr") if "E-mail not delivered" in words(row)]
    assert registrant.reference in row
    assert "An e-mail to them could not be delivered" in worker.get(registrant.page).text
    assert "An e-mail to them could not be delivered" not in worker.get(other.page).text


def test_a_called_off_event_says_until_when_registrations_are_kept(meeting: Meeting) -> None:
    # Given an event with two bookings, which is called off
    worker, keep = meeting.worker, meeting.event.definition.keep_days
    registrant = meeting.book("Robin")
    with worker.app.app_context():
        event_changes.call_off(meeting.event.id, actor=UUID(int=1), reason="ill")
        day = format_date(clock.today() + timedelta(days=keep), "d MMMM y")
    # Then its page, and the page of each, say the same day
    assert f"deletes all registrations by {day}" in worker.get(meeting.address).text
    assert day in worker.get(registrant.page).text
