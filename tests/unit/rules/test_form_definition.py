import json
from typing import Any

import pytest
from pydantic import ValidationError

from tests.unit.rules.factories import (
    choice,
    demo,
    form,
    form_data,
    page_data,
    question,
    question_data,
    text,
)
from webapp.rules.forms.definition_json import NotADefinition, read_as, write_definition
from webapp.rules.forms.form_definition import FormDefinition, NoSuchPage, NoSuchQuestion
from webapp.rules.forms.questions import Question
from webapp.rules.forms.texts import text_in, texts_of


def problems_of(data: dict[str, Any]) -> str:
    with pytest.raises(NotADefinition) as caught:
        read_as(FormDefinition, json.dumps(data))
    return "\n".join(caught.value.problems)


def test_a_definition_is_the_same_after_writing_and_reading() -> None:
    assert read_as(FormDefinition, write_definition(demo())) == demo()
    assert write_definition(read_as(FormDefinition, write_definition(demo()))) == write_definition(
        demo()
    )


def test_a_question_without_what_is_new_is_written_as_releases_before_wrote_it() -> None:
    # Given that a release before refuses what it does not know, and that a signature is over these bytes
    before = (
        '{"key":"asked","kind":"text","part":"testimony","label":{"en":"A label"},"hint":null,"required":false,'
        '"reason":null,"choices":[],"none":null,"max_length":null,"autocomplete":null}'
    )
    assert write_definition(question()).decode() == before
    # And what is new is written where it is used, and read again
    other = {**choice("other"), "ask": text("Which?")}
    with_line = question(kind="choice", other=other)
    assert read_as(Question, write_definition(with_line)) == with_line
    bounded = question(kind="number", at_least=0, at_most=20)
    assert write_definition(bounded).endswith(b',"at_least":0,"at_most":20}')
    assert read_as(Question, write_definition(bounded)) == bounded


def test_a_text_reads_as_what_it_says() -> None:
    # Given a file with a bidirectional override, a bell and a NUL, and marks that Arabic needs
    title = {"en": "Do \u202enot\u202c\u0007 agree\u0000", "ar": "ا\u200fب\u200c"}
    # Then what no reader would see is not in the form, and the marks are
    found = read_as(FormDefinition, json.dumps(form_data(title=title)))
    assert found.title == {"en": "Do not agree", "ar": "ا\u200fب\u200c"}
    # And words of nothing else are no words
    assert "title" in problems_of(form_data(title=text("\u202e\u0000")))


def test_a_text_without_english_is_refused_where_it_is() -> None:
    data = form_data(page_data("first", question_data(label={"ar": "سؤال"})))
    assert "pages.0.questions.0.label" in problems_of(data)


@pytest.mark.parametrize("words", ["", "   ", "x" * 2001])
def test_an_empty_or_endless_text_is_refused(words: str) -> None:
    assert "title" in problems_of(form_data(title=text(words)))


def test_what_is_not_known_is_refused() -> None:
    assert "colour" in problems_of(form_data(colour="red"))
    assert "kind" in problems_of(form_data(page_data("a", question_data(kind="drawing"))))
    assert "schema_version" in problems_of(form_data(schema_version=2))
    assert "consents" in problems_of({"title": text()})


@pytest.mark.parametrize("key", ["Upper", "with space", "", "../x", "a" * 41, "9x"])
def test_keys_are_short_plain_words(key: str) -> None:
    assert "key" in problems_of(form_data(page_data("a", question_data(key))))


@pytest.mark.parametrize("months", [0, 37])
def test_a_part_is_kept_for_one_month_to_three_years(months: int) -> None:
    rules = {"reader": text(), "why": text(), "keep_months": months}
    assert "keep_months" in problems_of(form_data(parts={"testimony": rules}))


def test_a_file_that_is_no_json_is_refused_in_words() -> None:
    for raw in (b"", b"[]", b"{", b"\xff\xfe", "null"):
        with pytest.raises(NotADefinition):
            read_as(FormDefinition, raw)


def test_a_definition_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        demo().minutes = 3  # type: ignore[misc]


def test_pages_and_questions_are_found_by_key() -> None:
    made = form(page_data("first"), page_data("second", question_data("asked")))
    assert made.page("second").questions[0] is made.question("asked")
    assert made.place("second") == 1
    with pytest.raises(NoSuchPage):
        made.page("third")
    with pytest.raises(NoSuchQuestion):
        made.question("third")


def test_a_consent_is_found_by_purpose() -> None:
    wording = demo().consent("quote")
    assert wording and not wording.uses_contact
    assert demo().consent("unknown") is None


def test_text_falls_back_to_english_and_says_so() -> None:
    assert text_in(text("Hello", ar="مرحبا"), "ar") == ("مرحبا", "ar")
    assert text_in(text("Hello"), "ar") == ("Hello", "en")


def test_choice_keys_are_every_value_an_answer_may_hold() -> None:
    assert question(kind="yes_no").choice_keys == ("yes", "no")
    assert question(kind="choices", none=choice("none")).choice_keys[-1] == "none"
    assert question(kind="text").choice_keys == ()


def test_texts_are_listed_with_the_way_to_them() -> None:
    paths = [path for path, _ in texts_of(demo())]
    assert "start.who" in paths
    assert "parts.contact.reader" in paths
    assert "pages.safe-ways.questions.safe_ways.none.label" in paths
    assert len(paths) == len(set(paths))


def test_who_answers_alone_has_a_form_without_the_pages_about_helpers() -> None:
    # Given the coalition's own form, used before by a participant who is helped
    form = demo()
    assert "helper" in {page.key for page in form.pages}
    assert form.question("helper_name") and form.place("about-you")
    # Then the other one has everything else, in order, and knows nothing of those pages
    alone = form.without_help
    assert [page for page in form.pages if page.only is None] == list(alone.pages)
    assert not {one.key for one in alone.questions} & {"helper_name", "helper_email"}
    with pytest.raises(NoSuchPage):
        alone.page("helper")
