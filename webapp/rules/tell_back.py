"""The promise to tell back: a calendar month by which people are told what became of what they said, and its bounds."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto
from typing import Final

#: The furthest month after that of the last day. Who waits longer is told nothing by a promise, and a mistyped year is
#: found.
MOST_MONTHS: Final = 24
#: The longest of the three texts, in letters.
LONGEST_TOLD: Final = 4_000
_WRITTEN: Final = re.compile(r"(\d{4})-(\d\d)|(\d{1,2})[/. ](\d{4})", re.ASCII)
_YEARS: Final = range(2000, 10_000)


class NoMonth(ValueError):
    """What was written is no month of the calendar."""


class MonthTooEarly(ValueError):
    """The month is over, or people can still answer in it. `first` is the first month that can be promised."""

    def __init__(self, first: "Month") -> None:
        super().__init__(
            "the month by which you tell people what became of it must come after the month of the last day, and not "
            f"be over: what came on the last day must be read first. Choose {first} or a later month"
        )
        self.first = first


class MonthTooLate(ValueError):
    """The month is so far away that it promises nothing. `last` is the last month that can be promised."""

    def __init__(self, last: "Month") -> None:
        super().__init__(
            "the month by which you tell people what became of it is more than two years after the last day, and "
            f"nobody would wait for it. Choose {last} or an earlier month: the page can say that nothing happened yet, "
            "and why"
        )
        self.last = last


@dataclass(frozen=True, order=True, slots=True)
class Month:
    """A month of a year. Written and stored as ISO 8601 has it: 2027-03. Raises `NoMonth`."""

    year: int
    number: int

    def __post_init__(self) -> None:
        if self.year not in _YEARS or not 1 <= self.number <= 12:
            raise NoMonth(f"{self.year}-{self.number}")

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month in which a day is."""
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, written: str) -> "Month":
        """From 2027-03, or as people type it: 3/2027, 03.2027. Raises `NoMonth`."""
        found = _WRITTEN.fullmatch(written.strip())
        if found is None:
            raise NoMonth(written)
        year, number = (found[1], found[2]) if found[1] else (found[4], found[3])
        return cls(int(year), int(number))

    @property
    def first_day(self) -> date:
        """Its first day, by which calendars name it."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """Its last day: until then a promise can be kept."""
        return self.later(1).first_day - timedelta(days=1)

    def later(self, months: int) -> "Month":
        """The month so many months after it."""
        years, number = divmod(self.number - 1 + months, 12)
        return Month(self.year + years, number + 1)


def first_month(closes_on: date, today: date) -> Month:
    """The first month that can be promised: after that of the last day, and not over."""
    return max(Month.of(closes_on).later(1), Month.of(today))


def last_month(closes_on: date, today: date) -> Month:
    """The last month that can be promised."""
    return max(Month.of(closes_on), Month.of(today)).later(MOST_MONTHS)


def check_month(month: Month, closes_on: date, today: date) -> None:
    """Raises `MonthTooEarly`, `MonthTooLate`."""
    if month < (first := first_month(closes_on, today)):
        raise MonthTooEarly(first)
    if month > (last := last_month(closes_on, today)):
        raise MonthTooLate(last)


class Standing(Enum):
    """How a promise stands on a day: not due, due within this month, overdue, or kept."""

    AHEAD = auto()
    DUE = auto()
    OVERDUE = auto()
    KEPT = auto()


def standing(by: Month, today: date, *, is_written: bool) -> Standing:
    """The page counts, whatever it says: "nothing yet, and why" keeps the promise."""
    if is_written:
        return Standing.KEPT
    if today > by.last_day:
        return Standing.OVERDUE
    return Standing.DUE if Month.of(today) == by else Standing.AHEAD
