"""What coordinators see of rows that are not as Hearth wrote them: named on Today and on the event, and left out."""

import re
from datetime import date
from http import HTTPStatus
from uuid import UUID

from sqlalchemy import update

from tests.factories import DEMO_CALL, submit_one
from tests.integration.desk.meeting import Meeting
from webapp.desk.shared.false_row_words import KINDS
from webapp.models import Call as CallRow
from webapp.models import Coordinator, Registration, RegistrationPart, Submission
from webapp.models import Event as EventRow
from webapp.models.authenticated import Authenticated
from webapp.rules.references import reference
from webapp.services.calls import published_calls
from webapp.services.infrastructure import row_verification, stores

ALL_CLEAR = re.compile("Nothing (else )?needs you")


def change_by_hand(meeting: Meeting, table: type, row_id: UUID, **columns: object) -> None:
    with meeting.worker.app.app_context(), stores.writing() as main:
        main.execute(update(table).where(table.id == row_id).values(**columns))  # type: ignore[attr-defined]


def checked(meeting: Meeting) -> None:
    with meeting.worker.app.app_context():
        row_verification.check_daily()


def test_today_names_them_first_and_says_what_to_do(page_meeting: Meeting) -> None:
    meeting, registrant = page_meeting, page_meeting.book("Robin")
    with meeting.worker.app.app_context():
        sent = [submit_one().submission_id for _ in range(2)]
    checked(meeting)
    assert not any("as Hearth wrote" in line for line in meeting.worker.lines())
    # When rows are changed by hand, and the worker has checked them all
    change_by_hand(meeting, Registration, registrant.id, language="sq")
    for one in sent:
        change_by_hand(meeting, Submission, one, language="sq")
    checked(meeting)
    # Then Today begins with a line for each kind
    first, second, *_ = meeting.worker.lines()
    assert first.startswith(
        f"An entry in our files is not as Hearth wrote it: a registration ({registrant.reference})."
    )
    assert second.startswith("2 entries in our files are not as Hearth wrote them.")
    assert all(reference(one) in second for one in sent)
    assert "Tell the person who looks after the server" in first


def test_an_account_that_was_changed_is_named_without_the_worker(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    with worker.app.app_context(), stores.writing() as main:
        main.execute(update(Coordinator).values(name="Another one"))
    assert any("a coordinator’s account" in line for line in worker.lines())
    worker.get("/desk/record")
    assert "Another one" not in worker.page.text


def test_an_event_names_what_it_leaves_out(meeting: Meeting) -> None:
    # Given two registrants, one of whose rows was changed by hand
    robin, sky = meeting.book("Robin"), meeting.book("Sky")
    change_by_hand(meeting, Registration, robin.id, language="sq")
    # Then the event names it, and lists the other
    page = meeting.worker.get(meeting.address)
    assert "One registration is not as Hearth wrote it" in page.text
    assert robin.reference in page.text
    assert sky.page in page.html
    assert robin.page not in page.html
    # And so do the names and needs
    meeting.worker.press("Open names and needs")
    page = meeting.worker.page
    assert robin.reference in page.text
    assert "Robin" not in page.text
    assert "Sky" in page.text


def test_the_page_of_a_false_registration_opens_nothing(page_meeting: Meeting) -> None:
    # Given a registration that was changed while a coordinator looked at it
    meeting, registrant = page_meeting, page_meeting.book("Robin")
    meeting.worker.get(registrant.page)
    change_by_hand(meeting, Registration, registrant.id, room_mac=None)
    # When they open it
    meeting.worker.press("Open the registration", why="prepare")
    # Then nothing was opened, and nothing is in the record but what was before. The page names what is false
    page = meeting.worker.page
    assert meeting.worker.status == HTTPStatus.INTERNAL_SERVER_ERROR
    assert registrant.reference in page.text
    assert "Robin" not in page.text
    assert "registration opened" not in meeting.worker.tags()


def test_needs_that_were_changed_do_not_look_like_none(meeting: Meeting) -> None:
    registrant = meeting.book("Robin", needs_notes="A quiet corner")
    with meeting.worker.app.app_context(), stores.writing() as main:
        needs = (
            RegistrationPart.registration_id == registrant.id,
            RegistrationPart.purpose == "needs",
        )
        main.execute(update(RegistrationPart).where(*needs).values(form_version=7))
    meeting.worker.get(meeting.address)
    meeting.worker.press("Open names and needs")
    page = meeting.worker.page
    assert "We do not know what they need." in page.text
    assert "They left this out" not in page.text
    # And nothing is ticked for them
    assert "arranged-" not in page.html


def test_a_false_call_or_event_is_named_wherever_it_is_left_out(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    with worker.app.app_context():
        call = published_calls.find_call(DEMO_CALL)
    assert ALL_CLEAR.search(worker.get("/desk/").text)
    # When rows of a call and an event are changed by hand
    change_by_hand(page_meeting, CallRow, call.id, closes_on=date(2031, 1, 1))
    change_by_hand(page_meeting, EventRow, page_meeting.event.id, seats=900)
    # Then Today and both lists say it at once, before any daily check
    said = f"One call is not as Hearth wrote it ({reference(call.id)})."
    also = "One event is not as Hearth wrote it ("
    today = worker.get("/desk/").text
    assert said in today
    assert also in today
    assert "Tell the person who looks after the server today." in today
    assert said in worker.get("/desk/calls").text
    assert also in worker.get("/desk/events").text
    # And nothing is called well
    assert not ALL_CLEAR.search(today)
    assert "No call has been published yet" not in today


def test_a_call_whose_form_is_gone_is_named_too(page_meeting: Meeting) -> None:
    worker = page_meeting.worker
    with worker.app.app_context():
        call = published_calls.find_call(DEMO_CALL)
    change_by_hand(page_meeting, CallRow, call.id, form_version=7)
    assert reference(call.id) in worker.get("/desk/calls").text


def test_what_the_daily_check_found_takes_the_all_clear_away(page_meeting: Meeting) -> None:
    worker, registrant = page_meeting.worker, page_meeting.book("Robin")
    assert ALL_CLEAR.search(worker.get("/desk/").text)
    change_by_hand(page_meeting, Registration, registrant.id, language="sq")
    checked(page_meeting)
    assert not ALL_CLEAR.search(worker.get("/desk/").text)


def test_every_table_whose_rows_are_signed_has_words() -> None:
    assert {table.__tablename__ for table in Authenticated.__subclasses__()} <= set(KINDS)  # type: ignore[attr-defined]
