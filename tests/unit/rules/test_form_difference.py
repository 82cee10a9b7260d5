"""The difference between two versions of a call: nothing that was changed is missed, and nothing else is said."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.rules.factories import (
    choice,
    consent_data,
    demo,
    form,
    page_data,
    question_data,
    text,
)
from webapp.rules.forms import form_editing
from webapp.rules.forms.edited_words import with_words
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_difference import ChangeKind, DifferenceLine, difference
from webapp.rules.publishing.version_checks import version_problems, with_consent_versions

DEMO = demo()
Place = tuple[str | int, ...]


def places(value: Any, path: Place = ()) -> Iterator[Place]:
    """Every place in JSON, of containers and of what is in them."""
    yield path
    if isinstance(value, (dict, list)):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from places(item, (*path, key))


PLACES = [one for one in places(json.loads(DEMO.model_dump_json())) if one]


@st.composite
def edited_demo(draw: st.DrawFn) -> FormDefinition | None:
    """The demo's form with anything in it changed, taken out, doubled or moved; None where that is no form."""
    data = json.loads(DEMO.model_dump_json())
    *way, last = draw(st.sampled_from(PLACES))
    parent = data
    for step in way:
        parent = parent[step]
    edits = ["set", "delete"] if isinstance(parent, dict) else ["set", "delete", "double", "move"]
    match draw(st.sampled_from(edits)):
        case "delete":
            del parent[last]
        case "double":
            parent.insert(last, copy.deepcopy(parent[last]))
        case "move":
            parent.insert(draw(st.integers(0, len(parent) - 1)), parent.pop(last))
        case "set":
            parent[last] = draw(
                st.sampled_from(
                    [None, True, False, 3, "other", "yes_no", {"en": "Other words"}, [], "contact"]
                )
            )
    try:
        return FormDefinition.model_validate(data)
    except ValidationError:
        return None


@given(edited_demo())
def test_whatever_was_edited_is_a_line_and_equal_forms_have_none(
    edited: FormDefinition | None,
) -> None:
    if edited is None:
        return
    assert bool(difference(DEMO, edited)) == (edited != DEMO)
    assert bool(difference(edited, DEMO)) == (edited != DEMO)


def told(before: FormDefinition, after: FormDefinition) -> list[tuple[ChangeKind, str, str]]:
    """The kind of each line, the last step of its path or its field, and the language."""
    return [
        (one.kind, one.field or one.path[-1].words, one.language)
        for one in difference(before, after)
    ]


FIRST = page_data("first", question_data("a"), question_data("b", label=text("B")))
PICK = page_data("second", question_data("pick", "choice", label=text("Pick", ar="اختر")))
BEFORE = form(FIRST, PICK, consents=[consent_data("quote"), consent_data("invite")])


def test_pages_and_questions_that_come_go_and_move_are_told() -> None:
    # Given a question that moved to another page, one that is new, and a page that is gone
    after = form(
        page_data("first", question_data("pick", "choice", label=text("Pick", ar="اختر"))),
        page_data("third", question_data("c", label=text("C")), title=text("Third")),
        consents=[consent_data("quote"), consent_data("invite")],
    )
    # Then each is one line
    assert told(BEFORE, after) == [
        (ChangeKind.REMOVED, "A title", ""),
        (ChangeKind.ADDED, "Third", ""),
        (ChangeKind.REMOVED, "A label", ""),
        (ChangeKind.REMOVED, "B", ""),
        (ChangeKind.MOVED, "pages", ""),
        (ChangeKind.ADDED, "C", ""),
    ]


def test_words_are_told_per_language_with_the_old_beside_the_new() -> None:
    after = form_editing.replace_question(
        BEFORE,
        BEFORE.page("second"),
        BEFORE.question("pick").model_copy(update={"label": {"en": "Choose", "ar": "اختاروا"}}),
    )
    lines = difference(BEFORE, after)
    assert [(one.language, one.before, one.after) for one in lines] == [
        ("en", "Pick", "Choose"),
        ("ar", "اختر", "اختاروا"),
    ]
    assert [step.words for step in lines[0].path] == ["A title", "Choose"]


def test_a_language_that_comes_or_goes_is_one_line() -> None:
    def in_languages(**words: str) -> FormDefinition:
        label = BEFORE.question("pick").model_copy(update={"label": {"en": "Pick", **words}})
        return form_editing.replace_question(BEFORE, BEFORE.page("second"), label)

    assert told(BEFORE, in_languages(fr="Choisissez")) == [
        (ChangeKind.REMOVED, "ar", "ar"),
        (ChangeKind.ADDED, "fr", "fr"),
    ]


def test_choices_conditions_and_the_need_to_answer_are_told() -> None:
    second = page_data(
        "second",
        question_data(
            "pick",
            "choice",
            label=text("Pick", ar="اختر"),
            choices=[choice("two"), choice("one"), choice("four", "Four")],
            required=True,
            reason=text("Because"),
        ),
        when={"question": "a", "is_any": ["x"]},
    )
    after = form(FIRST, second, consents=[consent_data("quote"), consent_data("invite")])
    lines = difference(BEFORE, after)
    found = {(one.kind, one.field or one.path[-1].kind) for one in lines}
    assert found == {
        (ChangeKind.SET, "when"),
        (ChangeKind.SET, "required"),
        (ChangeKind.REWORDED, "reason"),
        (ChangeKind.REMOVED, "choices"),
        (ChangeKind.MOVED, "choices"),
        (ChangeKind.ADDED, "choices"),
    }


def test_consents_are_told_by_purpose() -> None:
    reworded = consent_data("invite", text=text("Other words"), version=2)
    after = form(FIRST, PICK, consents=[reworded, consent_data("share")])
    lines: tuple[DifferenceLine, ...] = difference(BEFORE, after)
    assert {(one.kind, one.path[0].words, one.field) for one in lines} == {
        (ChangeKind.REMOVED, "quote", ""),
        (ChangeKind.ADDED, "share", ""),
        (ChangeKind.REWORDED, "invite", "text"),
        (ChangeKind.SET, "invite", "version"),
    }


# What must mean the same in every version


@pytest.mark.parametrize(
    ("key", "after"),
    [
        ("publish-version-other-kind", form(page_data("first", question_data("a", "yes_no")))),
        (
            "publish-version-other-kind",
            form(page_data("new", question_data("a", part="contact"), section="contact")),
        ),
        ("publish-version-other-use", form(consents=[consent_data("quote", uses_contact=True)])),
        ("publish-version-other-use", form(consents=[consent_data("call_me")])),
    ],
)
def test_what_would_mix_answers_or_widen_a_consent_is_refused(
    key: str, after: FormDefinition
) -> None:
    # Given a version that asked this before the newest one, which does not ask it
    older = form(FIRST, consents=[consent_data("quote"), consent_data("call_me", True)])
    newest = form(page_data("x", question_data("y")))
    # Then it is refused whatever the newest one asks
    assert key in {one.key for one in version_problems([newest, older], after)}
    assert not list(version_problems([newest, older], older))


def words_of(made: FormDefinition) -> dict[tuple[str, int, str], str]:
    return {
        (one.purpose, one.version, code): words
        for one in made.consents
        for code, words in one.text.items()
    }


def test_a_consent_gets_a_new_version_with_every_change_of_its_words_and_only_then() -> None:
    published = words_of(form(consents=[consent_data(text=text("Old words", ar="كلمات"))]))

    def version(**words: str) -> int:
        made = form(consents=[consent_data(text=words, version=7)])
        (found,) = with_consent_versions(made, published).consents
        return found.version

    # The same words, fewer languages, or one more: the version that people have said yes to
    assert version(en="Old words", ar="كلمات") == 1
    assert version(en="Old words") == 1
    assert version(en="Old words", fr="Mots") == 1
    # Other words in any language: a new one
    assert version(en="New words", ar="كلمات") == 2
    assert version(en="Old words", ar="كلمات أخرى") == 2


def test_words_that_come_back_after_others_are_a_version_of_their_own() -> None:
    old = form(consents=[consent_data(text=text("Old"))])
    new = form(consents=[consent_data(text=with_words(None, "New"), version=2)])
    (again,) = with_consent_versions(old, {**words_of(old), **words_of(new)}).consents
    # The newest number is that of what was said last: nothing that was published is ever changed
    assert again.version == 3


def test_a_purpose_that_nobody_was_asked_for_begins_with_the_first_version() -> None:
    (found,) = with_consent_versions(form(consents=[consent_data(version=5)]), {}).consents
    assert found.version == 1


def test_the_line_for_something_else_and_bounds_of_a_number_are_told_apart() -> None:
    def asking(words: str, at_most: int) -> FormDefinition:
        other = {**choice("else", "Something else"), "ask": text(words)}
        return form(
            page_data(
                "first",
                question_data("pick", "choice", choices=[choice("one", "One")], other=other),
                question_data("many", "number", at_least=0, at_most=at_most),
            )
        )

    lines = difference(asking("Write it here", 20), asking("Please write it here", 30))
    assert [(one.field, one.before, one.after) for one in lines] == [
        ("ask", "Write it here", "Please write it here"),
        ("at_most", 20, 30),
    ]
    assert [step.words for step in lines[0].path][-1] == "Something else"
