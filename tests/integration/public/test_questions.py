"""Answering: a page at a time, forgiving, and never asking what the answers already rule out."""

import pytest
from flask import Flask

from tests.integration.public.steps import (
    START,
    answer_to,
    errors,
    go_to_check,
    kept,
    page_address,
    send_answers,
    step_address,
    value_of,
    walk_to,
    walk_to_check,
)
from tests.pages import words
from tests.people import begin, come_back, send
from tests.visitor import Value, Visitor

LONG = "Many words. " * 200
REACH = {"contact_wanted": "yes", "safe_ways": ["email", "text", "call"]}


# The way through


@pytest.mark.parametrize(
    ("said", "asked", "not_asked"),
    [
        ({"contact_wanted": "no"}, set(), {"safe-ways", "email", "phone", "times"}),
        ({}, {"contact"}, {"safe-ways", "email", "phone", "times"}),
        (
            {"contact_wanted": "yes", "safe_ways": ["email"]},
            {"safe-ways", "email", "times"},
            {"phone"},
        ),
        (
            {"contact_wanted": "yes", "safe_ways": ["text"]},
            {"safe-ways", "phone", "times"},
            {"email"},
        ),
        (
            {"contact_wanted": "yes", "safe_ways": ["none"]},
            {"safe-ways"},
            {"email", "phone", "times"},
        ),
        ({"had_assessment": "no"}, {"without"}, {"how-it-was-done", "the-people", "later"}),
        ({"had_assessment": "yes"}, {"how-it-was-done", "the-people", "later"}, {"without"}),
        (
            {"contact_wanted": "yes", "safe_ways": ["app"]},
            {"safe-ways", "app", "times"},
            {"email", "phone"},
        ),
        # What is about equality comes after sending.
        ({}, set(), {"more", "about-you", "about-you-more"}),
    ],
)
def test_only_what_fits_is_asked(
    page_visitor: Visitor, said: dict[str, Value], asked: set[str], not_asked: set[str]
) -> None:
    # When a participant answers like this
    seen = set(walk_to_check(page_visitor, **said))
    # Then they see the pages that fit, and none that do not
    assert asked <= seen
    assert not not_asked & seen


def test_a_page_that_does_not_fit_leads_to_one_that_does(page_visitor: Visitor) -> None:
    # Given a participant who does not want to hear from us
    go_to_check(page_visitor, contact_wanted="no")
    # When they type the address of the page about phones
    page_visitor.get(page_address("phone"))
    # Then they are where the questions begin
    assert page_visitor.path == page_address("first")


def test_back_leads_where_one_came_from(page_visitor: Visitor) -> None:
    # Given a participant in the middle of answering
    walk_to(page_visitor, "health", had_assessment="no", why_without="waiting")
    # When they go back, and back
    page_visitor.back()
    assert page_visitor.path == page_address("without")
    # Then what they said is there
    assert value_of(page_visitor, "why_without") == ["waiting"]
    page_visitor.back()
    assert value_of(page_visitor, "had_assessment") == ["no"]
    page_visitor.back()
    page_visitor.back()
    assert page_visitor.path == START


def test_a_page_can_be_skipped_with_a_button(page_visitor: Visitor) -> None:
    # Given a page that holds nothing
    walk_to(page_visitor, "health", had_assessment="yes")
    # When it is skipped
    page_visitor.press("Skip this page")
    # Then they go on, and it is still empty
    assert page_visitor.path == page_address("later")
    page_visitor.back()
    assert value_of(page_visitor, "feeling") == []
    assert value_of(page_visitor, "health_words") == ""


def test_the_one_question_that_is_needed_has_no_skip(page_visitor: Visitor) -> None:
    begin(page_visitor)
    assert "Skip this page" not in page_visitor.buttons()
    assert "(we need this one)" in page_visitor.page.text
    assert "This form is for adults." in page_visitor.page.text


def test_every_other_question_says_that_it_is_optional(page_visitor: Visitor) -> None:
    # Given every page of the longest way
    walk_to(page_visitor, "assessment")
    while not page_visitor.path.endswith("/check"):
        if "/page/" in page_visitor.path:
            # Then each question says so in words
            asked = [
                words(one)
                for one in page_visitor.page.all("label", "legend")
                if not page_visitor.page.inside(one, "fieldset") or one.tag == "legend"
            ]
            assert asked and all(one.endswith("(optional)") for one in asked), asked
        page_visitor.press_first(**_reach_on(page_visitor))


def _reach_on(visitor: Visitor) -> dict[str, Value]:
    here = {one.get("name") for one in visitor.page.all("input")}
    return {name: value for name, value in REACH.items() if name in here}


# Changing


def test_change_leads_back_to_the_check(page_visitor: Visitor) -> None:
    # Given a participant who checks their answers
    go_to_check(page_visitor, had_assessment="not_sure", change_words="More time.")
    # When they change one
    page_visitor.follow("Change What should change")
    assert value_of(page_visitor, "change_words") == "More time."
    page_visitor.press("Continue", change_words="Much more time.")
    # Then they are back, and it is changed
    assert page_visitor.path.endswith("/check")
    assert answer_to(
        page_visitor, "If you could change one or two things, what would they be?"
    ) == ("Much more time.")


def test_a_change_that_opens_new_questions_asks_them_first(page_visitor: Visitor) -> None:
    # Given a participant who did not want to hear from us
    go_to_check(page_visitor, contact_wanted="no")
    # When they change that
    page_visitor.follow("Change Hearing from us")
    page_visitor.press("Continue", contact_wanted="yes")
    # Then they are asked what is safe, in turn, and are back at the check
    assert page_visitor.path == page_address("safe-ways")
    page_visitor.press("Continue", safe_ways=["email"], name_to_use="Robin")
    assert page_visitor.path == page_address("email")
    page_visitor.press("Continue", email="robin@example.org")
    assert page_visitor.path == page_address("times")
    page_visitor.press("Continue")
    assert page_visitor.path.endswith("/check")


def test_a_mistake_while_changing_still_leads_back_to_the_check(page_visitor: Visitor) -> None:
    # Given a participant who was asked everything and changes their address
    walk_to_check(page_visitor, **REACH, email="robin@example.org")
    page_visitor.follow("Change Your e-mail")
    # When they mistype it and then put it right
    page_visitor.press("Continue", email="robin.example.org")
    assert len(errors(page_visitor)) == 1
    page_visitor.press("Continue", email="robin@example.com")
    # Then they are back
    assert page_visitor.path.endswith("/check")
    assert answer_to(page_visitor, "What is your e-mail address?") == "robin@example.com"


def test_what_no_longer_fits_is_not_sent(page_visitor: Visitor) -> None:
    # Given a participant who answered about an assessment, and gave an address
    go_to_check(
        page_visitor,
        had_assessment="yes",
        done_words="It was cold.",
        **REACH,
        email="r@example.org",
    )
    # When they say that they had none, and want no contact
    page_visitor.follow("Change The assessment")
    page_visitor.press("Continue", had_assessment="no")
    assert page_visitor.path == page_address("without")
    page_visitor.press("Continue")
    page_visitor.follow("Change Hearing from us")
    page_visitor.press("Continue", contact_wanted="no")
    # Then it is not in what they check
    assert "It was cold." not in page_visitor.page.text
    assert "r@example.org" not in page_visitor.page.text
    # And not in what is kept
    code = send(page_visitor)
    come_back(page_visitor, code)
    assert "It was cold." not in page_visitor.page.text
    assert "r@example.org" not in page_visitor.page.text
    copy = page_visitor.download("/en/choices/copy").get_json()
    assert set(copy["answers"]) == {"adult", "had_assessment", "contact_wanted"}


def test_what_cannot_reach_a_participant_is_said_before_they_send(page_visitor: Visitor) -> None:
    # Given a participant who wants to hear from us, and forgot how
    go_to_check(page_visitor, contact_wanted="yes", safe_ways=["email", "text"])
    # Then they are told
    assert "e-mail is safe, but you gave no address" in page_visitor.page.text
    assert "phone is safe, but you gave no number" in page_visitor.page.text
    # And beside it is the way to change that, and back
    page_visitor.follow("Change this")
    assert page_visitor.path == page_address("email")
    page_visitor.press("Continue", email="robin@example.org", email_shared="yes")
    page_visitor.get(step_address("check"))
    assert "someone else can see your e-mails" in page_visitor.page.text


# Under 18


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_participant_under_18_is_pointed_to_help_and_nothing_is_kept(
    page_app: Flask, page_visitor: Visitor, language: str
) -> None:
    # When a participant says that they are not 18
    begin(page_visitor, language)
    page_visitor.press_first(adult="no")
    # Then they find help for children
    assert page_visitor.status == 200
    assert "0800 1111" in page_visitor.page.text
    # And nothing is kept, and they cannot go on behind our back
    assert kept(page_app) == {}
    for address in (page_address("assessment", language), step_address("check", language)):
        page_visitor.get(address)
        assert page_visitor.path == f"/{language}/calls/support-needs/"


def test_saying_so_late_drops_everything(page_app: Flask, page_visitor: Visitor) -> None:
    # Given a participant at the end of the form
    go_to_check(page_visitor, change_words="More time.")
    # When they change their age
    page_visitor.follow("Change One thing first")
    page_visitor.press("Continue", adult="no")
    # Then nothing is left
    assert "0800 1111" in page_visitor.page.text
    begin(page_visitor)
    walk_to(page_visitor, "change")
    assert value_of(page_visitor, "change_words") == ""
    assert kept(page_app) == {}


# Mistakes


@pytest.mark.parametrize(
    ("key", "typed", "says"),
    [
        ("first", {"adult": None}, "Choose Yes or No: “Are you 18 or older?”"),
        ("email", {"email": "robin at example"}, "Write an e-mail address like name@example.org"),
        ("email", {"email": "r@" + "e" * 300 + ".org"}, "Write an e-mail address"),
        ("phone", {"phone": "my number"}, "Write a phone number with digits"),
        ("phone", {"phone": "12"}, "Write a phone number with"),
        ("change", {"change_words": LONG}, "Make this 1,199 letters shorter: “If you could"),
        (
            "safe-ways",
            {"safe_ways": ["email", "none"]},
            "or any of the others, but not both: “Which ways are safe for you?”",
        ),
    ],
)
def test_a_mistake_is_named_and_what_was_typed_stays(
    page_visitor: Visitor, key: str, typed: dict[str, Value], says: str
) -> None:
    # Given a participant at a page
    walk_to(
        page_visitor, key, **{name: value for name, value in REACH.items() if name not in typed}
    )
    # When they answer in a way that cannot be taken
    page_visitor.press("Continue", **typed)
    # Then they are still there, and the words at the top say what to do
    assert page_visitor.path == page_address(key)
    (said,) = errors(page_visitor)
    assert says in said
    assert page_visitor.page.title.startswith("Please look again")
    # And all they typed is still there
    for name, value in typed.items():
        assert value_of(page_visitor, name) == (value if value is not None else [])
    # And it stays when they load the page again, or look at it later
    page_visitor.get("/en/")
    page_visitor.get(page_address(key))
    assert errors(page_visitor) == [said]


def test_everything_on_the_page_stays_when_one_answer_is_wrong(page_visitor: Visitor) -> None:
    # Given a page with three questions
    walk_to(page_visitor, "email", **REACH)
    # When one of the answers is wrong
    page_visitor.press("Continue", email="no address", email_shared="unsure", email_say_who="no")
    # Then the others are still there, too
    assert value_of(page_visitor, "email_shared") == ["unsure"]
    assert value_of(page_visitor, "email_say_who") == ["no"]
    # And once it is right they all are kept
    page_visitor.press("Continue", email="robin@example.org")
    page_visitor.back()
    assert value_of(page_visitor, "email") == "robin@example.org"
    assert value_of(page_visitor, "email_shared") == ["unsure"]


def test_a_participant_who_gives_up_on_a_page_can_delete_what_is_on_it(
    page_visitor: Visitor,
) -> None:
    # Given a participant whose phone number is not taken
    walk_to(page_visitor, "phone", **REACH)
    page_visitor.press("Continue", phone="somewhere")
    # When they give up on the page
    page_visitor.press("Delete my answers on this page")
    page_visitor.press("Skip this page")
    # Then they go on
    assert page_visitor.path == page_address("times")


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("assessment", {"had_assessment": "perhaps"}),
        ("assessment", {"had_assessment": ["yes", "no"]}),
        ("safe-ways", {"safe_ways": ["email", "pigeon"]}),
        ("first", {"adult": "maybe"}),
    ],
)
def test_what_the_page_does_not_offer_is_refused(
    page_visitor: Visitor, key: str, sent: dict[str, Value]
) -> None:
    # Given a program that sends what no page offers
    walk_to(page_visitor, key, **REACH)
    token = value_of(page_visitor, "csrf_token")
    # When it does
    page_visitor.post(page_visitor.path, {**sent, "csrf_token": token})
    # Then it is refused, like any other mistake
    assert page_visitor.path == page_address(key)
    assert len(errors(page_visitor)) == 1


def test_fields_that_were_not_asked_are_not_kept(page_visitor: Visitor) -> None:
    # Given a program that sends answers of other pages, and others that do not exist
    walk_to(page_visitor, "health")
    token = value_of(page_visitor, "csrf_token")
    extra = {"email": "r@example.org", "admin": "yes", "feeling": "better", "csrf_token": token}
    # When it does, and goes on
    page_visitor.post(page_visitor.path, extra)
    page_visitor.get(step_address("check"))
    code = send(page_visitor)
    come_back(page_visitor, code)
    # Then only the one that was asked is kept
    copy = page_visitor.download("/en/choices/copy").get_json()
    assert copy["answers"] == {"adult": "yes", "feeling": "better"}


def test_words_in_any_script_and_any_sign_come_back_as_they_were(page_visitor: Visitor) -> None:
    # Given words that programs often break
    said = "<b>Not bold</b> & \"quoted\" 'too' {{ 7*7 }} %(x)s\n\nسلام ሰላም 🙂"
    # When a participant sends them
    code = send_answers(page_visitor, change_words=said.replace("\n", "\r\n"))
    come_back(page_visitor, code)
    # Then they are there, letter by letter
    assert page_visitor.download("/en/choices/copy").get_json()["answers"]["change_words"] == said
    page_visitor.get("/en/choices/answers")
    assert '<b>Not bold</b> & "quoted"' in page_visitor.page.text


def test_no_participant_can_send_without_the_answer_that_is_needed(
    page_app: Flask, page_visitor: Visitor
) -> None:
    # Given a participant who jumps to the end
    begin(page_visitor)
    page_visitor.get(step_address("check"))
    # When they want to go on
    page_visitor.press("Continue")
    # Then they are asked, and after that they are back
    assert page_visitor.path == page_address("first")
    assert errors(page_visitor) == ["Choose Yes or No: “Are you 18 or older?”"]
    page_visitor.press("Continue", adult="yes")
    assert page_visitor.path.endswith("/check")
    assert kept(page_app) == {}
    # And the last page is not there before the check was passed
    page_visitor.get(step_address("agree"))
    assert page_visitor.path.endswith("/check")
