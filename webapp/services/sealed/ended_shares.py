"""The end of sharing: what was resealed to member organisations is deleted, with its erasure secret, at once.

Used by everything that takes away what a share rests on: a yes that is taken back, *do not contact*, a correction, an
expiry, an erasing, a membership that ends. Reading checks all of it again (`opening.shared_reading`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, or_, select
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
    shares = _delete(main, which)
    for share_id in shares:
        _note_end(main, share_id)
    main.flush()
    return bool(shares)


def _delete(main: Session, which: ColumnElement[bool]) -> list[UUID | None]:
    """Delete sealed rows. Returns the share of each; None for a false row, which says nothing of any."""
    rows = main.scalars(select(SharedContact).where(which), execution_options=TOLERANT).all()
    for row in rows:
        tombstones.leave(main, row.id, row.secret_id if is_genuine(row) else None)
    main.flush()
    if rows:
        main.execute(delete(SharedContact).where(which), execution_options=UNSYNCHRONISED)
    for row in rows:
        main.expunge(row)
    return [row.share_id if is_genuine(row) else None for row in rows]


def _note_end(main: Session, share_id: UUID | None) -> None:
    if share_id is None:
        return
    share = main.get(Share, share_id, with_for_update=True, execution_options=TOLERANT_LOCK)
    if share is not None and is_genuine(share) and share.ended_on is None:
        share.ended_on = clock.today()


def replace(
    main: Session, submission_id: UUID, organisation_id: UUID, period_id: UUID | None
) -> UUID | None:
    """Make room for what is sealed anew. Returns the share that goes on with it; None where a new one begins.

    A note of an earlier membership ends; one that was put in by hand is deleted.
    """
    this = (
        SharedContact.submission_id == submission_id,
        SharedContact.organisation_id == organisation_id,
    )
    _delete(main, and_(*this))
    open_ones = select(Share).where(
        Share.submission_id == submission_id,
        Share.organisation_id == organisation_id,
        Share.ended_on.is_(None),
    )
    going_on = None
    for row in main.scalars(open_ones, execution_options=TOLERANT_LOCK).all():
        if not is_genuine(row):
            main.delete(row)
        elif row.period_id == period_id:
            going_on = row.id
        else:
            row.ended_on = clock.today()
    main.flush()
    return going_on


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
