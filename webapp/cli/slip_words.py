"""Parse errors of a form's or event's file, in sentences: a missing field, a wrong key, a day that does not exist.

One catalogue by kind of slip: pydantic's error types, and those of the rules (`rules.publishing.problems.Slip`). What
the catalogue does not know is told in the library's own words, with the place all the same.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from webapp.rules.forms.definition_json import Slip
from webapp.ui.slip_places import OF_VALUES, place_words

#: `{where}` is the place in words; the others are the slip's own.
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "{where} is missing. Add it; the example in webapp/content shows how.",
        "extra_forbidden": "{where} is nothing that this file can have. Correct its name, or remove it.",
        "too_short": "{where} is empty. It needs {min_length} or more.",
        "too_long": "{where} has {actual_length}, and {max_length} are the most.",
        "string_pattern_mismatch": (
            "{where} is not written as a key: small letters, digits and {joiner} only, beginning with a letter, "
            "40 at most."
        ),
        "literal_error": "{where} must be one of: {expected}.",
        **OF_VALUES,
        "dict_type": '{where} must be a text by language, like {{"en": "Words"}}.',
        "model_type": "{where} must be an object in braces, {{ … }}, as in the example in webapp/content.",
        "tuple_type": "{where} must be a list in brackets, [ … ].",
        "json_invalid": "{where} is not JSON: {text}. A comma or a quote is missing or too many just before.",
        "not_utf8": "{where} is not a text in UTF-8. Save it again as UTF-8.",
        "text_without_english": '{where} has no English words. Write it like {{"en": "Words"}}.',
        "language_code": "{where} has words in “{code}”, which is not a language code like en or vi.",
        "words_length": "{where} has words in {code} that are empty, or longer than {max} letters.",
        "not_a_time": (
            "{where} is “{time}”, and there is no such day or time. Write the local time like 2027-03-20T14:00, "
            "or 03-20T14:00 for every year."
        ),
        "not_words": '{where} must be a list of places with their words, like {{"title": "Words"}}.',
        "not_a_language": (
            "{where} is for “{language}”, which is no language to translate into. Its name must end in a code of "
            "docs/languages.md, like .vi.json."
        ),
        "leads_nowhere": (
            "{where} is not the place of any text in the form. Correct it, or remove the line."
        ),
    }
)


def other_kind(what: str, file: Path) -> str | None:
    """One sentence instead of many for the wrong kind of file: a form given to `publish-event`, or the reverse."""
    data = _read(file)
    if not isinstance(data, dict):
        return None
    of_call, of_event = {"pages", "consents"} & set(data), {"seats", "starts"} & set(data)
    if what == "form" and of_event and not of_call:
        return f"{file.name} is the file of an event: give publish-event."
    if what == "event" and of_call and not of_event:
        return f"{file.name} is the file of a call: give publish."
    return None


def sentence(slip: Slip, file: Path) -> str:
    """One parse error as a sentence. The file is read again only to name the place."""
    data = None if slip.file else _read(file)
    name = slip.file or file.name
    where = f"{name}: {place_words(slip.path, data)}" if slip.path else f"The file {name}"
    words = SENTENCES.get(slip.kind)
    if words is None:
        return f"{where}: {slip.text}."
    return words.format(
        **{
            "text": str(slip.params.get("error", slip.text)),
            "joiner": "hyphens" if "-]" in str(slip.params.get("pattern")) else "underscores",
            **slip.params,
            "where": where,
        }
    )


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError):
        return None
