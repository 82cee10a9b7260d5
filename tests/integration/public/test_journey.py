"""The main job at the public door, from the first page to the erasing; on both databases."""

import json

import pytest
from flask import Flask

from tests.integration.public.steps import (
    TITLE,
    answer_to,
    go_to_check,
    kept,
    later,
    rows_in,
    send_answers,
)
from tests.integration.tables import everything
from tests.people import (
    ALL_BOXES,
    answer_everything,
    begin,
    come_back,
    send,
    shown_code,
    tell_more,
)
from tests.visitor import Visitor

WORDS = "Nobody told me what comes next."
CONTACT = {
    "contact_wanted": "yes",
    "name_to_use": "Robin",
    "safe_ways": ["email"],
    "email": "robin@example.org",
}


def stranger(app: Flask) -> Visitor:
    """The same person on another day, on another device: they have nothing but their code."""
    return Visitor(app.test_client())


def test_a_participant_answers_a_call_and_gets_a_code(app: Flask, visitor: Visitor) -> None:
    # Given a participant who finds the call on the first page
    visitor.get("/")
    visitor.follow(TITLE)
    assert visitor.page.h1 == TITLE
    # When they begin and answer everything
    visitor.press("Begin")
    answer_everything(visitor)
    # Then they can look through it, and nothing is kept yet
    assert visitor.page.h1 == "Check your answers"
    assert answer_to(visitor, "What is your e-mail address?") == "robin@example.org"
    assert kept(app) == {}
    # When they agree to everything and press Send
    code = send(visitor, ALL_BOXES)
    # Then there is a code of six groups of four, and one submission
    assert [len(group) for group in code.split("-")] == [4] * 6
    assert visitor.page.h1 == "Thank you. We have your answers."
    assert rows_in(app, "submissions") == 1
    # And when they have kept it, nothing of it stays in the browser
    visitor.press("I have kept my code")
    assert visitor.path == "/en/finished"
    assert visitor.page.h1 == "You can close this page now"
    assert visitor.client.get_cookie("hearth") is None
    assert rows_in(app, "public_visits") == 0


def test_the_code_alone_shows_what_is_held(app: Flask, visitor: Visitor) -> None:
    # Given a participant who answered and agreed to one thing
    code = send_answers(visitor, ("quote",), had_assessment="no", without_words=WORDS, **CONTACT)
    # When they come back elsewhere, typing the code as people do
    returned = stranger(app)
    come_back(returned, code.replace("-", " ").lower().replace("0", "o").replace("1", "l"))
    # Then they see what they said, and nothing that they left out
    assert returned.path == "/en/choices/held"
    returned.follow("What you told us")
    assert answer_to(returned, "What do you wish people had told you?") == WORDS
    assert returned.page.text.count("We keep this until") == 1
    returned.back()
    returned.follow("How we may reach you")
    assert answer_to(returned, "What name should we use?") == "Robin"
    assert answer_to(returned, "What is your phone number?") is None
    # And until when each part is kept, and what they agreed to
    assert returned.page.text.count("We keep this until") == 1
    returned.follow("What you gave us permission for")
    assert returned.buttons().count("Take back my permission") == 1
    assert returned.buttons().count("Give permission") == 3


def test_a_consent_is_taken_back_as_easily_as_it_was_given(app: Flask, visitor: Visitor) -> None:
    # Given a participant who agreed to everything
    code = send_answers(visitor, ALL_BOXES, **CONTACT)
    returned = stranger(app)
    come_back(returned, code)
    # When they take one consent back: one press
    returned.follow("What you gave us permission for")
    returned.press("Take back my permission")
    # Then that one is off, the others stand, and they are told
    assert "You took back your permission" in returned.page.text
    assert returned.buttons().count("Take back my permission") == 3
    assert returned.buttons().count("Give permission again") == 1
    # And it is so when they come later, too
    again = stranger(app)
    come_back(again, code)
    again.follow("What you gave us permission for")
    assert again.buttons().count("Give permission again") == 1
    # When they say yes again
    again.press("Give permission again")
    # Then all four stand; and each change is there as a row of its own
    assert again.buttons().count("Take back my permission") == 4
    assert rows_in(app, "consents") == 6


def test_everything_is_erased(app: Flask, visitor: Visitor) -> None:
    # Given a participant who answered everything, equality too
    begin(visitor)
    answer_everything(visitor)
    code = send(visitor, ALL_BOXES)
    tell_more(visitor)
    returned = stranger(app)
    come_back(returned, code)
    # When they ask to erase, and mean it
    returned.follow("Delete everything")
    assert returned.page.h1 == "Delete everything you told us?"
    returned.press("Yes, delete everything")
    # Then it says so, and nothing is left but marks that say nothing
    assert returned.page.h1 == "Everything is deleted"
    assert kept(app) == {}
    # And the code opens nothing any more
    come_back(returned, code)
    assert "We hold nothing under this code" in returned.page.text
    # And the page of before says so, too
    returned.get("/en/choices/held")
    assert returned.page.h1 == "Everything is deleted"


def test_a_participant_can_change_their_mind_about_erasing(app: Flask, visitor: Visitor) -> None:
    # Given a participant at the question whether they mean it
    code = send_answers(visitor)
    come_back(visitor, code)
    visitor.follow("Delete everything")
    # When they say no
    visitor.follow("No, keep it")
    # Then everything is there
    assert visitor.path == "/en/choices/held"
    assert rows_in(app, "submissions") == 1


def test_a_copy_to_keep(visitor: Visitor) -> None:
    # Given a participant who answered, and came back
    code = send_answers(visitor, ("quote",), had_assessment="no", without_words=WORDS)
    come_back(visitor, code)
    # When they take a copy
    answer = visitor.download("/en/choices/copy")
    # Then a program can read it, and it holds what they said and agreed to
    copy = json.loads(answer.get_data())
    assert copy["answers"]["without_words"] == WORDS
    assert {one["purpose"] for one in copy["consents"] if one["granted"]} == {"quote"}
    assert set(copy["kept_until"]) == {"testimony"}
    # And neither its name nor its inside gives the code or the time away
    assert answer.headers["Content-Disposition"] == 'attachment; filename="copy.json"'
    assert code not in answer.get_data(as_text=True)
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_doubled_final_post_is_one_submission(app: Flask, visitor: Visitor) -> None:
    # Given a participant at the last button
    go_to_check(visitor)
    visitor.press("Continue")
    first = {
        "csrf_token": visitor.page.root.find(".//input[@name='csrf_token']").get("value"),  # type: ignore[union-attr]
        "consent": ["quote"],
    }
    # When the button is pressed three times, one answer not waited for
    address = visitor.path
    for _ in range(3):
        visitor.post(address, first)
    # Then there is one submission, and one code
    code = shown_code(visitor)
    assert rows_in(app, "submissions") == 1
    visitor.get(visitor.path)
    assert shown_code(visitor) == code
    come_back(visitor, code)
    assert visitor.path == "/en/choices/held"


def test_after_the_last_day_the_code_still_works(app: Flask, visitor: Visitor) -> None:
    # Given a participant who sent answers
    code = send_answers(visitor, ("quote",))
    # When the call has long closed
    with later(days=150):
        returned = stranger(app)
        come_back(returned, code)
        # Then they can still change their mind
        returned.follow("What you gave us permission for")
        returned.press("Take back my permission")
        assert "You took back your permission" in returned.page.text


@pytest.mark.parametrize("skipped", ["contact", "equality"])
def test_a_part_that_was_left_out_is_not_there(app: Flask, visitor: Visitor, skipped: str) -> None:
    # Given a participant who left a part out
    said = CONTACT if skipped == "equality" else {"age_band": "25_34"}
    send_answers(visitor, **said)
    # Then nothing is kept for it, not even an empty envelope
    with app.app_context():
        words = {value for row in everything()["parts"] for value in row if isinstance(value, str)}
    assert "testimony" in words and skipped not in words
