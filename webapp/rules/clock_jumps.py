"""Whether the clock is sure enough to delete by it.

Deleting cannot be undone, and a server's clock can be wrong: an empty battery, a machine that was paused, a slip at the
keyboard. So the worker compares it with when it last ran and with the newest entry of the record.
"""

from datetime import datetime, timedelta
from enum import Enum

#: A worker that was off over a weekend's night goes on by itself; longer, and a person looks at the clock first.
LARGEST_JUMP = timedelta(days=2)
#: So few things may always be deleted at once, however little is held.
ALWAYS_ALLOWED = 20


class Doubt(Enum):
    """Why nothing is deleted until a person has looked."""

    #: More than two days went by since the worker last ran, or the clock says so.
    AHEAD = "ahead"
    #: The clock is more than two days before the last run, or before the newest entry of the record.
    BEHIND = "behind"
    #: More is due at once than the share that an operator set.
    MUCH = "much"
    #: Nothing is wrong yet: more than that share will be due within days, and can be confirmed before.
    SOON = "soon"
    #: What the worker remembers, or the record, is not as Hearth wrote it.
    ALTERED = "altered"
    #: The worker's clock is another one than the desk's, and one of them is wrong.
    TWO_CLOCKS = "two-clocks"


def jump(now: datetime, *, last_run: datetime, newest_entry: datetime | None) -> Doubt | None:
    """What is odd about the clock, or None. All moments are aware."""
    if now - last_run > LARGEST_JUMP:
        return Doubt.AHEAD
    latest = max(last_run, newest_entry or last_run)
    return Doubt.BEHIND if latest - now > LARGEST_JUMP else None


def is_much(due: int, held: int, share: int) -> bool:
    """Whether `due` things are more than `share` hundredths of all that are held."""
    return due > ALWAYS_ALLOWED and due * 100 > held * share
