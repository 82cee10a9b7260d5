"""Writing equality parts out of their pool, in batches in the order of random ids (a threshold mix).

A call's parts are written when enough of them wait; on the day of their secrets at the latest, which is the first of a
month; or when they are due. The one module that opens what waits; only the worker runs it.
"""

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from uuid import UUID

from sqlalchemy import Row, delete, func, or_, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import Part, Tombstone, WaitingPart
from webapp.rules import clock
from webapp.services.infrastructure import page_rewriting, row_authentication, stores
from webapp.services.sealed import equality_pool
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.mailroom import open_until_written
from webapp.vault.sealing import WaitingEnvelope

log = logging.getLogger("hearth.worker")

#: So many parts of one call are written together, before the month is over.
ENOUGH = 10
BATCH = 200


def write_waiting(*, enough: int = ENOUGH) -> int:
    """Write what has waited for enough others, or long enough. Returns how many. Raises `StoreUnavailable`.

    A part that does not open, or that Hearth did not make, stays: it may wait for the right keys of the worker.
    """
    ready = _ready(enough)
    opened = [part for part in map(_open, ready) if part is not None]
    if len(opened) < len(ready):
        log.warning(
            "%s parts that wait to be written do not open, or are false: are MAILER_KEY and ROW_KEY the right ones?",
            len(ready) - len(opened),
        )
    if not opened:
        return 0
    # First the secrets: a part that can be seen names its secret, and the place of that one must not tell whose it is.
    page_rewriting.rewrite("erasure")
    opened.sort(key=lambda pair: pair[1].id)
    written = 0
    for start in range(0, len(opened), BATCH):
        written += _write(dict(opened[start : start + BATCH]))
    with suppress(stores.StoreUnavailable):
        # While others read or write all the time, the next batch or rewriting does it.
        stores.overwrite_remains("main")
    return written


def _ready(enough: int) -> Sequence[Row[UUID, UUID, bytes, bytes]]:
    today = clock.today()
    many = (
        select(WaitingPart.call_id)
        .group_by(WaitingPart.call_id)
        .having(
            or_(
                func.count() >= enough,
                func.min(WaitingPart.secret_made_on) <= today,
                func.min(WaitingPart.due_on) <= today,
            )
        )
    )
    with stores.reading() as main:
        return main.execute(
            select(
                WaitingPart.id, WaitingPart.call_id, WaitingPart.sealed_key, WaitingPart.envelope
            ).where(WaitingPart.call_id.in_(many))
        ).all()


def _open(row: Row[UUID, UUID, bytes, bytes]) -> tuple[UUID, Part] | None:
    try:
        opened = open_until_written(
            WaitingEnvelope(row.sealed_key, row.envelope),
            mailer_seed=current_settings().mailer_key,
            owner_id=row.call_id,
            row_id=row.id,
        )
    except DoesNotOpen:
        return None
    part = equality_pool.read_row(opened)
    if not row_authentication.is_signed(part):
        log.error("a part that waits is false and is not written: %s", row.id)
        return None
    return row.id, part


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
    there = select(Part.id).where(Part.id.in_(ids))
    return set(main.scalars(there.union(select(Tombstone.id).where(Tombstone.id.in_(ids)))))


def _still_waiting(main: Session, batch: Iterable[UUID]) -> set[UUID]:
    """Locked: whoever erases one of them now finds it here, or waits and finds it in `parts`."""
    found = select(WaitingPart.id).where(WaitingPart.id.in_(list(batch)))
    return set(main.scalars(found.with_for_update(skip_locked=True)))
