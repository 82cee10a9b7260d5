"""What a step brought is told on the page that it leads to, and on no other."""

import pytest
from flask import Flask

from tests.integration.public.booker import ADDRESS, Booker, publish
from tests.integration.public.steps import (
    START,
    correction_page,
    correction_step,
    go_to_check,
    later,
    page_address,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back
from tests.visitor import Visitor

AGREE = step_address("agree")
ONCE_MORE = "Your browser may have filled in something by itself."
WAITED = "More than 2 hours went by"
SAVED = "Saved. We keep your new answers"


def asked_once_more(visitor: Visitor) -> None:
    """Be at the last button, with a hidden box that the browser filled in."""
    go_to_check(visitor)
    visitor.press("Continue")
    visitor.press("Send", website="https://mine.example")
    assert visitor.path == AGREE
    assert ONCE_MORE in visitor.page.text


def test_what_is_told_at_the_last_button_is_told_nowhere_else(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who is asked to press Send once more
    publish(page_app, slug="meeting")
    asked_once_more(page_visitor)
    # When they look at other pages, of this call and of an event
    page_visitor.post("/en/events/meeting/begin")
    for address in (
        page_address("change"),
        step_address("check"),
        "/en/choices",
        "/en/events/meeting/register",
    ):
        page_visitor.get(address)
        # Then none speaks of it
        assert "once more" not in page_visitor.page.text


def test_a_page_that_is_loaded_again_or_in_another_language_still_tells_it(
    page_visitor: Visitor,
) -> None:
    asked_once_more(page_visitor)
    page_visitor.get(AGREE)
    assert ONCE_MORE in page_visitor.page.text
    page_visitor.get(step_address("agree", "cy"))
    assert "notice" in page_visitor.page.html
    page_visitor.get(AGREE)
    assert ONCE_MORE in page_visitor.page.text


def test_a_participant_who_pressed_another_button_meanwhile_is_not_told_it_again(
    page_visitor: Visitor,
) -> None:
    # Given a participant who is asked to press Send once more, and who changes an answer first
    asked_once_more(page_visitor)
    page_visitor.get(f"{page_address('change')}?from=check")
    page_visitor.press("Continue", change_words="More time.")
    # When they are at the last button again
    page_visitor.press("Continue")
    # Then it is as when they first came
    assert page_visitor.path == AGREE
    assert "once more" not in page_visitor.page.text


def test_that_answers_are_erased_is_told_on_one_page(page_visitor: Visitor) -> None:
    # Given a participant whose page lay open for too long
    walk_to(page_visitor, "change")
    with later(hours=3):
        page_visitor.press("Continue", change_words="Mine.")
        assert page_visitor.path == page_address("first")
        assert WAITED in page_visitor.page.text
        # When they look at the next page, and come back to the first
        page_visitor.get(page_address("change"))
        assert WAITED not in page_visitor.page.text
        page_visitor.get(page_address("first"))
        page_visitor.press("Continue", adult="yes")
        page_visitor.get(page_address("first"))
        # Then it was told, and is not told again
        assert WAITED not in page_visitor.page.text


def test_a_call_and_an_event_keep_their_news_apart(page_app: Flask, booker: Booker) -> None:
    # Given a registrant who is asked to press once more in a booking
    publish(page_app, slug="meeting")
    booker.begin("meeting")
    booker.press_first(registrant_email=ADDRESS, website="https://mine.example")
    assert "Nothing is booked yet." in booker.page.text
    # When they look at a question of a call
    begin(booker)
    booker.get(page_address("first"))
    # Then it says nothing of that
    assert "booked" not in booker.page.text


def correct(visitor: Visitor) -> None:
    """At "My choices", change an answer, up to "check your answers"."""
    visitor.get("/en/choices/answers")
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    visitor.press("Continue", change_words="Now.")
    assert visitor.path == correction_step("check")


def test_save_pressed_twice_still_says_that_it_is_saved(page_visitor: Visitor) -> None:
    # Given a participant who corrects an answer
    come_back(page_visitor, send_answers(page_visitor, change_words="Before."))
    correct(page_visitor)
    token = value_of(page_visitor, "csrf_token")
    # When they press Save twice
    page_visitor.press_first()
    page_visitor.post(correction_step("check"), {"csrf_token": token})
    # Then they read that it is saved
    assert page_visitor.path == "/en/choices/held"
    assert SAVED in page_visitor.page.text
    # And not any more once they begin to change something, and do not
    correct(page_visitor)
    page_visitor.post("/en/choices/keep", {"csrf_token": token})
    assert page_visitor.path == "/en/choices/held"
    assert SAVED not in page_visitor.page.text


def test_what_waits_for_the_code_is_told_until_the_code_is_there(page_visitor: Visitor) -> None:
    # Given a participant whose choices closed while they wrote
    code = send_answers(page_visitor, change_words="Before.")
    come_back(page_visitor, code)
    correct(page_visitor)
    page_visitor.get(correction_page("change"))
    with later(hours=3):
        page_visitor.press("Continue", change_words="Too late.")
        assert "What you wrote last is still here" in page_visitor.page.text
        # When they mistype their code
        page_visitor.press_first(code=code[:-1])
        # Then they still read what waits, and after the code they do not
        assert "What you wrote last is still here" in page_visitor.page.text
        page_visitor.press_first(code=code)
        assert "waits here" not in page_visitor.page.text


@pytest.mark.parametrize("press", ["Begin", "a code"])
def test_the_participant_who_comes_next_on_this_phone_is_told_nothing_of_before(
    page_app: Flask, page_visitor: Visitor, press: str
) -> None:
    # Given a phone on which a participant was asked to press once more
    code = send_answers(Visitor(page_app.test_client()))
    asked_once_more(page_visitor)
    # When the next one begins, or hands in a code
    if press == "Begin":
        page_visitor.post(f"{START}begin")
    else:
        come_back(page_visitor, code)
    page_visitor.get(AGREE)
    # Then the last button says nothing of it
    assert "once more" not in page_visitor.page.text
