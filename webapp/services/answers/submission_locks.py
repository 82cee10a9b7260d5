"""Lock order for submissions: the submission's row first, what belongs to it afterwards (prevents deadlocks).

The order of all rows is in `services.infrastructure.stores`.
"""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Submission


def lock_submissions(main: Session, submission_ids: Iterable[UUID]) -> list[UUID]:
    """Lock these submissions until the transaction ends, and return those that there are.

    The lock order against deadlocks: every change, opening, export or erasure locks the submission first, several in
    the order of their ids, and their other rows afterwards. So no transaction reads a submission half changed.
    """
    query = select(Submission.id).where(Submission.id.in_(list(submission_ids)))
    return list(main.scalars(query.order_by(Submission.id).with_for_update()))
