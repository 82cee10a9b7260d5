"""Skipping a page never deletes; deleting has a button of its own, which says so."""

import pytest
from flask import Flask

from tests.integration.public.steps import (
    CALL,
    answer_to,
    correction_page,
    correction_step,
    errors,
    page_address,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back
from tests.visitor import Value, Visitor

DELETE = "Delete my answers on this page"
SKIP = "Skip this page"


def skip(visitor: Visitor, key: str, **typed: Value) -> None:
    """What a browser sends that shows the skip button of a page as it was when it held nothing."""
    visitor.get(page_address(key))
    token, action = value_of(visitor, "csrf_token"), page_address(key)
    visitor.post(action, {"csrf_token": token, "do": "skip", **typed})


def correct(visitor: Visitor, code: str) -> None:
    """Hand in a code, and begin to change the page about what should change."""
    come_back(visitor, code)
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    assert visitor.path == correction_page("change")


def test_skipping_keeps_what_was_kept_before(visitor: Visitor) -> None:
    # Given a page that was answered, and a tab that showed it when it was empty
    walk_to(visitor, "health", had_assessment="yes")
    visitor.press("Continue", feeling="worse", health_words="I was alone.")
    # When it is skipped there
    skip(visitor, "health")
    # Then they go on, and all of it is still there
    assert visitor.path == page_address("later")
    visitor.get(page_address("health"))
    assert value_of(visitor, "feeling") == ["worse"]
    assert value_of(visitor, "health_words") == "I was alone."


def test_a_page_that_was_sent_empty_offers_nothing_to_delete(visitor: Visitor) -> None:
    # Given the page whose one answer is needed
    begin(visitor)
    # When it is sent without one
    visitor.press("Continue")
    # Then it says so, and offers to delete nothing
    assert errors(visitor)
    assert DELETE not in visitor.page.text


def test_skipping_keeps_what_stands_typed_in_the_form(visitor: Visitor) -> None:
    # Given words that stand on the page and were never sent
    walk_to(visitor, "health", had_assessment="yes")
    # When the page is skipped
    visitor.press(SKIP, health_words="I was alone.")
    # Then they go on, and the words are an answer
    assert visitor.path == page_address("later")
    visitor.get(step_address("check"))
    assert "I was alone." in visitor.page.text


def test_skipping_keeps_both_where_each_says_something(visitor: Visitor) -> None:
    walk_to(visitor, "health", had_assessment="yes")
    visitor.press("Continue", feeling="worse", health_words="Before.")
    # When a form is skipped that says one thing anew and leaves the other empty
    skip(visitor, "health", health_words="Now.")
    visitor.get(page_address("health"))
    # Then the new words are there, and so is what was left empty
    assert value_of(visitor, "health_words") == "Now."
    assert value_of(visitor, "feeling") == ["worse"]


def test_skipping_keeps_words_that_wait(visitor: Visitor) -> None:
    # Given words that were refused, and another tab that does not know of them
    long = "Too long. " * 200
    walk_to(visitor, "change")
    visitor.press("Continue", change_words=long)
    # When the page is skipped in that tab
    skip(visitor, "change")
    # Then they go on, and what was refused still waits, with what is wrong
    assert visitor.path == page_address("contact")
    visitor.get(page_address("change"))
    assert value_of(visitor, "change_words") == long
    assert "Make this" in errors(visitor)[0]


def test_words_that_cannot_be_taken_are_skipped_and_hold_back_send(visitor: Visitor) -> None:
    # Given a page that holds nothing, and far too much typed in it
    long = "Too long. " * 200
    walk_to(visitor, "change")
    # When it is skipped
    visitor.press(SKIP, change_words=long)
    # Then they go on, and before anything is sent they are led back to the words
    assert visitor.path == page_address("contact")
    visitor.get(step_address("check"))
    visitor.press("Continue")
    assert visitor.path == page_address("change")
    assert value_of(visitor, "change_words") == long


def test_a_page_that_holds_something_offers_to_delete_it_and_no_skip(
    page_visitor: Visitor,
) -> None:
    walk_to(page_visitor, "health", had_assessment="yes")
    assert SKIP in page_visitor.buttons() and DELETE not in page_visitor.buttons()
    page_visitor.press("Continue", feeling="worse")
    page_visitor.back()
    assert DELETE in page_visitor.buttons() and SKIP not in page_visitor.buttons()


def test_deleting_is_a_button_of_its_own(visitor: Visitor) -> None:
    # Given a page with answers
    walk_to(visitor, "health", had_assessment="yes")
    visitor.press("Continue", feeling="worse", health_words="I was alone.")
    visitor.back()
    # When they are deleted
    visitor.press(DELETE)
    # Then the page says so, is empty, and nothing of it would be sent
    assert visitor.path == page_address("health")
    assert "We deleted your answers on this page." in visitor.page.text
    assert value_of(visitor, "feeling") == []
    assert value_of(visitor, "health_words") == ""
    visitor.get(step_address("check"))
    assert "I was alone." not in visitor.page.text
    # And what is on other pages stays
    visitor.get(page_address("assessment"))
    assert value_of(visitor, "had_assessment") == ["yes"]


def test_in_a_correction_skipping_keeps_what_was_sent(visitor: Visitor) -> None:
    # Given answers that were sent
    code = send_answers(visitor, change_words="More time.")
    correct(visitor, code)
    token, tag = value_of(visitor, "csrf_token"), value_of(visitor, "belongs-to")
    # When the page is skipped, and saved
    sent: dict[str, Value] = {"csrf_token": str(token), "belongs-to": str(tag), "do": "skip"}
    visitor.post(correction_page("change"), sent)
    visitor.get(correction_step("check"))
    # Then it is as it was
    assert answer_to(visitor, "If you could change one or two things, what would they be?") == (
        "More time."
    )


def test_in_a_correction_deleting_waits_until_it_is_saved(visitor: Visitor) -> None:
    code = send_answers(visitor, change_words="More time.")
    correct(visitor, code)
    # When a page is emptied
    visitor.press(DELETE)
    # Then the page says that what was sent stays until it is saved
    assert "What you sent before stays until you press “Save my changes”." in visitor.page.text
    visitor.get("/en/choices/answers")
    assert "More time." in visitor.page.text


def test_emptying_a_page_says_that_a_code_still_keeps_it(page_visitor: Visitor) -> None:
    # Given answers that wait under a code
    walk_to(page_visitor, "change", change_words="More time.")
    page_visitor.press("Stop for now")
    page_visitor.press("Give me a return code")
    page_visitor.get(page_address("change"))
    # When the page is emptied, then it is said that they wait there still
    page_visitor.press(DELETE)
    assert "What waits under your code stays" in page_visitor.page.text


@pytest.mark.parametrize("do", ["skip", "delete"])
def test_the_question_that_is_needed_is_asked_all_the_same(
    page_app: Flask, page_visitor: Visitor, do: str
) -> None:
    begin(page_visitor, call=CALL)
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post(page_address("first"), {"csrf_token": token, "do": do})
    page_visitor.get(step_address("check"))
    page_visitor.press("Continue")
    assert page_visitor.path == page_address("first")


def test_a_page_on_which_nothing_stands_offers_nothing_to_delete(page_visitor: Visitor) -> None:
    # Given the first page, which needs an answer and was sent without one
    begin(page_visitor)
    page_visitor.press("Continue")
    # Then it says what is missing, and there is nothing to delete
    assert errors(page_visitor) != []
    assert DELETE not in page_visitor.buttons()
