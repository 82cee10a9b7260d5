"""Where a parse error of a definition is, in words: through the lists and keys of the JSON that was read.

Also the sentences about values that a command and the desk have in common.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from webapp.ui.problem_words import LONGEST_NAME

#: By pydantic's error types. `{where}` is the place in words; the others are the slip's own.
OF_VALUES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "bool_parsing": "{where} must be true or false, without quotes.",
        "bool_type": "{where} must be true or false, without quotes.",
        "int_parsing": "{where} must be a whole number, without quotes.",
        "int_type": "{where} must be a whole number, without quotes.",
        "int_from_float": "{where} must be a whole number.",
        "greater_than_equal": "{where} must be {ge} or more.",
        "less_than_equal": "{where} must be {le} or less.",
        "string_type": "{where} must be words in quotes.",
    }
)


def place_words(path: Sequence[str | int], data: Any) -> str:
    """The path to a place in a file, from the outside in: page 3 “Getting a lawyer” (lawyer), question 2, “label”."""
    steps, inside, list_name = [], data, ""
    for step in path:
        inside = _inside(inside, step)
        if isinstance(step, int):
            steps.append(_numbered(list_name, step, inside))
        elif step != "[key]":
            list_name = step
            steps.append(f"“{step}”")
    # "pages", page 3: the list says nothing that its item does not.
    kept = [
        words
        for words, after in zip(steps, [*path[1:], None], strict=False)
        if not isinstance(after, int)
    ]
    return ", ".join(kept)


def _inside(data: Any, step: str | int) -> Any:
    if isinstance(data, dict) and isinstance(step, str):
        return data.get(step)
    if isinstance(data, list) and isinstance(step, int) and step < len(data):
        return data[step]
    return None


def _numbered(list_name: str, place: int, item: Any) -> str:
    one = list_name.removesuffix("s") or "item"
    if not isinstance(item, dict):
        return f"{one} {place + 1}"
    words = item.get("label") or item.get("title") or item.get("text")
    said = words.get("en") if isinstance(words, dict) else None
    key = item.get("key") or item.get("purpose")
    name = f" “{said[:LONGEST_NAME]}”" if isinstance(said, str) else ""
    return f"{one} {place + 1}{name}" + (f" ({key})" if isinstance(key, str) else "")
