"""A form made for paper has the same questions, and all that a participant must know before the first one."""

import pytest
from flask import Flask
from flask_babel import force_locale

from tests.conftest import MakeApp
from tests.every_kind import SLUG, every_kind_form, publish_every_kind
from tests.factories import WHO_WE_ARE, demo_form
from tests.integration.public.steps import printed, weight_of_printed
from tests.pages import MOST_BYTES, MOST_REQUESTS, Page, words
from tests.unit.rules.factories import form, page_data, question_data
from webapp.rules.forms.form_definition import ConsentWording
from webapp.rules.forms.kinds import kind_of
from webapp.rules.forms.texts import text_in
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.ui.messages import words_for
from webapp.ui.paper_form import sheets

PAPER = "/calls/support-needs/paper"


def agreed_on_paper() -> list[ConsentWording]:
    """What a paper can be ticked for: all but an e-mail that goes out when answers are sent here."""
    return [one for one in demo_form().consents if one.purpose != CONFIRMATION_CONSENT]


def paper(app: Flask, language: str = "en", *, large: bool = False) -> Page:
    """The call's form on paper."""
    return printed(app, f"/{language}{PAPER}{'/large' if large else ''}")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_question_is_there(page_app: Flask, language: str) -> None:
    # When the form is printed
    told = paper(page_app, language).text
    # Then every page, question, choice and consent of the definition is on it
    definition = demo_form()
    texts = [page.title for page in definition.pages]
    texts += [one.label for one in definition.questions]
    texts += [choice.label for one in definition.questions for choice in one.all_choices]
    texts += [wording.text for wording in agreed_on_paper()]
    missing = [text for text in texts if text_in(text, language)[0] not in told]
    assert missing == []


def test_it_says_why_an_answer_is_needed(page_app: Flask) -> None:
    told = paper(page_app).text
    reasons = [one.reason["en"] for one in demo_form().questions if one.reason]
    assert reasons
    assert [reason for reason in reasons if reason not in told] == []


def test_all_that_a_participant_must_know_comes_first(page_app: Flask) -> None:
    # When the form is printed
    told = paper(page_app).text
    # Then each thing to know stands before the first question
    first = told.index("Are you")
    start = demo_form().start
    for text in (start.who, start.readers, start.payment, start.limits, start.support):
        assert told.index(text["en"].split("\n\n")[0]) < first


def test_a_box_for_every_choice_and_lines_for_words(page_app: Flask) -> None:
    # When the form is printed
    page = paper(page_app)
    # Then there are as many boxes as choices and consents, and room to write
    definition = demo_form()
    picks = sum(len(one.choice_keys) for one in definition.questions) + len(agreed_on_paper())
    boxes = [
        box
        for group in page.all("ul")
        if "boxes" in group.get("class", "").split()
        for box in group.iter("li")
    ]
    assert len(boxes) == picks
    lines = [one for one in page.all("div") if one.get("class") == "line"]
    assert len(lines) > len(definition.questions)
    # And nothing to fill in on the screen: what is typed there would go nowhere
    assert page.all("input", "textarea", "button") == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_question_says_what_to_do_with_a_pen(page_app: Flask, language: str) -> None:
    # Given a call that asks one question of every kind
    with page_app.app_context():
        publish_every_kind()
    # When its form is printed
    page = printed(page_app, f"/{language}/calls/{SLUG}/paper")
    # Then each question is followed by the instruction of its kind, once
    kinds = [kind_of(one) for one in every_kind_form().questions]
    with page_app.test_request_context(), force_locale(language):
        told = [words_for(str(kind.paper)) for kind in kinds]
    assert [words(one) for one in page.all("span") if one.get("class") == "how"] == told
    # And a date has a box for each digit in place of a line
    (digits,) = [one for one in page.all("div") if one.get("class") == "digits"]
    assert len(list(digits.iter("i"))) == len("DDMMYYYY")
    # And a ranking has a box beside each of its choices
    lists = [[words(box) for box in one.iter("li")] for one in page.all("ul")]
    assert ["A home", "Work", "Rest"] in lists
    # And an answer that is not listed has a line below its box
    assert "If something else, please write it here" in page.text


def test_no_paper_asks_for_an_email_that_never_comes(page_app: Flask) -> None:
    # Given a form which offers an e-mail as soon as the answers have arrived
    offered = demo_form().consent(CONFIRMATION_CONSENT)
    assert offered is not None
    # Then the paper does not: the coordinator who types it in later sends none
    assert offered.text["en"] not in paper(page_app).text


def test_whom_a_page_is_for_is_said_by_number(page_app: Flask) -> None:
    told = paper(page_app).text
    assert "Only if you ticked “No” in question 2." in told
    assert "in question 2, or left it out." in told
    assert "Only if someone helped you." in told
    # And who is under 18 reads where to stop
    assert "If you ticked “No” in question 1:" in told


def test_equality_is_a_sheet_by_itself(page_app: Flask) -> None:
    sections = [one for one in paper(page_app).all("section") if "apart" in one.get("class", "")]
    (sheet,) = sections
    assert "please give us this sheet by itself" in words(sheet)


def test_large_print_has_the_same_words(page_app: Flask) -> None:
    normal, large = paper(page_app), paper(page_app, large=True)
    assert [e.get("class") for e in large.all("article")] == ["large"]
    assert [words(one) for one in normal.all("h3")] == [words(one) for one in large.all("h3")]


def test_where_to_hand_it_in_comes_from_the_settings(make_page_app: MakeApp) -> None:
    app = make_page_app(HAND_IN="The desk at 1 Example Street, or 01632 960001")
    assert "The desk at 1 Example Street, or 01632 960001" in paper(app).text


def test_without_a_place_it_says_how_to_reach_us(page_app: Flask) -> None:
    # Given operators who said no place, only how to reach them
    told = paper(page_app).text
    assert f"or to someone from {WHO_WE_ARE['ORGANISATION']}." in told
    assert f"How to reach us: {WHO_WE_ARE['REACH_US']}" in told


def test_a_demo_without_a_name_names_no_organisation(make_page_app: MakeApp) -> None:
    told = paper(make_page_app(DEMO="yes", ORGANISATION="", REACH_US="")).text
    assert "Give it to a support worker you trust. Do not send it by post" in told


def test_nothing_on_paper_says_that_something_was_not_kept(page_app: Flask) -> None:
    # Given what a participant under 18 reads on paper
    told = paper(page_app).text
    _, under_18 = told.split("If you ticked “No” in question 1:")
    under_18 = under_18.partition("throw it away.")[0]
    # Then it points to help, and says nothing of what was typed: nothing was
    assert "0800 1111" in under_18.replace("\N{NO-BREAK SPACE}", " ")
    assert "keep" not in under_18
    assert "Thank you for coming" not in under_18


@pytest.mark.parametrize("language", ["en", "ar"])
def test_it_is_light_as_it_is_sent(page_app: Flask, language: str) -> None:
    page = paper(page_app, language)
    size, requests = weight_of_printed(page_app, page)
    assert size <= MOST_BYTES
    assert requests <= MOST_REQUESTS


def test_a_kind_says_itself_what_it_needs_on_paper(page_app: Flask) -> None:
    # Given one question of each sort
    asked = [
        question_data("short", max_length=80),
        question_data("words", "long_text"),
        question_data("pick", "choice"),
        question_data("sure", "yes_no"),
    ]
    definition = form(page_data("first", *asked))
    # Then there are lines where words go, boxes where something is picked, and a number each
    with page_app.test_request_context("/en/"):
        page_app.preprocess_request()
        (sheet,) = sheets(definition)
    assert [(one.lines > 0, len(one.boxes)) for one in sheet.asked] == [
        (True, 0),
        (True, 0),
        (False, 3),
        (False, 2),
    ]
    assert sheet.asked[0].lines == 1 < sheet.asked[1].lines
    assert [one.number for one in sheet.asked] == [1, 2, 3, 4]


def marks(page: Page) -> list[str]:
    return [words(one).rsplit(" ", 1)[1] for one in page.all("p") if one.get("class") == "mark"]


def test_the_mark_of_a_print_is_random_and_kept_nowhere(page_app: Flask) -> None:
    # When the form is opened for two people (and looking at it wrote nothing, as every GET here is held to)
    one, other = marks(paper(page_app)), marks(paper(page_app))
    # Then each has a mark of its own, and the sheets about equality have another than the rest: they stay apart
    assert len({*one, *other}) == 4
    # And behind that of the rest is which version of the call it is
    first, apart = one
    assert first.removesuffix("/1") != first
    assert [len(first.removesuffix("/1")), len(apart)] == [5, 5]
    # And it is in nothing that we hold
    assert one[0].encode() not in everything_stored(page_app)


def everything_stored(app: Flask) -> bytes:
    folder = app.extensions["hearth_settings"].instance
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_a_participant_who_is_late_reads_what_to_do(page_app: Flask) -> None:
    told = paper(page_app).text
    assert "If you are late, ask us. We may still be able to add your answers." in told


def test_short_choices_stand_side_by_side(page_app: Flask) -> None:
    classes = {
        one.get("class") for one in paper(page_app).all("ul") if "boxes" in one.get("class", "")
    }
    assert classes == {"boxes", "boxes side-2", "boxes side-3"}
