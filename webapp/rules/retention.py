"""Retention periods: the day on which a part, a registration or an unfinished draft is due to be erased."""

from collections.abc import Iterable
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

#: How long an unfinished draft is kept under its return code, counted again each time the participant stops.
DRAFT_DAYS = 14
#: A request that is not confirmed is erased on the second day after it was made: it lives until the end of the next.
REQUEST_DAYS = 2


def due_on(closes_on: date, months: int) -> date:
    """The end of a part's retention period: `months` after the call closes.

    The day of the month stays the same, or becomes the month's last day when there is no such day
    (31 August and six months: 28 or 29 February). Raises ValueError for less than one month.
    """
    if months < 1:
        raise ValueError("a part is kept for at least one month")
    due: date = closes_on + relativedelta(months=months)
    return due


def first_due_on(closes_on: date, months: Iterable[int]) -> date:
    """The day on which the first part of what was answered to a call is due: each part has months of its own."""
    return min(due_on(closes_on, one) for one in months)


def registration_due_on(ended_on: date, keep_days: int) -> date:
    """The end of a registration's retention period: `keep_days` after its event ended.

    Raises ValueError for less than one day: a registrant's page must not vanish while the meeting runs.
    """
    if keep_days < 1:
        raise ValueError("a registration is kept until the day after the event")
    return ended_on + timedelta(days=keep_days)


def request_due_on(made_on: date) -> date:
    """The first day on which a request can no longer be confirmed, and is erased."""
    return made_on + timedelta(days=REQUEST_DAYS)


def draft_due_on(stopped_on: date) -> date:
    """The end of a draft's retention period, unless the participant resumes it before."""
    return stopped_on + timedelta(days=DRAFT_DAYS)


def first_of_next_month(day: date) -> date:
    """A date coarsened to the month: the first of the next one, the same for everything of one month.

    Rows dated so cannot be linked by their day (data minimisation).
    """
    first: date = day + relativedelta(months=1, day=1)
    return first
