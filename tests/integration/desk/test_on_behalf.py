"""A coordinator enters what a participant said by phone, face to face or on paper, page by page."""

import threading
from typing import Any

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.integration.at_once import at_once
from tests.integration.desk.entering import BEGIN, SAID, WORDS, begin, enter, send, type_in
from tests.integration.desk.worker import Worker
from tests.integration.public.steps import answer_to, errors, value_of
from tests.integration.tables import counts
from tests.people import come_back, shown_code, submissions_listed
from tests.visitor import Value, Visitor
from webapp.services.answers import on_behalf, own_copies
from webapp.services.infrastructure import audit
from webapp.services.keys.bootstrap import Founded


def stored(app: Flask) -> int:
    with app.app_context():
        return counts().get("submissions", 0)


def drafts(app: Flask) -> int:
    with app.app_context():
        return counts().get("entry_drafts", 0)


def test_answers_by_phone_are_stored_like_any_others(app: Flask, worker: Worker) -> None:
    # Given a coordinator with a participant on the phone
    worker.get("/desk/calls/support-needs")
    worker.follow("Enter answers for someone")
    # When each page is typed, all is read back, and sent
    draft = begin(worker)
    type_in(worker, draft, **SAID)
    worker.get(f"{draft}/check")
    assert "07700 900123" in worker.page.text
    code = send(worker, "contact_me")
    # Then the participant sees and holds all of it with their code
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
    # When answers are entered, with a permission
    enter(worker)
    send(worker, "contact_me")
    # Then the record says who entered which submission, how the participant told us and how they agreed
    worker.get("/desk/calls/support-needs")
    (submission,) = submissions_listed(worker)
    line = worker.record()[0]
    assert (line.tag, line.subject_id) == ("answers entered", submission)
    assert line.reason == "by phone, each permission read aloud"
    worker.get("/desk/record")
    assert "Entered answers for someone" in worker.page.text
    with app.app_context():
        assert audit.verify() > 0


def test_who_entered_it_reads_it_only_with_a_reason(worker: Worker) -> None:
    # Given entered answers whose code was passed on
    draft = enter(worker)
    send(worker)
    worker.press("I have passed it on")
    # When the coordinator looks where they typed, and at the submission
    worker.get(f"{draft}/page/change")
    assert worker.status == 404
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
    draft = enter(page_worker)
    code = send(page_worker)
    # Then it can be looked at again, from any page of the draft, also after signing in anew
    page_worker.press("Sign out")
    page_worker.sign_in()
    page_worker.get("/desk/entering")
    page_worker.follow("Pass on the code")
    assert shown_code(page_worker) == code
    page_worker.get(f"{draft}/page/change")
    assert shown_code(page_worker) == code
    assert WORDS not in page_worker.page.html
    # When it was passed on
    page_worker.press("I have passed it on")
    # Then it is nowhere any more
    page_worker.get(f"{draft}/code")
    assert page_worker.status == 404
    assert drafts(page_worker.app) == 0


def test_sending_twice_is_sending_once(page_app: Flask, page_worker: Worker) -> None:
    # Given answers that are about to be sent
    draft = enter(page_worker)
    data = last_page_filled_in(page_worker)
    # When the button is pressed twice
    page_worker.post(f"{draft}/check", data)
    code = shown_code(page_worker)
    page_worker.post(f"{draft}/check", data)
    # Then one submission is stored, with one code
    assert shown_code(page_worker) == code
    assert stored(page_app) == 1


def last_page_filled_in(worker: Worker) -> dict[str, Value]:
    """What pressing "Send for this person" would send."""
    form, _ = worker._form_with("Send for this person")
    token = next(one.get("value") for one in form.iter("input") if one.get("name") == "csrf_token")
    return {"csrf_token": token, "agreed": "read"}


def test_pressing_twice_at_once_stores_one_person_under_the_code_that_is_shown(
    app: Flask, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given two presses of one coordinator, and neither is through before both have begun
    draft = enter(worker)
    data, cookie = last_page_filled_in(worker), worker.client.get_cookie("hearth-desk")
    assert cookie is not None
    both_here, store = threading.Barrier(2), on_behalf.enter_for

    def together(*args: Any, **kwargs: Any) -> None:
        both_here.wait(timeout=30)
        store(*args, **kwargs)

    def press() -> int:
        client = app.test_client()
        client.set_cookie("hearth-desk", cookie.value)
        return client.post(f"{draft}/check", data=data).status_code

    # When both are sent
    with monkeypatch.context() as patch:
        patch.setattr(on_behalf, "enter_for", together)
        assert at_once(app, press, press) == [303, 303]
    # Then one person is stored, and the code that is shown is theirs
    assert stored(app) == 1
    worker.get(f"{draft}/code")
    with app.app_context():
        assert own_copies.find_held(shown_code(worker)).answers["change_words"] == WORDS


def test_what_was_changed_in_another_tab_is_what_is_sent(page_worker: Worker) -> None:
    # Given a last page in one tab, and in another a page of the same draft, with something wrong
    draft = enter(page_worker)
    data = last_page_filled_in(page_worker)
    type_in(page_worker, draft, phone="their number")
    # When the first tab sends
    page_worker.post(f"{draft}/check", data)
    # Then nothing is stored, and what is wrong is named
    assert stored(page_worker.app) == 0
    assert "Write a phone number with digits" in page_worker.page.text


def test_nothing_typed_is_lost_by_a_mistake(page_app: Flask, page_worker: Worker) -> None:
    # When something cannot be taken
    draft = enter(page_worker)
    type_in(page_worker, draft, phone="their number")
    # Then its page says so, and everything that was typed is still there
    (said,) = errors(page_worker)
    assert said.startswith(
        "Write a phone number with digits, like 07700 900123, or leave this empty: “"
    )
    assert value_of(page_worker, "phone") == "their number"
    assert stored(page_app) == 0
    # And once it is corrected, it goes on
    page_worker.press("Continue", phone="07700 900123")
    assert page_worker.path == f"{draft}/page/times"


def test_a_page_can_be_left_without_what_it_needs_and_the_end_asks_for_it(
    page_worker: Worker,
) -> None:
    # When a coordinator goes on to another page by the line of pages
    draft = begin(page_worker)
    page_worker.get(f"{draft}/page/change")
    page_worker.press("Continue", change_words=WORDS)
    # Then nothing is called wrong there, and what was typed is kept
    assert errors(page_worker) == []
    page_worker.get(f"{draft}/page/change")
    assert value_of(page_worker, "change_words") == WORDS
    # And where it is read back, what is needed is asked for, and nothing can be sent
    page_worker.get(f"{draft}/check")
    assert "Choose Yes or No: “Are you 18 or older?”" in page_worker.page.text
    assert "Send for this person" not in page_worker.buttons()


def test_every_choice_can_be_cleared(page_worker: Worker) -> None:
    # Given choices that were made by a slip, one of one kind and one of the other
    draft = begin(page_worker)
    type_in(page_worker, draft, had_assessment="yes", contact_wanted="yes", safe_ways=["call"])
    # When they are let go
    type_in(page_worker, draft, had_assessment="", safe_ways=[])
    # Then they are empty, and stay so
    page_worker.get(f"{draft}/page/assessment")
    assert value_of(page_worker, "had_assessment") in ("", [], [""])
    page_worker.get(f"{draft}/page/safe-ways")
    assert value_of(page_worker, "safe_ways") in ("", [])
    # And a whole page can be cleared at once
    page_worker.get(f"{draft}/page/contact")
    page_worker.press("Clear this page")
    assert page_worker.path == f"{draft}/page/contact"
    assert "Clear this page" not in page_worker.buttons()


def test_an_answer_that_fits_no_other_answer_names_the_other_question(page_worker: Worker) -> None:
    # Given a participant who had an assessment, and a slip on the page for people who had none
    draft = begin(page_worker)
    type_in(page_worker, draft, adult="yes", had_assessment="yes", why_without="not_told")
    # Then the page says which two questions do not go together, by the numbers of the form on paper
    (said,) = errors(page_worker)
    assert said == (
        "Question 3 does not fit the answer to question 2 (“Yes”): clear this, or change question 2"
    )
    # And where it is read back, both are linked, and it is not dropped in silence
    page_worker.get(f"{draft}/check")
    assert said in page_worker.page.text
    links = [one.get("href") for one in page_worker.page.all("a")]
    assert f"{draft}/page/without?from=check#why_without-0" in links
    assert f"{draft}/page/assessment?from=check" in links
    # When it is cleared
    page_worker.get(f"{draft}/page/without?from=check")
    assert errors(page_worker) == [said]
    page_worker.press("Continue", why_without="")
    # Then the coordinator is back where all is read back, and nothing is wrong any more
    assert page_worker.path == f"{draft}/check"
    assert "Put this right first" not in page_worker.page.text


def test_questions_have_the_numbers_of_the_form_on_paper(page_worker: Worker) -> None:
    # Given the form on paper
    paper = Visitor(page_worker.app.test_client())
    paper.get("/en/calls/support-needs/paper")
    # When a coordinator looks at a page
    draft = begin(page_worker)
    page_worker.get(f"{draft}/page/phone")
    # Then its questions have the same numbers
    for number, words in numbered(page_worker):
        assert f"{number}. {words}" in paper.page.text or f"{number} {words}" in paper.page.text


def numbered(worker: Worker) -> list[tuple[str, str]]:
    found = []
    for one in [*worker.page.all("label"), *worker.page.all("legend")]:
        mark = next((span for span in one.iter("span") if span.get("class") == "q"), None)
        if mark is not None:
            number = "".join(mark.itertext())
            words = " ".join("".join(one.itertext()).split()).removeprefix(number).strip()
            found.append((number, words))
    assert found
    return found


def test_a_page_off_the_way_says_by_which_answer(page_worker: Worker) -> None:
    # Given a participant who had no assessment
    draft = begin(page_worker)
    type_in(page_worker, draft, adult="yes", had_assessment="no")
    # Then Continue passes by what is not asked
    page_worker.press("Continue")
    assert page_worker.path == f"{draft}/page/health"
    # And the line of pages, and the page itself, say why
    assert "Not asked, because question 2 says “No”" in page_worker.page.text
    page_worker.get(f"{draft}/page/the-people")
    assert "This page is not asked, because question 2 says “No”" in page_worker.page.text


def test_the_first_answer_that_decides_is_the_one_that_is_named(page_worker: Worker) -> None:
    # Given a participant who wants no contact, so that no way is asked for, and no number
    draft = begin(page_worker)
    type_in(page_worker, draft, adult="yes", contact_wanted="no")
    # When a number is typed all the same
    type_in(page_worker, draft, phone="07700 900123")
    # Then the message names the question about contact, not the one about ways that was not asked either
    (said,) = errors(page_worker)
    assert said == (
        "Question 22 does not fit the answer to question 16 (“No”): clear this, or change question 16"
    )
    page_worker.press("Go to question 16")
    assert page_worker.path == f"{draft}/page/contact"


def test_only_pages_where_something_stands_are_read_back(page_worker: Worker) -> None:
    # When hardly anything was answered
    draft = begin(page_worker)
    type_in(page_worker, draft, adult="yes", change_words=WORDS)
    page_worker.get(f"{draft}/check")
    # Then there is no heading with nothing below it
    sections = page_worker.page.all("section")
    topics = [one for one in sections if one.get("class") == "topic"]
    assert len(topics) == 3
    assert all("".join(one.itertext()).strip() for one in topics)
    # And what was left blank is said once, by number
    assert "Left blank: questions 2, " in page_worker.page.text


def test_how_they_agreed_must_be_said_and_the_ticks_stay(page_worker: Worker) -> None:
    # Given a participant's answers, read back
    enter(page_worker)
    # When a permission is ticked without saying how they agreed
    page_worker.press("Send for this person", consent=["contact_me"])
    # Then that is asked for, and what was ticked is still ticked
    assert errors(page_worker) == ["Choose how the person agreed to what you ticked"]
    assert value_of(page_worker, "consent") == ["contact_me"]
    assert stored(page_worker.app) == 0


def test_no_box_is_ticked_in_advance_and_none_promises_a_mail(page_worker: Worker) -> None:
    # Given a participant with a safe e-mail address
    enter(page_worker, safe_ways=["email"], email="robin@example.org", phone="")
    # Then the boxes are empty, and none is for a confirmation, which only the public door can promise
    assert value_of(page_worker, "consent") == []
    assert "mail_confirmation" not in page_worker.page.html


def test_no_participant_under_18_is_entered(page_app: Flask, page_worker: Worker) -> None:
    # When a participant turns out to be a child
    draft = begin(page_worker)
    page_worker.press("Continue", adult="no")
    # Then the desk says what to tell them kindly, and nothing is kept
    assert "Nothing has been kept" in page_worker.page.text
    page_worker.get(f"{draft}/page/first")
    assert page_worker.status == 404
    assert (stored(page_app), drafts(page_app)) == (0, 0)


def test_a_slip_at_the_age_loses_no_other_page(page_app: Flask, page_worker: Worker) -> None:
    # Given a draft with words in it
    draft = begin(page_worker)
    type_in(page_worker, draft, adult="yes", change_words=WORDS)
    # When "No" is pressed by a slip
    type_in(page_worker, draft, adult="no")
    # Then that answer is not kept, and the coordinator says whether it was one
    assert "That answer was not kept" in page_worker.page.text
    page_worker.follow("It was a slip: go back")
    assert value_of(page_worker, "adult") in ("yes", ["yes"])
    # And when it was none, all of it goes
    page_worker.press("Continue", adult="no")
    page_worker.press("Throw it away")
    assert drafts(page_app) == 0


def test_a_stranger_enters_nothing(page_app: Flask, page_stranger: Worker) -> None:
    # When a visitor who is not signed in wants to enter a form
    page_stranger.post(BEGIN, {"how": "phone"})
    # Then they are asked to sign in
    assert page_stranger.path == "/desk/sign-in"
    assert (stored(page_app), drafts(page_app)) == (0, 0)


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
    # Then the participant comes back with the code at the public door
    person = Visitor(public.test_client())
    come_back(person, code)
    person.follow("What you told us")
    assert WORDS in person.page.text
