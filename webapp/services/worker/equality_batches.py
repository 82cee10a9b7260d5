"""Writing equality parts out of their pool, in batches in the order of random ids (a threshold mix).

A call's parts are written when enough of them wait; on the day of their secrets at the latest, which is the first of a
month; or when they are due. The one module that opens what waits; only the worker runs it.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import Select, delete, func, or_, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, Part, WaitingPart
from webapp.rules import clock
from webapp.services.infrastructure import clock_guard, page_rewriting, row_authentication, stores
from webapp.services.infrastructure.deletion_stops import ClockDoubted
from webapp.services.sealed import equality_pool, tombstones
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.mailroom import open_until_written
from webapp.vault.sealing import WaitingEnvelope

log = logging.getLogger("hearth.worker")

#: So many parts of one call are written together, before the month is over.
ENOUGH = 10
BATCH = 200
#: From here on it is quicker to rewrite all secrets than those around each.
MANY = 500


@dataclass(frozen=True)
class Opened:
    """A part that waited, as Hearth made it, and the day on which it is written at the latest."""

    row_id: UUID
    part: Part
    latest: date


def write_waiting(*, enough: int = ENOUGH) -> int:
    """Write what has waited for enough others, or long enough. Returns how many. Raises `StoreUnavailable`.

    What does not open, or Hearth did not make, counts for nothing: others do not have to be written alone because of
    it. It stays until its due day, because it may wait for the right keys of the worker.
    """
    opened, closed = _open_all(enough)
    if closed:
        log.warning(
            "%s parts that wait to be written do not open, or are false: are MAILER_KEY and ROW_KEY the right ones?",
            len(closed),
        )
        _forget_past(closed)
    ready = _ready(opened, enough)
    if not ready:
        return 0
    # First the secrets: a part that can be seen names its secret, and the place of that one must not tell whose it is.
    _mix_places([one.part.secret_id for one in ready])
    ready.sort(key=lambda one: one.part.id)
    written = 0
    for start in range(0, len(ready), BATCH):
        written += _write({one.row_id: one.part for one in ready[start : start + BATCH]})
    with suppress(stores.StoreUnavailable):
        # While others read or write all the time, the next batch or rewriting does it.
        stores.overwrite_remains("main")
    return written


def _mix_places(secret_ids: Sequence[UUID]) -> None:
    """Rewrite the secrets of these parts, with those around each; all of them, where these are many."""
    if len(secret_ids) > MANY:
        page_rewriting.rewrite("erasure")
    else:
        page_rewriting.rewrite_around("erasure", ErasureSecret.__tablename__, secret_ids)


def _ready(opened: Sequence[Opened], enough: int) -> list[Opened]:
    today = clock.today()
    people = Counter(one.part.call_id for one in opened)
    late = {one.part.call_id for one in opened if one.latest <= today}
    return [one for one in opened if one.part.call_id in late or people[one.part.call_id] >= enough]


def _may_be_ready(enough: int) -> Select[UUID]:
    """The calls of which enough rows wait, or one whose day has come, by what the rows say: others are not opened."""
    today = clock.today()
    is_late = or_(
        func.min(WaitingPart.secret_made_on) <= today, func.min(WaitingPart.due_on) <= today
    )
    of_call = select(WaitingPart.call_id).group_by(WaitingPart.call_id)
    return of_call.having(or_(func.count() >= enough, is_late))


def _open_all(enough: int) -> tuple[list[Opened], list[WaitingPart]]:
    """What waits: the parts that Hearth made, and the rows that are none."""
    with stores.reading() as main:
        rows = main.scalars(
            select(WaitingPart).where(WaitingPart.call_id.in_(_may_be_ready(enough)))
        ).all()
    parts = {row.id: part for row in rows if (part := _open(row)) is not None}
    days = _days_of_secrets(part.secret_id for part in parts.values())
    opened = [
        Opened(row.id, part, min(part.due_on, days.get(part.secret_id, row.secret_made_on)))
        for row in rows
        if (part := parts.get(row.id)) is not None
    ]
    return opened, [row for row in rows if row.id not in parts]


def _open(row: WaitingPart) -> Part | None:
    try:
        opened = open_until_written(
            WaitingEnvelope(row.sealed_key, row.envelope),
            mailer_seed=current_settings().mailer_key,
            owner_id=row.call_id,
            row_id=row.id,
        )
        part = equality_pool.read_row(opened)
        is_ours = row_authentication.is_signed(part)
    except (DoesNotOpen, ValueError, TypeError, AttributeError):
        # Anyone can seal anything to the worker's public key.
        return None
    if not is_ours:
        log.error("a part that waits is false and is not written: %s", row.id)
        return None
    return part


def _days_of_secrets(secret_ids: Iterable[UUID]) -> dict[UUID, date]:
    """The day of each secret where it is kept. The row that waits says it too, and may have been changed by hand."""
    ids = list(secret_ids)
    days: dict[UUID, date] = {}
    with stores.reading("erasure") as erasure:
        for start in range(0, len(ids), BATCH):
            these = ErasureSecret.id.in_(ids[start : start + BATCH])
            found = erasure.execute(select(ErasureSecret.id, ErasureSecret.made_on).where(these))
            days |= {row.id: row.made_on for row in found}
    return days


def _forget_past(closed: Sequence[WaitingPart]) -> None:
    """Delete what opens nothing and would have been erased by now. Not by a clock that jumped."""
    past = [row.id for row in closed if row.due_on < clock.today()]
    if not past:
        return
    with suppress(ClockDoubted):
        today = clock_guard.sure().today
        with stores.writing() as main:
            for start in range(0, len(past), BATCH):
                these = WaitingPart.id.in_(past[start : start + BATCH])
                main.execute(delete(WaitingPart).where(these, WaitingPart.due_on < today))
        log.error("parts that waited until their due day and opened nothing: %s", past)


def _write(batch: dict[UUID, Part]) -> int:
    with stores.writing() as main:
        going = _still_waiting(main, batch)
        parts = {part.id: part for row_id, part in batch.items() if row_id in going}
        done = _written_or_erased(main, parts)
        main.add_all(part for part in parts.values() if part.id not in done)
        main.flush()
        main.execute(delete(WaitingPart).where(WaitingPart.id.in_(going)))
    return len(going)


def _written_or_erased(main: Session, part_ids: Iterable[UUID]) -> set[UUID]:
    """A row that was written before and put back (a replay) must not hold up the others. One whose owner erased it,
    while its lookup was changed by hand, has a tombstone and is never written."""
    ids = list(part_ids)
    there = set(main.scalars(select(Part.id).where(Part.id.in_(ids))))
    return there | tombstones.erased_among(main, ids)


def _still_waiting(main: Session, batch: Iterable[UUID]) -> set[UUID]:
    """Locked: whoever erases one of them now finds it here, or waits and finds it in `parts`."""
    found = select(WaitingPart.id).where(WaitingPart.id.in_(list(batch)))
    return set(main.scalars(found.with_for_update(skip_locked=True)))
