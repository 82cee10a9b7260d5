"""What a turned clock needs: a worker that kept running until then, or a person who said that the day is right."""

from contextlib import suppress
from datetime import timedelta

import time_machine

from webapp.rules import clock
from webapp.rules.sure_clock import LARGEST_JUMP, Doubt
from webapp.services import audit, clock_guard
from webapp.services.stopping import ClockDoubted, Stopped

#: The worker looks every minute; its clock is in no doubt when it looks at least so often.
OFTEN = LARGEST_JUMP - timedelta(hours=1)


def the_worker_kept_running() -> None:
    """The worker looked at its clock, time and again, from its last run until now. It deleted nothing meanwhile."""
    while (found := _look()) is not None and found.why is Doubt.AHEAD:
        assert found.last_run is not None
        with time_machine.travel(found.last_run + OFTEN, tick=False):
            _look()


def an_operator_confirmed() -> None:
    """However far the clock was turned, and however much is due now: an operator said that the day is right."""
    _look()
    clock_guard.confirm(audit.OPERATOR, day=clock.today())


def _look() -> Stopped | None:
    with suppress(ClockDoubted):
        clock_guard.sure()
    return clock_guard.stopped()
