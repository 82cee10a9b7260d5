"""Which call was answered, also where a row that should say it was changed by hand: its genuine siblings say it too."""

from contextlib import suppress
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Part, Submission
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    forged,
    genuine,
    is_genuine,
)


def call_of(main: Session, submission: Submission) -> Call:
    """The call that was answered, with its form. Raises `RowForged`, and `NoSuchCall` only for a genuine submission.

    A false submission may name any call, or none. Its parts say it too, genuine ones first, so that its owner can
    withdraw and erase all the same. Where none of them names a form that there is, it is the form that is asked now.
    """
    if is_genuine(submission):
        return published_calls.call_at(main, submission.call_id, submission.form_version)
    says: list[Part | Submission] = [
        *sorted(_parts(main, submission.id), key=is_genuine, reverse=True),
        submission,
    ]
    for row in says:
        with suppress(NoSuchCall):
            return published_calls.call_at(main, row.call_id, row.form_version)
    for row in says:
        with suppress(NoSuchCall):
            return published_calls.call_with_id(main, row.call_id)
    raise forged(submission)


def said_by_siblings(main: Session, submission_id: UUID | None) -> tuple[UUID, int] | None:
    """The call and its form version, by the submission or a part of it; None where none of these is genuine."""
    if submission_id is None:
        return None
    submission = main.get(Submission, submission_id, execution_options=TOLERANT)
    if submission is not None and is_genuine(submission):
        return submission.call_id, submission.form_version
    part = next(iter(genuine(_parts(main, submission_id))), None)
    return None if part is None else (part.call_id, part.form_version)


def _parts(main: Session, submission_id: UUID) -> list[Part]:
    mine = select(Part).where(Part.submission_id == submission_id).execution_options(**TOLERANT)
    return list(main.scalars(mine))
