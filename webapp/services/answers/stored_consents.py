"""Consents as they are stored, checked for integrity: false rows are left out, and removed ones are noticed.

Each row has a MAC (`row_authentication`), so one that was put in or changed by hand is false. The submission says,
under its own MAC, how many rows there are: one that was removed is missed. The decisions about a purpose have numbers
from 1 without a gap: an older row in the place of a removed one is noticed. Where that does not add up, no consent
stands (deny by default), and the log names the submission.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.models import Consent, Submission
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine

log = logging.getLogger("hearth.consents")
#: SQL takes only so many values in one statement.
BATCH = 500


@dataclass(frozen=True)
class StoredConsents:
    """All consents of one submission, false ones included, in the order of their numbers."""

    submission: Submission
    rows: tuple[Consent, ...]

    @property
    def adds_up(self) -> bool:
        """Whether nothing of it was put in, changed or removed by hand."""
        return (
            is_genuine(self.submission)
            and all(is_genuine(row) for row in self.rows)
            and is_whole(self.rows, self.submission.consent_count)
        )

    @property
    def removed(self) -> int:
        """How many rows are missing, by what the submission says; none where that is false itself."""
        if not is_genuine(self.submission):
            return 0
        return max(0, self.submission.consent_count - len(genuine(self.rows)))

    def numbers(self, purpose: str) -> list[int]:
        """The numbers of the decisions about one purpose; of a whole history, from 1 on and without a gap."""
        return [row.n for row in self.rows if row.purpose == purpose]

    @property
    def latest(self) -> dict[str, Consent]:
        """For each purpose ever decided, the newest row that is not false."""
        return {row.purpose: row for row in genuine(self.rows)}

    @property
    def standing(self) -> frozenset[str]:
        """The purposes whose consent stands; none where it does not add up."""
        if not self.adds_up:
            return frozenset()
        return frozenset(purpose for purpose, row in self.latest.items() if row.granted)

    def says_yes_to(self, purpose: str) -> bool:
        """Whether the newest decision about a purpose is a grant: then a withdrawal is still to be written."""
        return purpose in self.latest and self.latest[purpose].granted

    def count(self, number: int) -> None:
        """Say how many rows there are. A false submission stays as it is: no change may vouch for it."""
        if is_genuine(self.submission):
            self.submission.consent_count = number

    def without_false(self, main: Session) -> "StoredConsents":
        """The same after its false rows were deleted, so that no number of theirs is in the way of a withdrawal.

        Under the caller's lock on the submission.
        """
        for row in self.rows:
            if not is_genuine(row):
                log.error(
                    "a false consent is deleted: %s %s %d", row.submission_id, row.purpose, row.n
                )
                main.delete(row)
        main.flush()
        return StoredConsents(self.submission, tuple(genuine(self.rows)))


def is_whole(rows: Sequence[Any], count: int) -> bool:
    """Whether a history has all of its rows: so many, those about each purpose with numbers from 1 on without a gap.

    `rows`: in the order of their numbers.
    """
    last: dict[str, int] = {}
    for row in rows:
        if row.n != last.get(row.purpose, 0) + 1:
            return False
        last[row.purpose] = row.n
    return len(rows) == count


def of_one(main: Session, submission_id: UUID) -> StoredConsents:
    """The consents of one submission. Raises `LookupError`."""
    return of_people(main, [submission_id])[submission_id]


def of_people(main: Session, submission_ids: list[UUID]) -> dict[UUID, StoredConsents]:
    """The consents of these submissions, of those that there are."""
    found: dict[UUID, StoredConsents] = {}
    for start in range(0, len(submission_ids), BATCH):
        batch = submission_ids[start : start + BATCH]
        found |= where(main, Submission.id.in_(batch))
    return found


def where(main: Session, *conditions: ColumnElement[bool]) -> dict[UUID, StoredConsents]:
    """The consents of all submissions that meet these SQL conditions, in one statement and in the order of ids."""
    rows = main.execute(
        select(Submission, Consent)
        .outerjoin(Consent, Consent.submission_id == Submission.id)
        .where(*conditions)
        .order_by(Submission.id, Consent.n)
        # Read anew with its consents, so that the count is that of this moment.
        .execution_options(**TOLERANT, populate_existing=True)
    )
    submissions: dict[UUID, Submission] = {}
    decisions: dict[UUID, list[Consent]] = {}
    for submission, consent in rows:
        submissions[submission.id] = submission
        decisions.setdefault(submission.id, []).extend([] if consent is None else [consent])
    found = {one.id: StoredConsents(one, tuple(decisions[one.id])) for one in submissions.values()}
    _say_what_does_not_add_up(found.values())
    return found


def _say_what_does_not_add_up(found: Iterable[StoredConsents]) -> None:
    for one in found:
        if not one.adds_up:
            log.error("the consents of a submission do not add up: %s", one.submission.id)
