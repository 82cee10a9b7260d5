"""The end of sharing: what was resealed to member organisations is deleted, with its erasure secret, at once.

Used by everything that takes away what a share rests on: a yes that is taken back, *do not contact*, a correction, an
expiry, an erasing, a membership that ends. Reading checks all of it again (`opening.shared_reading`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, delete, or_, select
from sqlalchemy.orm import Session

from webapp.models import Share, SharedContact
from webapp.rules import clock
from webapp.services.infrastructure.row_authentication import TOLERANT, TOLERANT_LOCK, is_genuine
from webapp.services.sealed import tombstones

#: Of rows that are deleted past the ORM, which may be false.
UNSYNCHRONISED: Final[Mapping[str, Any]] = MappingProxyType({"synchronize_session": False})


def end(main: Session, which: ColumnElement[bool]) -> bool:
    """End these shares (a condition on `SharedContact`), inside the caller's transaction. Returns whether any stood.

    False rows are deleted like others, and not what they name: a secret of their own is swept, and that of another
    row must stay. The caller has locked the submissions, and finishes with `shredding.finish_now`.
    """
    rows = main.scalars(select(SharedContact).where(which), execution_options=TOLERANT).all()
    if not rows:
        return False
    for row in rows:
        tombstones.leave(main, row.id, row.secret_id if is_genuine(row) else None)
    main.flush()
    main.execute(delete(SharedContact).where(which), execution_options=UNSYNCHRONISED)
    for row in rows:
        _note_end(main, row)
        main.expunge(row)
    main.flush()
    return True


def _note_end(main: Session, sealed: SharedContact) -> None:
    if not is_genuine(sealed):
        return
    share = main.get(Share, sealed.share_id, with_for_update=True, execution_options=TOLERANT_LOCK)
    if share is not None and is_genuine(share) and share.ended_on is None:
        share.ended_on = clock.today()


def close(main: Session, submission_id: UUID, organisation_id: UUID) -> None:
    """End what says that something is shared although nothing is; a false row of that kind is deleted."""
    open_ones = select(Share).where(
        Share.submission_id == submission_id,
        Share.organisation_id == organisation_id,
        Share.ended_on.is_(None),
    )
    for row in main.scalars(open_ones, execution_options=TOLERANT_LOCK).all():
        if is_genuine(row):
            row.ended_on = clock.today()
        else:
            main.delete(row)
    main.flush()


def forget(main: Session, submission_id: UUID) -> None:
    """Delete all that says that something of a person was shared, with their submission: false rows, too."""
    mine = select(Share.id).where(Share.submission_id == submission_id)
    end(
        main,
        or_(SharedContact.submission_id == submission_id, SharedContact.share_id.in_(mine)),
    )
    main.execute(
        delete(Share).where(Share.submission_id == submission_id),
        execution_options=UNSYNCHRONISED,
    )
