"""The last step: consent that no participant is pushed into, and Send that never says more or less than is so."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import publish_demo_call
from tests.integration.damage import spoilt_key
from tests.integration.public.steps import (
    NOT_SAFELY,
    START,
    answer,
    answer_to,
    errors,
    go_to_check,
    kept,
    later,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back, send, shown_code
from tests.visitor import Value, Visitor
from webapp.rules import clock

REACH = {
    "contact_wanted": "yes",
    "safe_ways": ["email"],
    "email": "robin@example.org",
    "email_shared": "no",
}
AGREE = step_address("agree")
DONE = step_address("done")


def at_send(visitor: Visitor, **said: Value) -> None:
    """A participant before the last button."""
    go_to_check(visitor, **said)
    visitor.press("Continue")
    assert visitor.path == AGREE


# Consent


def test_no_box_is_ticked_in_advance(page_visitor: Visitor) -> None:
    # Given a participant whom we could reach
    at_send(page_visitor, **REACH)
    # Then there is a box for each purpose, and none is ticked
    boxes = [one for one in page_visitor.page.all("input") if one.get("name") == "consent"]
    assert [one.get("value") for one in boxes] == [
        "contact_me",
        "quote",
        "invite",
        "share",
        "mail_confirmation",
    ]
    assert value_of(page_visitor, "consent") == []


def test_sending_with_no_box_ticked_is_fine(page_visitor: Visitor) -> None:
    at_send(page_visitor, change_words="More time.")
    page_visitor.press("Send")
    assert page_visitor.path == DONE
    assert page_visitor.page.h1 == "Thank you. We have your answers."


def test_what_is_said_about_contact_is_what_was_agreed(page_visitor: Visitor) -> None:
    at_send(page_visitor, **REACH)
    page_visitor.press("Send", consent=["invite"])
    assert "We only get in touch for what you agreed to" in page_visitor.page.text


def test_without_a_safe_way_a_participant_is_not_asked_whether_we_may_reach_them(
    page_visitor: Visitor,
) -> None:
    # Given a participant who gave an address, and then said that no way is safe
    answer(page_visitor, **REACH)
    page_visitor.get(page_address("safe-ways"))
    page_visitor.press("Continue", safe_ways=["none"])
    page_visitor.get(step_address("check"))
    page_visitor.press("Continue")
    # Then only the purpose that needs no contact is offered
    boxes = [one for one in page_visitor.page.all("input") if one.get("name") == "consent"]
    assert [one.get("value") for one in boxes] == ["quote"]
    # And a program that ticks another gets nothing by it
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post(AGREE, {"consent": ["contact_me", "nonsense"], "csrf_token": token})
    come_back(page_visitor, shown_code(page_visitor))
    page_visitor.follow("What you gave us permission for")
    assert "Take back my permission" not in page_visitor.buttons()


# Not a program


def test_a_hidden_box_that_was_filled_in_asks_once_more(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a browser that fills in every box it finds
    at_send(page_visitor)
    page_visitor.press("Send", consent=["quote"], website="https://example.org")
    # Then nothing is sent, what was ticked stays, and pressing once more works
    assert kept(page_app) == {}
    assert "Please press Send once more." in page_visitor.page.text
    assert value_of(page_visitor, "consent") == ["quote"]
    page_visitor.press("Send")
    assert rows_in(page_app, "submissions") == 1


def test_a_browser_that_always_fills_in_the_hidden_box_can_send(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant whose browser fills it in each time
    at_send(page_visitor)
    page_visitor.press("Send", website="https://mine.example")
    assert page_visitor.path == AGREE
    # When they press Send once more, as they were asked to
    page_visitor.press("Send", website="https://mine.example")
    # Then it is sent
    assert page_visitor.path == DONE
    assert rows_in(page_app, "submissions") == 1


def test_a_participant_too_fast_is_asked_once_more(make_page_app: MakeApp) -> None:
    # Given the limits as they are outside tests, and a participant who is done within one second
    app = make_page_app(LIMIT_FACTOR="1")
    fast = Visitor(app.test_client())
    with time_machine.travel(clock.now(), tick=False):
        at_send(fast)
        fast.press("Send", consent=["quote"])
        # Then nothing is sent yet, and what was ticked stays
        assert "That was very fast." in fast.page.text
        assert value_of(fast, "consent") == ["quote"]
        assert kept(app) == {}
    # And a moment later it is sent
    with later(seconds=5):
        fast.press("Send")
    assert fast.path == DONE
    assert rows_in(app, "submissions") == 1


# Once and only once


def test_two_at_the_same_moment_are_one_submission(app: Flask, visitor: Visitor) -> None:
    # Given one finger and a bouncing button, or two tabs at the last step
    at_send(visitor)
    token = value_of(visitor, "csrf_token")
    cookie = visitor.client.get_cookie("hearth")
    assert cookie is not None

    def press(_: int) -> int:
        other = app.test_client()
        other.set_cookie("hearth", cookie.value)
        return other.post(AGREE, data={"csrf_token": token, "consent": ["quote"]}).status_code

    # When both arrive at once
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(press, range(4)))
    # Then both lead on, there is one submission, and one code that opens it
    assert set(statuses) == {303}
    assert rows_in(app, "submissions") == 1
    visitor.get(DONE)
    come_back(visitor, shown_code(visitor))
    assert visitor.path == "/en/choices/held"


def test_back_from_the_code_leads_to_the_code(page_visitor: Visitor) -> None:
    # Given a participant with their code
    code = send_answers(page_visitor, change_words="More time.")
    # When they go back, however far
    for address in (AGREE, step_address("check"), page_address("change")):
        page_visitor.get(address)
        # Then they are where the code is
        assert page_visitor.path == DONE, address
        assert shown_code(page_visitor) == code


def test_another_tab_learns_that_it_was_sent(page_app: Flask, page_visitor: Visitor) -> None:
    # Given two tabs, and the answers sent in one of them
    walk_to(page_visitor, "change")
    other_tab, token = page_visitor.path, value_of(page_visitor, "csrf_token")
    page_visitor.get(step_address("check"))
    code = send(page_visitor)
    # When something is sent in the other
    page_visitor.post(other_tab, {"csrf_token": token, "change_words": "Late.", "do": "continue"})
    # Then it does not say that nothing was sent: it shows the code
    assert page_visitor.path == DONE
    assert shown_code(page_visitor) == code
    assert rows_in(page_app, "submissions") == 1


def test_the_next_person_at_the_same_browser_sends_their_own(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who sent their answers and handed the phone on, the code still on the screen
    first = send_answers(page_visitor, change_words="Mine.")
    # When another participant begins, and sends
    begin(page_visitor)
    assert page_visitor.path == page_address("first")
    second = send_answers(page_visitor, change_words="Another.")
    # Then there are two submissions, and each has its own code
    assert first != second
    assert rows_in(page_app, "submissions") == 2
    for code, said in ((first, "Mine."), (second, "Another.")):
        come_back(page_visitor, code)
        page_visitor.follow("What you told us")
        question = "If you could change one or two things, what would they be?"
        assert answer_to(page_visitor, question) == said


def test_beginning_again_in_another_tab_costs_nothing(page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering
    walk_to(page_visitor, "change", had_assessment="no")
    page_visitor.press("Continue", change_words="More time.")
    # When they open the start page in another tab and begin there
    begin(page_visitor)
    # Then what they said is still there
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == "More time."


def test_two_tabs_on_two_pages_lose_nothing(app: Flask, visitor: Visitor) -> None:
    # Given one Visit in two tabs
    begin(visitor)
    token = value_of(visitor, "csrf_token")
    cookie = visitor.client.get_cookie("hearth")
    assert cookie is not None
    pages = {
        "health": {"feeling": "better", "health_words": "A garden."},
        "change": {"change_words": "More time."},
        "first": {"adult": "yes"},
        "contact": {"contact_wanted": "no"},
    }

    def press(key: str) -> int:
        tab = app.test_client()
        tab.set_cookie("hearth", cookie.value)
        data = {**pages[key], "csrf_token": token, "do": "continue"}
        return tab.post(page_address(key), data=data).status_code

    # When all send their page at the same moment
    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(press, pages)) == {303}
    # Then every answer is there
    visitor.get(step_address("check"))
    for said in ("A garden.", "More time.", "Yes, I felt better"):
        assert said in visitor.page.text


# The code


def test_the_code_can_be_seen_until_it_is_kept(page_visitor: Visitor) -> None:
    # Given a participant with their code
    code = send_answers(page_visitor)
    # When the page is loaded again, also in another language
    page_visitor.get(DONE)
    assert shown_code(page_visitor) == code
    page_visitor.get(step_address("done", "ar"))
    assert shown_code(page_visitor) == code
    # Then it is there until they say that they have it
    page_visitor.get(DONE)
    page_visitor.press("I have kept my code")
    page_visitor.get(DONE)
    assert code not in page_visitor.page.text
    assert page_visitor.path == "/en/calls/support-needs/"


def test_the_code_page_is_not_there_before(page_visitor: Visitor) -> None:
    begin(page_visitor)
    page_visitor.get(DONE)
    assert page_visitor.path != DONE
    assert not re.search(r"\b[0-9A-Z]{4}(-[0-9A-Z]{4}){5}\b", page_visitor.page.text)


@pytest.mark.parametrize("step", ["check", "more", "agree", "done"])
def test_a_step_without_a_visit_leads_to_the_start(page_visitor: Visitor, step: str) -> None:
    page_visitor.get(step_address(step))
    assert page_visitor.path == "/en/calls/support-needs/"
    assert errors(page_visitor) == []


def test_calls_with_similar_names_do_not_take_each_others_answers(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who answers one call, and then one whose name is the beginning of its name
    with page_app.app_context():
        publish_demo_call("support")
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="More time.")
    # When they send the other one
    begin(page_visitor, call="support")
    page_visitor.press("Continue", adult="yes")
    page_visitor.get("/en/calls/support/check")
    send(page_visitor)
    # Then what they said in the first is still there
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == "More time."


# A key that answers are sealed to is gone, or an attacker put in their own: nothing is sent, and nothing is lost


@pytest.mark.parametrize("gone", [False, True], ids=["swapped", "gone"])
@pytest.mark.parametrize("purpose", ["testimony", "contact"])
def test_without_a_key_to_seal_to_nothing_is_sent_and_nothing_is_lost(
    app: Flask, visitor: Visitor, purpose: str, gone: bool
) -> None:
    # Given a participant before Send, and a key that is not as it was made
    at_send(visitor, change_words="Mine.", **REACH)
    with spoilt_key(app, purpose, gone=gone):
        # When they press Send
        visitor.press("Send", consent=["contact_me"])
        # Then they read why, that nothing was sent, and what else they can do
        assert (visitor.status, visitor.page.h1) == (503, NOT_SAFELY)
        assert "your answers are still here" in visitor.page.text
        assert "Answer in another way, or on paper" in visitor.page.text
        assert kept(app) == {}
        # And their answers can wait under a return code
        visitor.press("Stop for now")
        visitor.press("Give me a return code")
        assert shown_code(visitor)
    # When it is put right
    visitor.get(AGREE)
    # Then everything is there, the box that they ticked too, and is sent
    assert value_of(visitor, "consent") == ["contact_me"]
    visitor.press("Send")
    assert visitor.path == DONE


@pytest.mark.usefixtures("read_anew")
def test_a_call_that_cannot_be_sent_is_not_begun(app: Flask, visitor: Visitor) -> None:
    # Given a call with a key that is not as it was made
    with spoilt_key(app, "equality"):
        # When a participant begins
        visitor.get(START)
        visitor.press("Begin")
        # Then they are told before they write anything, and there is no Visit to be found
        assert (visitor.status, visitor.page.h1) == (503, NOT_SAFELY)
        assert "your answers are still here" not in visitor.page.text
        assert rows_in(app, "public_visits") == 0
    # And when it is put right, they can begin
    begin(visitor)
    assert "/page/" in visitor.path


def test_changes_wait_while_a_key_is_not_as_it_was_made(app: Flask, visitor: Visitor) -> None:
    # Given a participant who corrects what they said
    go_to_check(visitor, change_words="Mine.")
    come_back(visitor, send(visitor))
    visitor.follow("What you told us")
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    visitor.press("Continue", change_words="Changed.")
    check = visitor.path
    with spoilt_key(app, "testimony"):
        # When they save
        visitor.press("Save my changes")
        # Then nothing was changed, and it says so
        assert (visitor.status, visitor.page.h1) == (503, NOT_SAFELY)
    # And later it can be saved
    visitor.get(check)
    visitor.press("Save my changes")
    assert "Saved." in visitor.page.text
