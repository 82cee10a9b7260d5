"""Which lines of exported lists may have to be crossed out: those that the worker found, and those that changed since.

Almost all lines of a list stay as they are, so what must be crossed out is asked of the few that can matter: what the
worker noted when it last went through all lines (`lists_in_turn`), and the people of whom the indexes say that they
withdrew, corrected or erased something since that began. Before the first round, and where the row that tells of it is
false, whole lists are read (deny by default).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    literal_column,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from webapp.models import (
    Consent,
    Export,
    ExportedSubmission,
    ListFinding,
    ListRound,
    Part,
    Submission,
    Tombstone,
)
from webapp.rules import clock
from webapp.services.infrastructure.existence import is_any
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine
from webapp.services.keys import organisations

#: What was stamped with one day may be committed on the next.
MARGIN: Final = timedelta(days=1)


@dataclass(frozen=True)
class InQuestion:
    """Which lines are looked at. `since`: the first day of which changes may not be in the findings; None: any day.

    `moved`: the members whose membership began or ended since: every line of a list for one of them is in question.
    """

    since: date | None
    moved: Collection[UUID] = ()

    def lines(self, export_id: InstrumentedAttribute[UUID] | UUID) -> ColumnElement[bool]:
        """The SQL condition, on a line of this export, that it is in question."""
        of_this = ExportedSubmission.export_id == export_id
        if self.since is None:
            return of_this & _may_have_changed()
        found = select(ListFinding.submission_id).where(ListFinding.export_id == export_id)
        if not isinstance(export_id, UUID):
            found = found.correlate(export_id.class_)
        these: ColumnElement[bool] = ExportedSubmission.submission_id.in_(
            union_all(found, *_changed(self.since))
        )
        if self.moved:
            these = or_(these, Export.recipient_id.in_(self.moved))
        return of_this & these

    def exports(self, export_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
        """The SQL condition that any line of this export is in question."""
        if self.since is None:
            return true()
        changed = select(ExportedSubmission.export_id).where(
            ExportedSubmission.submission_id.in_(_all(self.since))
        )
        theirs = select(Export.id).where(Export.recipient_id.in_(self.moved))
        # Not EXISTS: for that, PostgreSQL may read all that was found, for all lists.
        one: Select[Any] = (
            select(literal_column("1")).where(ListFinding.export_id == export_id).limit(1)
        )
        any_found = one.correlate(export_id.class_).scalar_subquery().is_not(None)
        return or_(
            any_found, export_id.in_(changed), *([export_id.in_(theirs)] if self.moved else [])
        )


def in_question(main: Session) -> InQuestion:
    """Which lines are to be looked at now, inside the caller's transaction."""
    round_ = main.get(ListRound, 1, execution_options=TOLERANT)
    if round_ is None or not is_genuine(round_) or round_.whole_since > clock.today():
        return InQuestion(None)
    since = round_.whole_since - MARGIN
    return InQuestion(since, _moved(main, since))


def _moved(main: Session, since: date) -> frozenset[UUID]:
    """The organisations with a period that began or ended since. Nothing is read where no list is for a member."""
    any_for_a_member = select(Export.id).where(Export.recipient_id.is_not(None)).limit(1)
    if main.scalar(any_for_a_member) is None:
        return frozenset()
    return frozenset(
        one.id
        for one in organisations.read(main).everyone
        for term in one.terms
        if term.period.began_on >= since or (term.period.ended_on or date.min) >= since - MARGIN
    )


def _may_have_changed() -> ColumnElement[bool]:
    """The few of a list with a change of any kind, on any day; and all of a list for a member, which may have left."""
    held, asked = aliased(Part), aliased(Consent)
    contact_held = is_any(
        held.submission_id == ExportedSubmission.submission_id, held.purpose == "contact"
    )
    decided = is_any(
        asked.submission_id == ExportedSubmission.submission_id, asked.purpose == Export.purpose
    )
    changed = union_all(
        select(Submission.id).where(Submission.contact_changed_on.is_not(None)),
        select(Submission.id).where(Submission.do_not_contact_on.is_not(None)),
        select(Consent.submission_id).where(~Consent.granted),
        select(ListFinding.submission_id),
    )
    return or_(
        ExportedSubmission.submission_id.in_(changed),
        ~contact_held,
        # Deleted by hand: no consent is none.
        ~decided,
        Export.recipient_id.is_not(None),
    )


def _all(since: date) -> CompoundSelect[Any]:
    return union_all(*_changed(since))


def _changed(since: date) -> tuple[Select[Any], ...]:
    """The people who withdrew, corrected or erased something, or are not to be contacted, since this day."""
    return (
        select(Submission.id).where(Submission.contact_changed_on >= since),
        select(Submission.id).where(Submission.do_not_contact_on >= since),
        select(Consent.submission_id).where(~Consent.granted, Consent.changed_on >= since),
        select(Tombstone.id).where(Tombstone.erased_on >= since),
    )
