"""Late entry: answers on paper or by phone that reach us, or are entered by a coordinator, after a call's last day.

Retention periods do not change: they count from the call's last day, as every participant was told.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

from webapp.rules.retention import first_due_on

#: For so many days after a call's last day, answers can still be entered.
LATE_DAYS: Final = 60
PAPER: Final = "paper"


def last_day_to_enter(closes_on: date, keep_months: Iterable[int]) -> date:
    """The last day on which a coordinator can enter answers to a closed call.

    Always before its first part is due, so that answers are never accepted only to be erased at once.
    """
    first_due = first_due_on(closes_on, keep_months)
    return min(closes_on + timedelta(days=LATE_DAYS), first_due - timedelta(days=1))


def may_have_come(told_on: date, *, opened_on: date, today: date) -> bool:
    """Whether answers can have arrived on that day: not before the call opened, and not in the future."""
    return opened_on <= told_on <= today


def in_time(how: str, told_on: date, *, closes_on: date, closed_early: bool) -> bool:
    """Whether answers that arrived in this way on that day may be entered now that the call is closed.

    A paper form may have been in the post, so any day is accepted. Answers by phone or face to face must have been
    given by the last day, and are not accepted at all where the call was closed early: the call's page says since when.
    """
    return how == PAPER or (told_on <= closes_on and not closed_early)
