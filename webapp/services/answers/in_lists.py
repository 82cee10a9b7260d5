"""What coordinators are told of: nothing of submissions that were put aside as not genuine (`setting_aside`)."""

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.orm import InstrumentedAttribute

from webapp.models import Submission
from webapp.services.infrastructure.existence import is_any


def is_in_lists(
    submission_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None],
) -> ColumnElement[bool]:
    """The SQL condition that what names this submission is of none that was put aside. Answers about equality, which
    name none, are always in the lists."""
    return ~is_any(Submission.id == submission_id, Submission.set_aside_id.is_not(None))
