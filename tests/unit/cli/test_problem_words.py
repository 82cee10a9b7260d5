"""An operator who writes a form by hand is told what is wrong in sentences: which question, and the way out."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from webapp.cli import problem_words, slip_words
from webapp.cli.problem_words import EXAMPLE_CALL, EXAMPLE_EVENT
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.forms.definition_json import NotADefinition, read_as
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.messages import PUBLISH_MESSAGES
from webapp.rules.publishing.call_checks import publish_problems
from webapp.rules.publishing.problems import problem
from webapp.rules.publishing.topics import TOPICS
from webapp.ui.problem_words import TOPICS as TOPIC_WORDS
from webapp.ui.problem_words import Names

ROOT = Path(__file__).parents[3]
CALL, EVENT = ROOT / EXAMPLE_CALL, ROOT / EXAMPLE_EVENT
#: What an operator who knows no programming could not make sense of.
CODE = re.compile(r"publish-|Tuple|validation|Input should|Value error|\{'|None")


def call_names() -> Names:
    form = read_as(FormDefinition, CALL.read_text())
    return Names(form, form.title, EXAMPLE_CALL)


def test_every_reason_not_to_publish_has_a_sentence() -> None:
    assert set(problem_words.SENTENCES) == set(PUBLISH_MESSAGES)
    assert set(TOPIC_WORDS) == set(TOPICS)


@pytest.mark.parametrize("key", sorted(PUBLISH_MESSAGES))
def test_each_sentence_names_the_place_and_the_way_out(key: str) -> None:
    # Given a problem with a question of the form
    params: dict[str, str | int] = dict.fromkeys(PUBLISH_MESSAGES[key], 7)
    params |= {
        name: value
        for name, value in {
            "where": "change_words",
            "question": "adult",
            "topic": TOPICS[0],
        }.items()
        if name in params
    }
    said = problem_words.sentence(problem(key, **params), call_names())
    # Then it is said in words, and names it
    assert said.endswith("."), said
    assert not CODE.search(said), said
    assert "{" not in said, said
    if "where" in params:
        assert "change_words" in said
    # And says what to do
    assert len(re.findall(r"[.!] |[.:;,] | or ", said)) >= 1, said


def test_a_question_is_named_by_its_own_words() -> None:
    # Given the coalition's form, in which one question must be answered and does not say why
    data = json.loads(CALL.read_text())
    asked = next(one for page in data["pages"] for one in page["questions"] if "choices" in one)
    asked["required"] = True
    asked.pop("reason", None)
    form = read_as(FormDefinition, json.dumps(data))
    said = [problem_words.sentence(one, call_names()) for one in publish_problems(form)]
    assert [line for line in said if asked["label"]["en"] in line and asked["key"] in line]


Change = Callable[[dict[str, Any]], object]


def slips_of(model: type[Any], file: Path, change: Change, folder: Path) -> list[str]:
    """What is said about a copy of an example with one slip in it."""
    data = json.loads(file.read_text())
    change(data)
    copy = folder / "mine.json"
    copy.write_text(json.dumps(data))
    with pytest.raises(NotADefinition) as refused:
        read_as(model, copy.read_text())
    return [slip_words.sentence(one, copy) for one in refused.value.slips]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda it: it.pop("title"), "“title” is missing"),
        (lambda it: it.update(colour="red"), "“colour” is nothing that this file can have"),
        (lambda it: it.update(title="A form"), 'must be a text by language, like {"en": "Words"}'),
        (lambda it: it.update(title={"vi": "Tên"}), "has no English words"),
        (
            lambda it: it.update(title={"en": " "}),
            "words in en that are empty, or longer than 2000",
        ),
        (lambda it: it.update(title={"en": 3}), "“title”, “en” must be words in quotes"),
        (lambda it: it.update(title={"en": "A", "12": "B"}), "“12”, which is not a language code"),
        (lambda it: it.update(pages=[]), "“pages” is empty. It needs 1 or more"),
        (lambda it: it.update(pages={}), "“pages” must be a list in brackets"),
        (lambda it: it.update(start=[]), "“start” must be an object in braces, { … }"),
        (
            lambda it: it["parts"]["contact"].update(keep_months=99),
            "“keep_months” must be 36 or less",
        ),
        (
            lambda it: it["parts"]["contact"].update(keep_months=0),
            "“keep_months” must be 1 or more",
        ),
        (
            lambda it: it["parts"]["contact"].update(keep_months="x"),
            "must be a whole number, without",
        ),
        (lambda it: it["parts"]["contact"].update(keep_months=1.5), "must be a whole number"),
        (lambda it: it["parts"].update(extra=it["parts"]["contact"]), "must be one of: 'contact'"),
        (lambda it: it["pages"][0].update(key="Bad Key"), "is not written as a key: small letters"),
        (lambda it: it["pages"][0].update(section="cal"), "“section” must be one of: 'call'"),
        (lambda it: it.update(consents=it["consents"][:1] * 13), "has 13, and 12 are the most"),
    ],
    ids=range(18),
)
def test_a_slip_in_a_form_is_told_where_it_is(tmp_path: Path, change: Change, words: str) -> None:
    said = slips_of(FormDefinition, CALL, change, tmp_path)
    assert any(words in line for line in said), said
    for line in said:
        assert line.startswith("mine.json: ")
        assert not CODE.search(line), line


def test_a_slip_in_a_question_names_the_page_and_the_question(tmp_path: Path) -> None:
    def change(data: dict[str, Any]) -> None:
        data["pages"][2]["questions"][0]["required"] = "maybe"

    page = json.loads(CALL.read_text())["pages"][2]
    (said,) = slips_of(FormDefinition, CALL, change, tmp_path)
    # Then both are named as their author knows them
    assert f"page 3 “{page['title']['en'][:70]}” ({page['key']})" in said
    assert page["questions"][0]["key"] in said
    assert said.endswith("“required” must be true or false, without quotes.")


@pytest.mark.parametrize(
    "starts", ["2027-02-30T14:00", "tomorrow", "2027-03-20 14:00", "13-01T10:00"]
)
def test_a_day_that_does_not_exist_is_told_as_one(tmp_path: Path, starts: str) -> None:
    (said,) = slips_of(EventDefinition, EVENT, lambda it: it.update(starts=starts), tmp_path)
    assert f"“{starts}”, and there is no such day or time" in said
    assert "like 2027-03-20T14:00" in said


def test_a_file_that_is_no_json_names_the_line(tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text('{"title": {"en": "A"}\n"pages": []}')
    with pytest.raises(NotADefinition) as refused:
        read_as(EventDefinition, file.read_text())
    (said,) = [slip_words.sentence(one, file) for one in refused.value.slips]
    assert said.startswith("The file mine.json is not JSON: ")
    assert "line 2" in said
