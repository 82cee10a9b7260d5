"""Every kind of question as a page asks it: taken, refused with kind words, kept, read back."""

import pytest
from flask import Flask, g

from tests.every_kind import SLUG, every_kind_form, publish_every_kind
from tests.integration.public.steps import answer_to, errors, kept, rows_in, value_of
from tests.pages import words
from tests.people import begin, come_back, send, tell_more
from tests.visitor import Value, Visitor
from webapp.desk.shared.answer_display import one_said

DAY = {"date-day": "7", "date-month": "March", "date-year": "2026"}


def address(step: str, language: str = "en") -> str:
    return f"/{language}/calls/{SLUG}/{step}"


@pytest.fixture
def asked(page_app: Flask, page_visitor: Visitor) -> Visitor:
    """A participant at the page with a date, a statement, a scale and a yes or no."""
    with page_app.app_context():
        publish_every_kind()
    begin(page_visitor, call=SLUG)
    page_visitor.press("Continue", choice="north")
    assert page_visitor.path == address("page/day")
    return page_visitor


def test_each_is_asked_taken_and_read_back(asked: Visitor) -> None:
    # When a participant answers one question of every kind
    ranked: dict[str, Value] = {"ranking-rest": "1", "ranking-home": "2"}
    asked.press("Continue", **DAY, **ranked, scale="so_so", yes_no="yes")
    asked.press("Continue", text="The talk", number="١٢", choices=["one"])
    # Then they read it back in words, and what was only said is not among it
    assert answer_to(asked, "Which day was that?") == "7 March 2026"
    assert answer_to(asked, "How did it go?") == "So so"
    assert answer_to(asked, "What matters most to you?") == "1. Rest 2. A home"
    assert answer_to(asked, "How many of you were there?") == "12"
    assert "what came of it" not in asked.page.text
    # And in another language the day is said as that language says it
    asked.get(address("check", "ar"))
    assert answer_to(asked, "Which day was that?") != "7 March 2026"
    # And it is kept as it was meant
    asked.get(address("check"))
    code = send(asked)
    tell_more(asked, age_band="75_up")
    come_back(asked, code)
    asked.get("/en/choices/answers")
    assert answer_to(asked, "How old are you?") == "75 or over"
    assert answer_to(asked, "Which day was that?") == "7 March 2026"
    copy = asked.download("/en/choices/copy").get_json()
    assert copy["answers"]["date"] == "2026-03-07"
    assert copy["answers"]["ranking"] == ["rest", "home"]
    assert copy["answers"]["number"] == "12"
    assert copy["answers"]["scale"] == "so_so"
    assert "statement" not in copy["answers"]


def test_a_statement_is_said_between_the_questions_and_asks_nothing(asked: Visitor) -> None:
    # Then its paragraphs stand after the question before it and before the one after it
    text = asked.page.text
    assert text.index("Which day") < text.index("about what came of it") < text.index("How did it")
    # And there is no field of that name
    assert not [one for one in asked.page.elements if one.get("name") == "statement"]
    # When a program sends one all the same
    token = value_of(asked, "csrf_token")
    asked.post(asked.path, {"csrf_token": token, "statement": "Mine.", "do": "continue"})
    # Then it is not there
    asked.get(address("check"))
    assert "Mine." not in asked.page.text


def test_a_date_has_three_fields_with_a_name_each(asked: Visitor) -> None:
    (group,) = [one for one in asked.page.all("fieldset") if "Which day" in words(one)]
    fields = list(group.iter("input"))
    labels = [words(one) for one in group.iter("label")]
    assert [one.get("id") for one in fields] == ["date-day", "date-month", "date-year"]
    assert labels == ["Day", "Month", "Year"]
    assert {one.get("type") for one in fields} == {"text"}
    assert {one.get("autocomplete") for one in fields} == {"off"}
    assert [one.get("inputmode") for one in fields] == ["numeric", None, "numeric"]


def first_error(visitor: Visitor) -> str:
    """Where the first link of the error summary leads."""
    summary = next(one for one in visitor.page.elements if one.get("role") == "alert")
    return next(summary.iter("a")).get("href", "")


@pytest.mark.parametrize(
    ("typed", "leads_to", "says"),
    [
        ({"date-day": "41"}, "#date-day", "Write the day as a number from 1 to 31"),
        ({"date-day": ""}, "#date-day", "Add the day, like 7"),
        ({"date-month": "Smarch"}, "#date-month", "Write the month as a number from 1 to 12"),
        ({"date-year": "26"}, "#date-year", "Write the year with four digits, like 2026"),
        ({"date-day": "30", "date-month": "2"}, "#date-day", "That month has 28 days"),
        ({"date-year": "9" * 5_000}, "#date-year", "Write the year with four digits"),
        ({"date-day": "7\x00\x1b\u202e8"}, "#date-day", "Write the day as a number"),
    ],
)
def test_what_is_no_day_is_named_and_stays(
    asked: Visitor, typed: dict[str, Value], leads_to: str, says: str
) -> None:
    # When a participant writes a day that there is not
    asked.press("Continue", **{**DAY, **typed}, scale="badly")
    # Then the words lead to the part to look at, and only that one is marked
    (said,) = errors(asked)
    assert said.startswith(says)
    assert first_error(asked) == leads_to
    marked = [one.get("id") for one in asked.page.all("input") if one.get("aria-invalid")]
    assert marked == [leads_to[1:]]
    # And all they wrote is there (but for what a page cannot hold), and what they picked
    for name, value in {**DAY, **typed}.items():
        if "\x00" not in str(value):
            assert value_of(asked, name) == value
    assert value_of(asked, "scale") == ["badly"]
    # And they can put it right
    asked.press("Continue", **DAY)
    assert asked.path == address("page/went-badly")


def test_a_date_sent_twice_is_refused_and_one_under_another_name_is_not_read(
    asked: Visitor,
) -> None:
    # Given a program that sends what no page offers
    token = value_of(asked, "csrf_token")
    # When a part comes twice, then it is refused
    twice = {**DAY, "date-day": ["7", "8"]}
    asked.post(asked.path, {**twice, "csrf_token": token})
    assert len(errors(asked)) == 1
    # When a whole date comes under the name of the question, then there is no answer
    asked.post(asked.path, {"date": "2026-03-07", "csrf_token": token})
    asked.get(address("check"))
    assert answer_to(asked, "Which day was that?") is None
    assert "You left this out" in asked.page.text


@pytest.mark.parametrize(
    "sent",
    [
        {"scale": "3"},
        {"scale": ["well", "badly"]},
        {"scale": "well\x00"},
        {"scale": "w" * 9_000},
        {"yes_no": "perhaps"},
    ],
)
def test_a_point_that_is_not_on_the_scale_is_refused(
    asked: Visitor, sent: dict[str, Value]
) -> None:
    token = value_of(asked, "csrf_token")
    asked.post(asked.path, {**sent, "csrf_token": token})
    assert asked.path == address("page/day")
    assert len(errors(asked)) == 1


def test_a_point_of_a_scale_opens_a_page_and_another_closes_it(asked: Visitor) -> None:
    # Given a participant for whom it went badly, and who says what was missing
    asked.press("Continue", scale="badly")
    asked.press("Continue", long_text="Somebody to ask.")
    # When they say that it went well after all
    asked.get(address("page/day"))
    asked.press("Continue", scale="well")
    # Then the page is not on their way, and nothing of it would be sent
    assert asked.path == address("page/lines")
    asked.get(address("check"))
    assert "Somebody to ask." not in asked.page.text


def test_a_long_text_says_how_much_room_there_is_without_a_script(asked: Visitor) -> None:
    asked.press("Continue", scale="badly")
    (field,) = asked.page.all("textarea")
    room = asked.page.by_id["long_text-room"]
    assert field.get("data-limit") == "400"
    assert room.get("data-room") is not None
    assert words(room) == "You can write up to 400 letters (about 70 words)."
    assert "long_text-room" in (field.get("aria-describedby") or "").split()


def test_none_of_these_with_another_keeps_both_ticks(asked: Visitor) -> None:
    asked.get(address("page/lines"))
    asked.press("Continue", choices=["one", "none"])
    (said,) = errors(asked)
    assert said.startswith("Choose “") and "”, or any of the others, but not both: “" in said
    assert value_of(asked, "choices") == ["one", "none"]


def test_a_number_has_a_keypad_and_an_error_names_its_bounds(asked: Visitor) -> None:
    asked.get(address("page/lines"))
    (field,) = [one for one in asked.page.all("input") if one.get("name") == "number"]
    assert [field.get(name) for name in ("type", "inputmode", "dir")] == ["text", "numeric", "ltr"]
    # When somebody writes too large a number, then the error says between which it is, and what they wrote stays
    asked.press("Continue", number="21")
    (said,) = errors(asked)
    assert said.startswith("Write a whole number from 0 to 20, or leave this empty")
    assert value_of(asked, "number") == "21"
    asked.get(address("page/lines", "ar"))
    assert "من 0 إلى 20" in asked.page.text


def test_something_else_has_a_line_that_is_always_there(asked: Visitor) -> None:
    # Given a list with a line below its last answer
    asked.get(address("page/lines"))
    line = asked.page.by_id["choices-other"]
    (label,) = [one for one in asked.page.all("label") if one.get("for") == "choices-other"]
    assert words(label) == "If something else, please write it here"
    assert [line.get(name) for name in ("name", "type", "dir")] == ["choices-other", "text", "auto"]
    # When a participant writes on it without a tick
    asked.press("Continue", **{"choices": ["one"], "choices-other": "A torch‮"})
    # Then both are read back, and their words as they wrote them
    said = answer_to(asked, "What did you take along?") or ""
    assert said.endswith(" Something else: “A torch”")
    # And the page shows both again, to be changed
    asked.get(address("page/lines"))
    assert value_of(asked, "choices") == ["one", "else"]
    assert value_of(asked, "choices-other") == "A torch"
    # When it is not one of these after all, then it is asked which, and nothing is lost
    asked.press("Continue", **{"choices": ["none"], "choices-other": "A torch"})
    (told,) = errors(asked)
    assert told.startswith("Choose “None of these”, or any of the others, but not both")
    assert value_of(asked, "choices-other") == "A torch"
    # And words that are too long are said at the line
    asked.press("Continue", **{"choices": [], "choices-other": "ሀ" * 300})
    assert first_error(asked) == "#choices-other"
    assert asked.page.by_id["choices-other"].get("aria-invalid") == "true"
    assert value_of(asked, "choices-other") == "ሀ" * 300


def test_words_for_something_else_are_kept_copied_and_corrected(asked: Visitor) -> None:
    asked.get(address("page/lines"))
    asked.press("Continue", **{"choices": [], "choices-other": "A torch"})
    code = send(asked)
    come_back(asked, code)
    asked.get("/en/choices/answers")
    copy = asked.download("/en/choices/copy").get_json()
    assert copy["answers"]["choices"] == ["else", "else: A torch"]
    # When they are corrected, then the line has what was written
    token = value_of(asked, "csrf_token")
    asked.post("/en/choices/correct", {"csrf_token": token, "page": "lines"})
    assert value_of(asked, "choices-other") == "A torch"
    asked.press("Continue", **{"choices-other": "A rope"})
    assert "Something else: “A rope”" in (answer_to(asked, "What did you take along?") or "")


def test_at_the_desk_own_words_are_marked_as_what_they_were_written_in(page_app: Flask) -> None:
    # Given own words in Arabic, beside a choice in English
    question = every_kind_form().question("choices")
    with page_app.test_request_context():
        g.language = "en"
        said = one_said(question, {"choices": ["else", "else: <b>مصباح"]}, "ar")
    # Then the choice is English, the words are marked as Arabic, and nothing in them is markup
    assert said.language == "en"
    assert said.words is not None
    assert said.words.startswith("Something else: “<bdi>")
    assert 'lang="ar"' in said.words
    assert "&lt;b&gt;مصباح" in said.words


def test_a_line_that_no_page_offers_takes_nothing(asked: Visitor) -> None:
    # Given a program that sends words to a list without a line, and a value that looks like them
    token = value_of(asked, "csrf_token")
    asked.post(asked.path, {"scale-other": "Mine.", "do": "continue", "csrf_token": token})
    asked.get(address("check"))
    assert "Mine." not in asked.page.text
    asked.get(address("page/lines"))
    asked.post(asked.path, {"choices": "else: Mine.\x00", "csrf_token": token})
    asked.get(address("check"))
    assert answer_to(asked, "What did you take along?") == "Something else: “Mine.”"


def test_a_ranking_has_a_list_of_numbers_for_each_choice(asked: Visitor) -> None:
    # Given a native list for each choice, with its own label, that begins without a number
    lists = list(asked.page.all("select"))
    assert [one.get("id") for one in lists] == [
        f"ranking-{key}" for key in ("home", "work", "rest")
    ]
    labels = {one.get("for"): words(one) for one in asked.page.all("label")}
    assert [labels[one.get("id")] for one in lists] == ["A home", "Work", "Rest"]
    for one in lists:
        assert [words(option) for option in one.iter("option")] == ["No number", "1", "2", "3"]
    # When two get the same number, then both are named and marked, and what was chosen stays
    asked.press("Continue", **{"ranking-home": "1", "ranking-rest": "1"})
    (told,) = errors(asked)
    assert told.startswith("You chose 1 for “A home” and for “Rest”. Choose another number for one")
    assert first_error(asked) == "#ranking-home"
    marked = [one.get("id") for one in asked.page.all("select") if one.get("aria-invalid")]
    assert marked == ["ranking-home", "ranking-rest"]
    assert value_of(asked, "ranking-rest") == "1"
    # And it can be put right
    asked.press("Continue", **{"ranking-rest": "2"})
    asked.get(address("check"))
    assert answer_to(asked, "What matters most to you?") == "1. A home 2. Rest"


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({"ranking-home": ["1", "2"]}, True),
        ({"ranking-home": "4"}, True),
        ({"ranking-home": "1\x00"}, True),
        # What belongs to no choice is not read
        ({"ranking-food": "1"}, False),
        ({"ranking": "home"}, False),
    ],
)
def test_a_forged_ranking_is_refused_or_not_read(
    asked: Visitor, sent: dict[str, Value], error: bool
) -> None:
    asked.post(asked.path, {**sent, "csrf_token": value_of(asked, "csrf_token")})
    assert bool(errors(asked)) is error
    asked.get(address("check"))
    assert answer_to(asked, "What matters most to you?") is None


def test_skip_cannot_be_taken_for_continue(asked: Visitor) -> None:
    looks = {
        words(one): one.get("class")
        for one in asked.page.all("button")
        if words(one) in ("Continue", "Skip this page")
    }
    assert looks == {"Continue": "button", "Skip this page": "button plain"}


def test_a_participant_it_is_not_for_is_told_so_and_leaves_nothing(
    page_app: Flask, asked: Visitor
) -> None:
    # Given a participant who has answered already
    asked.press("Continue", **DAY, scale="well")
    # When it turns out that the call is not for them
    asked.get(address("page/for-whom"))
    asked.press("Continue", choice="south")
    # Then it is said kindly, with a way to help lines
    assert asked.page.h1 == "Thank you for asking"
    assert "Someone to talk to" in [words(one) for one in asked.page.all("a")]
    # And nothing is left: no row, no cookie, no draft
    assert kept(page_app) == {}
    assert rows_in(page_app, "public_visits") == 0
    assert asked.client.get_cookie("hearth") is None
