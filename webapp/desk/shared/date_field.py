"""Days as people type them: in one box, where a browser offers no calendar, or in three."""

import re
from datetime import date, datetime

FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")


def day_typed(typed: str) -> date | None:
    """The day that was meant, None where that cannot be said."""
    for pattern in FORMATS:
        try:
            return datetime.strptime(typed, pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def day_in_boxes(day: str | None, month: str | None, year: str | None) -> date | None:
    """The day that stands in three boxes, None where it is in no calendar. A year has four digits."""
    typed = f"{year or ''}-{month or ''}-{day or ''}"
    if not re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", typed, re.ASCII):
        return None
    try:
        return date(*map(int, typed.split("-")))
    except ValueError:
        return None
