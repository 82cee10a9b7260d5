"""The clock guard: a fail-safe that stops deletion after a clock jump until a coordinator or operator confirms the day.

The worker remembers its last run in one row, under a MAC with the record's key: an attacker who can write to the
database alone can neither move the last run to a wrong clock's day nor allow more to be deleted. Taking the row away,
or putting an older one back, only brings the question back. What participants and registrants delete themselves does
not pass this guard.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import WorkerClock
from webapp.rules import clock, clock_jumps
from webapp.rules.audit_events import AuditEvent
from webapp.rules.clock_jumps import Doubt
from webapp.services.infrastructure import audit, deletion_stops, deletions_due, stores
from webapp.services.infrastructure.deletion_stops import ClockDoubted, Stopped
from webapp.services.infrastructure.deletions_due import Amounts
from webapp.vault.macs import worker_clock_mac

#: A confirmation also covers what is left of a round that a crash ended, until so many days later.
ALLOWED_FOR = timedelta(days=1)
#: So many days ahead, a coordinator can confirm what is more than a share: then it goes on its day, as promised.
AHEAD = timedelta(days=7)
#: The last run of a worker that does not know it.
NEVER = clock.moment(0)


@dataclass(frozen=True)
class Sure:
    """A moment that passed the guard. Deletion uses it instead of reading the clock again (time-of-check to
    time-of-use)."""

    now: datetime

    @property
    def today(self) -> date:
        """The day where the coalition works."""
        return clock.day_of(self.now)


def sure() -> Sure:
    """Check the clock before any deletion, and note that the worker ran (worker, operators' commands).

    Raises `ClockDoubted`, `StoreUnavailable`.
    """
    try:
        found, now = _look()
    except IntegrityError:
        # Two workers began at the same moment: the other one's row is there now.
        found, now = _look()
    if found is not None:
        raise ClockDoubted(found)
    deletion_stops.is_over()
    return Sure(now)


def is_sure() -> bool:
    """Whether the clock can be trusted, for mails that depend on the day. Changes nothing.

    Much that is due says nothing against the clock.
    """
    with stores.reading() as main:
        row = main.get(WorkerClock, 1)
        return row is None or _odd(main, row, clock.now()) is None


def stopped() -> Stopped | None:
    """Why deletion is stopped, for the desk and for operators; None while it is not. Changes nothing.

    Where no worker ever ran there is nothing to say.
    """
    now = clock.now()
    with stores.reading() as main:
        row = main.get(WorkerClock, 1)
        return _stopped(main, row, now) or _as_the_worker_found(main, row, now)


def asked() -> Stopped | None:
    """What a coordinator can decide about: what is stopped, or will be within days. Changes nothing."""
    now = clock.now()
    with stores.reading() as main:
        row = main.get(WorkerClock, 1)
        return _asked(main, row, now)


def confirm(actor: str | UUID, *, day: date, reason: str = "") -> Amounts | None:
    """Confirm that the day is right, so that what was shown may be deleted. Returns how much that is; None when there
    was no doubt.

    The confirmation covers this jump and this amount alone. `day` is the one that was shown: when the clock has moved
    on to another one meanwhile, nothing is confirmed and `ClockDoubted` is raised again.
    """
    now = clock.now()
    with stores.writing() as main:
        row = _locked(main)
        found = _asked(main, row, now)
        if row is None or found is None:
            return None
        if found.today != day or not found.can_be_confirmed:
            raise ClockDoubted(found)
        if not _is_ours(row):
            row.unreadable = 0
        if found.why is not Doubt.SOON:
            row.ran_at, row.doubted_at = _seconds(now), None
        until = found.today + (AHEAD if found.why is Doubt.SOON else timedelta())
        row.allowed, row.allowed_until = found.due.things, until + ALLOWED_FOR
        _sign(row)
        audit.enter(main, actor, AuditEvent.CLOCK_CONFIRMED, reason=reason)
    return found.due


def unreadable() -> int:
    """How many sets of answers and registrations have lost their erasure secret and wait for an operator."""
    with stores.reading() as main:
        row = main.get(WorkerClock, 1)
        return row.unreadable if row is not None and _is_ours(row) else 0


def note_unreadable(count: int) -> None:
    """Remember how many have lost their erasure secret, so that the desk can say so (worker)."""
    with stores.writing() as main:
        row = _locked(main)
        if row is not None and _is_ours(row) and row.unreadable != count:
            row.unreadable = count
            _sign(row)


def _look() -> tuple[Stopped | None, datetime]:
    now = clock.now()
    with stores.writing() as main:
        # Lock order: this row first, the record's head after it, so that two workers and a coordinator cannot deadlock.
        row = _locked(main) or _first_row(main)
        found = _stopped(main, row, now)
        if found is None or found.why is not Doubt.ALTERED:
            _remember(row, found, now)
    return found, now


def _remember(row: WorkerClock, found: Stopped | None, now: datetime) -> None:
    if found is None or found.why is Doubt.MUCH:
        row.ran_at = _seconds(now)
    row.doubted_at = None if found is None else _seconds(now)
    _sign(row)


def _locked(main: Session) -> WorkerClock | None:
    query = select(WorkerClock).where(WorkerClock.id == 1).with_for_update()
    return main.scalars(query).one_or_none()


def _first_row(main: Session) -> WorkerClock:
    """A worker that never ran takes the newest entry of the record for its last run: the founding, or later.

    It is written down whatever follows: an entry that is made by a wrong clock changes nothing any more.
    """
    try:
        audit.verify()
        ran_at = audit.newest_act(main) or clock.now()
    except audit.ChainBroken:
        ran_at = NEVER
    row = WorkerClock(id=1, ran_at=_seconds(ran_at), allowed=0, unreadable=0)
    _sign(row)
    main.add(row)
    main.flush()
    return row


def _asked(main: Session, row: WorkerClock | None, now: datetime) -> Stopped | None:
    return _stopped(main, row, now) or _as_the_worker_found(main, row, now) or _soon(main, row, now)


def _stopped(main: Session, row: WorkerClock | None, now: datetime) -> Stopped | None:
    if row is None:
        return None
    why = _odd(main, row, now)
    amounts = _due(main, now)
    if why is None and _is_much(main, row, amounts, clock.day_of(now)):
        why = Doubt.MUCH
    return Stopped(why, now, _last_run(row), None, amounts) if why else None


def _odd(main: Session, row: WorkerClock, now: datetime) -> Doubt | None:
    if not _is_ours(row):
        return Doubt.ALTERED
    last_run = clock.moment(row.ran_at)
    return clock_jumps.jump(now, last_run=last_run, newest_entry=audit.newest_act(main))


def _due(main: Session, moment: datetime) -> Amounts:
    """What is due. Where it is much, false rows are left out: days that were changed by hand must not stop deletion."""
    amounts = deletions_due.amounts(main, moment)
    if amounts.things <= clock_jumps.ALWAYS_ALLOWED:
        return amounts
    if clock_jumps.is_much(
        amounts.things, deletions_due.held(main), current_settings().erase_share
    ):
        return deletions_due.genuine_amounts(main, moment)
    return amounts


def _is_much(main: Session, row: WorkerClock, amounts: Amounts, today: date) -> bool:
    is_allowed = row.allowed_until is not None and today <= row.allowed_until
    if amounts.things <= max(clock_jumps.ALWAYS_ALLOWED, row.allowed if is_allowed else 0):
        return False
    return clock_jumps.is_much(
        amounts.things, deletions_due.held(main), current_settings().erase_share
    )


def _soon(main: Session, row: WorkerClock | None, now: datetime) -> Stopped | None:
    """What will be more than a share within days, beyond what was confirmed."""
    if row is None or not _is_ours(row):
        return None
    amounts, confirmed = _due(main, now + AHEAD), 0
    if row.allowed_until is not None and clock.day_of(now) <= row.allowed_until:
        confirmed = min(row.allowed, amounts.things)
    more = amounts.things - confirmed
    if more <= clock_jumps.ALWAYS_ALLOWED:
        return None
    if not clock_jumps.is_much(more, deletions_due.held(main), current_settings().erase_share):
        return None
    return Stopped(Doubt.SOON, now, _last_run(row), None, amounts)


def _as_the_worker_found(main: Session, row: WorkerClock | None, now: datetime) -> Stopped | None:
    """Why the worker stopped, where we see no reason: it may run on another machine, or with another share.

    A doubt that has passed is gone from the row within a minute.
    """
    if row is None or row.doubted_at is None:
        return None
    says, amounts = clock.moment(row.doubted_at), _due(main, now)
    if abs(says - now) > clock_jumps.LARGEST_JUMP:
        return Stopped(Doubt.TWO_CLOCKS, now, _last_run(row), says, amounts)
    if amounts.things > clock_jumps.ALWAYS_ALLOWED:
        return Stopped(Doubt.MUCH, now, _last_run(row), None, amounts)
    return None


def _last_run(row: WorkerClock) -> datetime | None:
    last_run = clock.moment(row.ran_at)
    return last_run if _is_ours(row) and last_run != NEVER else None


def _sign(row: WorkerClock) -> None:
    row.mac = _mac(row)


def _is_ours(row: WorkerClock) -> bool:
    return compare_digest(row.mac, _mac(row))


def _mac(row: WorkerClock) -> bytes:
    values = (row.ran_at, row.doubted_at, row.allowed, row.allowed_until, row.unreadable)
    return worker_clock_mac(
        current_settings().audit_key, *("" if one is None else str(one) for one in values)
    )


def _seconds(moment: datetime) -> int:
    return int(moment.replace(second=0, microsecond=0).timestamp())
