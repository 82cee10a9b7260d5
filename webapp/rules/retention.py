"""When a part, or a registration, is due to be erased."""

from calendar import monthrange
from datetime import date, timedelta

#: For so many days unfinished answers wait under a return code, counted anew each time somebody stops.
DRAFT_DAYS = 14


def due_on(closes_on: date, months: int) -> date:
    """The day, `months` after the call closes, from which a part must not be kept any longer.

    The day of the month stays the same, or becomes the month's last day when there is no such day
    (31 August and six months: 28 or 29 February). Raises ValueError for less than one month.
    """
    if months < 1:
        raise ValueError("a part is kept for at least one month")
    years, month0 = divmod(closes_on.month - 1 + months, 12)
    year, month = closes_on.year + years, month0 + 1
    return date(year, month, min(closes_on.day, monthrange(year, month)[1]))


def registration_due_on(ended_on: date, keep_days: int) -> date:
    """The day, `keep_days` after an event ended, from which its registrations must not be kept.

    Raises ValueError for less than one day: nobody's page may vanish while the room is open.
    """
    if keep_days < 1:
        raise ValueError("a registration is kept until the day after the event")
    return ended_on + timedelta(days=keep_days)


def draft_due_on(stopped_on: date) -> date:
    """The day on which unfinished answers are erased, unless somebody came back for them before."""
    return stopped_on + timedelta(days=DRAFT_DAYS)


def first_of_next_month(day: date) -> date:
    """The first day of the month after this one: what is dated so cannot be told from the rest of its month."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
