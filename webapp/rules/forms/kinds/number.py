"""A whole number (a non-negative integer) between two bounds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from webapp.rules.characters import clean_line, is_empty, plain_digits, without_marks
from webapp.rules.forms.kinds.kind import Answer, Kind, only_value
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


#: Nine digits count whatever a form may count. A phone number or an NHS number has ten, and cannot be asked for so.
LARGEST: Final = 999_999_999
#: What people put between groups of digits: a space, a comma, a full stop, an apostrophe, the Arabic separators.
_SEPARATORS = " ,.'\u2019\u066c\u060c"
#: Groups of three, or of two and a last one of three, as India and Bangladesh count. "2.5", "1,5" and "2 3" are none:
#: they are a fraction or two numbers, and reading them as 25 or 23 would change what was said.
_GROUPED = re.compile(
    rf"[0-9]{{1,3}}(?P<by>[{_SEPARATORS}])[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*"
    rf"|[0-9]{{1,2}}(?:,[0-9]{{2}})+,[0-9]{{3}}"
)
_PLAIN = re.compile("[0-9]+")
_SEPARATOR = re.compile(f"[{_SEPARATORS}]")
#: A number is never typed with more: it is refused before any arithmetic.
_LONGEST_TYPED = 40


class Number(Kind):
    """One line, with a numeric keypad. Digits of any script, with separators of thousands or none.

    Stored as decimal digits in ASCII without leading zeros. No sign, fraction or exponent: each of them would be
    guessed at, and "how many" needs none.
    """

    name = "number"
    takes_bounds = True
    input_mode = "numeric"
    direction = "ltr"
    needed = "needed-number"
    seconds = 10
    paper = "paper-number"

    def blank(self, raw: list[str]) -> bool:
        return all(is_empty(_clean(value)) for value in raw)

    def parse(self, raw: list[str], question: Question) -> Answer:
        typed = _clean(only_value(raw))
        if is_empty(typed):
            raise NotAccepted("answer-needed")
        least, most = bounds(question)
        number = whole_number(typed)
        if number is None and not question.has_bounds:
            raise NotAccepted("number-not-whole")
        if number is None or not least <= number <= most:
            raise NotAccepted("number-range", min=least, max=most)
        return str(number)

    def show(self, answer: Answer, question: Question, language: str) -> str:
        return "\n".join(self.raw(answer, question))

    def export(self, answer: Answer, question: Question) -> str:
        return self.show(answer, question, "en")

    def worst_bytes(self, question: Question) -> int:
        return len(str(bounds(question)[1])) + len('""')

    def letters(self, question: Question) -> int:
        return _LONGEST_TYPED


def bounds(question: Question) -> tuple[int, int]:
    """The smallest and the largest number that a question takes."""
    least = 0 if question.at_least is None else question.at_least
    return least, LARGEST if question.at_most is None else question.at_most


def whole_number(typed: str) -> int | None:
    """Parse a whole number as people type it; None for anything else. One that is too long is over `LARGEST`."""
    typed = _clean(typed).rstrip(".,")
    if not (_PLAIN.fullmatch(typed) or _GROUPED.fullmatch(typed)):
        return None
    digits = _SEPARATOR.sub("", typed).lstrip("0")
    # int() of thousands of digits takes quadratic time, and raises ValueError at 4,300 of them.
    return int(digits or "0") if len(digits) <= len(str(LARGEST)) else LARGEST + 1


def _clean(value: str) -> str:
    return plain_digits(clean_line(without_marks(value)))
