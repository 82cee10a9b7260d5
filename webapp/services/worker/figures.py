"""What waits, for `check` and for metrics: late mails, erasures and deletions that are overdue, what the worker found.

A mail or an erasure that waits is an act of one person. So metrics have these figures as they are at full hours, ages
in whole hours, and numbers in tens (decision 80); `check`, which is given on the machine, has them as they are.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.metrics import Measured
from webapp.models import KeyRotation, OutboxMessage, Resealing, Tombstone
from webapp.rules import clock
from webapp.rules.states import MailState
from webapp.rules.tell_back import Month
from webapp.services.calls import published_calls, tell_backs
from webapp.services.infrastructure import (
    backup_marks,
    clock_guard,
    deletions_due,
    disk_space,
    outbox,
    record_check,
    row_verification,
    stores,
)
from webapp.services.infrastructure.outbox import Backlog

HOUR: Final = 60 * 60
TENS: Final = 10
#: Free room moves with every page that a database writes.
DISK_STEP: Final = 64 * disk_space.MEGABYTE


@dataclass(frozen=True)
class Waiting:
    """What waits in the main store. Of erasures and deletions only those of before today: the others are under way."""

    mails: Backlog
    #: Mails that a server refused for good.
    refused: int
    erasures: int
    deletions: int
    #: Calls and events that are to get new purpose keys, and purposes whose records are being sealed to them.
    rotations: int
    resealings: int
    #: The addresses of calls whose people were to be told by now what became of it, with the month.
    promises: tuple[tuple[str, Month], ...] = ()

    @property
    def mails_are_late(self) -> bool:
        """Whether one has been due for an hour."""
        return self.mails.oldest_minutes * 60 >= HOUR


def waiting() -> Waiting:
    """Read it. Raises `StoreUnavailable`."""
    counts = (
        select(func.count()).where(OutboxMessage.state == MailState.FAILED),
        # `~done`: SQLite uses the partial index for this condition alone.
        select(func.count()).where(~Tombstone.done, Tombstone.erased_on < clock.today()),
        select(func.count()).where(KeyRotation.done_on.is_(None)),
        select(func.count()).where(Resealing.done_on.is_(None)),
    )
    with stores.reading() as main:
        refused, erasures, rotations, resealings = [main.scalar(query) or 0 for query in counts]
        deletions = _overdue(main)
    return Waiting(
        outbox.backlog(), refused, erasures, deletions, rotations, resealings, _broken_promises()
    )


def _broken_promises() -> tuple[tuple[str, Month], ...]:
    told = tell_backs.of_all()
    late = {call_id: one.by for call_id, one in told.items() if one.by is not None and one.is_late}
    calls = published_calls.all_calls() if late else ()
    return tuple((call.slug, late[call.id]) for call in calls if call.id in late)


def _overdue(main: Session) -> int:
    """What was due yesterday and is still there. A false row is not: its day is not believed (`false_rows`)."""
    yesterday = clock.now() - timedelta(days=1)
    if not deletions_due.amounts(main, yesterday).things:
        return 0
    return deletions_due.genuine_amounts(main, yesterday).things


class HourlyFigures:
    """A chore: sets the gauges once in each hour, in the first round after it began, and after a start."""

    def __init__(self, measured: Measured) -> None:
        self.measured = measured
        self.__name__ = "hourly_figures"
        self._hour: int | None = None

    def __call__(self) -> None:
        """Set them, unless this hour has had its turn. Raises `StoreUnavailable`."""
        hour = int(clock.now().timestamp()) // HOUR
        if hour == self._hour:
            return
        _set_marks(self.measured)
        _set_waiting(self.measured, waiting())
        _set_found(self.measured)
        self._hour = hour


def _set_waiting(measured: Measured, found: Waiting) -> None:
    late = found.mails.waiting if found.mails_are_late else 0
    hours = found.mails.oldest_minutes * 60 // HOUR
    measured.set("hearth_mails_late", _in_tens(late))
    measured.set("hearth_oldest_mail_age_seconds", hours * HOUR)
    measured.set("hearth_erasures_overdue", _in_tens(found.erasures))
    measured.set("hearth_deletions_overdue", _in_tens(found.deletions))


def _set_found(measured: Measured) -> None:
    stopped, rows = clock_guard.stopped(), row_verification.newest()
    measured.set("hearth_deleting_stopped", stopped is not None)
    measured.set("hearth_rows_without_secret", clock_guard.unreadable())
    measured.set("hearth_false_rows", rows.count if rows else 0)
    measured.set("hearth_record_changed", not record_check.standing().found.is_whole)


def _set_marks(measured: Measured) -> None:
    chosen = current_settings()
    free = disk_space.free_bytes(chosen)
    measured.set("hearth_disk_free_bytes", free - free % DISK_STEP)
    for name, moment in (
        ("hearth_backup_timestamp_seconds", backup_marks.last_backup(chosen.instance)),
        ("hearth_drill_timestamp_seconds", backup_marks.last_drill(chosen.instance)),
    ):
        # One that was never made is 0, so that "older than a day" is true of it.
        measured.set(name, int(moment.timestamp()) if moment else 0)


def _in_tens(number: int) -> int:
    """Rounded up, so that one is not nothing, and not one."""
    return -(-number // TENS) * TENS
