"""An event's desk page as a workplace: names and needs, words to everyone, the list of participants, finding."""

import re
from http import HTTPStatus
from uuid import UUID

import pytest

from tests.factories import Booked, publish_demo_event, register_one
from tests.integration.desk.meeting import LINK, Meeting
from tests.integration.desk.test_contacts import error_words
from tests.integration.desk.test_events import at, references
from tests.integration.desk.worker import Worker
from tests.pages import Page, words
from webapp.rules import clock
from webapp.services.events import desk_registrations, event_changes, own_registrations
from webapp.services.events.published_events import Event

TABLE = "/desk/events/round-table"
NAMES = ("Robin", "Ash", "Sky", "Late")
NOTHING: dict[str, str | list[str] | None] = {
    "access_needs": ["none"],
    "interpreter_language": None,
    "support_person": "no",
    "needs_notes": None,
}


def open_table(worker: Worker, **changes: object) -> Event:
    """The demo's round table, to which professionals come, and a session that is newer than its keys."""
    with worker.app.app_context():
        event = publish_demo_event(**changes)
    worker.sign_in_anew()
    return event


def book(worker: Worker, event: Event, name: str, **answers: str | list[str] | None) -> Booked:
    told = {"registrant_name": name, "organisation": f"{name} House", **NOTHING, **answers}
    with worker.app.app_context():
        address = f"person-{len(name)}-{name.strip('<b>/').lower()}@example.org"
        return register_one(event, address, **told)


def rows(worker: Worker) -> list[str]:
    return [words(one) for one in worker.page.all("tr") if "Organisation" not in words(one)]


def all_ticked(worker: Worker) -> dict[str, str]:
    """A tick beside everyone."""
    boxes = (one for one in worker.page.all("input") if one.get("type") == "checkbox")
    return {one.get("name", ""): "yes" for one in boxes}


def waiting(worker: Worker) -> int:
    with worker.app.app_context():
        return sum(one.people for one in desk_registrations.needs_not_arranged())


# Names and needs


def test_names_and_needs_are_opened_together_and_added_up(worker: Worker) -> None:
    # Given three with a seat and one who waits
    event = open_table(worker, seats=3)
    book(worker, event, "Robin", access_needs=["captions", "sign_language"])
    book(worker, event, "Ash", access_needs=["captions"], interpreter_language="Krio")
    book(worker, event, "Sky")
    book(worker, event, "Late", access_needs=["captions"])
    before = worker.tags()
    page = worker.get(TABLE)
    for told in ("Robin", "House", "Krio"):
        assert told not in page.html
    assert worker.tags() == before
    # When a coordinator opens them
    page = worker.press("Open names and needs")
    # Then they read who comes, by name, and what is needed, added up, with free words apart
    assert "2 × Captions" in page.text
    assert "1 × A sign language interpreter" in page.text
    assert "Seat 2. Interpreter: Krio" in page.text
    assert "One person on the waiting list is not counted here." in page.text
    shown = [name for row in rows(worker) for name in NAMES if f"{name} House" in row]
    assert shown == ["Ash", "Robin", "Sky", "Late"]
    assert "example.org" not in page.html
    # And it is in the record once, with what it was for, and on no page that a browser keeps
    line = worker.record()[0]
    assert (line.tag, line.reason) == ("names and needs opened", "To prepare the event")
    assert worker.client.get(f"{TABLE}/people").status_code == HTTPStatus.SEE_OTHER
    assert worker.tags()[0] == "names and needs opened"


def test_people_are_found_by_name_or_organisation_and_never_in_an_address(worker: Worker) -> None:
    event = open_table(worker)
    book(worker, event, "Robin")
    book(worker, event, "Ash")
    worker.get(TABLE)
    worker.press("Open names and needs")
    page = worker.press("Find", find="robin ho")
    assert "Robin House" in page.text
    assert "Ash House" not in page.text
    assert "One person has “robin ho”" in page.text
    assert worker.address.endswith("/people")
    assert "0 people have" in worker.press("Find", find="nobody").text
    # And sorted by seat, the first who booked comes first
    worker.press("Sort by seat", find="")
    told = worker.page.text
    assert told.index("Robin House") < told.index("Ash House")
    worker.press("Sort by name", find="")
    told = worker.page.text
    assert told.index("Ash House") < told.index("Robin House")


def test_what_is_arranged_is_ticked_and_today_stops_asking(worker: Worker) -> None:
    # Given one who needs something, and one who said that they need nothing
    event = open_table(worker)
    book(worker, event, "Robin", access_needs=["captions"])
    book(worker, event, "Ash")
    assert waiting(worker) == 2
    page = worker.get(TABLE)
    assert "Nobody has looked after the needs of 2 people yet." in page.text
    # When a coordinator saves what they read, without a tick for the captions
    worker.press("Open names and needs")
    page = worker.press("Save what is arranged")
    assert "Saved." in page.text
    assert waiting(worker) == 1
    assert "Nobody has looked after one person’s needs yet." in page.text
    # And with it, nothing waits
    worker.press("Open names and needs")
    worker.press("Save what is arranged", **all_ticked(worker))
    assert waiting(worker) == 0
    assert "Nobody has looked after" not in worker.get(TABLE).text


def test_needs_that_changed_while_the_page_was_open_are_said(worker: Worker) -> None:
    event = open_table(worker)
    registrant = book(worker, event, "Robin", access_needs=["captions"])
    worker.get(TABLE)
    worker.press("Open names and needs")
    ticked = all_ticked(worker)
    with worker.app.app_context():
        own = own_registrations.find_own(registrant.ticket)
        own_registrations.change_needs(own, {"interpreter_language": "Twi"})
    worker.press("Save what is arranged", **ticked)
    assert "Open the names and needs again." in worker.page.text
    assert waiting(worker) == 1


def test_where_no_name_is_asked_the_room_has_a_name_and_no_address_shows(meeting: Meeting) -> None:
    worker = meeting.worker
    meeting.book("Robin", access_needs=["captions"])
    worker.get(meeting.address)
    page = worker.press("Open names and needs")
    # (the menu has "Organisations")
    assert not re.search(r"\bOrganisation\b", page.text)
    assert "Robin" in page.text
    assert "mail.example" not in page.html


def test_what_people_wrote_stays_words(page_worker: Worker) -> None:
    event = open_table(page_worker)
    book(page_worker, event, "<b>Robin</b>", needs_notes="<script>alert(1)</script>")
    page_worker.get(TABLE)
    page_worker.press("Open names and needs")
    assert "<b>Robin</b>" in page_worker.page.text
    assert "<script>alert(1)</script>" in page_worker.page.text


# The list of participants


def test_the_chairs_list_has_only_those_who_agreed(worker: Worker) -> None:
    event = open_table(worker)
    book(worker, event, "Robin", on_the_list="yes")
    book(worker, event, "Ash", on_the_list="no")
    worker.get(TABLE)
    page = worker.press("Open the list of participants")
    assert "Robin House" in page.text
    assert "Ash" not in page.html
    assert "One other person has a seat." in page.text
    line = worker.record()[0]
    assert (line.tag, line.reason) == ("participants listed", "For the people at the event")


def test_there_is_no_such_list_where_survivors_may_come(meeting: Meeting) -> None:
    worker = meeting.worker
    meeting.book("Robin")
    page = worker.get(meeting.address)
    assert "list of participants" not in page.html
    token = next(e for e in page.all("input") if e.get("name") == "csrf_token").get("value")
    worker.post(f"{meeting.address}/participants", {"csrf_token": token})
    assert worker.path == meeting.address
    assert "participants listed" not in worker.tags()


# The table


def test_who_shares_an_address_is_seen_without_opening(worker: Worker) -> None:
    event = open_table(worker, seats=2)
    with worker.app.app_context():
        for _ in range(3):
            register_one(event, "same@example.org")
    before = worker.tags()
    page = worker.get(TABLE)
    assert page.text.count("Same address as seat 1") == 2
    assert page.text.count("Same address as place 1") == 2
    assert "same@example.org" not in page.html
    # And on each one's page, with the way to the others
    page = worker.get(worker_page(page))
    assert "One person may have registered twice, or two share an address." in page.text
    assert worker.tags() == before


def worker_page(page: Page) -> str:
    """Where the first registration that is listed leads."""
    links = (one.get("href", "") for one in page.all("a"))
    return next(one for one in links if one.startswith("/desk/registrations/"))


def test_a_reference_is_found_however_it_is_typed(meeting: Meeting) -> None:
    worker, people = meeting.worker, meeting.fill(waiting=1)
    wanted = people[3].reference
    worker.get(meeting.address)
    worker.press("Find", find=f" {wanted.replace('-', ' ').lower()} ")
    assert references(worker) == [wanted]
    worker.press("Find", find=wanted[:5])
    assert wanted in references(worker)
    page = worker.get(f"{meeting.address}?find=<b>000")
    assert references(worker) == []
    assert "No registration for this event has a reference like “<b>000”." in page.text


def test_how_near_an_event_is(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    with at(page_meeting, days=2):
        worker.sign_in()
        told = worker.get(page_meeting.address).text
        assert "today," not in told
        assert "tomorrow" not in told
    with at(page_meeting, days=1):
        worker.sign_in()
        assert "(tomorrow)" in worker.get(page_meeting.address).text
    for minutes, said in (
        (150, "2 hours"),
        (60, "60 minutes"),
        (14, "14 minutes"),
        (1, "1 minute"),
    ):
        with at(page_meeting, minutes=minutes):
            if minutes > 1:
                worker.sign_in()
            assert f"(today, in {said})" in worker.get(page_meeting.address).text


def test_what_ends_things_stands_apart_and_asks_once_more(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    page_meeting.fill()
    page = worker.get(page_meeting.address)
    told = page.text
    assert told.index("Open names and needs") < told.index("Registrations")
    assert told.index("Registrations") < told.index("Change the event")
    # Then all three are links to a page that asks, and none is a button
    links = [words(one) for one in page.all("a")]
    for act in ("Move the event", "Close registration", "Call it off"):
        assert act in links
        assert act not in worker.buttons()
    worker.follow("Close registration")
    assert "You cannot reopen it here." in worker.page.text
    worker.follow("Leave it as it is")
    assert page_meeting.event.state == "open"


# Words to everyone


def test_words_are_looked_at_before_they_are_sent(meeting: Meeting) -> None:
    # Given two people, one of whom gave no address, and an interpreter's language
    worker = meeting.worker
    mailed = meeting.book("Robin", language="ar")
    silent = meeting.book("Sam", registrant_email="")
    worker.get(meeting.address)
    page = worker.follow("Write to everyone")
    assert "One person gets an e-mail that only says that there is news" in page.text
    assert silent.reference in page.text
    assert "Arabic" in page.text
    # When a coordinator writes
    worker.press("Continue", words="The room is\r\n\r\nopen early.")
    # Then they see the words once more, and nothing has happened
    assert worker.page.h1 == "Send this to everyone?"
    assert meeting.mails(mailed) == ["registered"]
    # And they can change them first
    page = worker.press("Change the words")
    typed = next(one for one in page.all("textarea") if one.get("name") == "words")
    assert "open early." in words(typed)
    worker.press("Continue", words="The room opens at ten.")
    page, address = worker.page, worker.address
    for _ in range(2):
        worker.page, worker.address = page, address
        worker.press("Yes, send it")
        assert "Your words are on everyone’s booking page." in worker.page.text
    # Then it was sent once, and it stands on the event's page
    assert meeting.mails(mailed) == ["news", "registered"]
    assert meeting.mails(silent) == []
    assert worker.page.text.count("The room opens at ten.") == 1
    assert worker.tags().count("event message sent") == 1
    # And the record names no word of it
    assert "opens at ten" not in worker.get("/desk/record").html


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Write what everyone should know"),
        ("x" * 601, "Your message is one letter too long"),
        (f"Come here: {LINK}", "Take the joining link out."),
        (f"Come here: {LINK.removeprefix('https://')}", "Take the joining link out."),
        (f"Come here: {LINK.upper()}", "Take the joining link out."),
        (f"Come here: {LINK.replace('/canary', '/ canary')}", "Take the joining link out."),
    ],
)
def test_a_message_is_whole_and_brings_no_joining_link(
    page_meeting: Meeting, typed: str, said: str
) -> None:
    worker = page_meeting.worker
    page_meeting.set_link()
    page_meeting.book("Robin")
    worker.get(f"{page_meeting.address}/write")
    worker.press("Continue", words=typed)
    assert worker.status == HTTPStatus.BAD_REQUEST
    (told,) = error_words(worker)
    assert said in told


def test_a_message_is_corrected_and_taken_down(meeting: Meeting) -> None:
    worker, registrant = meeting.worker, meeting.book("Robin")
    send(worker, meeting.address, "The rom opens at ten.")
    worker.follow("Correct or take down: " + today_words(worker))
    worker.press("Save the correction", words="The room opens at ten.")
    assert "Corrected." in worker.page.text
    assert "The room opens at ten." in worker.page.text
    assert meeting.mails(registrant) == ["news", "registered"]
    worker.follow("Correct or take down: " + today_words(worker))
    page, address = worker.page, worker.address
    worker.press("Take it down")
    assert "Taken down." in worker.page.text
    assert "opens at ten" not in worker.page.text
    # And a coordinator who had the page open reads that it is gone
    worker.page, worker.address = page, address
    worker.press("Take it down")
    assert "Taken down." in worker.page.text
    worker.page, worker.address = page, address
    worker.press("Save the correction", words="Again")
    assert worker.status == HTTPStatus.NOT_FOUND


def send(worker: Worker, address: str, text: str) -> None:
    worker.get(f"{address}/write")
    worker.press("Continue", words=text)
    worker.press("Yes, send it")


def today_words(worker: Worker) -> str:
    return f"{clock.today():%-d %B %Y}"


def test_twice_a_day_is_enough(meeting: Meeting) -> None:
    worker = meeting.worker
    meeting.book("Robin")
    for text in ("One", "Two"):
        send(worker, meeting.address, text)
    page = worker.get(f"{meeting.address}/write")
    assert "Nothing was sent. You can write twice a day" in page.text
    assert worker.path == meeting.address


def test_no_coordinator_writes_about_what_is_off(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    page_meeting.book("Robin")
    worker.get(f"{page_meeting.address}/write")
    worker.press("Continue", words="Hello")
    with worker.app.app_context():
        event = page_meeting.event
        event_changes.call_off(event.id, actor=UUID(int=1), reason="few")
    worker.press("Yes, send it")
    assert "Nothing was changed." in worker.page.text
    assert "Write to everyone" not in worker.page.text


def test_once_it_has_begun_the_page_says_that_no_mail_goes(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    page_meeting.book("Robin")
    with at(page_meeting, minutes=-5):
        worker.sign_in()
        page = worker.get(f"{page_meeting.address}/write")
        assert "nobody gets an e-mail about it any more" in page.text


def test_a_message_of_another_event_is_not_here(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    open_table(worker)
    page_meeting.book("Robin")
    send(worker, page_meeting.address, "Hello")
    address = next(
        one.get("href", "") for one in worker.page.all("a") if "/messages/" in one.get("href", "")
    )
    worker.get(address.replace("small-group", "round-table"))
    assert worker.status == HTTPStatus.NOT_FOUND


# What is told when


def test_the_desk_says_event_and_never_meeting(page_meeting: Meeting) -> None:
    worker, registrant = page_meeting.worker, page_meeting.book("Robin")
    pages = [
        page_meeting.address,
        registrant.page,
        *(
            f"{page_meeting.address}/{one}"
            for one in ("move", "link", "call-off", "close", "write")
        ),
        *(f"{registrant.page}/{one}" for one in ("cancel", "address", "link")),
    ]
    for address in pages:
        told = worker.get(address).text
        assert "meeting" not in told.lower().replace(
            page_meeting.event.definition.title["en"], ""
        ), address
