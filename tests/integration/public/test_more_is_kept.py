"""What was answered about equality is never deleted in silence, and never joins what another participant sent."""

from flask import Flask

from tests.integration.public.steps import (
    answer_to,
    correction_step,
    go_to_check,
    more_page,
    send_answers,
    value_of,
)
from tests.integration.public.test_more_about_you import (
    AGE,
    DONE,
    TELL,
    TELL_CHECK,
    begin_telling,
    held,
    purposes,
)
from tests.people import MORE, begin, send, shown_code
from tests.visitor import Value, Visitor


def test_leaving_them_all_deletes_nothing_that_was_answered(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who has answered some, and looks at the explanation once more
    send_answers(page_visitor)
    page_visitor.follow(MORE)
    old = value_of(page_visitor, "csrf_token")
    page_visitor.press("Answer these questions")
    page_visitor.press("Continue", age_band="25_34")
    page_visitor.get(TELL)
    # Then they can go on, or delete them by a button that says so
    assert "Skip them all" not in page_visitor.buttons()
    # And a skip from a page of before keeps them
    page_visitor.post(TELL, {"csrf_token": old, "do": "skip"})
    assert page_visitor.path == TELL_CHECK
    assert answer_to(page_visitor, AGE) == "25 to 34"
    # And the button that says so deletes them
    page_visitor.get(TELL)
    page_visitor.press("Delete these answers")
    assert page_visitor.path == DONE
    begin_telling(page_visitor)
    assert value_of(page_visitor, "age_band") == []
    assert purposes(page_app) == ["testimony"]


def test_who_goes_back_to_their_code_reads_that_these_answers_are_not_sent(
    page_visitor: Visitor,
) -> None:
    code = send_answers(page_visitor)
    begin_telling(page_visitor)
    page_visitor.get(DONE)
    assert MORE in page_visitor.page.text
    page_visitor.get(more_page("about-you"))
    page_visitor.press("Continue", age_band="25_34")
    page_visitor.get(DONE)
    assert shown_code(page_visitor) == code
    assert "These answers are not sent yet." in page_visitor.page.text
    page_visitor.follow("Look at them")
    assert page_visitor.path == TELL_CHECK
    page_visitor.press("Send these answers")
    assert page_visitor.path == DONE
    assert "We have your answers about you as well." in page_visitor.page.text


def test_in_a_correction_leaving_them_all_deletes_nothing_either(
    page_app: Flask, page_visitor: Visitor
) -> None:
    held(page_visitor, send_answers(page_visitor, age_band="25_34"))
    page_visitor.press("Change A little about you")
    page_visitor.get(correction_step("more"))
    assert "Skip them all" not in page_visitor.buttons()
    page_visitor.post(
        correction_step("more"), {"csrf_token": value_of(page_visitor, "csrf_token"), "do": "skip"}
    )
    assert answer_to(page_visitor, AGE) == "25 to 34"
    page_visitor.press("Save my changes")
    assert purposes(page_app) == ["equality", "testimony"]


def test_words_of_an_old_page_never_join_what_another_person_sent(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant at these questions, and another who sends from the same phone
    send_answers(page_visitor)
    begin_telling(page_visitor)
    mine, address = value_of(page_visitor, "belongs-to"), page_visitor.path
    begin(page_visitor)
    go_to_check(page_visitor)
    send(page_visitor)
    begin_telling(page_visitor)
    assert value_of(page_visitor, "belongs-to") != mine
    # When the first goes on with an old token, on the page of before
    said: dict[str, Value] = {"csrf_token": "old", "belongs-to": mine, "age_band": "25_34"}
    page_visitor.post(address, said)
    # Then what they chose is still there, and belongs to them and not to the other person, whose code is here
    assert page_visitor.status == 403
    assert value_of(page_visitor, "age_band") == ["25_34"]
    assert value_of(page_visitor, "belongs-to") == mine
    page_visitor.press("Continue")
    assert page_visitor.path == "/en/choices"
    assert purposes(page_app) == ["testimony", "testimony"]
