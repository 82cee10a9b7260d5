"""Words written in a correction whose Visit has ended, or whose code gave way to another: none are lost.

They wait for their writer's code, and no other code shows them.
"""

import pytest
from flask import Flask

from tests.integration.public.steps import (
    CALL,
    answer_to,
    correction_page,
    correction_step,
    later,
    send_answers,
    value_of,
)
from tests.people import begin, come_back
from tests.visitor import Visitor

FIRST, SECOND = "Written in the first tab.", "Written in the second tab."
QUESTION = "If you could change one or two things, what would they be?"


def correct(visitor: Visitor, key: str) -> None:
    """At "My choices", go to the page that changes this."""
    visitor.get("/en/choices/answers")
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": token, "page": key})


@pytest.fixture
def tabs(page_app: Flask) -> tuple[Visitor, Visitor, str]:
    """A participant who corrects what they sent, with a page open in each of two tabs, and their code."""
    one, other = Visitor(page_app.test_client()), Visitor(page_app.test_client())
    other.client = one.client
    code = send_answers(one, had_assessment="yes", change_words="Sent.")
    come_back(one, code)
    correct(one, "health")
    other.get(correction_page("change"))
    assert other.path == correction_page("change")
    return one, other, code


def go_on(visitor: Visitor, code: str, key: str) -> None:
    come_back(visitor, code)
    correct(visitor, key)


def save(visitor: Visitor) -> None:
    visitor.get(correction_step("check"))
    visitor.press_first()


def test_two_tabs_of_a_correction_that_took_too_long_lose_no_word(
    tabs: tuple[Visitor, Visitor, str],
) -> None:
    one, other, code = tabs
    with later(hours=3):
        # When both are sent, one after the other
        one.press("Continue", health_words=FIRST)
        assert one.path == "/en/choices"
        other.press("Continue", change_words=SECOND)
        # Then the second page was not taken, and is there with every word
        assert other.status == 403
        assert value_of(other, "change_words") == SECOND
        assert "Please press the button once more." in other.page.text
        # And pressed once more its words wait, beside those of the first
        other.press("Continue")
        assert other.path == "/en/choices"
        assert "What you wrote last is still here" in other.page.text
        go_on(other, code, "change")
        waiting = set()
        for key, field in (("health", "health_words"), ("change", "change_words")):
            other.get(correction_page(key))
            waiting.add(value_of(other, field))
        assert waiting == {FIRST, SECOND}


def test_a_tab_goes_on_where_the_code_was_handed_in_again_meanwhile(
    tabs: tuple[Visitor, Visitor, str],
) -> None:
    one, other, code = tabs
    with later(hours=3):
        # Given a participant who noticed in one tab, and handed their code in again
        come_back(one, code)
        # When they send the page in the other
        other.press("Continue", change_words=SECOND)
        assert other.status == 403
        other.press("Continue")
        # Then they are on that page, with what they wrote
        assert other.path == correction_page("change")
        assert value_of(other, "change_words") == SECOND
        # And it can be saved
        other.press("Continue")
        save(other)
        other.follow("What you told us")
        assert answer_to(other, QUESTION) == SECOND


def test_a_correction_that_goes_on_under_a_new_visit_takes_the_page_at_the_second_press(
    tabs: tuple[Visitor, Visitor, str],
) -> None:
    one, other, code = tabs
    with later(hours=3):
        # Given the same correction, begun again
        go_on(one, code, "health")
        other.press("Continue", change_words=SECOND)
        assert other.status == 403
        assert value_of(other, "change_words") == SECOND
        # When the button is pressed once more
        other.press("Continue")
        # Then it is part of it
        other.get(correction_page("change"))
        assert value_of(other, "change_words") == SECOND


def test_words_do_not_go_into_another_participants_correction(
    page_app: Flask, tabs: tuple[Visitor, Visitor, str]
) -> None:
    # Given a phone with a half-written page in one tab, where another participant corrects their own answers now
    one, other, code = tabs
    theirs = send_answers(Visitor(page_app.test_client()), change_words="Theirs.")
    go_on(one, theirs, "change")
    # When that page is sent
    other.press("Continue", change_words=SECOND)
    # Then their correction is as it was
    one.get(correction_page("change"))
    assert value_of(one, "change_words") == "Theirs."
    # And no page speaks of two hours
    assert other.path == "/en/choices"
    assert "2 hours" not in other.page.text
    assert "What you wrote last is still here" in other.page.text
    # And the participant who wrote it finds it with their code
    go_on(one, code, "change")
    assert value_of(one, "change_words") == SECOND


def test_handing_the_code_in_again_in_another_tab_costs_nothing(
    tabs: tuple[Visitor, Visitor, str],
) -> None:
    one, other, code = tabs
    come_back(one, code)
    other.press("Continue", change_words=SECOND)
    assert other.path == correction_page("change")
    assert value_of(other, "change_words") == SECOND


def test_a_page_sent_after_the_last_button_changes_nothing(
    tabs: tuple[Visitor, Visitor, str],
) -> None:
    # Given a participant who saved in one tab
    one, other, _ = tabs
    save(one)
    # When they press something in the other
    other.press("Continue", change_words="Sent.")
    # Then they see what is held
    assert other.path == "/en/choices/held"


def test_begin_drops_words_that_wait_for_a_code(tabs: tuple[Visitor, Visitor, str]) -> None:
    one, _, code = tabs
    with later(hours=3):
        one.press("Continue", health_words=FIRST)
        begin(one)
        go_on(one, code, "health")
        assert value_of(one, "health_words") == ""


def test_nothing_is_kept_of_a_page_without_its_token(tabs: tuple[Visitor, Visitor, str]) -> None:
    one, other, code = tabs
    with later(hours=3):
        come_back(one, code)
        # When a page is refused, and its button is not pressed once more
        other.press("Continue", change_words=SECOND)
        # Then it is nowhere
        correct(one, "change")
        assert value_of(one, "change_words") == "Sent."


def test_a_correction_page_from_before_it_had_its_own_address_goes_into_no_draft(
    page_app: Flask,
) -> None:
    # Given a participant who answers anew in the browser in which a page of a correction is still open
    visitor = Visitor(page_app.test_client())
    begin(visitor)
    key, tag = "change", "0" * 32
    page = f"/en/calls/{CALL}/page/{key}"
    visitor.get(page)
    form = {
        "csrf_token": value_of(visitor, "csrf_token"),
        "belongs-to": tag,
        "change_words": FIRST,
    }
    # When the script keeps that page, and when it is sent, to the address that it had then
    assert visitor.client.post(f"{page}/words", data=form).status_code == 204
    visitor.get(page)
    assert value_of(visitor, "change_words") == ""
    visitor.post(page, form)
    # Then its words wait for their own receipt, and are not in the answers of who is here now
    assert visitor.path == "/en/choices"
    visitor.get(page)
    assert value_of(visitor, "change_words") == ""


@pytest.mark.parametrize("tag", ["a:b", "a" * 33, "A" * 32, "../x"])
def test_a_tag_that_we_never_gave_is_refused_kindly(page_app: Flask, tag: str) -> None:
    # When a program sends a page of a correction with a tag of its own making
    answer = page_app.test_client().post(
        correction_page("change"), data={"call": CALL, "belongs-to": tag, "change_words": FIRST}
    )
    # Then it is led to where receipts are handed in
    assert answer.status_code == 303
    assert answer.location.startswith("/en/choices")


def test_a_correction_page_from_before_it_had_its_own_address_goes_on_with_its_correction(
    tabs: tuple[Visitor, Visitor, str],
) -> None:
    # Given a correction in progress, and a page of it that sends to the address that it had then
    _, other, _ = tabs
    form = {
        "csrf_token": value_of(other, "csrf_token"),
        "belongs-to": value_of(other, "belongs-to"),
        "change_words": SECOND,
    }
    # When that page is sent
    other.post(f"/en/calls/{CALL}/page/change?from=check", form)
    # Then its words are in the box at once, and are saved with the correction
    assert other.path == correction_page("change")
    assert value_of(other, "change_words") == SECOND
    other.press_first()
    save(other)
    assert other.path == "/en/choices/held"
    other.get("/en/choices/answers")
    assert answer_to(other, QUESTION) == SECOND
