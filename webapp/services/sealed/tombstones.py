"""Tombstones: an authenticated row for each id that was erased, with the crypto-shredding key that still has to go.

Every reader asks here, and every writer leaves one here: a row that Hearth did not write (data origin
authentication) says nothing, deletes no secret, and keeps no erasing from being complete.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from webapp.models import Tombstone
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    TOLERANT_LOCK,
    genuine,
    is_genuine,
    mac_of_values,
)
from webapp.services.infrastructure.stored_keys import as_stored
from webapp.services.infrastructure.stores import Inside

BATCH: Final = 500
# Written once: putting a statement together takes longer than running it.
IS_THERE: Final = select(Tombstone.id).where(Tombstone.id == bindparam("row_id"))
WITH_IDS: Final = select(Tombstone).where(Tombstone.id.in_(bindparam("ids", expanding=True)))


def leave(
    main: Session, erased: UUID, secret_id: UUID | None = None, *, done: bool = False
) -> None:
    """Leave a tombstone for this id, inside the caller's transaction. Idempotent; the caller flushes.

    One that an attacker put there first is replaced: it must not prevent the erasure.
    """
    # Ids of a false row may have no form that Hearth writes. What it names is swept, once nothing needs it.
    erased = erased if isinstance(erased, UUID) else uuid4()
    with main.no_autoflush:
        row = main.get(Tombstone, erased, with_for_update=True, execution_options=TOLERANT_LOCK)
    if row is not None and not is_genuine(row):
        main.delete(row)
        main.flush()
        row = None
    if row is None:
        row = Tombstone(id=erased)
        main.add(row)
    row.erased_on, row.done = clock.today(), done
    row.secret_id = secret_id if isinstance(secret_id, UUID) else None


def is_erased(main: Inside, row_id: UUID) -> bool:
    """Whether this id was erased."""
    if stores.rows(main).execute(IS_THERE, {"row_id": row_id}).first() is None:
        return False
    # Hardly ever: then whether Hearth wrote it is asked, too.
    return bool(erased_among(stores.session(main), [row_id]))


def erased_among(main: Session, ids: Iterable[UUID]) -> set[UUID]:
    """Those of these ids that were erased."""
    these = {"ids": list(ids)}
    return {row.id for row in genuine(main.scalars(WITH_IDS, these, execution_options=TOLERANT))}


def secrets_to_go(main: Session, secret_ids: Iterable[UUID]) -> set[UUID]:
    """Those of these secrets that an erasing will delete."""
    these = select(Tombstone).where(~Tombstone.done, Tombstone.secret_id.in_(list(secret_ids)))
    rows = genuine(main.scalars(these, execution_options=TOLERANT))
    return {row.secret_id for row in rows if row.secret_id is not None}


def waiting_after(after: Any) -> Sequence[Any]:
    """The next tombstones whose secret may still be there, false ones among them, in the order of ids as stored.

    Each with its `stored_id`, after which the next batch begins (keyset pagination).
    """
    stored = as_stored(Tombstone.id)
    # Not `is_(False)`: SQLite would not see that the partial index has this condition.
    waiting = select(stored, Tombstone).where(~Tombstone.done)
    if after is not None:
        waiting = waiting.where(stored > after)
    with stores.reading() as main:
        ordered = waiting.order_by(stored).limit(BATCH)
        return main.execute(ordered, execution_options=TOLERANT).all()


def mark_done(rows: Iterable[Tombstone]) -> None:
    """Their secrets are gone. One that was changed since it was read stays as it is, and waits for the next time."""
    table: Any = Tombstone.__table__
    changes = [
        {
            "key": row.id,
            "mac_before": row.row_mac,
            "mac": mac_of_values(Tombstone, {**row.under_mac(), "done": True, "secret_id": None}),
        }
        for row in rows
    ]
    same = (table.c.id == bindparam("key"), table.c.row_mac == bindparam("mac_before"))
    done = update(table).where(*same).values(done=True, secret_id=None, row_mac=bindparam("mac"))
    with stores.writing() as main:
        main.connection().execute(done, changes)
