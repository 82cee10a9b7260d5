"""Parse errors of a definition that was pasted at the desk, in sentences that name the place and say what to do.

The commonest have a sentence by their kind (pydantic's error types, and those of the rules). Any other is told by its
place alone: the library's words would mean nothing here.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from webapp.rules.forms.definition_json import NotADefinition, Slip
from webapp.ui.slip_places import OF_VALUES, place_words

#: `{where}` is the place in words; the others are the slip's own.
SENTENCES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "missing": "{where} is missing. Add it.",
        "extra_forbidden": "{where} is nothing that a call can have. Correct its name, or remove it.",
        "too_short": "{where} is empty. Add at least {min_length}.",
        "too_long": "{where} has {actual_length} entries, and {max_length} are the most. Remove some.",
        "string_pattern_mismatch": (
            "{where} is not written as a name inside: small letters, digits, and hyphens or underscores, beginning "
            "with a letter, 40 at most."
        ),
        "literal_error": "{where} must be one of these: {expected}.",
        **OF_VALUES,
        "dict_type": '{where} must have its words by language, like {{"en": "Words"}}.',
        "model_type": "{where} must be in braces, {{ … }}.",
        "tuple_type": "{where} must be a list in brackets, [ … ].",
        "text_without_english": '{where} has no English words. Write it like {{"en": "Words"}}.',
        "language_code": "{where} has words in “{code}”, which is no language code like en or vi.",
        "words_length": "{where} has words in “{code}” that are empty, or longer than {max} letters.",
    }
)
OTHER: Final = (
    "{where} is not as Hearth can read it. Compare it with a call that you copied from this page."
)
NOT_JSON: Final = (
    "This is not JSON: at line {line}, column {column}, or just before, a comma, a quote or a bracket is missing, or "
    "there is one too many."
)
ENDS_EARLY: Final = (
    "The end is missing. Copy the whole of it, down to the last bracket, and paste it again."
)
NOTHING: Final = "Nothing was pasted. Copy the whole of the form definition, and paste it here."
_AT: Final = re.compile(r"line (\d+) column (\d+)")


def sentences(wrong: NotADefinition, pasted: str) -> tuple[str, ...]:
    """Each parse error as a sentence. What was pasted is read again only to name the places."""
    try:
        data = json.loads(pasted)
    except (ValueError, RecursionError):
        data = None
    return tuple(dict.fromkeys(_sentence(slip, data, pasted) for slip in wrong.slips))


def _sentence(slip: Slip, data: Any, pasted: str) -> str:
    if slip.kind == "json_invalid":
        return _not_json(str(slip.params.get("error", "")), pasted)
    place = place_words(slip.path, data)
    where = f"{place[:1].upper()}{place[1:]}" if place else "The whole definition"
    return SENTENCES.get(slip.kind, OTHER).format(**{**slip.params, "where": where})


def _not_json(error: str, pasted: str) -> str:
    if not pasted.strip():
        return NOTHING
    found = _AT.search(error)
    if error.startswith("EOF") or found is None:
        return ENDS_EARLY
    return NOT_JSON.format(line=found[1], column=found[2])
