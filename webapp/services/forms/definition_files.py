"""Forms and events as files: NAME.json in English, and its words in other languages beside it, NAME.LANGUAGE.json."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.forms.definition_json import NotADefinition, Slip, read_as
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.form_translations import read_words, with_words
from webapp.rules.forms.texts import Frozen

Definition = TypeVar("Definition", bound=Frozen)


def read_call_file(path: Path) -> FormDefinition:
    """A call's form with all its words. Raises NotADefinition, which names the file of words that is wrong."""
    return _read(FormDefinition, path)


def read_event_file(path: Path) -> EventDefinition:
    """An event with all its words. Raises NotADefinition, which names the file of words that is wrong."""
    return _read(EventDefinition, path)


def _read(model: type[Definition], path: Path) -> Definition:
    definition = read_as(model, _text(path))
    for words in sorted(path.parent.glob(f"{path.stem}.*.json")):
        language = words.name.removeprefix(f"{path.stem}.").removesuffix(".json")
        try:
            definition = with_words(definition, language, read_words(_text(words)))
        except NotADefinition as wrong:
            raise NotADefinition(
                tuple(replace(slip, file=words.name) for slip in wrong.slips)
            ) from None
    return definition


def _text(path: Path) -> str:
    """The file as text; a byte order mark, which some editors write, is no part of it. Raises NotADefinition."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NotADefinition((Slip((), "not_utf8", "not a text in UTF-8"),)) from None
