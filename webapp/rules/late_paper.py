"""Answers that reach us after a call's last day, or reached us before it and are entered after it.

Nothing is kept longer for it: how long answers are kept counts from the call's last day, as everybody was told.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from webapp.rules.retention import due_on

#: For so many days after a call's last day answers can still be entered.
LATE_DAYS: Final = 60
PAPER: Final = "paper"


def last_day_to_enter(closes_on: date, keep_months: Iterable[int]) -> date:
    """The last day on which a coordinator can enter answers to a call that has closed.

    Always before the first of its parts is due: nobody's answers are taken to be deleted at once.
    """
    first_due = min(due_on(closes_on, months) for months in keep_months)
    return min(closes_on + timedelta(days=LATE_DAYS), first_due - timedelta(days=1))


def may_have_come(told_on: date, *, opened_on: date, today: date) -> bool:
    """Whether answers can have reached us on that day: while people could know of the call, and not in the future."""
    return opened_on <= told_on <= today


def in_time(how: str, told_on: date, *, closes_on: date, closed_early: bool) -> bool:
    """Whether answers that came so, on that day, may be entered now that the call is closed.

    A form on paper may have been on its way: any day will do. What was said by phone or face to face counts only if it
    was said by the last day, and not at all where the call was closed early: the call's page says since when.
    """
    return how == PAPER or (told_on <= closes_on and not closed_early)
