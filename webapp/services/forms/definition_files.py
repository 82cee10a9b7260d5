"""Definition files of forms and events: NAME.json in English, with its translations beside it as NAME.LANGUAGE.json."""

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
    """Parse a call's form with its translations. Raises NotADefinition, which names an invalid translation file."""
    return _read(FormDefinition, path)


def read_event_file(path: Path) -> EventDefinition:
    """Parse an event with its translations. Raises NotADefinition, which names an invalid translation file."""
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
    """Read a file as text, without the byte order mark that some editors write. Raises NotADefinition."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise NotADefinition((Slip((), "not_utf8", "not a text in UTF-8"),)) from None
