"""Detection of clock jumps and of mass deletion, before anything is erased by retention period.

Erasure cannot be undone, and a server's clock can be wrong: an empty battery, a paused machine, a typing mistake by an
operator. So the worker compares it with its own last run and with the newest entry of the audit log.
"""

from datetime import datetime, timedelta
from enum import Enum

#: A worker that was off for a weekend continues by itself; after a longer gap, a coordinator or operator checks first.
LARGEST_JUMP = timedelta(days=2)
#: A circuit breaker must not trip on small numbers: so many may always be erased at once.
ALWAYS_ALLOWED = 20


class Doubt(Enum):
    """Why deletion stops until a coordinator or an operator confirms the day."""

    #: The clock is more than two days ahead of the worker's last run.
    AHEAD = "ahead"
    #: The clock is more than two days behind the last run, or behind the newest entry of the audit log.
    BEHIND = "behind"
    #: More is due at once than the share that an operator configured.
    MUCH = "much"
    #: A warning only: more than that share will be due within days, and can be confirmed before.
    SOON = "soon"
    #: The worker's stored state or the audit log fails its integrity check (MAC, hash chain).
    ALTERED = "altered"
    #: The worker's clock differs from the desk's, so one of them is wrong.
    TWO_CLOCKS = "two-clocks"


def jump(now: datetime, *, last_run: datetime, newest_entry: datetime | None) -> Doubt | None:
    """Check the clock for a jump; None when it is plausible. All moments are aware."""
    if now - last_run > LARGEST_JUMP:
        return Doubt.AHEAD
    latest = max(last_run, newest_entry or last_run)
    return Doubt.BEHIND if latest - now > LARGEST_JUMP else None


def is_much(due: int, held: int, share: int) -> bool:
    """Whether `due` items are more than `share` per cent of all that are held."""
    return due > ALWAYS_ALLOWED and due * 100 > held * share
