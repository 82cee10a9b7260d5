"""Words that were typed and not sent come along with "Back" and with another language, and nothing is said of them."""

import pytest
from flask import Flask

from tests.factories import register_one
from tests.integration.public.booker import Booker, publish
from tests.integration.public.steps import (
    answer_to,
    correction_page,
    errors,
    kept,
    later,
    page_address,
    rows_in,
    send_answers,
    step_address,
    value_of,
    walk_to,
)
from tests.people import begin, come_back
from tests.visitor import Visitor

MINE = "Written, and not sent."
TOO_LONG = "Too long. " * 200
ARABIC = "العربية (Arabic)"
EVENT = "round-table"
ASKED = "If you could change one or two things, what would they be?"


def test_back_keeps_what_stands_on_the_page(page_visitor: Visitor) -> None:
    # Given a participant who has written something
    walk_to(page_visitor, "change")
    # When they press Back, and go on to the page again
    page_visitor.press("Back", change_words=MINE)
    assert page_visitor.path == page_address("later")
    page_visitor.press("Continue", later_words="Later.")
    # Then it is there
    assert page_visitor.path == page_address("change")
    assert value_of(page_visitor, "change_words") == MINE


def test_another_language_keeps_what_stands_on_the_page(page_visitor: Visitor) -> None:
    # Given a participant with little English who has written something
    walk_to(page_visitor, "change")
    # When they choose their language
    page_visitor.press(ARABIC, change_words=MINE)
    # Then they are on the same page in it, and what they wrote is there
    assert page_visitor.path == page_address("change", "ar")
    assert value_of(page_visitor, "change_words") == MINE


def test_changing_an_answer_goes_on_doing_so_in_another_language(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    page_visitor.get(f"{page_address('change')}?from=check")
    page_visitor.press(ARABIC, change_words=MINE)
    page_visitor.press_first()
    assert page_visitor.path == step_address("check", "ar")


@pytest.mark.parametrize("button", ["Back", ARABIC])
def test_nothing_is_said_about_words_that_were_not_sent(page_visitor: Visitor, button: str) -> None:
    # Given words for which there is no room
    walk_to(page_visitor, "change")
    # When a participant turns away, and comes back
    page_visitor.press(button, change_words=TOO_LONG)
    page_visitor.get(page_address("change"))
    # Then all of them are there, and nothing is said to be wrong with them
    assert value_of(page_visitor, "change_words") == TOO_LONG
    assert errors(page_visitor) == []
    # And when they send them, it is said; and then also in another language
    page_visitor.press("Continue")
    assert len(errors(page_visitor)) == 1
    page_visitor.press(ARABIC)
    assert len(errors(page_visitor)) == 1


def test_nothing_is_sent_without_them(page_app: Flask, page_visitor: Visitor) -> None:
    # Given an answer, and other words on its page that were not sent
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words="Before.")
    page_visitor.get(f"{page_address('change')}?from=check")
    page_visitor.press("Back", change_words=MINE)
    assert answer_to(page_visitor, ASKED) == "Before."
    # When they go on to the end
    page_visitor.press("Continue")
    # Then they are asked which it is to be
    assert page_visitor.path == page_address("change")
    assert value_of(page_visitor, "change_words") == MINE
    page_visitor.press("Continue")
    assert answer_to(page_visitor, ASKED) == MINE
    assert kept(page_app) == {}


@pytest.mark.parametrize("answered", ["", "Before.\n\nAnd more."], ids=["nothing", "an answer"])
def test_a_page_that_says_nothing_new_holds_no_participant_back(
    page_visitor: Visitor, answered: str
) -> None:
    # Given a page with this on it
    walk_to(page_visitor, "change")
    page_visitor.press("Continue", change_words=answered)
    page_visitor.get(page_address("change"))
    # When a participant writes something, thinks again, and turns away both times
    page_visitor.press(ARABIC, change_words=MINE)
    page_visitor.press("English", change_words=answered.replace("\n", "\r\n"))
    page_visitor.get(step_address("check"))
    page_visitor.press("Continue")
    # Then nothing waits there
    assert page_visitor.path != page_address("change")


def test_words_of_a_visit_that_ended_are_kept_in_the_language_that_was_chosen(
    page_visitor: Visitor,
) -> None:
    # Given a participant who was away for three hours
    walk_to(page_visitor, "change")
    with later(hours=3):
        # When they choose their language
        page_visitor.press(ARABIC, change_words=MINE)
        # Then they go on in it, and what they wrote is there
        assert page_visitor.path == page_address("first", "ar")
        page_visitor.get(page_address("change", "ar"))
        assert value_of(page_visitor, "change_words") == MINE


def test_a_language_that_is_not_offered_is_the_page_again(page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    token = value_of(page_visitor, "csrf_token")
    sent = {"csrf_token": token, "change_words": MINE, "go": "//elsewhere.example"}
    page_visitor.post(page_address("change"), sent)
    assert page_visitor.path == page_address("change")
    assert value_of(page_visitor, "change_words") == MINE


def test_words_are_kept_in_a_correction_too(page_visitor: Visitor) -> None:
    # Given a participant who corrects what they sent
    come_back(page_visitor, send_answers(page_visitor, change_words="Sent."))
    page_visitor.post(
        "/en/choices/correct",
        {"csrf_token": value_of(page_visitor, "csrf_token"), "page": "change"},
    )
    assert value_of(page_visitor, "change_words") == "Sent."
    # When they write something, and choose another language
    page_visitor.press(ARABIC, change_words=MINE)
    # Then it is there, and goes when they change nothing after all
    assert page_visitor.path == correction_page("change", "ar")
    assert value_of(page_visitor, "change_words") == MINE
    token = value_of(page_visitor, "csrf_token")
    page_visitor.post("/en/choices/keep", {"csrf_token": token})
    page_visitor.post("/en/choices/correct", {"csrf_token": token, "page": "change"})
    assert value_of(page_visitor, "change_words") == "Sent."


def test_enter_in_a_field_sends_the_page(page_visitor: Visitor) -> None:
    """A browser presses the first button of the form, wherever it stands."""
    begin(page_visitor)
    own = [one for one in page_visitor.page.all("button") if one.get("form") == "asking"]
    (form,) = [one for one in page_visitor.page.all("form") if one.get("id") == "asking"]
    first = next(
        one for one in page_visitor.page.elements if one in own or one in form.iter("button")
    )
    assert first.get("name") is None
    # And no participant sees, hears or tabs to it
    assert (first.get("class"), first.get("tabindex")) == ("unseen", "-1")
    assert first.get("aria-hidden") == "true"


@pytest.mark.parametrize("button", ["Back", ARABIC])
def test_a_booking_keeps_its_words(page_app: Flask, booker: Booker, button: str) -> None:
    # Given a registrant in the middle of booking
    publish(page_app)
    booker.begin(EVENT)
    # When they turn away, and come back
    booker.press(button, registrant_email="not yet")
    booker.get(f"/en/events/{EVENT}/register")
    # Then it is there, and nothing is said to be wrong
    assert value_of(booker, "registrant_email") == "not yet"
    assert errors(booker) == []


def test_turning_away_from_an_empty_booking_keeps_nothing(page_app: Flask, booker: Booker) -> None:
    publish(page_app)
    booker.begin(EVENT)
    booker.press(ARABIC)
    booker.press("English")
    assert errors(booker) == []
    with later(hours=3):
        booker.press(ARABIC, registrant_email="not yet")
        assert booker.path == f"/ar/events/{EVENT}/register"
        assert value_of(booker, "registrant_email") == "not yet"


@pytest.mark.parametrize("button", ["Back", ARABIC])
def test_needs_keep_their_words(page_app: Flask, booker: Booker, button: str) -> None:
    # Given a registrant who says anew what they need, before any Visit
    event = publish(page_app)
    with page_app.app_context():
        ticket = register_one(event).ticket
    booker.get(f"/en/r/{ticket}/needs")
    # When they look at the page in another language and turn away without a word, no Visit is opened
    booker.press(button)
    assert rows_in(page_app, "public_visits") == 0
    # And with words, they are there when they come back
    booker.get(f"/en/r/{ticket}/needs")
    booker.press(button, access_needs=["breaks", "none"], needs_notes="A quiet room")
    booker.get(f"/en/r/{ticket}/needs")
    assert value_of(booker, "needs_notes") == "A quiet room"
    assert value_of(booker, "access_needs") == ["breaks", "none"]
    assert errors(booker) == []


def test_leaving_takes_them_along(page_app: Flask, page_visitor: Visitor) -> None:
    walk_to(page_visitor, "change")
    page_visitor.press("Back", change_words=MINE)
    page_visitor.client.get("/leave")
    assert rows_in(page_app, "public_visits") == 0
