"""Erasure on request (GDPR, article 17): a participant erases their submission with their receipt alone."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, or_, select
from sqlalchemy.orm import Session

from webapp.models import Consent, Look, OwnCopy, Part, Submission
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers.own_copies import LOOKS, Held, NothingHeld, find_held, labels_of
from webapp.services.answers.submission_locks import lock_submissions
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.sealed import ended_shares, equality_pool, tombstones
from webapp.services.sealed.shredding import (
    ErasureResult,
    finish_now,
    forget_mails,
    shred_parts,
)


def erase_held(held: Held) -> ErasureResult:
    """Erase everything that a participant's code leads to, the answers about equality included.

    Only the newest own copy links to the answers about equality, so after a correction since `held` was read, it is
    read again (optimistic locking). Where the code opens nothing now, another tab or the worker was faster, or the
    receipt was replaced at this very moment; what was asked for with the old one is done all the same.
    """
    for look in range(LOOKS):
        if _erase(held, at_last=look == LOOKS - 1):
            break
        try:
            held = find_held(held.code)
        except NothingHeld:
            _erase(held, at_last=True)
            break
    return ErasureResult(finish_now())


def is_there(submission_id: UUID) -> bool:
    """Whether this submission is stored. A code that opens nothing may be a receipt that was replaced."""
    with stores.reading() as main:
        there = select(Submission.id).where(Submission.id == submission_id)
        return main.scalar(there) is not None


def _erase(held: Held, *, at_last: bool) -> bool:
    """Erase what was read. False when another version is stored now; with `at_last` it is erased all the same: a
    tampered copy must not prevent an erasure."""
    with stores.writing() as main:
        # Idempotent: of two tabs, the second finds nothing, which is no error.
        if not lock_submissions(main, [held.submission_id]):
            return True
        mine = select(OwnCopy.id).where(OwnCopy.submission_id == held.submission_id)
        if not at_last and set(main.scalars(mine)) != held.copies:
            return False
        _shred_person(main, held)
        audit.note(main, AuditEvent.SUBMISSION_ERASED, held.submission_id)
        return True


def _shred_person(main: Session, held: Held) -> None:
    person = held.submission_id
    shred_all(main, select(Part).where(Part.submission_id == person))
    # Also one that was moved to another submission by hand: this code must open nothing afterwards.
    mine = or_(OwnCopy.submission_id == person, OwnCopy.lookup == labels_of(held.code).lookup)
    shred_all(main, select(OwnCopy).where(mine))
    shred_equality(main, held)
    _remove_submission(main, person)


def shred_equality(main: Session, held: Held) -> None:
    """Shred the answers about equality that a code leads to: in the pool, or where the worker has written them.

    In this order: when the worker is writing them at this moment, the first statement waits for it. Their tombstone is
    left wherever they are, with the ids that the participant's own copy names and not what the stored rows say: what
    waits under a lookup that was changed by hand loses its secret all the same, and is never written.
    """
    where = held.equality
    if where is None:
        return
    if not equality_pool.take_out(main, where.part_id, where.secret_id):
        main.execute(delete(Part).where(Part.id == where.part_id))
    tombstones.leave(main, where.part_id, where.secret_id)
    main.flush()


def shred_all(main: Session, rows: Select[Any]) -> None:
    """Crypto-shred all these rows, false ones included: erasing never needs a row to be genuine."""
    shred_parts(main, main.scalars(rows.execution_options(**TOLERANT)).all())


def remove_empty_submissions(main: Session, submission_ids: Iterable[UUID]) -> None:
    """Remove what is left of submissions none of whose parts is kept any more."""
    for submission_id in submission_ids:
        kept = select(Part.id).where(Part.submission_id == submission_id).limit(1)
        copied = select(OwnCopy.id).where(OwnCopy.submission_id == submission_id).limit(1)
        if main.scalar(kept) is None and main.scalar(copied) is None:
            _remove_submission(main, submission_id)


def _remove_submission(main: Session, submission_id: UUID) -> None:
    forget_mails(main, submission_id)
    ended_shares.forget(main, submission_id)
    main.execute(delete(Consent).where(Consent.submission_id == submission_id))
    main.execute(delete(Look).where(Look.submission_id == submission_id))
    removed: Any = main.execute(delete(Submission).where(Submission.id == submission_id))
    if removed.rowcount:
        tombstones.leave(main, submission_id)
        main.flush()
