"""Why deletion is stopped: as a frozen fact for the desk, and in words for the log and for operators."""

import logging
import time
from dataclasses import dataclass
from datetime import date, datetime

from webapp.rules import clock
from webapp.rules.clock_jumps import Doubt
from webapp.services.infrastructure.deletions_due import Amounts

log = logging.getLogger("hearth.worker")

SAID_EVERY_SECONDS = 3600


@dataclass(frozen=True)
class Stopped:
    """Why deletion is stopped, with what a coordinator or operator needs to decide."""

    why: Doubt
    now: datetime
    last_run: datetime | None
    #: What the worker's own clock says, where it is another one than ours.
    worker_says: datetime | None
    due: Amounts

    @property
    def today(self) -> date:
        """The day that the server believes it is."""
        return clock.day_of(self.now)

    @property
    def can_be_confirmed(self) -> bool:
        """Two clocks that differ are not mended by believing one of them."""
        return self.why is not Doubt.TWO_CLOCKS


class ClockDoubted(Exception):
    """Nothing is deleted until a coordinator or operator has confirmed the day."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped.why.value)
        self.stopped = stopped


class _Saying:
    """Rate-limited logging: once for each reason and then every hour, not in every round.

    The hours are counted by the monotonic clock, which cannot jump.
    """

    def __init__(self) -> None:
        self.why: Doubt | None = None
        self.at = 0.0

    def say(self, found: Stopped) -> None:
        is_time = time.monotonic() - self.at >= SAID_EVERY_SECONDS
        if found.why is not self.why or is_time:
            self.at = time.monotonic()
            log.warning("%s", in_words(found))
        self.why = found.why

    def is_over(self) -> None:
        self.why = None


_saying = _Saying()


def say(found: Stopped) -> None:
    """Write into the log why nothing is deleted (worker)."""
    _saying.say(found)


def in_words(found: Stopped) -> str:
    """One line for the log and for operators: days and numbers, and what to do."""
    last_run = f"{found.last_run:%Y-%m-%d}" if found.last_run else "never, as far as it knows"
    why = {
        Doubt.AHEAD: f"the clock says {found.today}, and the worker last ran on {last_run}",
        Doubt.BEHIND: f"the clock says {found.today}, which is before the last run or the newest entry of the record",
        Doubt.MUCH: f"{found.due.things} things are due at once, which is more than ERASE_SHARE allows",
        Doubt.SOON: f"{found.due.things} things will be due within a week, which is more than ERASE_SHARE allows",
        Doubt.ALTERED: "what the worker remembers about its last run is not as Hearth wrote it",
        Doubt.TWO_CLOCKS: "the clock of the worker is another one than that of the desk",
    }[found.why]
    if not found.can_be_confirmed:
        return f"Nothing is deleted: {why}. Set both right, and start the worker again"
    begins = "Nothing is stopped yet" if found.why is Doubt.SOON else "Nothing is deleted"
    return (
        f"{begins}: {why}. If the day is right, confirm it on the desk's page Today, or with the command "
        "confirm-clock. If it is wrong, set the clock"
    )


def is_over() -> None:
    """The worker deletes again; the next time that it stops is said at once."""
    _saying.is_over()
