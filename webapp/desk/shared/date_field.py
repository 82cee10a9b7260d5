"""Parsing of dates as coordinators type them: in one text field or in three."""

import re
from datetime import date, datetime

FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d.%m.%Y")


def day_typed(typed: str) -> date | None:
    """The date in one of these formats; None for anything else."""
    for pattern in FORMATS:
        try:
            return datetime.strptime(typed, pattern).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def day_in_boxes(day: str | None, month: str | None, year: str | None) -> date | None:
    """The date in three fields; None where no calendar has it. A year has four digits."""
    typed = f"{year or ''}-{month or ''}-{day or ''}"
    if not re.fullmatch(r"\d{4}-\d{1,2}-\d{1,2}", typed, re.ASCII):
        return None
    try:
        return date(*map(int, typed.split("-")))
    except ValueError:
        return None
