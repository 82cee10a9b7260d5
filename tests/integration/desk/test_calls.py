"""A call at the desk: whose answers to see, who is next to be read, and what to send to people."""

from http import HTTPStatus

import pytest
from sqlalchemy import select

from tests.factories import DEMO_CALL, OPEN_DAYS, publish_demo_call, publish_demo_event, submit_one
from tests.integration.desk.test_submissions import references
from tests.integration.desk.worker import Participant, Worker
from tests.pages import words
from tests.rows import change as change_rows
from webapp.models import Submission
from webapp.rules import clock
from webapp.services.answers import erasing, own_copies
from webapp.services.calls import published_calls
from webapp.services.infrastructure import stores

CALL = f"/desk/calls/{DEMO_CALL}"
NEXT, NEXT_SAME = "Next unread answers", "Open the next unread answers"


def typed_by_helper(worker: Worker) -> Participant:
    with worker.app.app_context():
        sent = submit_one(given={"quote": True}, typed_by="helper")
    return Participant(sent.submission_id, sent.receipt)


def shown(worker: Worker) -> set[str]:
    """The references in the list."""
    return {
        link.text or "" for link in worker.page.all("a") if "submissions" in link.get("href", "")
    } - {NEXT}


# Filters


def test_a_list_is_filtered_by_all_that_lies_in_the_clear(worker: Worker) -> None:
    # Given people of several kinds
    read = worker.answered_by("contact_me")
    unread = worker.answered_by("quote", language="ar")
    helped = typed_by_helper(worker)
    changed = worker.answered_by("contact_me", "invite")
    worker.open_answers(read)
    worker.corrects(changed, phone="07700 900 555")
    for choice, expected in (
        ({"state": "unread"}, {unread, helped, changed}),
        ({"state": "changed"}, {changed}),
        ({"consent": "contact_me"}, {read, changed}),
        ({"language": "ar"}, {unread}),
        ({"typed_by": "helper"}, {helped}),
        ({"state": "unread", "consent": "contact_me"}, {changed}),
        ({"language": "ar", "typed_by": "helper"}, set()),
    ):
        # When a coordinator chooses by it, without a script
        worker.get(CALL)
        page = worker.press("Show these", **choice)
        # Then exactly these are there, and how many they are
        assert shown(worker) == {one.reference for one in expected}, choice
        told = f"You see {len(expected)} of 4 people." if expected else "Nobody is left"
        assert told in page.text
    # And one link leads back to the whole list
    worker.follow("Show everyone")
    assert len(shown(worker)) == 4


def test_those_who_are_not_to_be_contacted_are_found(worker: Worker) -> None:
    participant, other = worker.answered_by("contact_me"), worker.answered_by("contact_me")
    with worker.app.app_context(), stores.writing() as main:
        these = Submission.id == participant.id
        change_rows(main, select(Submission).where(these), {"do_not_contact_on": clock.today()})
    worker.get(CALL)
    worker.press("Show these", state="no-contact")
    assert shown(worker) == {participant.reference}
    assert other.reference not in worker.page.text


def test_each_choice_says_how_many_it_leaves(worker: Worker) -> None:
    worker.answered_by("contact_me", language="ar")
    worker.open_answers(worker.answered_by("quote"))
    page = worker.get(CALL)
    options = {words(option) for option in page.all("option")}
    assert {"Not read yet (1)", "Contact me (1)", "Arabic (1)", "English (1)"} <= options
    # And a value that matches no submission is no choice
    assert not any(option.startswith(("Somali", "A helper", "Changed")) for option in options)


def test_a_yes_that_was_taken_back_is_not_found_by_it(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    worker.answered_by("contact_me")
    worker.changes_mind(participant, "contact_me")
    worker.get(f"{CALL}?consent=contact_me")
    assert participant.reference not in shown(worker)


@pytest.mark.parametrize("strange", ["state=gone", "language=xx&page=7", "typed_by="])
def test_an_address_that_chooses_what_there_is_not_leads_to_everybody(
    page_worker: Worker, strange: str
) -> None:
    participant = page_worker.answered_by()
    page_worker.get(f"{CALL}?{strange}")
    assert page_worker.status == HTTPStatus.OK
    assert shown(page_worker) == {participant.reference}


def test_pages_keep_what_was_chosen(page_worker: Worker) -> None:
    # Given more people of one kind than a page has room for, and one of another
    for _ in range(51):
        page_worker.answered_by(language="ar", adult="yes")
    other = page_worker.answered_by(adult="yes")
    # When a coordinator goes through those of that kind
    page_worker.get(f"{CALL}?language=ar")
    first = set(references(page_worker))
    page = page_worker.follow("Older")
    # Then the second page has the last of them, and says so
    assert "Page 2 of 2" in page.text
    last = set(references(page_worker)) - first
    assert len(last) == 1
    assert other.reference not in page.text


# Reading one after the other


def test_reading_goes_on_to_the_next_unread_for_the_same_reason(worker: Worker) -> None:
    # Given three people, and a coordinator who reads for the report
    for _ in range(3):
        worker.answered_by("quote", change_words="Ask us first.")
    worker.get(CALL)
    worker.follow(NEXT)
    page = worker.press("Open the answers", **{"answers-why": "report", "answers-words": "part 2"})
    assert "2 more to read" in page.text
    assert "for the same reason: To write the report: part 2." in page.text
    # When they read on, one press for each
    page = worker.press(NEXT_SAME)
    assert "One more to read" in page.text
    page = worker.press(NEXT_SAME)
    # Then all are read, each in the record with the reason, and none is left
    opened = [line for line in worker.record() if line.tag == "answers opened"]
    assert len({line.subject_id for line in opened}) == 3
    assert {line.reason for line in opened} == {"To write the report: part 2"}
    assert NEXT_SAME not in worker.buttons() and "more to read" not in page.text
    assert NEXT not in worker.get(CALL).text


@pytest.mark.parametrize("why", ["danger", "other"])
def test_a_reason_that_is_true_of_one_participant_opens_no_other(
    page_worker: Worker, why: str
) -> None:
    # Given a coordinator who opened one person's answers for a reason that is about that person
    first, second = page_worker.answered_by(), page_worker.answered_by()
    page_worker.look_at(first)
    page_worker.press("Open the answers", **{"answers-why": why, "answers-words": "they asked us"})
    # Then they can read on, and are asked why
    assert NEXT_SAME not in page_worker.buttons()
    page_worker.follow(NEXT)
    assert page_worker.path == f"/desk/submissions/{second.id}"


def test_reading_on_stays_with_what_was_chosen(worker: Worker) -> None:
    # Given one person who wrote in Arabic, and two who did not
    worker.answered_by()
    arabic = worker.answered_by(language="ar")
    worker.answered_by()
    # When a coordinator reads what was written in Arabic
    worker.get(f"{CALL}?language=ar")
    worker.follow(NEXT)
    assert worker.path == f"/desk/submissions/{arabic.id}"
    worker.press("Open the answers", **{"answers-why": "report"})
    # Then there is no next one, and the way back leads to the same list
    assert NEXT_SAME not in worker.buttons()
    worker.follow("How support needs are decided")
    assert shown(worker) == {arabic.reference}


def test_a_participant_who_erases_everything_meanwhile_is_not_opened_next(worker: Worker) -> None:
    # Given a coordinator who could read on
    first, second = worker.answered_by(), worker.answered_by()
    worker.open_answers(first)
    # When the next one erases everything before the button is pressed
    with worker.app.app_context():
        erasing.erase_held(own_copies.find_held(second.receipt))
    page = worker.press(NEXT_SAME)
    # Then that is said kindly
    assert worker.status == HTTPStatus.NOT_FOUND
    assert page.h1 == "This is no longer here"


def test_opened_answers_name_whose_they_are(page_worker: Worker) -> None:
    participant = page_worker.answered_by()
    page = page_worker.open_answers(participant)
    assert page.h1 == f"What this person told us {participant.reference}"


# What to send to people


def test_the_address_that_is_sent_to_people_leads_to_the_call(worker: Worker) -> None:
    # Given a call
    page = worker.get(CALL)
    copied = ["".join(one.itertext()) for one in page.all("p") if one.get("class") == "to-copy"]
    address, neutral, told = copied
    # Then its address is one that works
    assert worker.client.get(address.removeprefix("http://localhost")).status_code == HTTPStatus.OK
    # And one sentence says what it is about and until when, the other gives nothing away
    assert "How support needs are decided" in told and told.endswith(address)
    assert neutral == f"This is the page that I told you about: {address}"
    # And every other language has an address of its own
    others = ["".join(one.itertext()) for one in page.all("dd") if one.get("class") == "to-copy"]
    assert len(others) == 7
    for other in others:
        path = other.removeprefix("http://localhost")
        assert worker.client.get(path).status_code == HTTPStatus.OK


def test_a_desk_with_a_host_name_of_its_own_sends_people_to_the_public_door(
    page_worker: Worker,
) -> None:
    # Given a desk that was told where the public door is
    told = page_worker.app.extensions["hearth_settings"]
    page_worker.app.extensions["hearth_settings"] = told.model_copy(
        update={"public_url": "https://take.example"}
    )
    assert f"https://take.example/en/calls/{DEMO_CALL}/" in page_worker.get(CALL).text
    # And one that runs without it and was told nothing: then it has no link
    page_worker.app.extensions["hearth_settings"] = told.model_copy(update={"doors": ("desk",)})
    page = page_worker.get(CALL)
    assert "Ask the operator to set PUBLIC_URL" in page.text
    assert f"/en/calls/{DEMO_CALL}/" not in page.html
    page_worker.get(f"{CALL}/square")
    assert page_worker.status == HTTPStatus.NOT_FOUND


def test_the_square_code_is_a_picture_of_that_address(page_worker: Worker) -> None:
    with page_worker.app.app_context():
        event = publish_demo_event()
    for address in (f"{CALL}/square", f"/desk/events/{event.slug}/square"):
        picture = page_worker.download(address)
        assert picture.mimetype == "image/png"
        assert picture.data.startswith(b"\x89PNG")
        # Its name says nothing of what it leads to
        assert picture.headers["Content-Disposition"] == 'attachment; filename="square.png"'


def test_an_event_is_told_to_people_in_the_same_way(page_worker: Worker) -> None:
    with page_worker.app.app_context():
        event = publish_demo_event()
    page = page_worker.get(f"/desk/events/{event.slug}")
    copied = ["".join(one.itertext()) for one in page.all("p") if one.get("class") == "to-copy"]
    address, neutral, told = copied
    assert address == f"http://localhost/en/events/{event.slug}/"
    assert neutral == f"This is the page that I told you about: {address}"
    assert "Round table: how support needs are decided" in told and "UK time" in told


def test_a_closed_call_is_not_advertised(page_worker: Worker) -> None:
    with page_worker.later(days=OPEN_DAYS + 1):
        page_worker.sign_in()
        page = page_worker.get(CALL)
        assert "This call closed on" in page.text
        assert "Tell people about it" not in page.text
        page_worker.get(f"{CALL}/square")
        assert page_worker.status == HTTPStatus.NOT_FOUND


def test_two_calls_of_one_title_are_told_apart(page_worker: Worker) -> None:
    with page_worker.app.app_context():
        publish_demo_call("second-form")
        assert (
            published_calls.find_call("second-form").form.title
            == published_calls.find_call(DEMO_CALL).form.title
        )
    assert "Call “second-form”." in page_worker.get("/desk/calls/second-form").text
    assert f"Call “{DEMO_CALL}”." in page_worker.get(CALL).text
    # And wherever one of them is chosen, each has its last day beside it
    for address in ("/desk/callers", "/desk/record", "/desk/entering"):
        page = page_worker.get(address)
        assert page.text.count("How support needs are decided (until ") >= 2
