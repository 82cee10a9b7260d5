"""What participants find at the public door once a coordinator did something for them by phone."""

import pytest

from tests.integration.desk.test_callers import made_sure
from tests.integration.desk.worker import Participant, Worker
from tests.people import answer_everything, begin, come_back, send, shown_code, tell_more
from tests.visitor import Visitor
from webapp.services.answers import own_copies

LEFT_ALONE = "We were asked not to contact you, so we will not."
AGAIN = "You may contact me again"


def at_home(worker: Worker, participant: Participant) -> Visitor:
    person = Visitor(worker.app.test_client())
    come_back(person, participant.receipt)
    return person


def left_alone(worker: Worker, participant: Participant) -> None:
    made_sure(worker, participant)
    worker.follow("Do not contact them")
    worker.press("Mark “do not contact”", why="phone")


def given_a_new_code(worker: Worker, participant: Participant) -> None:
    made_sure(worker, participant)
    worker.follow("Give them a new code")
    worker.press("Make the new code", why="phone")


def test_to_be_contacted_again_needs_a_permission_that_stands(worker: Worker) -> None:
    # Given a participant who is left alone, and whose permission was taken back
    participant = worker.answered_by("contact_me")
    left_alone(worker, participant)
    worker.changes_mind(participant, "contact_me")
    person = at_home(worker, participant)
    person.get("/en/choices/reach")
    # When they want to hear from us again
    person.press(AGAIN)
    # Then no page says that we may: they are led to the permission, and with it we may
    assert person.path == "/en/choices/agreed"
    assert "you gave us no permission to use it. So we will not contact you." in person.page.text
    assert LEFT_ALONE in person.page.text
    worker.changes_mind(participant, "contact_me", granted=True)
    assert LEFT_ALONE not in person.get("/en/choices/agreed").text


def test_to_be_contacted_again_needs_a_safe_way(worker: Worker) -> None:
    participant = worker.answered_by("contact_me")
    left_alone(worker, participant)
    worker.corrects(participant, safe_ways=["none"])
    person = at_home(worker, participant)
    person.get("/en/choices/reach")
    person.press(AGAIN)
    assert "please tell us how we can reach you safely" in person.page.text
    assert "We may contact you again" not in person.page.text


def test_the_page_about_permissions_says_that_they_are_left_alone(page_worker: Worker) -> None:
    participant = page_worker.answered_by("contact_me")
    left_alone(page_worker, participant)
    person = at_home(page_worker, participant)
    assert LEFT_ALONE in person.get("/en/choices/agreed").text


@pytest.mark.parametrize("page", ["held", "answers", "reach", "agreed", "copy", "erase"])
def test_every_page_of_an_old_code_says_that_there_is_a_new_one(
    page_worker: Worker, page: str
) -> None:
    # Given a participant at "My choices" when their code is replaced
    participant = page_worker.answered_by("contact_me")
    person = at_home(page_worker, participant)
    given_a_new_code(page_worker, participant)
    # When they go on to another page, once and again
    for _ in range(2):
        person.get(f"/en/choices/{page}")
        # Then it says why it opens nothing, and where the new one opens
        assert person.page.h1 == "Your code was replaced"
    person.follow("Come back with your code")
    assert person.path == "/en/choices"


def test_a_participant_who_has_no_new_code_is_not_told_of_one(page_worker: Worker) -> None:
    person = at_home(page_worker, page_worker.answered_by("contact_me"))
    person.get("/en/choices/erased")
    assert person.page.h1 != "Your code was replaced"


def test_after_a_new_code_a_participant_is_not_told_that_they_skipped_questions(
    page_worker: Worker,
) -> None:
    # Given a participant whose new code does not lead to their answers about equality
    participant = page_worker.answered_by("contact_me")
    given_a_new_code(page_worker, participant)
    person = Visitor(page_worker.app.test_client())
    come_back(person, shown_code(page_worker))
    # When they look at what they told us
    page = person.get("/en/choices/answers")
    # Then it does not say that there never were any
    assert "More about you" in page.text
    assert "You skipped these questions" not in page.text


def test_who_sends_more_after_a_new_code_is_not_told_that_all_is_deleted(
    page_worker: Worker,
) -> None:
    # Given a participant with the page of their code still open, whom a coordinator gave a new one
    person = Visitor(page_worker.app.test_client())
    begin(person)
    answer_everything(person)
    code = send(person, "contact_me")
    with page_worker.app.app_context():
        participant = Participant(
            own_copies.find_held(own_copies.read_code(code)).submission_id, code
        )
    given_a_new_code(page_worker, participant)
    # When they answer a few more questions
    tell_more(person)
    # Then the page says what is so
    assert person.page.h1 == "Your code was replaced"
    assert page_worker.look_at(participant).h1 == "One person’s answers"
