"""Translations of a form, stored apart from it: `{path: words}`, with the paths of `texts_of`.

So a translator gets a short file of words, with nothing that could change the questions.
"""

import json
from collections.abc import Mapping
from typing import TypeVar, cast

from webapp.rules.forms.definition_json import NotADefinition, Slip, read_as, write_definition
from webapp.rules.forms.texts import FALLBACK_LANGUAGE, Frozen, texts_of
from webapp.rules.languages.site_languages import LANGUAGES

Definition = TypeVar("Definition", bound=Frozen)


def read_words(raw: bytes | str) -> dict[str, str]:
    """Parse `{path: words}` from JSON. Raises NotADefinition."""
    try:
        words = json.loads(raw)
    except ValueError:
        raise NotADefinition((Slip((), "json_invalid", "not JSON"),)) from None
    if not isinstance(words, dict) or not all(isinstance(one, str) for one in words.values()):
        raise NotADefinition((Slip((), "not_words", "not a list of paths with their words"),))
    return words


def with_words(definition: Definition, language: str, words: Mapping[str, str]) -> Definition:
    """Merge a translation into a definition.

    Raises NotADefinition with a slip for each path that leads to no text, and for a language that
    is not ours. English is refused: it is the form itself, the source of all translations.
    """
    problems = tuple(_problems(definition, language, words))
    if problems:
        raise NotADefinition(problems)
    changed = definition.model_copy(deep=True)
    for path, text in texts_of(changed):
        if path in words:
            cast(dict[str, str], text)[language] = words[path]
    # Parsed again, so that the new words are validated and no cached property is carried over.
    return read_as(type(definition), write_definition(changed))


def _problems(definition: Frozen, language: str, words: Mapping[str, str]) -> list[Slip]:
    if language == FALLBACK_LANGUAGE or language not in LANGUAGES:
        text = f"{language!r} is not a language to translate into"
        return [Slip((), "not_a_language", text, {"language": language})]
    known = {path for path, _ in texts_of(definition)}
    return [
        Slip((path,), "leads_nowhere", "leads to no text") for path in words if path not in known
    ]
