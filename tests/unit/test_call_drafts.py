"""The words that coordinators write calls with: every problem has a sentence, every template can be published."""

import re

import pytest

from webapp.desk.designer import slip_sentences
from webapp.desk.designer.check_words import OBSTACLES, SENTENCES
from webapp.rules.forms.definition_json import NotADefinition, read_as
from webapp.rules.forms.edited_words import choices_from, with_words
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_editing import OneBlock, add_pages
from webapp.rules.forms.questions import Choice
from webapp.rules.messages import PUBLISH_MESSAGES
from webapp.rules.publishing.call_checks import publish_problems
from webapp.rules.publishing.problems import problem
from webapp.rules.publishing.topics import TOPICS
from webapp.services.forms import question_bank
from webapp.services.forms.draft_publishing import Obstacle
from webapp.ui.problem_words import Names, sentence

#: Problems that only an event's definition can have.
OF_EVENTS = re.compile("publish-(registration|booking|time|kept|not-a-registration)")
#: What somebody who knows no programming could not make sense of.
CODE = re.compile(r"publish-|\"|kind|\{|_|JSON")


def test_every_problem_of_a_call_has_a_sentence_for_coordinators() -> None:
    assert set(SENTENCES) == {key for key in PUBLISH_MESSAGES if not OF_EVENTS.match(key)}
    assert set(OBSTACLES) == set(Obstacle)


@pytest.mark.parametrize("key", sorted(SENTENCES))
def test_each_sentence_is_words_that_say_what_to_do(key: str) -> None:
    form = question_bank.form_from("participants", "Harbour House")
    values = {"where": "adult", "question": "adult", "topic": TOPICS[0], "language": "cy"}
    params = {name: values.get(name, 7) for name in PUBLISH_MESSAGES[key]}
    said = sentence(problem(key, **params), Names(form, form.title, with_keys=False), SENTENCES)
    assert not CODE.search(said.replace("its kind", "").replace("kind,", "")), said
    assert len(re.findall(r"[.:,] ?", said)) >= 2 or said.endswith("Delete it."), said


@pytest.mark.parametrize("template", [one.key for one in question_bank.templates()])
def test_each_template_can_be_published_with_each_entry_of_the_bank(template: str) -> None:
    form = question_bank.form_from(template, "Harbour House")
    assert publish_problems(form) == ()
    assert "Monitoring Group" not in form.model_dump_json()
    assert "{organisation}" not in form.model_dump_json()
    for entry in question_bank.bank():
        try:
            more = add_pages(form, entry.pages, entry.parts, entry.consents)
        except OneBlock:
            continue
        found = {one.key for one in publish_problems(more)}
        # Words alone are offered for a page only; and the long template is almost full.
        assert found <= {"publish-page-asks-nothing", "publish-answers-too-large"}, entry.key


def test_what_the_bank_leaves_to_be_written_is_known() -> None:
    # Given every entry of the bank
    form = question_bank.form_from("feedback", "Harbour House")
    unwritten = {
        one.key
        for one in question_bank.bank()
        if question_bank.is_unwritten(add_pages(form, one.pages, one.parts, one.consents))
    }
    # Then those that nobody could answer as they are are found, and the templates are written
    assert unwritten == {"choice", "choices", "number", "ranking", "yes-no"}
    for one in question_bank.templates():
        assert not question_bank.is_unwritten(one.form)


def test_changed_words_keep_their_translations_and_answers_keep_their_keys() -> None:
    # What keeps people from agreeing to other words than the English is in test_draft_translation
    text = {"en": "Yes", "ar": "نعم"}
    assert with_words(text, "Yes") == text
    assert with_words(text, "Yes, please") == {"en": "Yes, please", "ar": "نعم"}
    before = (Choice(key="yes", label=text), Choice(key="no", label={"en": "No"}))
    reworded = choices_from(["No", "Yes, please"], before)
    assert [one.key for one in reworded] == ["no", "yes"]
    more = choices_from(["Yes", "No", "Yes!"], before)
    assert [one.key for one in more] == ["yes", "no", "yes_2"]
    assert more[0].label == text


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ('"felt_safe","kind":"', '"felt_safe","kind":"un'),
            "question 2 “Did you feel safe enough to say what you think?” (felt_safe), “kind” must be one of these:",
        ),
        (('"summary":', '"sumary":'), "“summary” is missing. Add it."),
        (('"summary":', '"sumary":'), "“sumary” is nothing that a call can have."),
        (('"keep_months":', '"keep_months":99,"x":'), "“keep_months” must be 36 or less."),
        (('"title":{"en"', '"title":{"ar"'), "“title” has no English words."),
        (('{"schema_version"', '{,"schema_version"'), "at line 1, column 2, or just before"),
        (('"consents":[', '"consents":{"a":['), "The end is missing."),
    ],
)
def test_what_is_wrong_with_a_pasted_definition_is_said_with_its_place(
    change: tuple[str, str], said: str
) -> None:
    form = question_bank.form_from("feedback", "Harbour House")
    written = form.model_dump_json(exclude_defaults=True)
    assert change[0] in written
    lines = slips_of(written.replace(*change, 1))
    assert any(said in line for line in lines), lines
    assert not [line for line in lines if "Input should" in line or "pydantic" in line]


@pytest.mark.parametrize(
    ("pasted", "said"),
    [
        ("", "Nothing was pasted."),
        ("[]", "The whole definition must be in braces"),
        ('{"title": {"en": "x"', "The end is missing."),
        ("[" * 2_000, "This is not JSON: at line 1,"),
    ],
)
def test_what_is_no_definition_at_all_is_said_in_one_line(pasted: str, said: str) -> None:
    (line,) = slips_of(pasted)
    assert said in line


def slips_of(pasted: str) -> tuple[str, ...]:
    with pytest.raises(NotADefinition) as wrong:
        read_as(FormDefinition, pasted)
    return slip_sentences.sentences(wrong.value, pasted)
