"""A telephone number, validated by its characters and length."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from webapp.rules.characters import plain_digits, without_marks
from webapp.rules.forms.kinds.kind import BYTES_A_CHARACTER, Answer, only_value
from webapp.rules.forms.kinds.text import Text
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


FEWEST_DIGITS = 7
MOST_DIGITS = 15  # ITU-T E.164: the longest international number
MOST_DIGITS_OF_EXTENSION = 7
LONGEST_NUMBER = 40
_DASHES = re.compile("[\u2010-\u2015\u2212\uff0d\u30fc]")
_WIDE = str.maketrans({"\uff0b": "+", "\uff08": "(", "\uff09": ")", "\uff0f": "/", "\uff0e": "."})
#: The scheme of RFC 3966, and other prefixes that people write before a number.
_SCHEME = re.compile(r"\s*(?:tel|phone|mob(?:ile)?)\s*[:.]\s*", re.I)
_NUMBER = re.compile(r"\+? ?[0-9 ()./-]+")
#: An extension: "ext. 12", "x12", "#12", and ";ext=12" of RFC 3966. The pattern begins with fixed characters: a leading
#: run would be retried from each position, in quadratic time (ReDoS).
_EXTENSION = re.compile(
    r"(?:;ext=|\bext(?:ension|n)?\b[ .:]*|(?<=[0-9 )])x[ .:]*|#)"
    rf" *(?P<digits>[0-9]{{1,{MOST_DIGITS_OF_EXTENSION}}})",
    re.I,
)


class Phone(Text):
    """Accepts common notations: digits, spaces, ( ) / - and . with a + in front or none, and an extension.

    Digits of other scripts (Arabic ones, say) become 0 to 9, so that the number can be dialled.
    No country code is guessed.
    """

    name = "phone"
    default_length = longest = LONGEST_NUMBER
    longest_settable = 0
    input_type = "tel"
    direction = "ltr"
    seconds = 30

    def clean(self, value: str) -> str:
        line = plain_digits(super().clean(without_marks(value)).translate(_WIDE))
        line = _DASHES.sub("-", line)
        scheme = _SCHEME.match(line)
        return (line[scheme.end() :] if scheme else line).strip(" ,;")

    def parse(self, raw: list[str], question: Question) -> Answer:
        typed = self.clean(only_value(raw))
        if not typed:
            raise NotAccepted("answer-needed")
        number, extension = _apart(typed)
        if not _NUMBER.fullmatch(number):
            raise NotAccepted("phone-characters")
        digits = sum(one.isdigit() for one in number)
        answer = f"{number} ext. {extension}" if extension else number
        if not FEWEST_DIGITS <= digits <= MOST_DIGITS or len(answer) > LONGEST_NUMBER:
            raise NotAccepted("phone-length", min=FEWEST_DIGITS, max=MOST_DIGITS)
        return answer

    def worst_bytes(self, question: Question) -> int:
        return LONGEST_NUMBER * BYTES_A_CHARACTER


def _apart(typed: str) -> tuple[str, str]:
    """Split off the extension; empty where there is none."""
    found = _EXTENSION.search(typed)
    if found is None or found.end() != len(typed):
        return typed, ""
    return typed[: found.start()].rstrip(" ,;"), found["digits"]
