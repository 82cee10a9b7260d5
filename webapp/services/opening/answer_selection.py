"""The selection for a file of the answers to a call: who is in it, each row checked for integrity.

Left out are submissions that were put aside as not genuine, those without answers any more, and, counted, those of
whom a row was put in, changed or removed by hand. As for lists of contacts, rows are read and checked before the lock,
and under it their MACs are compared (optimistic concurrency control; `export_selection`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Part, Submission
from webapp.rules.bounded_counts import MOST, counted
from webapp.rules.consent import QUOTING
from webapp.rules.forms.answer_columns import PART
from webapp.services.answers import consents_in_bulk
from webapp.services.answers.consents_in_bulk import ReadConsents
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.checked_rows import read_checked
from webapp.services.infrastructure.existence import is_any
from webapp.services.opening.export_selection import batches, is_part_of, locked


@dataclass(frozen=True, slots=True)
class ChosenAnswers:
    """One submission whose answers go into the file. `may_quote`: that consent stands now."""

    submission_id: UUID
    part_id: UUID
    epoch: int
    due_on: date
    language: str
    may_quote: bool
    #: The MACs of the submission and of the part, by which a change is noticed. A consent changes the first.
    as_read: tuple[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Selection:
    """Those who are in a file, in the order of their ids, and how many are not because a row of theirs is false."""

    chosen: tuple[ChosenAnswers, ...] = ()
    left_out: int = 0


@dataclass
class _Found:
    chosen: list[ChosenAnswers] = field(default_factory=list)
    left_out: int = 0


def how_many(call_id: UUID) -> int:
    """About how many people's answers a file would have, up to a bound, as SQL sees it: for the page before."""
    has_answers = is_any(Part.submission_id == Submission.id, Part.purpose == PART)
    found = select(Submission.id).where(Submission.call_id == call_id, not_set_aside(), has_answers)
    with stores.reading() as main:
        return counted(len(main.scalars(found.limit(MOST + 1)).all()), MOST)


def choose(main: Session, call_id: UUID) -> Selection:
    """Those whose answers are there and genuine, read without a lock."""
    ids = select(Submission.id).where(Submission.call_id == call_id, not_set_aside())
    return _read(main, main.scalars(ids).all())


def still(main: Session, read: Selection) -> Selection:
    """Lock exactly these, and choose anew who was changed since they were read. Who came since is in the next file."""
    now = locked(main, [one.submission_id for one in read.chosen], PART)
    same = [one for one in read.chosen if now.get(one.submission_id) == one.as_read]
    kept = {one.submission_id for one in same}
    anew = _read(main, [one.submission_id for one in read.chosen if one.submission_id not in kept])
    chosen = sorted([*same, *anew.chosen], key=lambda one: one.submission_id)
    return Selection(tuple(chosen), read.left_out + anew.left_out)


def choose_again(ids: Sequence[UUID]) -> tuple[ChosenAnswers, ...]:
    """These submissions as they are now: of those whose answers were replaced since they were chosen."""
    with stores.reading() as main:
        return _read(main, ids).chosen


def _read(main: Session, ids: Iterable[UUID]) -> Selection:
    found = _Found()
    for batch in batches(sorted(ids)):
        parts = {
            part.submission_id: (part, genuine)
            for part, genuine in read_checked(main, Part, is_part_of(batch, PART), by=(Part.id,))
        }
        for person in consents_in_bulk.read(main, batch):
            _sort(person, *parts.get(person.submission.id, (None, False)), found)
    return Selection(tuple(found.chosen), found.left_out)


def _sort(person: ReadConsents, part: Any, genuine: bool, found: _Found) -> None:
    if part is None:
        return
    if not (genuine and person.adds_up):
        found.left_out += 1
    elif person.submission.set_aside_id is None:
        submission = person.submission
        chosen = ChosenAnswers(
            submission_id=submission.id,
            part_id=part.id,
            epoch=part.epoch,
            due_on=part.due_on,
            language=submission.language,
            may_quote=QUOTING in person.standing,
            as_read=(submission.row_mac, part.row_mac),
        )
        found.chosen.append(chosen)
