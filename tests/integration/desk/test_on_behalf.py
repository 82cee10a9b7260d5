"""A coordinator enters what somebody said by phone or wrote on paper."""

import threading
from typing import Any

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.integration.at_once import at_once
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import answer_to, errors, value_of
from tests.integration.tables import counts
from tests.people import come_back, shown_code, submissions_listed
from tests.visitor import Value, Visitor
from webapp.services import audit, entering, own_copies
from webapp.services.founding import Founded

FORM = "/desk/calls/support-needs/on-behalf"
WORDS = "The forms should be shorter."
SAID: dict[str, Value] = {
    "adult": "yes",
    "had_assessment": "no",
    "why_without": "not_told",
    "change_words": WORDS,
    "contact_wanted": "yes",
    "name_to_use": "Robin",
    "safe_ways": ["call"],
    "phone": "07700 900123",
}


def enter(worker: Worker, **changes: Value) -> None:
    """Type the whole form and go on."""
    worker.get(FORM)
    worker.press("Continue", **{**SAID, **changes})


def send(worker: Worker, *boxes: str, how: str = "phone") -> str:
    """Say how they agreed and to what, and send it. Returns the code."""
    worker.press("Send for this person", consent=list(boxes), how=how)
    assert worker.path == f"{FORM}/code", errors(worker)
    return shown_code(worker)


def stored(app: Flask) -> int:
    with app.app_context():
        return counts().get("submissions", 0)


def test_answers_by_phone_are_stored_like_any_others(app: Flask, worker: Worker) -> None:
    # Given a coordinator with somebody on the phone
    worker.get("/desk/calls/support-needs")
    worker.follow("Enter answers for someone")
    # When the form is typed, read back, and sent
    worker.press("Continue", **SAID)
    assert answer_to(worker, "What is your phone number?") == "07700 900123"
    code = send(worker, "contact_me")
    # Then the person sees and holds all of it with their code
    person = Visitor(app.test_client())
    come_back(person, code)
    person.follow("What you gave us permission for")
    assert "You gave permission" in person.page.text
    person.follow("Back")
    person.follow("What you told us")
    assert WORDS in person.page.text
    # And the desk shows who typed
    worker.press("I have passed it on")
    (submission,) = submissions_listed(worker)
    assert "A coordinator" in worker.page.text
    worker.get(f"/desk/submissions/{submission}")
    assert answer_to(worker, "Typed by") == "A coordinator"


def test_it_is_in_the_record_before_it_is_stored(app: Flask, worker: Worker) -> None:
    # When answers from paper are entered
    enter(worker)
    send(worker, how="paper")
    # Then the record says who entered which submission, and how the person told us
    worker.get("/desk/calls/support-needs")
    (submission,) = submissions_listed(worker)
    line = worker.record()[0]
    assert (line.tag, line.subject_id, line.reason) == ("answers entered", submission, "on paper")
    worker.get("/desk/record")
    assert "Entered answers for someone" in worker.page.text
    with app.app_context():
        assert audit.verify() > 0


def test_who_entered_it_reads_it_only_with_a_reason(worker: Worker) -> None:
    # Given entered answers whose code was passed on
    enter(worker)
    send(worker)
    worker.press("I have passed it on")
    # When the coordinator looks where they typed, and at the submission
    worker.get(f"{FORM}/agree")
    assert worker.path == FORM
    assert value_of(worker, "change_words") == ""
    worker.get("/desk/calls/support-needs")
    (submission,) = submissions_listed(worker)
    worker.get(f"/desk/submissions/{submission}")
    # Then nothing of it is there, until they open it with a reason
    assert WORDS not in worker.page.html
    worker.press("Open the answers", **{"answers-why": "check"})
    assert WORDS in worker.page.text
    assert worker.tags()[0] == "answers opened"


def test_the_code_is_shown_until_it_was_passed_on_and_never_again(page_worker: Worker) -> None:
    # Given a code that was shown
    enter(page_worker)
    code = send(page_worker)
    # Then it can be looked at again, to be printed
    page_worker.get(FORM)
    assert shown_code(page_worker) == code
    # When it was passed on
    page_worker.press("I have passed it on")
    # Then it is nowhere any more
    page_worker.get(f"{FORM}/code")
    assert page_worker.path == "/desk/calls/support-needs"
    assert code not in page_worker.page.html


def test_sending_twice_is_sending_once(page_app: Flask, page_worker: Worker) -> None:
    # Given answers that are about to be sent
    enter(page_worker)
    data = last_page_filled_in(page_worker)
    # When the button is pressed twice
    page_worker.post(f"{FORM}/agree", data)
    code = shown_code(page_worker)
    page_worker.post(f"{FORM}/agree", data)
    # Then one submission is stored, with one code
    assert shown_code(page_worker) == code
    assert stored(page_app) == 1


def last_page_filled_in(worker: Worker) -> dict[str, Value]:
    """What pressing "Send for this person" would send."""
    form, _ = worker._form_with("Send for this person")
    token = next(one.get("value") for one in form.iter("input") if one.get("name") == "csrf_token")
    return {"csrf_token": token, "how": "phone", "spoken": "en"}


def test_pressing_twice_at_once_stores_one_person_under_the_code_that_is_shown(
    app: Flask, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two presses of one coordinator, and neither is through before both have begun
    enter(worker)
    data, cookie = last_page_filled_in(worker), worker.client.get_cookie("hearth-desk")
    assert cookie is not None
    both_here, store = threading.Barrier(2), entering.enter_for

    def together(*args: Any, **kwargs: Any) -> None:
        both_here.wait(timeout=30)
        store(*args, **kwargs)

    def press() -> int:
        client = app.test_client()
        client.set_cookie("hearth-desk", cookie.value)
        return client.post(f"{FORM}/agree", data=data).status_code

    # When both are sent
    with monkeypatch.context() as patch:
        patch.setattr(entering, "enter_for", together)
        assert at_once(app, press, press) == [303, 303]
    # Then one person is stored, and the code that is shown is theirs
    assert stored(app) == 1
    worker.get(f"{FORM}/code")
    with app.app_context():
        assert own_copies.find_held(shown_code(worker)).answers["change_words"] == WORDS


def test_a_form_that_was_changed_meanwhile_is_looked_at_again(page_worker: Worker) -> None:
    # Given a last page in one tab, and in another the same form, kept and not yet complete
    enter(page_worker)
    data = last_page_filled_in(page_worker)
    page_worker.get(FORM)
    page_worker.press("Keep this for now", change_words="Other words.")
    # When the first tab sends
    page_worker.post(f"{FORM}/agree", data)
    # Then nothing is stored, and the form is there as it was kept
    assert stored(page_worker.app) == 0
    assert page_worker.path == FORM
    assert value_of(page_worker, "change_words") == "Other words."


def test_nothing_typed_is_lost_by_a_mistake(page_app: Flask, page_worker: Worker) -> None:
    # When something cannot be taken
    enter(page_worker, phone="their number")
    # Then it is said, and everything that was typed is still there
    (said,) = errors(page_worker)
    assert said.startswith(
        "Write a phone number with digits, like 07700 900123, or leave this empty: “"
    )
    assert value_of(page_worker, "phone") == "their number"
    assert value_of(page_worker, "change_words") == WORDS
    assert stored(page_app) == 0
    # And once it is put right, it goes on
    page_worker.press("Continue", phone="07700 900123")
    assert page_worker.path == f"{FORM}/agree"


def test_half_a_form_can_be_kept(page_worker: Worker) -> None:
    # When a coordinator keeps what is there so far, though it is not complete
    page_worker.get(FORM)
    page_worker.press("Keep this for now", change_words=WORDS)
    # Then it is kept and nothing is called wrong
    assert value_of(page_worker, "change_words") == WORDS
    assert errors(page_worker) == []
    # When they go on without what is needed
    page_worker.press("Continue")
    # Then that is asked for
    assert errors(page_worker) == ["Choose Yes or No: “Are you 18 or older?”"]


def test_an_answer_that_fits_no_other_answer_is_not_dropped_in_silence(
    page_worker: Worker,
) -> None:
    # When a phone number is typed, but calls were not called safe
    enter(page_worker, safe_ways=["email"], email="robin@example.org")
    # Then it is said, because it could not be kept
    (said,) = errors(page_worker)
    assert said.startswith(
        "This does not fit with another answer. Clear this one, or change the other one: “"
    )


def test_how_they_agreed_must_be_said_and_the_ticks_stay(page_worker: Worker) -> None:
    # Given somebody's answers, read back
    enter(page_worker)
    # When it is sent without saying how they agreed
    page_worker.press("Send for this person", consent=["contact_me"])
    # Then that is asked for, and what was ticked is still ticked
    assert errors(page_worker) == ["Choose how the person answered"]
    assert value_of(page_worker, "consent") == ["contact_me"]


def test_no_box_is_ticked_for_anybody_and_none_promises_a_mail(page_worker: Worker) -> None:
    # Given somebody with a safe e-mail address
    enter(page_worker, safe_ways=["email"], email="robin@example.org", phone="")
    # Then the boxes are empty, and none is for a confirmation, which only the public door can promise
    assert value_of(page_worker, "consent") == []
    assert "mail_confirmation" not in page_worker.page.html


def test_nobody_under_18_is_entered(page_app: Flask, page_worker: Worker) -> None:
    # When somebody turns out to be a child
    enter(page_worker, adult="no")
    # Then the desk says what to tell them kindly, and nothing was kept
    assert "Nothing has been kept" in page_worker.page.text
    page_worker.get(FORM)
    assert value_of(page_worker, "change_words") == ""
    assert stored(page_app) == 0


def test_a_draft_ends_with_the_visit(page_worker: Worker) -> None:
    # Given half a form
    page_worker.get(FORM)
    page_worker.press("Keep this for now", change_words=WORDS)
    # When the coordinator signs out
    page_worker.press("Sign out")
    # Then nobody gets at it
    page_worker.get(FORM)
    assert page_worker.path == "/desk/sign-in"


def test_a_stranger_enters_nothing(page_app: Flask, page_stranger: Worker) -> None:
    # When somebody who is not signed in sends a form to the desk
    page_stranger.post(FORM, dict(SAID))
    # Then they are asked to sign in
    assert page_stranger.path == "/desk/sign-in"
    assert stored(page_app) == 0


def test_a_desk_of_its_own_makes_codes_that_the_public_door_knows(
    make_app: MakeApp, founded: Founded
) -> None:
    # Given the two doors as two processes, each with its own configuration
    desk, public = make_app(DOORS="desk"), make_app(DOORS="public")
    worker = Worker(desk, founded)
    worker.sign_in()
    # When answers are entered at the desk
    enter(worker)
    code = send(worker)
    # Then the person comes back with the code at the public door
    person = Visitor(public.test_client())
    come_back(person, code)
    person.follow("What you told us")
    assert WORDS in person.page.text
