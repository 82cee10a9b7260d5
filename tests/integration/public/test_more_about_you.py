"""The questions about equality: of free choice, once everything else is sent, and a small step of their own."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import write_equality
from tests.integration.public.steps import (
    answer_to,
    begin_helped,
    correction_page,
    go_to_check,
    kept,
    later,
    more_page,
    page_address,
    send_answers,
    step_address,
    value_of,
    walk_to_check,
)
from tests.integration.tables import everything
from tests.people import MORE, begin, come_back, send, shown_code, tell_more
from tests.visitor import Value, Visitor
from webapp.models import Call
from webapp.services.infrastructure import stores

DONE = step_address("done")
TELL = step_address("more")
CHECK = step_address("check")
TELL_CHECK = step_address("more/check")
AGE = "How old are you?"


def purposes(app: Flask) -> list[str]:
    """The purposes of the sealed parts that are kept, once the worker has written what waits."""
    with app.app_context():
        write_equality()
        rows = everything()["parts"]
    return sorted(
        value for row in rows for value in row if value in ("contact", "testimony", "equality")
    )


def close(app: Flask) -> None:
    """The call takes no more answers from now on."""
    with app.app_context(), stores.writing() as main:
        (call,) = main.scalars(select(Call))
        call.state = "closed"


def begin_telling(visitor: Visitor) -> None:
    """From the code to the first question."""
    visitor.follow(MORE)
    visitor.press("Answer these questions")
    assert visitor.path == more_page("about-you")


def held(visitor: Visitor, code: str) -> None:
    come_back(visitor, code)
    visitor.follow("What you told us")


def test_nothing_about_equality_is_in_the_way_of_sending(app: Flask, visitor: Visitor) -> None:
    # When a participant answers every page there is
    begin(visitor)
    seen = walk_to_check(visitor, adult="yes", contact_wanted="yes", safe_ways=["email"])
    # Then none is about equality, nor is it on the page where answers are checked
    assert not {"more", "about-you", "about-you-more", "daily-life"} & set(seen)
    assert "More about you" not in visitor.page.text
    # And a page of it that a participant opens by its address leads there
    for address in (page_address("about-you"), more_page("about-you"), TELL):
        visitor.get(address)
        assert visitor.path == CHECK
    send(visitor)
    assert purposes(app) == ["contact", "testimony"]


def test_from_the_code_and_back_to_the_code(app: Flask, visitor: Visitor) -> None:
    # Given a participant who has sent everything
    code = send_answers(visitor, change_words="More time.")
    # When they like to answer a few more questions
    visitor.follow(MORE)
    # Then they first read why, who reads it and until when
    assert visitor.page.h1 == "May we ask a little more about you?"
    assert "We have what you sent, whatever you choose here." in visitor.page.text
    visitor.press("Answer these questions")
    visitor.press("Continue", age_band="25_34", sex="female")
    visitor.press("Continue", disability="yes")
    assert visitor.path == more_page("daily-life")
    visitor.press("Continue", daily_life="a_little")
    # And check them, and nothing else
    assert visitor.path == TELL_CHECK
    assert answer_to(visitor, AGE) == "25 to 34"
    assert "More time." not in visitor.page.text
    assert purposes(app) == ["testimony"]
    visitor.press("Send these answers")
    # Then they are back at their code, which is the same, and it says so
    assert visitor.path == DONE
    assert shown_code(visitor) == code
    assert "We have your answers about you as well." in visitor.page.text
    assert MORE not in visitor.page.text
    assert purposes(app) == ["equality", "testimony"]
    # And with the code they see them, and can delete them
    held(visitor, code)
    assert answer_to(visitor, AGE) == "25 to 34"
    visitor.press("Delete these answers")
    visitor.press("Save my changes")
    assert purposes(app) == ["testimony"]


def test_an_equality_part_still_names_no_participant(app: Flask, visitor: Visitor) -> None:
    send_answers(visitor, age_band="25_34")
    with app.app_context():
        write_equality()
        tables = everything()
    submission = next(row[0] for row in tables["submissions"])
    apart = [row for row in tables["parts"] if "equality" in row]
    assert len(apart) == 1 and submission not in apart[0]


def test_a_no_leads_back_to_the_code_and_asks_again_only_if_they_want(visitor: Visitor) -> None:
    code = send_answers(visitor)
    visitor.follow(MORE)
    visitor.press("Skip them all")
    assert visitor.path == DONE and shown_code(visitor) == code
    assert MORE in visitor.page.text


def test_who_answers_none_of_them_has_sent_nothing_more(app: Flask, visitor: Visitor) -> None:
    send_answers(visitor)
    before = kept(app)
    begin_telling(visitor)
    visitor.press("Continue")
    visitor.press("Continue")
    visitor.press("Send these answers")
    assert visitor.path == DONE
    assert kept(app) == before


def test_sent_twice_they_are_kept_once(app: Flask, visitor: Visitor) -> None:
    code = send_answers(visitor)
    begin_telling(visitor)
    visitor.press("Continue", age_band="25_34")
    visitor.press("Continue")
    token = value_of(visitor, "csrf_token")
    for _ in range(3):
        visitor.post(TELL_CHECK, {"csrf_token": token})
        assert visitor.path == DONE
    assert purposes(app) == ["equality", "testimony"]
    # And back, or a page of before, leads to the code
    for address in (CHECK, TELL_CHECK, more_page("about-you"), TELL, page_address("change")):
        visitor.get(address)
        assert visitor.path == DONE
        assert shown_code(visitor) == code


def test_what_is_typed_after_that_in_an_old_tab_leads_to_the_code(visitor: Visitor) -> None:
    send_answers(visitor)
    begin_telling(visitor)
    old = value_of(visitor, "csrf_token"), value_of(visitor, "belongs-to")
    visitor.press("Continue", age_band="25_34")
    visitor.press("Continue")
    visitor.press("Send these answers")
    said: dict[str, Value] = {"csrf_token": old[0], "belongs-to": old[1], "age_band": "18_24"}
    visitor.post(more_page("about-you"), said)
    assert visitor.path == DONE


def test_a_question_of_before_sending_leads_to_the_code_meanwhile(visitor: Visitor) -> None:
    send_answers(visitor)
    begin_telling(visitor)
    visitor.get(page_address("change"))
    assert visitor.path == DONE


def test_a_mistake_and_back_keep_what_was_said(page_visitor: Visitor) -> None:
    send_answers(page_visitor)
    begin_telling(page_visitor)
    page_visitor.press("Continue", age_band="25_34")
    page_visitor.press("Back")
    assert page_visitor.path == more_page("about-you")
    assert value_of(page_visitor, "age_band") == ["25_34"]
    page_visitor.press("Back")
    assert page_visitor.path == TELL
    page_visitor.back()
    assert page_visitor.path == DONE


def test_a_change_from_the_check_leads_back_to_it(page_visitor: Visitor) -> None:
    send_answers(page_visitor)
    begin_telling(page_visitor)
    page_visitor.press("Continue", age_band="25_34")
    page_visitor.press("Continue")
    page_visitor.follow("Change A little about you")
    page_visitor.press("Continue", age_band="35_44")
    assert page_visitor.path == TELL_CHECK
    assert answer_to(page_visitor, AGE) == "35 to 44"
    page_visitor.follow("Back to my code")
    assert page_visitor.path == DONE


# Where it is too late


@pytest.mark.usefixtures("read_anew")
def test_a_call_that_closed_after_send_does_not_offer_them(
    page_app: Flask, page_visitor: Visitor
) -> None:
    send_answers(page_visitor)
    close(page_app)
    page_visitor.get(DONE)
    assert MORE not in page_visitor.page.text
    assert "could not take" not in page_visitor.page.text
    page_visitor.get(TELL)
    assert page_visitor.path == DONE


@pytest.mark.usefixtures("read_anew")
def test_a_call_that_closes_in_the_middle_is_kind_and_keeps_what_was_sent(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant at the last of these questions when the call closes
    code = send_answers(page_visitor)
    begin_telling(page_visitor)
    page_visitor.press("Continue", age_band="25_34")
    page_visitor.press("Continue")
    close(page_app)
    page_visitor.press("Send these answers")
    # Then they read what is so, and their code is there
    assert page_visitor.path == DONE
    assert shown_code(page_visitor) == code
    assert "so we could not take your answers about you" in page_visitor.page.text
    assert MORE not in page_visitor.page.text
    assert purposes(page_app) == ["testimony"]


def test_erased_meanwhile_it_says_so(app: Flask, visitor: Visitor) -> None:
    # Given a participant who answers these, and erases everything on another device
    code = send_answers(visitor)
    begin_telling(visitor)
    visitor.press("Continue", age_band="25_34")
    visitor.press("Continue")
    other = Visitor(app.test_client())
    come_back(other, code)
    other.follow("Delete everything")
    other.press_first()
    # When they send them
    visitor.press("Send these answers")
    # Then nothing comes back
    assert visitor.path == "/en/choices/erased"
    assert kept(app) == {}
    visitor.get(DONE)
    assert code not in visitor.page.text


def test_after_the_visit_what_was_typed_waits_for_the_code(visitor: Visitor) -> None:
    code = send_answers(visitor)
    begin_telling(visitor)
    with later(hours=3):
        visitor.press("Continue", age_band="25_34")
        # Then they are asked for their code, and what they chose is there
        assert visitor.path == "/en/choices"
        assert "What you wrote last is still here" in visitor.page.text
        visitor.press_first(code=code)
        visitor.follow("What you told us")
        visitor.press("Look at them")
        assert visitor.path == correction_page("about-you")
        assert value_of(visitor, "age_band") == ["25_34"]


def test_who_changed_something_with_the_code_meanwhile_loses_neither(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant who answers these, and corrects an answer in another browser
    code = send_answers(visitor, change_words="More time.")
    begin_telling(visitor)
    visitor.press("Continue", age_band="25_34")
    visitor.press("Continue")
    other = Visitor(app.test_client())
    held(other, code)
    other.press("Change What should change")
    other.press("Continue", change_words="Much more time.")
    other.press("Save my changes")
    # When they send them
    visitor.press("Send these answers")
    assert visitor.path == DONE
    # Then both are held
    held(other, code)
    assert answer_to(other, AGE) == "25 to 34"
    assert "Much more time." in other.page.text


# A helper, a shared phone, and drafts of before


def test_a_helper_reads_that_they_are_heard(page_visitor: Visitor) -> None:
    begin_helped(page_visitor)
    go_to_check(page_visitor)
    send(page_visitor)
    page_visitor.follow(MORE)
    assert "Your helper hears what you answer here." in page_visitor.page.text
    page_visitor.press("Answer these questions")
    assert "You are helping" in page_visitor.page.text


def test_the_participant_who_begins_next_on_a_shared_phone_finds_none_of_it(
    page_app: Flask, page_visitor: Visitor
) -> None:
    code = send_answers(page_visitor)
    begin_telling(page_visitor)
    page_visitor.press("Continue", age_band="25_34")
    # When another participant begins
    begin(page_visitor)
    for address in (DONE, TELL, more_page("about-you")):
        page_visitor.get(address)
        assert code not in page_visitor.page.text
        assert "25 to 34" not in page_visitor.page.text
    go_to_check(page_visitor)
    send(page_visitor)
    begin_telling(page_visitor)
    assert value_of(page_visitor, "age_band") == []


def test_the_code_and_these_questions_of_one_person_stay_apart_from_anothers(
    page_app: Flask, page_visitor: Visitor
) -> None:
    mine = send_answers(page_visitor)
    begin_telling(page_visitor)
    page_visitor.press("Continue", age_band="25_34")
    # When another code is handed in on this phone
    other = Visitor(page_app.test_client())
    theirs = send_answers(other)
    come_back(page_visitor, theirs)
    page_visitor.get(more_page("about-you"))
    assert "25 to 34" not in page_visitor.page.text
    page_visitor.get(DONE)
    assert mine not in page_visitor.page.text


def test_leaving_takes_them_along(page_visitor: Visitor) -> None:
    send_answers(page_visitor)
    begin_telling(page_visitor)
    page_visitor.client.get("/leave")
    page_visitor.get(more_page("about-you"))
    assert not page_visitor.path.endswith("about-you")


def test_all_of_it_in_one_go_is_what_tests_use(app: Flask, visitor: Visitor) -> None:
    send_answers(visitor)
    tell_more(visitor)
    assert purposes(app) == ["equality", "testimony"]


def test_words_of_a_participant_whose_visit_ended_never_join_what_the_next_one_sent(
    visitor: Visitor,
) -> None:
    # Given a participant who left these questions open in a tab, and the next one on this phone, who has sent theirs
    mine = send_answers(visitor)
    begin_telling(visitor)
    old = value_of(visitor, "csrf_token"), value_of(visitor, "belongs-to")
    with later(hours=3):
        begin(visitor)
        theirs = send_answers(visitor)
        # When the old tab is sent, and sent once more as its page asks for
        said: dict[str, Value] = {"csrf_token": old[0], "belongs-to": old[1], "age_band": "25_34"}
        visitor.post(more_page("about-you"), said)
        assert visitor.status == 403
        assert value_of(visitor, "age_band") == ["25_34"]
        assert value_of(visitor, "belongs-to") == old[1]
        visitor.press("Continue")
        # Then those words wait for their own code, and are not among the answers of the one who is here
        assert visitor.path == "/en/choices"
        visitor.get(DONE)
        assert shown_code(visitor) == theirs
        begin_telling(visitor)
        assert value_of(visitor, "age_band") == []
        held(visitor, mine)
        visitor.press("Look at them")
        assert value_of(visitor, "age_band") == ["25_34"]
