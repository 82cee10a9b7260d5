"""Correcting with the code: from what is held, through the question pages, to "Save my changes"."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories import demo_form, publish_demo_call, told_by
from tests.integration.public.steps import (
    CALL,
    answer_to,
    correction_page,
    correction_step,
    errors,
    later,
    page_address,
    rows_in,
    send_answers,
    value_of,
    walk_to,
)
from tests.people import ALL_BOXES, begin, come_back, send, tell_more
from tests.rows import change as change_rows
from tests.turned import the_worker_kept_running
from tests.visitor import Value, Visitor
from webapp.models import Call
from webapp.rules import clock
from webapp.rules.forms.questions import Condition
from webapp.rules.states import CallState
from webapp.services.forms import publishing
from webapp.services.infrastructure import audit, stores
from webapp.services.retention import expiry

QUESTION = "If you could change one or two things, what would they be?"
REACH: dict[str, Value] = {"contact_wanted": "yes", "safe_ways": ["text"], "phone": "07700 900123"}


def look_at_answers(visitor: Visitor, code: str) -> None:
    come_back(visitor, code)
    visitor.follow("What you told us")


def go_to_change(visitor: Visitor) -> None:
    """From what they told us to the page about what to change."""
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    assert visitor.path == correction_page("change")


def let_us_reach(visitor: Visitor) -> None:
    """Give a safe way, up to "check your answers"."""
    visitor.press("Add a safe way to reach you")
    visitor.press("Continue", contact_wanted="yes")
    visitor.press("Continue", safe_ways=["text"])
    visitor.press("Continue", phone="07700 900123")
    visitor.press("Continue")
    assert visitor.path == correction_step("check")


def test_an_answer_is_changed_with_the_code_alone(visitor: Visitor) -> None:
    # Given a participant who answered, and came back
    code = send_answers(visitor, ("quote",), change_words="More time.", age_band="25_34")
    look_at_answers(visitor, code)
    # When they change one answer, check and save: no consent is asked again
    go_to_change(visitor)
    assert value_of(visitor, "change_words") == "More time."
    visitor.press("Continue", change_words="More kindness.")
    assert visitor.path == correction_step("check")
    assert answer_to(visitor, QUESTION) == "More kindness."
    visitor.press("Save my changes")
    # Then they are back at their choices and told, and the code shows the new answer
    assert visitor.path == "/en/choices/held"
    assert "the old ones are gone" in visitor.page.text
    look_at_answers(visitor, code)
    assert answer_to(visitor, QUESTION) == "More kindness."
    assert answer_to(visitor, "How old are you?") == "25 to 34"


def test_nothing_is_changed_before_it_is_saved(page_visitor: Visitor) -> None:
    # Given a participant who changed an answer, and thinks again
    code = send_answers(page_visitor, change_words="More time.")
    look_at_answers(page_visitor, code)
    go_to_change(page_visitor)
    page_visitor.press("Continue", change_words="Something else.")
    # When they decide to change nothing
    page_visitor.press("Change nothing")
    # Then all is as it was
    assert page_visitor.path == "/en/choices/held"
    page_visitor.follow("What you told us")
    assert answer_to(page_visitor, QUESTION) == "More time."


def test_contact_is_given_later_with_consents_that_only_now_make_sense(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who took part without a way to reach them
    code = send_answers(page_visitor, ("quote",))
    come_back(page_visitor, code)
    page_visitor.follow("What you gave us permission for")
    # Then nothing about reaching them can be said yes to, and they are led to giving a way first
    assert page_visitor.buttons().count("Give permission") == 0
    page_visitor.get("/en/choices/reach")
    assert "You gave us no safe way" in page_visitor.page.text
    # When they give one
    let_us_reach(page_visitor)
    page_visitor.press("Continue")
    # Then the consents that use it are asked, none ticked, and no others
    boxes = [one for one in page_visitor.page.all("input") if one.get("name") == "consent"]
    assert [one.get("value") for one in boxes] == ["contact_me", "invite", "share"]
    assert value_of(page_visitor, "consent") == []
    page_visitor.press("Save my changes", consent=["contact_me"])
    # And what they ticked stands
    assert "by text message" in page_visitor.page.text
    page_visitor.follow("What you gave us permission for")
    assert page_visitor.buttons().count("Take back my permission") == 2
    assert rows_in(page_app, "parts") == 2


def test_a_yes_to_being_reached_leads_to_giving_a_way_first(page_visitor: Visitor) -> None:
    # Given a participant without a safe way, and a page that still has the button
    come_back(page_visitor, send_answers(page_visitor))
    token = value_of(page_visitor, "csrf_token")
    # When it is pressed
    page_visitor.post("/en/choices/consent", {"csrf_token": token, "say-yes": "contact_me"})
    # Then they are told what comes first
    assert page_visitor.path == "/en/choices/reach"
    assert "please tell us how we can reach you safely" in page_visitor.page.text


def test_what_is_safe_can_change(page_visitor: Visitor) -> None:
    # Given a participant whom we may reach
    come_back(page_visitor, send_answers(page_visitor, ALL_BOXES, **REACH))
    page_visitor.follow("How we may reach you")
    # When no way is safe any more
    page_visitor.press("Change how we may reach you")
    page_visitor.press("Continue", contact_wanted="no")
    # Then they are told what that means before they save
    assert "your permission to get in touch ends as well" in page_visitor.page.text
    page_visitor.press("Save my changes")
    page_visitor.follow("What you gave us permission for")
    assert page_visitor.buttons().count("Take back my permission") == 1


def test_answers_about_themselves_are_taken_out_and_given_again(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who answered them
    code = send_answers(page_visitor, age_band="25_34")
    look_at_answers(page_visitor, code)
    # When they take them out
    page_visitor.press("Delete these answers")
    assert answer_to(page_visitor, "How old are you?") is None
    page_visitor.press("Save my changes")
    # Then they are gone
    page_visitor.follow("What you told us")
    assert "You skipped these questions" in page_visitor.page.text
    assert rows_in(page_app, "parts") == 1
    # And they can be given again
    page_visitor.press("Look at them")
    page_visitor.press("Answer these questions")
    page_visitor.press("Continue", age_band="25_34")
    page_visitor.press("Skip this page")
    page_visitor.press("Save my changes")
    page_visitor.follow("What you told us")
    assert answer_to(page_visitor, "How old are you?") == "25 to 34"


def test_it_is_possible_after_the_call_closed(page_app: Flask, page_visitor: Visitor) -> None:
    code = send_answers(page_visitor, change_words="More time.")
    with page_app.app_context(), stores.writing() as main:
        change_rows(main, select(Call), {"state": CallState.CLOSED})
    with later(days=100):
        look_at_answers(page_visitor, code)
        go_to_change(page_visitor)
        page_visitor.press("Continue", change_words="Later words.")
        page_visitor.press("Save my changes")
        page_visitor.follow("What you told us")
        assert answer_to(page_visitor, QUESTION) == "Later words."


def test_a_doubled_save_and_back_show_what_is_held(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant who saved
    code = send_answers(page_visitor, change_words="More time.")
    look_at_answers(page_visitor, code)
    go_to_change(page_visitor)
    page_visitor.press("Continue", change_words="More kindness.")
    token = value_of(page_visitor, "csrf_token")
    page_visitor.press("Save my changes")
    # When it is pressed again, or they go back
    page_visitor.post(correction_step("check"), {"csrf_token": token})
    assert page_visitor.path == "/en/choices/held"
    page_visitor.get(correction_page("change"))
    # Then they see what is held
    assert page_visitor.path == "/en/choices/held"
    assert rows_in(page_app, "own_copies") == 1


def test_what_was_erased_in_another_tab_is_said_kindly(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant in the middle of a change, and everything erased elsewhere
    code = send_answers(page_visitor, change_words="More time.")
    look_at_answers(page_visitor, code)
    go_to_change(page_visitor)
    page_visitor.press("Continue", change_words="More kindness.")
    other = Visitor(page_app.test_client())
    come_back(other, code)
    other.follow("Delete everything")
    other.press("Yes, delete everything")
    # When they save
    page_visitor.press("Save my changes")
    # Then nothing is kept, and they are told why
    assert page_visitor.page.h1 == "Everything is deleted already"
    assert rows_in(page_app, "parts") == 0


def test_a_change_from_another_browser_is_shown_before_it_is_replaced(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given two browsers that change the same answer
    code = send_answers(page_visitor, change_words="More time.")
    other = Visitor(page_app.test_client())
    for visitor in (page_visitor, other):
        look_at_answers(visitor, code)
        go_to_change(visitor)
    page_visitor.press("Continue", change_words="One.")
    other.press("Continue", change_words="Two.")
    page_visitor.press("Save my changes")
    # When the second saves
    other.press("Save my changes")
    # Then they are told, and what they see is kept only if they save once more
    assert "Your answers were changed on another page or device" in other.page.text
    other.press("Save my changes")
    look_at_answers(other, code)
    assert answer_to(other, QUESTION) == "Two."


def test_answers_that_were_not_sent_yet_stay_apart(page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering the same call anew
    code = send_answers(page_visitor, change_words="Held.")
    walk_to(page_visitor, "change", change_words="Not sent yet.")
    # When they change what is held
    look_at_answers(page_visitor, code)
    go_to_change(page_visitor)
    assert value_of(page_visitor, "change_words") == "Held."
    page_visitor.press("Continue", change_words="Changed.")
    # Then beginning shows neither the change nor what is held, and what was not sent is there
    begin(page_visitor)
    page_visitor.get(page_address("change"))
    assert value_of(page_visitor, "change_words") == "Not sent yet."


def test_another_code_does_not_show_the_draft_of_the_first(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a change that was begun, on a shared phone
    first = send_answers(page_visitor, change_words="Mine.")
    other = Visitor(page_app.test_client())
    second = send_answers(other, change_words="Theirs.")
    look_at_answers(page_visitor, first)
    go_to_change(page_visitor)
    page_visitor.press("Continue", change_words="My secret change.")
    # When a participant hands in another code, and changes theirs
    look_at_answers(page_visitor, second)
    go_to_change(page_visitor)
    # Then they see their own words
    assert value_of(page_visitor, "change_words") == "Theirs."


def test_what_was_typed_too_late_waits_for_the_code(page_visitor: Visitor) -> None:
    # Given a participant who was away for too long in the middle of a change
    code = send_answers(page_visitor, change_words="More time.")
    look_at_answers(page_visitor, code)
    go_to_change(page_visitor)
    with later(hours=3):
        page_visitor.press("Continue", change_words="Long thought about.")
        # Then they are asked for their code, and nothing typed is lost
        assert page_visitor.path == "/en/choices"
        assert "What you wrote last is still here" in page_visitor.page.text
        page_visitor.press("Open", code=code)
        page_visitor.follow("What you told us")
        page_visitor.press("See all the questions")
        assert page_visitor.path == correction_page("change")
        assert value_of(page_visitor, "change_words") == "Long thought about."


def test_a_mistake_on_the_way_keeps_what_was_typed(page_visitor: Visitor) -> None:
    code = send_answers(page_visitor, change_words="More time.")
    look_at_answers(page_visitor, code)
    go_to_change(page_visitor)
    page_visitor.press("Continue", change_words="Many words. " * 400)
    assert page_visitor.path == correction_page("change")
    assert errors(page_visitor)
    assert str(value_of(page_visitor, "change_words")).startswith("Many words.")


def test_an_answer_that_ends_it_changes_nothing(page_visitor: Visitor) -> None:
    # Given a participant who says now that they are not an adult
    code = send_answers(page_visitor, change_words="More time.")
    look_at_answers(page_visitor, code)
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post("/en/choices/correct", {"csrf_token": token, "page": "first"})
    page_visitor.press("Continue", adult="no")
    # Then they are told what that means, and may erase
    assert page_visitor.path == "/en/choices/erase"
    assert "so we changed nothing" in page_visitor.page.text
    look_at_answers(page_visitor, code)
    assert answer_to(page_visitor, QUESTION) == "More time."


@pytest.mark.parametrize("pressed", [{"page": "nonsense"}, {"section": "nonsense"}, {}])
def test_a_button_that_is_not_there_leads_to_all_questions(
    page_visitor: Visitor, pressed: dict[str, str]
) -> None:
    come_back(page_visitor, send_answers(page_visitor))
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post("/en/choices/correct", {"csrf_token": token, **pressed})
    assert page_visitor.path == correction_step("check")


def test_the_copy_holds_every_part_and_the_history(page_visitor: Visitor) -> None:
    # Given a participant who gave everything, and took one yes back
    code = send_answers(page_visitor, ALL_BOXES, age_band="25_34", **REACH)
    come_back(page_visitor, code)
    page_visitor.follow("What you gave us permission for")
    page_visitor.press("Take back my permission")
    # When they take their copy
    copy = json.loads(page_visitor.download("/en/choices/copy").get_data())
    # Then all of it is there
    assert copy["parts"]["equality"] == ["age_band"]
    assert "phone" in copy["parts"]["contact"]
    assert copy["answers"]["phone"].replace(" ", "").endswith("7700900123")
    said = [(one["purpose"], one["granted"]) for one in copy["history"]]
    assert said.count(("contact_me", True)) == said.count(("contact_me", False)) == 1
    assert all(one["words"] and one["on"] for one in copy["history"])


def test_another_call_is_not_touched(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a second call whose name begins like the first's
    with page_app.app_context():
        publish_demo_call(f"{CALL}-two")
    code = send_answers(page_visitor, change_words="First.")
    begin(page_visitor, call=f"{CALL}-two")
    page_visitor.press("Continue", adult="yes")
    # When the first is changed
    look_at_answers(page_visitor, code)
    go_to_change(page_visitor)
    page_visitor.press("Continue", change_words="Changed.")
    page_visitor.press("Save my changes")
    # Then what was begun for the second is still there
    page_visitor.get(f"/en/calls/{CALL}-two/page/first")
    assert value_of(page_visitor, "adult") == ["yes"]


# Only the answers about equality are left


@pytest.fixture
def only_equality_left(page_app: Flask, page_visitor: Visitor) -> Iterator[Visitor]:
    """A participant at what they told us, on a day when all but the answers about themselves is gone."""
    form = demo_form()
    longer = form.parts["equality"].model_copy(update={"keep_months": 36})
    form = form.model_copy(update={"parts": {**form.parts, "equality": longer}})
    closes_on = clock.today() + timedelta(days=10)
    with page_app.app_context():
        publishing.publish_call(
            form,
            slug="longer",
            closes_on=closes_on,
            tell_back_by=told_by(closes_on),
            actor=audit.OPERATOR,
        )
    begin(page_visitor, call="longer")
    page_visitor.press("Continue", adult="yes")
    page_visitor.get("/en/calls/longer/check")
    code = send(page_visitor)
    tell_more(page_visitor, age_band="25_34")
    with time_machine.travel(clock.now() + timedelta(days=30 * 26)):
        with page_app.app_context():
            the_worker_kept_running()
            expiry.erase_due()
        look_at_answers(page_visitor, code)
        assert answer_to(page_visitor, "How old are you?") == "25 to 34"
        yield page_visitor


def test_contact_that_depended_on_what_is_gone_is_not_dropped(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a call that asks about contact only after a certain answer, and keeps the contact details longer
    form = demo_form()
    longer = form.parts["contact"].model_copy(update={"keep_months": 36})
    went = Condition(question="adult", is_any=("yes",))
    pages = tuple(
        page.model_copy(update={"when": went}) if page.key == "contact" else page
        for page in form.pages
    )
    form = form.model_copy(update={"parts": {**form.parts, "contact": longer}, "pages": pages})
    closes_on = clock.today() + timedelta(days=10)
    with page_app.app_context():
        publishing.publish_call(
            form,
            slug="longer",
            closes_on=closes_on,
            tell_back_by=told_by(closes_on),
            actor=audit.OPERATOR,
        )
    begin(page_visitor, call="longer")
    page_visitor.press("Continue", adult="yes")
    for key, said in (
        ("contact", {"contact_wanted": "yes"}),
        ("safe-ways", {"safe_ways": ["email"]}),
        ("email", {"email": "robin@example.org"}),
    ):
        page_visitor.get(f"/en/calls/longer/page/{key}")
        page_visitor.press("Continue", **said)
    page_visitor.get("/en/calls/longer/check")
    code = send(page_visitor, ("contact_me",))
    # When all but the contact details is gone, and they look through them and save
    with time_machine.travel(clock.now() + timedelta(days=30 * 26)):
        with page_app.app_context():
            the_worker_kept_running()
            expiry.erase_due()
        come_back(page_visitor, code)
        page_visitor.get("/en/choices/reach")
        page_visitor.press("Change how we may reach you")
        assert page_visitor.path == correction_page("contact")
        page_visitor.get(correction_step("check"))
        assert answer_to(page_visitor, "What is your e-mail address?") == "robin@example.org"
        page_visitor.press("Save my changes")
        # Then they are held as they were
        page_visitor.get("/en/choices/reach")
        assert "Only in the way you said is safe: by e-mail." in page_visitor.page.text


def test_the_last_answers_left_can_be_taken_out(only_equality_left: Visitor) -> None:
    # When a participant takes out the last answers that are held
    visitor = only_equality_left
    visitor.press("Delete these answers")
    # Then they see what that would leave, and can think again
    assert visitor.status == 200
    assert visitor.path == correction_step("check")
    visitor.back()
    assert visitor.path == "/en/choices/held"
    # And saving it is erasing, which they are told about first
    visitor.get(correction_step("check"))
    visitor.press("Save my changes")
    assert visitor.path == "/en/choices/erase"


def test_the_last_answers_left_can_be_looked_at_again(only_equality_left: Visitor) -> None:
    # Given a participant who took them out, and looks at the questions once more
    visitor = only_equality_left
    visitor.press("Delete these answers")
    visitor.follow("Look at them")
    assert visitor.path == correction_step("more")
    # Then every way back leads to where they came from
    visitor.back()
    assert visitor.path == correction_step("check")
    visitor.follow("Look at them")
    visitor.press("Answer these questions")
    assert visitor.path == correction_page("about-you")
    visitor.back()
    assert visitor.path == correction_step("more")
    # And they can answer anew
    visitor.press("Answer these questions")
    visitor.press("Continue", age_band="35_44")
    visitor.get(correction_step("check"))
    visitor.press("Save my changes")
    visitor.follow("What you told us")
    assert answer_to(visitor, "How old are you?") == "35 to 44"
