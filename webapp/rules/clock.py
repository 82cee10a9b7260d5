"""What time it is, as coarsely as each use allows.

Everything that needs the time asks this module, so that a test can turn the clock, and so that the
choice of precision is made once: a submission only ever learns the day.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

COALITION_ZONE = ZoneInfo("Europe/London")


def now() -> datetime:
    """This moment, aware, in UTC. For limits and Visits; never kept with answers."""
    return datetime.now(UTC)


def now_minute() -> datetime:
    """This minute, aware, in UTC, rounded down."""
    return now().replace(second=0, microsecond=0)


def moment(seconds: int) -> datetime:
    """A stored moment (whole seconds since 1970), aware, in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def today() -> date:
    """The day where the coalition works (Europe/London). Calls open and close on it."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The day, where the coalition works, that an aware moment belongs to."""
    return moment.astimezone(COALITION_ZONE).date()
