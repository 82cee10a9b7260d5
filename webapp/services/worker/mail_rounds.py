"""Timed mix: mails leave in rounds at random moments, against timing correlation of an act with the mail it promised.

An observer of a mailbox, of its provider or of our connection to the mail server sees when a mail leaves. Were it sent
at once, that minute would be the minute at which a participant sent their answers. So everything that waits leaves
together, in an order that says nothing, at a moment that no act chose. The moments exist in this process alone: no row
needs a time for it (decision 47).
"""

import time
from collections.abc import Callable
from secrets import SystemRandom

#: Between two rounds, in seconds: long enough to hide the minute, short enough for a confirmation that is expected.
SHORTEST, LONGEST = 2 * 60, 6 * 60


def random_gap() -> float:
    """How many seconds go by until the next round."""
    return SystemRandom().uniform(SHORTEST, LONGEST)


def no_gap() -> float:
    """For a demo, whose mails leave for a folder of this machine: with every look."""
    return 0.0


class MailRounds:
    """When the worker sends mail. The first round, too, comes a random time after the start.

    A worker that was started by an act, or right after one, would otherwise date it.
    """

    def __init__(
        self,
        gap: Callable[[], float] = random_gap,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._gap, self._seconds = gap, seconds
        self._next = seconds() + gap()

    def begins(self) -> bool:
        """Whether a round begins now. If it does, the moment of the next one is drawn."""
        now = self._seconds()
        if now < self._next:
            return False
        self._next = now + self._gap()
        return True
