"""A participant who wants contact and gave a safe way, but ticked no box for it, is asked once before sending."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.integration.public.steps import (
    begin_helped,
    correction_page,
    correction_step,
    go_to_check,
    kept,
    rows_in,
    step_address,
    value_of,
)
from tests.pages import words
from tests.people import NO_CONTACT, YES_CONTACT, come_back, shown_code
from tests.visitor import Value, Visitor
from webapp.extensions import db
from webapp.models import Consent, ConsentStatement

REACH: dict[str, Value] = {
    "contact_wanted": "yes",
    "safe_ways": ["email"],
    "email": "robin@example.org",
    "email_shared": "no",
}
HELPER: dict[str, Value] = {
    "contact_wanted": "yes",
    "safe_ways": ["none"],
    "helper_name": "Sam",
    "helper_phone": "07700 900456",
}
AGREE = step_address("agree")
ASK = step_address("agree/contact")
DONE = step_address("done")
#: The consent that a yes gives, as the form words it.
WORDS = "You may get in touch with me about what I wrote. Only use the ways I said are safe."
ONLY_MAIL = "We send you the one e-mail that you asked for."
NO_PERMISSION = "You told us how to reach you, but you gave us no permission to use it."


def press_send(visitor: Visitor, *boxes: str, **said: Value) -> None:
    """Answer this, tick these boxes and press Send."""
    go_to_check(visitor, **{**REACH, **said})
    visitor.press("Continue")
    visitor.press("Send", consent=list(boxes))


def agreed(app: Flask) -> dict[str, str]:
    """The consents that are kept as given, each with the words that were agreed to."""
    with app.app_context():
        rows = db.session.execute(
            db.select(Consent.purpose, Consent.granted, ConsentStatement.wording).join(
                ConsentStatement, ConsentStatement.id == Consent.statement_id
            )
        ).all()
    return {purpose: wording for purpose, granted, wording in rows if granted}


def quoted(visitor: Visitor) -> list[str]:
    return [words(one) for one in visitor.page.all("blockquote")]


def test_who_ticked_nothing_is_asked_before_anything_is_sent(app: Flask, visitor: Visitor) -> None:
    # When a participant who wants to hear from us ticks no box for it, and presses Send
    press_send(visitor, "quote")
    # Then nothing is sent yet, and they read what they said, and what a yes would give, word by word
    assert visitor.path == ASK
    assert kept(app) == {}
    assert "You said that you want to hear from us, but you ticked no box" in visitor.page.text
    assert quoted(visitor) == [WORDS]
    assert visitor.buttons()[:2] == [YES_CONTACT, NO_CONTACT]


def test_a_yes_gives_the_words_on_the_page_and_nothing_else(app: Flask, visitor: Visitor) -> None:
    press_send(visitor, "quote")
    visitor.press(YES_CONTACT)
    # Then it is sent with what was ticked and with those words
    assert visitor.path == DONE
    given = agreed(app)
    assert set(given) == {"quote", "contact_me"}
    assert given["contact_me"] == WORDS
    assert "We only get in touch for what you agreed to" in visitor.page.text


def test_a_no_sends_without_it_and_the_receipt_says_so(app: Flask, visitor: Visitor) -> None:
    press_send(visitor, "quote")
    visitor.press(NO_CONTACT)
    assert visitor.path == DONE
    assert set(agreed(app)) == {"quote"}
    assert NO_PERMISSION in visitor.page.text
    # And it can be given later
    come_back(visitor, shown_code(visitor))
    visitor.follow("What you gave us permission for")
    assert "Give permission" in visitor.buttons()


@pytest.mark.parametrize("box", ["contact_me", "invite", "share"])
def test_who_ticked_a_box_for_contact_is_not_asked(page_visitor: Visitor, box: str) -> None:
    press_send(page_visitor, box)
    assert page_visitor.path == DONE


def test_a_confirmation_is_no_permission_to_get_in_touch(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who only wants the mail that says their answers have arrived
    press_send(page_visitor, "mail_confirmation")
    assert page_visitor.path == ASK
    page_visitor.press(NO_CONTACT)
    # Then that is what they have
    assert set(agreed(page_app)) == {"mail_confirmation"}
    assert ONLY_MAIL in page_visitor.page.text


@pytest.mark.parametrize(
    ("said", "tells"),
    [
        ({"contact_wanted": "no"}, "We will not contact you. If you change your mind"),
        ({}, "We will not contact you. If you change your mind"),
        ({"contact_wanted": "yes", "safe_ways": ["none"]}, "we have no safe way to reach you"),
        ({"contact_wanted": "yes", "safe_ways": ["email"]}, "we have no safe way to reach you"),
    ],
)
def test_who_cannot_be_reached_or_wants_nothing_is_not_asked_and_reads_what_is_true(
    page_visitor: Visitor, said: dict[str, Value], tells: str
) -> None:
    go_to_check(page_visitor, **said)
    page_visitor.press("Continue")
    page_visitor.press("Send")
    assert page_visitor.path == DONE
    assert tells in page_visitor.page.text
    # And the question is not there for them
    page_visitor.get(ASK)
    assert page_visitor.path == DONE


def test_pressed_twice_loaded_again_and_back_it_is_one_submission_as_it_was_first_answered(
    app: Flask, visitor: Visitor
) -> None:
    press_send(visitor)
    token, address = value_of(visitor, "csrf_token"), visitor.path
    visitor.get(address)
    assert visitor.path == ASK
    yes: dict[str, Value] = {"csrf_token": token, "do": "yes", "consent": ["contact_me"]}
    # When Yes is pressed twice, and No in a tab that is still open
    for answer in (yes, yes, {"csrf_token": token, "do": "no", "consent": ["contact_me"]}):
        visitor.post(address, answer)
        assert visitor.path == DONE
    code = shown_code(visitor)
    visitor.get(address)
    # Then there is one submission, with the first answer, and its code
    assert visitor.path == DONE and shown_code(visitor) == code
    assert rows_in(app, "submissions") == 1
    assert set(agreed(app)) == {"contact_me"}


def test_back_from_the_question_the_boxes_are_as_they_were_and_none_is_ticked_in_advance(
    page_app: Flask, page_visitor: Visitor
) -> None:
    press_send(page_visitor, "quote")
    page_visitor.back()
    assert page_visitor.path == AGREE
    assert value_of(page_visitor, "consent") == ["quote"]
    # And ticking a box there is an answer as well
    page_visitor.press("Send", consent=["quote", "invite"])
    assert page_visitor.path == DONE
    assert set(agreed(page_app)) == {"quote", "invite"}


def test_no_participant_agrees_to_words_that_were_not_on_the_page(
    page_app: Flask, page_visitor: Visitor
) -> None:
    press_send(page_visitor)
    token = value_of(page_visitor, "csrf_token")
    # When a program sends a yes to something else, or to more
    for others in (["quote"], ["contact_me", "share"], []):
        page_visitor.post(ASK, {"csrf_token": token, "do": "yes", "consent": others})
        # Then the question is there again, and nothing is sent
        assert page_visitor.path == ASK
        assert kept(page_app) == {}


def test_who_stops_at_the_question_has_sent_nothing(page_app: Flask, page_visitor: Visitor) -> None:
    press_send(page_visitor)
    page_visitor.press("Stop for now")
    assert page_visitor.path == step_address("pause")
    assert kept(page_app) == {}
    page_visitor.follow("Go back to my answers")
    assert page_visitor.path == AGREE


def test_the_question_is_not_there_before_send_was_pressed(page_visitor: Visitor) -> None:
    go_to_check(page_visitor, **REACH)
    page_visitor.get(ASK)
    assert page_visitor.path == step_address("check")


# Where a helper types


@pytest.fixture
def helped(page_visitor: Visitor) -> Iterator[Visitor]:
    begin_helped(page_visitor)
    yield page_visitor


def test_where_the_only_way_is_through_a_helper_both_permissions_are_asked_for(
    page_app: Flask, helped: Visitor
) -> None:
    go_to_check(helped, **HELPER)
    helped.press("Continue")
    helped.press("Send")
    # Then each of the words that it takes is on the page
    assert helped.path == ASK
    assert "You are helping" in helped.page.text
    assert "read this aloud" in helped.page.text
    helper_words = "You may ask the person who helped me to pass a message on to me."
    assert quoted(helped)[0] == WORDS
    assert quoted(helped)[1].startswith(helper_words)
    helped.press(YES_CONTACT)
    assert set(agreed(page_app)) == {"contact_me", "through_helper"}


def test_a_yes_to_contact_that_leads_to_no_safe_way_is_asked_about(
    page_app: Flask, helped: Visitor
) -> None:
    # Given a participant who may be reached through a helper only, and ticks the one box
    go_to_check(helped, **HELPER)
    helped.press("Continue")
    helped.press("Send", consent=["contact_me"])
    # Then the other one is asked for
    (missing,) = quoted(helped)
    assert missing.startswith("You may ask the person who helped me")
    helped.press(NO_CONTACT)
    assert set(agreed(page_app)) == {"contact_me"}


def test_who_has_a_way_of_their_own_is_asked_for_that_alone(
    page_app: Flask, helped: Visitor
) -> None:
    go_to_check(helped, **{**HELPER, **REACH})
    helped.press("Continue")
    helped.press("Send")
    assert quoted(helped) == [WORDS]
    helped.press(YES_CONTACT)
    assert set(agreed(page_app)) == {"contact_me"}


# In a correction that adds a way


def add_a_way(visitor: Visitor) -> None:
    """Send without contact, come back with the code, and add an e-mail address."""
    go_to_check(visitor, change_words="More time.")
    visitor.press("Continue")
    visitor.press("Send")
    come_back(visitor, shown_code(visitor))
    visitor.follow("How we may reach you")
    visitor.press("Add a safe way to reach you")
    visitor.press("Continue", contact_wanted="yes")
    visitor.press("Continue", safe_ways=["email"])
    visitor.press("Continue", email="robin@example.org", email_shared="no")
    visitor.press("Continue")
    visitor.press("Continue")
    assert visitor.path == correction_step("agree")


@pytest.mark.parametrize(("press", "given"), [(YES_CONTACT, {"contact_me"}), (NO_CONTACT, set())])
def test_a_correction_that_adds_a_way_asks_the_same(
    app: Flask, visitor: Visitor, press: str, given: set[str]
) -> None:
    add_a_way(visitor)
    visitor.press("Save my changes")
    assert visitor.path == correction_step("agree/contact")
    assert quoted(visitor) == [WORDS]
    assert "Stop for now" not in visitor.buttons()
    token = value_of(visitor, "csrf_token")
    visitor.press(press)
    assert visitor.path == "/en/choices/held"
    assert set(agreed(app)) == given
    # And a doubled post changes nothing
    visitor.post(
        correction_step("agree/contact"),
        {"csrf_token": token, "do": "yes", "consent": ["contact_me"]},
    )
    assert visitor.path == "/en/choices/held"
    assert set(agreed(app)) == given


def test_a_correction_in_which_a_box_is_ticked_asks_nothing(
    page_app: Flask, page_visitor: Visitor
) -> None:
    add_a_way(page_visitor)
    page_visitor.press("Save my changes", consent=["invite"])
    assert page_visitor.path == "/en/choices/held"
    assert set(agreed(page_app)) == {"invite"}


@pytest.mark.parametrize("press", ["Save my changes", NO_CONTACT])
def test_words_refused_in_another_tab_hold_back_saving(
    page_app: Flask, page_visitor: Visitor, press: str
) -> None:
    # Given a participant about to save, and what another tab could not take meanwhile
    add_a_way(page_visitor)
    page_visitor.press("Save my changes")
    if press != NO_CONTACT:
        page_visitor.get(correction_step("agree"))
    address = page_visitor.path
    other = Visitor(page_visitor.client)
    other.get(correction_page("change"))
    other.press("Continue", change_words="More. " * 2000)
    assert other.page.title.startswith("Please look again")
    page_visitor.get(address)
    # When they press
    page_visitor.press(press, **({} if press == NO_CONTACT else {"consent": ["invite"]}))
    # Then those words are before them, and nothing is saved without them
    assert page_visitor.path == correction_page("change")
    assert "More. More." in str(value_of(page_visitor, "change_words"))
    assert agreed(page_app) == {}


def test_who_said_no_is_not_asked_again_when_they_change_their_way(page_visitor: Visitor) -> None:
    add_a_way(page_visitor)
    page_visitor.press("Save my changes")
    page_visitor.press(NO_CONTACT)
    page_visitor.follow("How we may reach you")
    page_visitor.press("Change how we may reach you")
    page_visitor.get(correction_page("email"))
    page_visitor.press("Continue", email="other@example.org")
    page_visitor.get(correction_step("check"))
    page_visitor.press("Save my changes")
    assert page_visitor.path == "/en/choices/held"
