"""The clock: the current time, at the precision that each use allows (data minimisation).

All code that needs the time calls this module, so that tests can set the clock and so that the
precision is decided in one place: a submission is only ever dated to the day.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

COALITION_ZONE = ZoneInfo("Europe/London")


def now() -> datetime:
    """The current time, aware, in UTC. For rate limits and Visits; never stored with answers."""
    return datetime.now(UTC)


def now_minute() -> datetime:
    """The current time rounded down to the minute, aware, in UTC."""
    return now().replace(second=0, microsecond=0)


def moment(seconds: int) -> datetime:
    """Convert stored seconds since 1970 to an aware datetime in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def today() -> date:
    """Today's date where the coalition works (Europe/London). Calls open and close by it."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The date of an aware moment in the coalition's time zone."""
    return moment.astimezone(COALITION_ZONE).date()
