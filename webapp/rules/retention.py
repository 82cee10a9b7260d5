"""When a part is due to be erased."""

from calendar import monthrange
from datetime import date


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
