"""Inventory of promises: every English sentence that participants may be shown, and where (`docs/promises.md`)."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.extract import extract_from_file

from tests.readability import sentences

ROOT = Path(__file__).parents[1]
#: Pages of the public door with their parts, messages, and mails. The desk speaks to people at work.
PLACES = {
    "templates/public": "**/*.html",
    "templates/errors": "*.html",
    "templates/components": "*.html",
    "templates/layouts": "*.html",
    "templates/emails": "**/*.txt",
    "webapp/ui": "*.py",
    "webapp/public": "**/*.py",
}
#: What the demo asks, and says of itself.
CONTENT = "webapp/content"
KEYWORDS = dict.fromkeys(("_", "gettext", "lazy_gettext")) | {"ngettext": (1, 2)}
OPTIONS = {"silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
#: Keeping, deleting, sending, locking, reading, losing, e-mailing, remembering.
WORDS = re.compile(
    r"\b(keep\w*|kept|stor(?:e|es|ed)|delet\w+|eras\w+|destroy\w*|gone|send\w*|sent|e-?mail\w*|(?:un)?lock\w*|seal\w*"
    r"|reads?|reader|los(?:e|es|t|ing)|remember\w*|forg[eo]t\w*|record\w*|back ?ups?|cookies?|hide\w*|contact|nobody"
    r"|anyone who|look up|find it)\b",
    re.IGNORECASE,
)
_TAG = re.compile(r"<[^>]*>")
#: Headings, labels and buttons have no end of their own; what they say is said again in a sentence.
_END = re.compile(r"[.:?!][”’)]*$")


@cache
def all_sentences() -> dict[str, list[str]]:
    """Each sentence as it stands in the page's source, without tags, and the files that say it."""
    found: dict[str, list[str]] = {}
    for place, text in texts():
        for one in sentences(_TAG.sub("", text)):
            places = found.setdefault(" ".join(one.split()), [])
            if place not in places:
                places.append(place)
    return found


def texts() -> Iterator[tuple[str, str]]:
    """Every text of ours, and the file that says it."""
    for folder, pattern in PLACES.items():
        for path in sorted((ROOT / folder).glob(pattern)):
            if path.stem != "desk":
                yield from _texts_of(path)
    for path in sorted((ROOT / CONTENT).glob("*.json")):
        for text in _english(json.loads(path.read_text())):
            yield str(path.relative_to(ROOT)), text


def _texts_of(path: Path) -> Iterator[tuple[str, str]]:
    method = "python" if path.suffix == ".py" else "jinja2"
    options = {} if path.suffix == ".py" else OPTIONS
    for found in extract_from_file(method, path, KEYWORDS, (), options):
        messages = found[1] if isinstance(found[1], tuple) else (found[1],)
        for message in messages:
            yield str(path.relative_to(ROOT)), message


def _english(content: Any) -> Iterator[str]:
    if isinstance(content, list):
        for one in content:
            yield from _english(one)
    elif isinstance(content, dict) and isinstance(content.get("en"), str):
        yield content["en"]
    elif isinstance(content, dict):
        for one in content.values():
            yield from _english(one)


def speaks(sentence: str) -> bool:
    """Whether a sentence may promise something about what is kept, sent or deleted."""
    return bool(_END.search(sentence) and WORDS.search(sentence))
