"""Answering with a helper: the participant decides, who typed is kept, and a helper learns nothing by asking."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import submit_one
from tests.integration.public.steps import (
    CALL,
    HELPING,
    HERE,
    START,
    answer_to,
    begin_helped,
    correction_page,
    correction_step,
    errors,
    go_to_check,
    kept,
    later,
    page_address,
    step_address,
    value_of,
    walk_to,
)
from tests.people import NO_CONTACT, come_back, go_on_from_leaving, send
from tests.visitor import Value, Visitor
from webapp.models import Consent, Submission
from webapp.services.answers import own_copies
from webapp.services.answers.submissions import TypedBy
from webapp.services.infrastructure import stores

QUIET = "You are helping someone. Write what they say."
ANOTHER, SKIP = "Another way, or another day", "Skip this question"
SAM: dict[str, Value] = {
    "contact_wanted": "yes",
    "helper_name": "Sam",
    "helper_phone": "07700 900456",
}
SAFE_WAY = "Only in the way you said is safe:"
HELPERS_NUMBER = "What is your helper’s phone number?"


def typed_by(app: Flask) -> list[str]:
    with app.app_context(), stores.reading() as main:
        return list(main.scalars(select(Submission.typed_by)))


def purposes(app: Flask) -> set[str]:
    with app.app_context(), stores.reading() as main:
        return set(main.scalars(select(Consent.purpose)))


def test_the_helper_is_told_and_then_the_person(page_visitor: Visitor) -> None:
    # When a helper begins, and has read how to leave fast
    page_visitor.get(START)
    page_visitor.press(HELPING)
    assert page_visitor.path == step_address("leaving")
    go_on_from_leaving(page_visitor)
    # Then the page says whose words and whose code these are, and gives the phone over
    for told in ("decides what is written", "Read every question aloud", "only for you"):
        assert told in page_visitor.page.text
    page_visitor.follow("I am the person who answers")
    assert page_visitor.buttons()[-3:] == [HERE, ANOTHER, SKIP]
    # And on every question it is said quietly that the words are the person's
    page_visitor.press(HERE)
    assert page_visitor.path == page_address("first")
    assert QUIET in page_visitor.page.text


def test_who_answers_alone_sees_nothing_about_helpers(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # When a participant answers alone and wants to hear from us
    go_to_check(page_visitor, contact_wanted="yes")
    # Then no page was about a helper, not by its address either
    assert QUIET not in page_visitor.page.text
    assert "helper" not in page_visitor.page.text
    page_visitor.get(page_address("helper"))
    assert page_visitor.status == 404
    # And what is stored says that the participant typed
    page_visitor.get(step_address("check"))
    send(page_visitor)
    assert typed_by(page_app) == ["self"]


def test_who_typed_is_kept(app: Flask, visitor: Visitor) -> None:
    # Given a participant who agreed to answer with help, in one click or by skipping the question
    begin_helped(visitor, SKIP)
    # When all is sent
    go_to_check(visitor, change_words="Listen to us.")
    send(visitor)
    # Then it is kept that a helper typed, and the helper is told whose code it is
    assert typed_by(app) == ["helper"]
    assert "this code belongs to the person who answered" in visitor.page.text


def test_another_way_leaves_nothing_behind(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant who had begun by themselves
    walk_to(page_visitor, "change", change_words="Only I may read this")
    # When a helper comes, and the participant wants another way
    begin_helped(page_visitor, ANOTHER)
    # Then an ordinary page shows other ways, and says that nothing is kept
    assert page_visitor.path == step_address("ways")
    assert "No answers are kept here now." in page_visitor.page.text
    # And there is nothing to go back to
    page_visitor.get(page_address("change"))
    assert page_visitor.path == START
    page_visitor.press("Begin")
    page_visitor.get(page_address("change"))
    assert "Only I may read this" not in page_visitor.page.html
    assert not any(kept(page_app).values())


def test_the_page_of_other_ways_is_there_for_everybody(page_visitor: Visitor) -> None:
    # When a visitor looks at the other ways, from the start page
    page_visitor.get(START)
    page_visitor.follow("Another way, or on paper")
    ordinary = page_visitor.page.html
    # Then a participant who chose another way in private sees the very same page
    begin_helped(page_visitor, ANOTHER)
    assert page_visitor.page.html == ordinary


def test_what_the_person_chose_is_nowhere(page_visitor: Visitor) -> None:
    # Given a participant who chose to answer with help
    begin_helped(page_visitor)
    # When the helper goes back to that question
    page_visitor.get(step_address("yours"))
    # Then it looks as it did before any choice
    assert not [one for one in page_visitor.page.elements if "checked" in one.attrib]
    assert page_visitor.buttons()[-3:] == [HERE, ANOTHER, SKIP]


def test_a_helper_is_asked_for_a_message_only_after_a_yes_of_its_own(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant without a safe way of their own, who tells of a helper
    begin_helped(visitor)
    go_to_check(visitor, **SAM)
    assert answer_to(visitor, HELPERS_NUMBER) == "07700 900456"
    # When they come to what we may do
    visitor.press_first()
    boxes = [one for one in visitor.page.all("input") if one.get("name") == "consent"]
    # Then there is a box for the helper, which is not ticked
    assert "through_helper" in [one.get("value") for one in boxes]
    assert not [one for one in boxes if "checked" in one.attrib]
    # And a yes to it is kept as a consent of its own
    visitor.press("Send", consent=["contact_me", "through_helper"])
    assert purposes(app) == {"contact_me", "through_helper"}


def test_without_a_way_to_a_helper_there_is_no_such_box(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who is helped and tells of no helper
    begin_helped(page_visitor)
    go_to_check(page_visitor, contact_wanted="yes", helper_name="Sam")
    # When they come to what we may do
    page_visitor.press_first()
    # Then nothing asks about a helper
    assert "through_helper" not in page_visitor.page.html
    # And a yes that was sent all the same counts for nothing
    fields = {one.get("name"): one.get("value") for one in page_visitor.page.all("input")}
    token = {"csrf_token": fields["csrf_token"]}
    page_visitor.post(step_address("agree"), {**token, "consent": ["through_helper"]})
    assert typed_by(page_app) == ["helper"]
    assert purposes(page_app) == set()


def test_with_the_code_the_person_takes_that_back_alone(visitor: Visitor) -> None:
    # Given a participant who said yes to being reached through a helper
    begin_helped(visitor)
    go_to_check(visitor, **SAM)
    visitor.press_first()
    visitor.press("Send", consent=["through_helper"])
    visitor.press(NO_CONTACT)
    code = next(e for e in visitor.page.all("p") if e.get("class") == "code")
    # When they come back with their code, alone, they read that this is a way to them
    come_back(visitor, "".join(code.itertext()))
    assert f"{SAFE_WAY} through the person who helped you." in visitor.page.text
    visitor.follow("How we may reach you")
    assert f"{SAFE_WAY} through the person who helped you." in visitor.page.text
    visitor.get("/en/choices/held")
    visitor.follow("What you gave us permission for")
    assert "You may ask the person who helped me" in visitor.page.text
    visitor.press("Take back my permission")
    # Then it is taken back, and is no way to them any more
    assert "You took this back" in visitor.page.text
    visitor.get("/en/choices/reach")
    assert "You gave us no safe way" in visitor.page.text


def test_who_was_not_helped_is_not_asked_about_helpers_later(app: Flask, visitor: Visitor) -> None:
    # Given a participant who answered alone
    go_to_check(visitor)
    code = send(visitor)
    # When they come back with their code
    with app.app_context():
        held = own_copies.find_held(own_copies.read_code(code))
    # Then nothing is about helpers
    assert "through_helper" not in {consent.purpose for consent in held.consents}


def correct(visitor: Visitor, code: str, page: str) -> None:
    """Come back with the code, and press the button to change what is on a page."""
    come_back(visitor, code)
    visitor.follow("What you told us")
    token = value_of(visitor, "csrf_token")
    visitor.post("/en/choices/correct", {"csrf_token": token, "page": page})


def test_with_the_code_the_helper_is_corrected_or_told_of_later(visitor: Visitor) -> None:
    # Given a participant who answered with help, and told of no helper
    begin_helped(visitor)
    go_to_check(visitor, contact_wanted="yes")
    code = send(visitor)
    # When they come back with their code
    correct(visitor, code, "helper")
    # Then they can tell of one, and nothing says that a helper is typing for them now
    assert visitor.path == correction_page("helper")
    assert QUIET not in visitor.page.text
    visitor.press("Continue", helper_name="Sam", helper_phone="07700 900456")
    # And the box for it is there, not ticked
    visitor.press("Continue")
    assert "through_helper" in visitor.page.html
    assert value_of(visitor, "consent") == []
    visitor.press("Save my changes", consent=["through_helper"])
    visitor.press(NO_CONTACT)
    # And they can change it
    correct(visitor, code, "helper")
    assert value_of(visitor, "helper_phone") == "07700 900456"
    visitor.press("Continue", helper_phone="07700 900789")
    visitor.press("Save my changes")
    visitor.follow("How we may reach you")
    assert answer_to(visitor, HELPERS_NUMBER) == "07700 900789"


@pytest.mark.parametrize("who", ["self", "coordinator"])
def test_who_told_of_no_helper_is_not_asked_about_one_when_correcting(
    app: Flask, visitor: Visitor, who: TypedBy
) -> None:
    # Given a participant who typed, or told a coordinator, that they want to hear from us
    with app.app_context():
        sent = submit_one(answers={"adult": "yes", "contact_wanted": "yes"}, typed_by=who)
    # When they come back with their code and look at all the questions
    correct(visitor, sent.receipt, "helper")
    # Then nothing is about helpers, not by its address either
    assert visitor.path == correction_step("check")
    assert "helper" not in visitor.page.text
    visitor.get(correction_page("helper"))
    assert visitor.status == 404


def test_a_helper_on_paper_stays_when_something_else_is_corrected(
    app: Flask, visitor: Visitor
) -> None:
    # Given a participant who told of a helper on paper, which a coordinator typed, and said yes to being reached so
    given = {"contact_me": True, "through_helper": True}
    with app.app_context():
        answers = {"adult": "yes", **SAM}
        sent = submit_one(answers=answers, given=given, typed_by="coordinator")
    # When they change what they said about something else
    correct(visitor, sent.receipt, "change")
    visitor.press("Continue", change_words="Listen to us.")
    visitor.press("Save my changes")
    # Then the helper is still there, and so is what they said yes to
    with app.app_context():
        held = own_copies.find_held(sent.receipt)
    assert held.answers == {**sent.answers, "change_words": "Listen to us."}
    assert {one.purpose for one in held.consents if one.granted} == set(given)


def test_help_is_not_forgotten_when_the_visit_runs_out(app: Flask, visitor: Visitor) -> None:
    # Given a helper whose page waited too long
    begin_helped(visitor)
    visitor.press("Continue", adult="yes")
    visitor.get(page_address("change"))
    with later(hours=3):
        # When it is sent after all
        visitor.press("Continue", change_words="Listen to us.")
        assert errors(visitor) == []
        assert QUIET in visitor.page.text
        go_to_check(visitor)
        # Then it is still known that a helper typed
        visitor.get(step_address("check"))
        send(visitor)
    assert typed_by(app) == ["helper"]


def test_the_pages_about_helping_need_a_visit(page_visitor: Visitor) -> None:
    for step in ("helped", "yours"):
        page_visitor.get(step_address(step))
        assert page_visitor.path == f"/en/calls/{CALL}/"
