"""A memory-bounded parser for `application/x-www-form-urlencoded` (WHATWG URL, 5.1).

The standard library makes an object of every percent-encoded byte: eighty times the size of the form for a moment, and
much of it is not returned to the system. Here a run of them, which is a word or more, is decoded at once.
"""

import re
from typing import Final

#: More fields than any form of ours has, even with all pages of the longest definition on one page.
MOST_FIELDS: Final = 5_000
#: Bounded, because the regex engine records each repetition until the run ends.
_RUN = re.compile(rb"(?:%[0-9A-Fa-f]{2}){1,256}")


class TooManyFields(ValueError):
    """More fields than the limit."""


def read_form(body: bytes) -> list[tuple[str, str]]:
    """Parse names and values in order; invalid UTF-8 becomes U+FFFD. Raises `TooManyFields`."""
    if body.count(b"&") >= MOST_FIELDS:
        raise TooManyFields
    pairs = (piece.partition(b"=") for piece in body.split(b"&") if piece)
    return [(_decoded(name), _decoded(value)) for name, _, value in pairs]


def _decoded(raw: bytes) -> str:
    return _RUN.sub(_bytes_of, raw.replace(b"+", b" ")).decode(errors="replace")


def _bytes_of(run: re.Match[bytes]) -> bytes:
    return bytes.fromhex(run.group().replace(b"%", b"").decode())
