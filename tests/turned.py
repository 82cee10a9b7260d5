"""Steps after a clock jump in tests: a worker that kept running until then, or an operator who confirmed the day."""

from contextlib import suppress
from datetime import timedelta

from webapp.rules import clock
from webapp.services.infrastructure import audit, clock_guard, stores
from webapp.services.infrastructure.deletion_stops import ClockDoubted

#: An operator's command in a process of its own, at the moment that is its first word.
TURNED = """
import sys, time_machine
time_machine.travel(sys.argv.pop(1)).start()
from webapp.cli import start
start()
"""


def the_worker_kept_running() -> None:
    """The worker looked at its clock every minute until now, and deleted nothing meanwhile.

    Its last look leaves what all of them would have left: `test_clock_guard.py` walks day by day and compares.
    """
    _look()
    with stores.writing() as main:
        row = clock_guard._locked(main)
        assert row is not None
        clock_guard._remember(row, None, clock.now())


def an_operator_confirmed() -> None:
    """However far the clock was turned, and however much is due now: an operator said that the day is right."""
    _look()
    clock_guard.confirm(audit.OPERATOR, day=clock.today())


def the_day_is_over() -> int:
    """The worker links what people did today, as it does when a day is over. Returns how many lines that made."""
    return audit.link_notes(clock.today() + timedelta(days=1))


def _look() -> None:
    with suppress(ClockDoubted):
        clock_guard.sure()
