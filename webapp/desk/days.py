"""Days as people type them where a browser offers no calendar."""

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
