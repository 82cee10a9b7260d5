"""A form's words in other languages, in files of their own."""

import json

import pytest

from tests.factories import demo_form
from webapp.rules.forms.definition_json import NotADefinition
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_translations import read_words, with_words
from webapp.rules.forms.texts import texts_of


def plain_form() -> FormDefinition:
    return demo_form()


def test_the_words_are_said_in_their_language_and_nothing_else_changes() -> None:
    # Given a form without a word of Somali
    form = plain_form()
    # When a translator hands in one
    changed = with_words(form, "so", {"title": "Cinwaan"})
    # Then it is there, the rest waits, and the form that was handed in is as it was
    assert changed.title["so"] == "Cinwaan"
    assert [path for path, text in texts_of(changed) if "so" in text] == ["title"]
    assert "so" not in form.title
    without = {path: {**text, "so": ""} for path, text in texts_of(form)}
    assert {path: {**text, "so": ""} for path, text in texts_of(changed)} == without


def test_a_path_that_leads_nowhere_is_refused() -> None:
    with pytest.raises(NotADefinition, match=r"pages\.nowhere\.title"):
        with_words(plain_form(), "so", {"pages.nowhere.title": "Cinwaan"})


@pytest.mark.parametrize("language", ["en", "fr", ""])
def test_only_a_language_of_ours_that_is_not_english_is_added(language: str) -> None:
    with pytest.raises(NotADefinition, match="language"):
        with_words(plain_form(), language, {"title": "Words"})


def test_empty_words_are_refused() -> None:
    with pytest.raises(NotADefinition):
        with_words(plain_form(), "so", {"title": "  "})


@pytest.mark.parametrize("raw", ["not JSON", "[]", json.dumps({"title": {"so": "Cinwaan"}})])
def test_a_file_that_is_no_list_of_words_is_refused(raw: str) -> None:
    with pytest.raises(NotADefinition):
        read_words(raw)
