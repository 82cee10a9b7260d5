"""Consents of many people as they are stored, checked as `stored_consents` checks those of one, and read without
objects: for lists and pages about a whole call. What is changed is read there, under a lock.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from webapp.models import Consent, Submission
from webapp.services.answers.stored_consents import is_whole
from webapp.services.infrastructure.checked_rows import read_checked
from webapp.services.infrastructure.stores import Inside

log = logging.getLogger("hearth.consents")
#: SQL takes only so many values in one statement; and so many people are in memory at once.
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class ReadConsents:
    """All consents of one submission, false ones included, in the order of their numbers.

    `submission` and `rows` have the columns of their tables as attributes. `adds_up`: nothing of it was put in, changed
    or removed by hand.
    """

    submission: Any
    rows: tuple[Any, ...]
    latest: dict[str, Any]
    adds_up: bool

    @property
    def standing(self) -> frozenset[str]:
        """The purposes whose consent stands; none where it does not add up (deny by default)."""
        if not self.adds_up:
            return frozenset()
        return frozenset(purpose for purpose, row in self.latest.items() if row.granted)


def read(inside: Inside, submission_ids: Sequence[UUID]) -> Iterator[ReadConsents]:
    """The consents of these submissions, of those that there are, a batch at a time and in the order of ids."""
    ids = sorted(submission_ids)
    for start in range(0, len(ids), BATCH):
        yield from _read(inside, ids[start : start + BATCH])


def _read(inside: Inside, ids: Sequence[UUID]) -> Iterator[ReadConsents]:
    by = (Consent.submission_id, Consent.n)
    decided = read_checked(inside, Consent, Consent.submission_id.in_(ids), by=by)
    of_person = {
        who: list(rows)
        for who, rows in groupby(decided, key=lambda checked: checked[0].submission_id)
    }
    people = read_checked(inside, Submission, Submission.id.in_(ids), by=(Submission.id,))
    for person, genuine in people:
        one = _put_together(person, genuine, of_person.get(person.id, []))
        if not one.adds_up:
            log.error("the consents of a submission do not add up: %s", person.id)
        yield one


def _put_together(person: Any, genuine: bool, decided: Sequence[tuple[Any, bool]]) -> ReadConsents:
    rows = tuple(row for row, _ in decided)
    return ReadConsents(
        submission=person,
        rows=rows,
        latest={row.purpose: row for row, holds in decided if holds},
        adds_up=(
            genuine and all(holds for _, holds in decided) and is_whole(rows, person.consent_count)
        ),
    )
