"""Answering with somebody's help: the person decides, who typed is kept, and a helper learns nothing by asking."""

from flask import Flask
from sqlalchemy import select

from tests.integration.public.steps import (
    CALL,
    START,
    answer_to,
    errors,
    go_to_check,
    kept,
    later,
    page_address,
    step_address,
    walk_to,
)
from tests.people import send
from tests.visitor import Value, Visitor
from webapp.models import Consent, Submission
from webapp.services import own_copies, stores

HELPING = "I am helping somebody to answer"
QUIET = "You are helping somebody: write what they say."
HERE, ANOTHER, SKIP = "Now, with this help", "Another way, or another day", "Skip this question"
SAM: dict[str, Value] = {
    "contact_wanted": "yes",
    "helper_name": "Sam",
    "helper_phone": "07700 900456",
}


def begin_helped(visitor: Visitor, choice: str = HERE) -> None:
    """A helper begins, and gives the phone to the person, who chooses."""
    visitor.get(START)
    visitor.press(HELPING)
    visitor.follow("I am the person who answers")
    visitor.press(choice)


def typed_by(app: Flask) -> list[str]:
    with app.app_context(), stores.reading() as main:
        return list(main.scalars(select(Submission.typed_by)))


def purposes(app: Flask) -> set[str]:
    with app.app_context(), stores.reading() as main:
        return set(main.scalars(select(Consent.purpose)))


def test_the_helper_is_told_and_then_the_person(page_visitor: Visitor) -> None:
    # When somebody begins as a helper
    page_visitor.get(START)
    page_visitor.press(HELPING)
    # Then the page says whose words and whose code these are, and gives the phone over
    for told in ("decides what is written", "Read every question aloud", "yours alone"):
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
    # When somebody answers alone and wants to hear from us
    go_to_check(page_visitor, contact_wanted="yes")
    # Then no page was about a helper, not by its address either
    assert QUIET not in page_visitor.page.text
    assert "helper" not in page_visitor.page.text
    page_visitor.get(page_address("helper"))
    assert page_visitor.status == 404
    # And what is stored says that the person typed
    page_visitor.get(step_address("check"))
    send(page_visitor)
    assert typed_by(page_app) == ["self"]


def test_who_typed_is_kept(app: Flask, visitor: Visitor) -> None:
    # Given somebody who agreed to answer with help, in one click or by skipping the question
    begin_helped(visitor, SKIP)
    # When all is sent
    go_to_check(visitor, change_words="Listen to us.")
    send(visitor)
    # Then it is kept that a helper typed, and the helper is told whose code it is
    assert typed_by(app) == ["helper"]
    assert "this code belongs to the person who answered" in visitor.page.text


def test_another_way_leaves_nothing_behind(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a person who had begun by themselves
    walk_to(page_visitor, "change", change_words="Only I may read this")
    # When somebody comes to help, and the person wants another way
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
    # When anybody looks at the other ways, from the start page
    page_visitor.get(START)
    page_visitor.follow("Answer in another way, or on paper")
    ordinary = page_visitor.page.html
    # Then whoever chose another way in private sees the very same page
    begin_helped(page_visitor, ANOTHER)
    assert page_visitor.page.html == ordinary


def test_what_the_person_chose_is_nowhere(page_visitor: Visitor) -> None:
    # Given a person who chose to answer with help
    begin_helped(page_visitor)
    # When the helper goes back to that question
    page_visitor.get(step_address("yours"))
    # Then it looks as it did before anybody chose
    assert not [one for one in page_visitor.page.elements if "checked" in one.attrib]
    assert page_visitor.buttons()[-3:] == [HERE, ANOTHER, SKIP]


def test_a_helper_is_asked_for_a_message_only_after_a_yes_of_its_own(
    app: Flask, visitor: Visitor
) -> None:
    # Given a person without a safe way of their own, who tells of a helper
    begin_helped(visitor)
    go_to_check(visitor, **SAM)
    assert answer_to(visitor, "What is your helper’s phone number?") == "07700 900456"
    # When they come to what we may do
    visitor.press_first()
    boxes = [one for one in visitor.page.all("input") if one.get("name") == "consent"]
    # Then there is a box for the helper, which nobody has ticked
    assert "through_helper" in [one.get("value") for one in boxes]
    assert not [one for one in boxes if "checked" in one.attrib]
    # And a yes to it is kept as a consent of its own
    visitor.press("Send", consent=["contact_me", "through_helper"])
    assert purposes(app) == {"contact_me", "through_helper"}


def test_without_a_way_to_a_helper_there_is_no_such_box(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given somebody who is helped and tells of no helper
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
    # Given somebody who said yes to being reached through a helper
    begin_helped(visitor)
    go_to_check(visitor, **SAM)
    visitor.press_first()
    visitor.press("Send", consent=["through_helper"])
    code = next(e for e in visitor.page.all("p") if e.get("class") == "code")
    # When they come back with their code, alone
    visitor.get("/en/choices")
    visitor.press_first(code="".join(code.itertext()))
    assert "You may ask the person who helped me" in visitor.page.text
    visitor.press("Take this back")
    # Then it is taken back
    assert "You took this back" in visitor.page.text


def test_who_was_not_helped_is_not_asked_about_helpers_later(app: Flask, visitor: Visitor) -> None:
    # Given somebody who answered alone
    go_to_check(visitor)
    code = send(visitor)
    # When they come back with their code
    with app.app_context():
        held = own_copies.find_held(own_copies.read_code(code))
    # Then nothing is about helpers
    assert "through_helper" not in {consent.purpose for consent in held.consents}


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
