"""What coordinators see of rows that are not as Hearth wrote them: named on Today and on the event, and left out."""

from http import HTTPStatus
from uuid import UUID

from sqlalchemy import update

from tests.factories import submit_one
from tests.integration.desk.meeting import Meeting
from webapp.models import Coordinator, Registration, RegistrationPart, Submission
from webapp.rules.references import reference
from webapp.services.infrastructure import row_verification, stores


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
