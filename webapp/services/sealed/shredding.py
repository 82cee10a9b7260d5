"""Crypto-shredding: a sealed row is erased by deleting its erasure secret, in an order that survives a crash.

1. In `main`, one transaction: the sealed rows go, a tombstone for each stays. 2. Its id and that of its secret
go to the tombstone file, so that a restored backup can be told what must not come back. 3. In `erasure`, the secrets
go. 4. The tombstones are marked done. Whatever a crash leaves between the steps, `finish_waiting` completes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import (
    EntryDraft,
    ErasureSecret,
    Event,
    EventMessage,
    NewsWish,
    OutboxMessage,
    OwnCopy,
    Part,
    Registration,
    RegistrationPart,
    ReturnDraft,
    SharedContact,
    Tombstone,
    WaitingPart,
)
from webapp.models.authenticated import Authenticated
from webapp.services.infrastructure import secret_tombstones, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.sealed import ended_shares, equality_pool, tombstone_file, tombstones

log = logging.getLogger("hearth.erasure")

#: Every kind of row with an envelope that an erasure secret protects.
Shreddable = Part | OwnCopy | RegistrationPart | ReturnDraft | EntryDraft | EventMessage
#: Every column that names the erasure secret of something kept. A test compares this with the tables: a column that
#: is missing here would have its secrets swept away.
KEPT = (
    Part.secret_id,
    OwnCopy.secret_id,
    RegistrationPart.secret_id,
    Registration.mail_secret_id,
    OutboxMessage.secret_id,
    ReturnDraft.secret_id,
    EventMessage.secret_id,
    Event.marks_secret_id,
    NewsWish.secret_id,
    EntryDraft.secret_id,
    SharedContact.secret_id,
)
#: Those whose rows are authenticated, each with its table.
VOUCHED: Final[tuple[tuple[Any, type[Authenticated]], ...]] = (
    (Part.secret_id, Part),
    (OwnCopy.secret_id, OwnCopy),
    (RegistrationPart.secret_id, RegistrationPart),
    (Registration.mail_secret_id, Registration),
    (EventMessage.secret_id, EventMessage),
    (OutboxMessage.secret_id, OutboxMessage),
    (Event.marks_secret_id, Event),
    (SharedContact.secret_id, SharedContact),
)


@dataclass(frozen=True)
class ErasureResult:
    """`complete` is true once nothing can open what was erased; a page says "erased" only then."""

    complete: bool


def shred_parts(main: Session, rows: Sequence[Shreddable]) -> None:
    """Delete sealed rows and leave a tombstone for each, inside the caller's transaction. Sharing of a part ends."""
    if parts := [row.id for row in rows if isinstance(row, Part) and row.purpose == "contact"]:
        ended_shares.end(main, SharedContact.part_id.in_(parts))
    for row in rows:
        tombstones.leave(main, row.id, row.secret_id)
        main.delete(row)
    main.flush()


def forget_mails(main: Session, subject_id: UUID) -> None:
    """Delete the outbox's mails about an erased participant or registrant, with their sealed values."""
    theirs = OutboxMessage.subject_id == subject_id
    mails = select(OutboxMessage).where(theirs)
    for message in main.scalars(mails, execution_options=TOLERANT).all():
        if message.secret_id is not None:
            shred_secret(main, message.secret_id)
    main.execute(delete(OutboxMessage).where(theirs))


def shred_secret(main: Session, secret_id: UUID) -> None:
    """Note that one erasure secret must go, for a value that was wiped from its row."""
    secret_tombstones.leave(main, secret_id)


@dataclass(frozen=True)
class Finished:
    """What became of tombstones: how many are done, and how many stay because what they name is still there."""

    done: int = 0
    still_needed: int = 0


def finish_now() -> bool:
    """Delete the erasure secrets that are due. False when a store or the tombstone file is unavailable: then the
    worker completes it later, and the caller's own act counts as done. Also false while one that is due protects a row
    that is still there: "erased" is only said when it is true.
    """
    try:
        return finish_all().still_needed == 0
    except (stores.StoreUnavailable, OSError) as error:
        log.warning("erasing waits for the worker: %s", type(error).__name__)
        return False


def finish_waiting() -> int:
    """Delete the secrets of everything that has a tombstone, and mark it done. Returns how many."""
    return finish_all().done


def finish_all() -> Finished:
    """The same, and says how many stay.

    In the order of ids as they are stored, so that neither those that stay nor false ones hold up any other. A false
    one deletes nothing and counts for nothing: the log and the daily check name it.
    """
    done, still_needed, after = 0, 0, None
    while waiting := tombstones.waiting_after(after):
        ours = [row for _, row in waiting if is_genuine(row)]
        needed = _still_needed({row.secret_id for row in ours if row.secret_id is not None})
        going = [row for row in ours if row.secret_id not in needed]
        _finish(going)
        done, still_needed = done + len(going), still_needed + len(ours) - len(going)
        after = waiting[-1].stored_id
    if still_needed:
        log.error("%s tombstones name secrets of rows that are still there", still_needed)
    return Finished(done, still_needed)


def _finish(going: Sequence[Tombstone]) -> None:
    if not going:
        return
    secrets = [row.secret_id for row in going if row.secret_id is not None]
    tombstone_file.append([*(row.id for row in going), *secrets])
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(ErasureSecret).where(ErasureSecret.id.in_(secrets)))
    tombstones.mark_done(going)


def _still_needed(secret_ids: set[UUID]) -> set[UUID]:
    """Those that a genuine row needs, or a part that waits in the pool. Their tombstone, or they,
    were put back as they were before: who can write to the main store alone must not be able to destroy what the
    erasure store protects.

    A row that anyone with the database could have put there protects nothing: it would keep the secret of what was
    erased. That is a false one, and a draft, which has no MAC.
    """
    if not secret_ids:
        return set()
    with stores.reading() as main:
        needed = _needed_in_pool(main, secret_ids)
        for column, table in VOUCHED:
            if named := set(main.scalars(select(column).where(column.in_(secret_ids)))):
                these = select(table).where(column.in_(named)).execution_options(**TOLERANT)
                needed |= {getattr(row, column.key) for row in genuine(main.scalars(these))}
    return needed


def _needed_in_pool(main: Session, secret_ids: set[UUID]) -> set[UUID]:
    """Those whose parts still wait to be written. An erasing takes the part out in the transaction of its tombstone."""
    rows = {equality_pool.waiting_id(one): one for one in secret_ids}
    found = main.scalars(select(WaitingPart.id).where(WaitingPart.id.in_(rows)))
    return {rows[one] for one in found}
