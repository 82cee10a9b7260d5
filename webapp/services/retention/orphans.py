"""Garbage collection of orphaned erasure secrets: a crash after the secret's commit and before the part's left them.

It is incremental: each round looks at a few secrets, because a store has a million of them, and hardly ever an orphan.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import and_, delete, select

from webapp.models import ErasureSecret
from webapp.services.infrastructure import clock_guard, stores
from webapp.services.infrastructure.incremental_reading import Around
from webapp.services.sealed import equality_pool, tombstones
from webapp.services.sealed.shredding import KEPT

ORPHAN_AGE = timedelta(days=2)
BATCH = 500
#: A round a minute sees two million secrets in a day.
AROUND: Final = Around(1500)


def sweep_orphans() -> int:
    """Delete secrets over two days old that protect nothing, of those that come next. Returns how many.

    By a clock that jumped, the secret of an answer that is just being stored would be old. Raises `ClockDoubted`.

    Parts in the pool name their secrets to the worker's key alone, so all secrets of their day stay meanwhile.
    """
    old = clock_guard.sure().today - ORPHAN_AGE
    with stores.reading() as main:
        waiting = equality_pool.days_of_waiting_secrets(main)
    is_old = and_(ErasureSecret.made_on < old, ErasureSecret.made_on.not_in(waiting))
    looked_at = select(ErasureSecret.id, is_old)
    swept = 0
    with AROUND.next(looked_at, ErasureSecret.id, store="erasure") as rows:
        candidates = [row[0] for row in rows if row[1]]
        for start in range(0, len(candidates), BATCH):
            swept += _sweep(set(candidates[start : start + BATCH]))
    return swept


def _sweep(candidates: set[UUID]) -> int:
    with stores.reading() as main:
        for column in KEPT:
            candidates -= set(main.scalars(select(column).where(column.in_(candidates))))
        # Of an erasing that waits, the secret goes after its id is in the tombstone file, and not before.
        candidates -= tombstones.secrets_to_go(main, candidates)
    if candidates:
        with stores.writing("erasure") as erasure:
            erasure.execute(delete(ErasureSecret).where(ErasureSecret.id.in_(candidates)))
    return len(candidates)
