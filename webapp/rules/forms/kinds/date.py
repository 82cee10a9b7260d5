"""A date of a past or future happening. Never a date of birth (`topics` refuses that)."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import TYPE_CHECKING

from webapp.rules.characters import clean_line, is_empty, plain_digits
from webapp.rules.forms.kinds.kind import Answer, Input, Kind
from webapp.rules.messages import NotAccepted

if TYPE_CHECKING:
    from webapp.rules.forms.questions import Question


FIRST_YEAR, LAST_YEAR = 1900, 2100
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?\.?", re.IGNORECASE)
_NUMBER = re.compile(r"(\d{1,2})\.?")
_YEAR = re.compile(r"\d{4}")
_MARKS = re.compile("[\u200b-\u200f\u061c\u2060]")
_ISO = re.compile(r"\d{4}-\d\d-\d\d")
#: "Mar" can only be March; "ma" could be May.
_SHORTEST_NAME = 3
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_AT_FAULT = {
    "date-no-day": ("day",),
    "date-no-month": ("month",),
    "date-no-year": ("year",),
    "date-day": ("day",),
    "date-month": ("month",),
    "date-year": ("year",),
    "date-not-in-month": ("day",),
}


class Date(Kind):
    """Three text fields: day, month, year. No list to scroll, no calendar widget.

    Accepts common notations: 7, 07 or 7th; 3, 03, Mar or March; digits of any script. A year has four
    digits, so that the century need not be guessed. Stored in ISO 8601, 2026-03-07.
    """

    name = "date"
    shows_day = True
    control = "parts"
    # The month may be a word, so the numeric keypad is not requested.
    inputs = (
        Input("day", "part-day", digits=2),
        Input("month", "part-month", digits=2, digits_only=False),
        Input("year", "part-year", digits=4),
    )
    needed = "needed-date"
    seconds = 20
    paper = "paper-date"

    def blank(self, raw: list[str]) -> bool:
        return all(is_empty(_clean(value)) for value in raw)

    def parse(self, raw: list[str], question: Question) -> Answer:
        """Parse the date. A validation error is about the first invalid input; `at_fault` names it."""
        if self.blank(raw):
            raise NotAccepted("answer-needed")
        if len(raw) > len(self.inputs):
            raise NotAccepted("answer-one-only")
        typed = [_clean(value) for value in raw] + [""] * (len(self.inputs) - len(raw))
        day, month, year = _day(typed[0]), _month(typed[1]), _year(typed[2])
        last = calendar.monthrange(year, month)[1]
        if day > last:
            raise NotAccepted("date-not-in-month", max=last)
        return datetime.date(year, month, day).isoformat()

    def at_fault(self, refused: NotAccepted, question: Question) -> tuple[str, ...]:
        return _AT_FAULT.get(refused.message_key) or super().at_fault(refused, question)

    def show(self, answer: Answer, question: Question, language: str) -> str:
        """The date in ISO 8601; the ui formats it for each language."""
        return answer if isinstance(answer, str) else ""

    def export(self, answer: Answer, question: Question) -> str:
        """The date in ISO 8601, which sorts correctly and is ambiguous in no country."""
        return self.show(answer, question, "en")

    def worst_bytes(self, question: Question) -> int:
        return len('"2026-03-07"')

    def letters(self, question: Question) -> int:
        return len("30th September 2026")

    def raw(self, answer: Answer, question: Question) -> list[str]:
        if not isinstance(answer, str) or not _ISO.fullmatch(answer):
            # An answer of another kind, from an earlier version of the form: `parse` refuses it.
            return super().raw(answer, question)
        year, month, day = answer.split("-")
        return [str(int(day)), str(int(month)), year]


def _clean(value: str) -> str:
    return plain_digits(clean_line(_MARKS.sub("", value)))


def _day(typed: str) -> int:
    if not typed:
        raise NotAccepted("date-no-day")
    found = _DAY.fullmatch(typed)
    if not found or not 1 <= int(found[1]) <= 31:
        raise NotAccepted("date-day")
    return int(found[1])


def _month(typed: str) -> int:
    if not typed:
        raise NotAccepted("date-no-month")
    number = _NUMBER.fullmatch(typed)
    month = int(number[1]) if number else _named_month(typed.lower().rstrip("."))
    if not 1 <= month <= 12:
        raise NotAccepted("date-month")
    return month


def _named_month(name: str) -> int:
    """The month with this English name, in full or abbreviated to at least three letters; else 0."""
    if len(name) < _SHORTEST_NAME:
        return 0
    found = [month for month, whole in enumerate(_MONTHS, 1) if whole.startswith(name)]
    return found[0] if found else 0


def _year(typed: str) -> int:
    if not typed:
        raise NotAccepted("date-no-year")
    if not _YEAR.fullmatch(typed) or not FIRST_YEAR <= int(typed) <= LAST_YEAR:
        raise NotAccepted("date-year")
    return int(typed)
