"""Forms and events as files: NAME.json in English, and its words in other languages beside it, NAME.LANGUAGE.json."""

from pathlib import Path
from typing import TypeVar

from webapp.rules.event_definition import EventDefinition
from webapp.rules.form_definition import FormDefinition, Frozen, NotADefinition, read_as
from webapp.rules.form_translations import read_words, with_words

Definition = TypeVar("Definition", bound=Frozen)


def read_call_file(path: Path) -> FormDefinition:
    """A call's form with all its words. Raises NotADefinition, which names the file of words that is wrong."""
    return _read(FormDefinition, path)


def read_event_file(path: Path) -> EventDefinition:
    """An event with all its words. Raises NotADefinition, which names the file of words that is wrong."""
    return _read(EventDefinition, path)


def _read(model: type[Definition], path: Path) -> Definition:
    definition = read_as(model, path.read_text(encoding="utf-8"))
    for words in sorted(path.parent.glob(f"{path.stem}.*.json")):
        language = words.name.removeprefix(f"{path.stem}.").removesuffix(".json")
        try:
            definition = with_words(
                definition, language, read_words(words.read_text(encoding="utf-8"))
            )
        except NotADefinition as wrong:
            raise NotADefinition(
                tuple(f"{words.name}: {problem}" for problem in wrong.problems)
            ) from None
    return definition
