"""Localised texts: words by language, as in every part of a definition.

Texts are plain: no markup; a blank line starts a new paragraph. Definitions also come from files and are pasted at the
desk, so hidden characters are removed here, as they are from what is typed (`rules.characters`): a bidirectional
override would make a consent read differently from what it says, and PostgreSQL stores no NUL.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

from webapp.rules.characters import without_hidden

FALLBACK_LANGUAGE: Final = "en"
LONGEST_TEXT: Final = 2_000


class Frozen(BaseModel):
    """An immutable model: definitions are shared by all requests of a process."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def _check_text(text: dict[str, str]) -> dict[str, str]:
    if FALLBACK_LANGUAGE not in text:
        raise PydanticCustomError("text_without_english", "a text needs its English words")
    text = {language: without_hidden(words) for language, words in text.items()}
    for language, words in text.items():
        if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", language):
            raise PydanticCustomError("language_code", "{code} is no language", {"code": language})
        if not words.strip() or len(words) > LONGEST_TEXT:
            raise PydanticCustomError(
                "words_length",
                "the words in {code} are empty or too long",
                {"code": language, "max": LONGEST_TEXT},
            )
    return text


Text = Annotated[dict[str, str], AfterValidator(_check_text)]


def text_in(text: Mapping[str, str], language: str) -> tuple[str, str]:
    """Look up the words in `language`, or in English, and the language that they are really in.

    The second value belongs in a `lang` attribute whenever it differs from the page's.
    """
    used = language if language in text else FALLBACK_LANGUAGE
    return text[used], used


def texts_of(model: BaseModel, path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield every text below `model` with the path that leads to it, in a stable order."""
    for name in type(model).model_fields:
        yield from _texts_in(getattr(model, name), f"{path}.{name}" if path else name)


def _texts_in(value: Any, path: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    if isinstance(value, BaseModel):
        yield from texts_of(value, path)
    elif isinstance(value, tuple):
        for place, item in enumerate(value):
            yield from _texts_in(item, f"{path}.{getattr(item, 'key', place)}")
    elif isinstance(value, dict) and FALLBACK_LANGUAGE in value:
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts_in(item, f"{path}.{key}")
