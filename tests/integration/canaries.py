"""Words that stand for what a participant told us, and the search for them in every byte that a thief would get."""

import base64
import re
import secrets
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from webapp.rules.forms.questions import Question

BEGINNING = "canary"
#: The reserve and empty pages: nearly all bytes of a small instance. No word has as many in a row, however written.
ZEROS = re.compile(rb"\0{32,}")


class Canaries:
    """Unique words, one for each thing that a person typed."""

    def __init__(self) -> None:
        self.typed: dict[str, str] = {}
        self.person = "nobody"

    def plant(self, name: str, words: str | None = None) -> str:
        """A word that is nowhere else in the world; remembered under a name."""
        words = words or f"{BEGINNING}{secrets.token_hex(8)}"
        self.typed[f"{self.person}: {name}"] = words
        return words

    def for_question(self, question: Question) -> str:
        """Something to type into a field that takes words."""
        if question.kind == "email":
            return f"{self.plant(question.key)}@example.org"
        if question.kind == "phone":
            digits = f"07{secrets.randbelow(10**9):09}"
            self.plant(f"{question.key}, only the digits", digits[1:])
            return self.plant(question.key, f"{digits[:5]} {digits[5:]}")
        return f"I say {self.plant(question.key)} here."

    def found_in(self, data: bytes) -> list[str]:
        """The names of those that are in these bytes, and in which writing."""
        data = ZEROS.sub(b"\0", data)
        # Most begin alike, and most bytes hold not even that.
        none = not any(pattern in data for _, pattern in writings(BEGINNING))
        return [
            f"{name} ({writing})"
            for name, words in self.typed.items()
            if not (none and words.startswith(BEGINNING))
            for writing, pattern in writings(words)
            if pattern in data
        ]


@cache
def writings(words: str) -> tuple[tuple[str, bytes], ...]:
    """The same words as different programs write them down."""
    plain = words.encode()
    return (
        ("UTF-8", plain),
        ("UTF-16, little end first", words.encode("utf-16-le")),
        ("UTF-16, big end first", words.encode("utf-16-be")),
        ("hex", plain.hex().encode()),
        ("HEX", plain.hex().upper().encode()),
        *((f"base64 at {before}", _base64(plain, before)) for before in range(3)),
    )


def _base64(plain: bytes, before: int) -> bytes:
    """What is the same in every base64 text with these bytes so far into a group of three."""
    written = base64.b64encode(b"\0" * before + plain)
    return written[-(-before * 4 // 3) : (before + len(plain)) * 4 // 3]


def every_byte_under(*places: Path) -> Iterator[tuple[str, bytes]]:
    """Every file in these folders, its name included."""
    for place in places:
        for path in [place, *place.rglob("*")]:
            yield f"the name of {path}", str(path.relative_to(place.parent)).encode()
            if path.is_file():
                yield str(path), path.read_bytes()


def searched(
    canaries: Canaries, everything: Iterator[tuple[str, bytes]]
) -> tuple[list[str], Mapping[str, int]]:
    """What was found and where, and how much was looked through."""
    found, places, size = [], 0, 0
    for where, data in everything:
        places, size = places + 1, size + len(data)
        found += [f"{what} in {where}" for what in canaries.found_in(data)]
    return found, {"canaries": len(canaries.typed), "places": places, "bytes": size}
