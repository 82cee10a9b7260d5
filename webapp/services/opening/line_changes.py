"""What must be crossed out of a line of an exported list, in SQL: its consent withdrawn, safe ways changed, and more.

A file that has left Hearth cannot be recalled. So each export stores whose contact part was in it, and what these
participants withdrew or corrected since follows from their rows of now. Which lines are looked at is in
`lines_in_question`.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Case,
    ColumnElement,
    ScalarSelect,
    Select,
    and_,
    case,
    literal_column,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from webapp.models import (
    Consent,
    CrossedOut,
    Export,
    ExportedSubmission,
    ListFinding,
    Part,
    Submission,
)
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.services.answers import consents
from webapp.services.infrastructure.existence import is_any
from webapp.services.opening.lists_for_members import Rule

#: What must be crossed out: the whole line, because no consent stands; the line, because the safe ways changed; or the
#: helper alone.
LINE, WAYS, HELPER = "line", "ways", "helper"


@dataclass(frozen=True)
class Change:
    """What must be crossed out about one participant in one list. Each is listed once."""

    submission_id: UUID
    kind: str
    part_id: UUID | None


def changes_of(rule: Rule, *lines: ColumnElement[bool]) -> Select[Any]:
    """These lines of lists, each with what must be crossed out now: None for nothing.

    `lines`: conditions on `ExportedSubmission`, and on its `Export`. A line that was crossed out stays crossed out,
    even after a new consent: newer lists have it.
    """
    line = (ExportedSubmission.export_id, ExportedSubmission.submission_id)
    part_id = _newest_part().label("part_id")
    return _joined(select(*line, _kind(rule).label("kind"), part_id)).where(*lines)


def some_of(rule: Rule, *lines: ColumnElement[bool]) -> Select[Any]:
    """One row for each of these lines with something to cross out: to be counted, up to a limit."""
    return _joined(select(literal_column("1"))).where(*lines, _kind(rule).is_not(None))


def _joined(query: Select[Any]) -> Select[Any]:
    of_line = (
        ListFinding.export_id == ExportedSubmission.export_id,
        ListFinding.submission_id == ExportedSubmission.submission_id,
    )
    return (
        query.select_from(ExportedSubmission)
        .join(Export, Export.id == ExportedSubmission.export_id)
        .outerjoin(Submission, Submission.id == ExportedSubmission.submission_id)
        .outerjoin(ListFinding, and_(*of_line))
    )


def _kind(rule: Rule) -> Case[Any]:
    return case(
        (ticked(LINE), None),
        # Rows that are not as Hearth wrote them: a withdrawal may be hidden.
        (or_(ListFinding.is_false.is_(True), _not_to_be_reached(rule)), LINE),
        (and_(_ways_changed(), ~ticked(WAYS, _newest_part())), WAYS),
        (and_(_helper_taken_back(), ~ticked(HELPER)), HELPER),
    )


def _newest_part() -> ScalarSelect[UUID]:
    """The contact part of now: its id alone, which an index has, and not its row with the envelope."""
    now = aliased(Part)
    return (
        select(now.id)
        .where(now.submission_id == ExportedSubmission.submission_id, now.purpose == "contact")
        # Also where it stands in a subquery of a subquery.
        .correlate(ExportedSubmission)
        .scalar_subquery()
    )


def ticked(kind: str, part_id: ScalarSelect[UUID] | None = None) -> ColumnElement[bool]:
    """The SQL condition that a coordinator crossed this out of a line: for ways, the ones of now."""
    ticked = aliased(CrossedOut)
    conditions = [
        ticked.export_id == ExportedSubmission.export_id,
        ticked.submission_id == ExportedSubmission.submission_id,
        ticked.kind == kind,
    ]
    if part_id is not None:
        conditions.append(ticked.part_id == part_id)
    return is_any(*conditions)


def _not_to_be_reached(rule: Rule) -> ColumnElement[bool]:
    """The consent was withdrawn, the contact details were erased, or the participant asked not to be contacted.

    Of a list for a member also where the consent of now does not cover it: because it has left, for one.
    """
    consent, held = aliased(Consent), aliased(Part)
    still_yes = is_any(
        consent.submission_id == ExportedSubmission.submission_id,
        consent.purpose == Export.purpose,
        consents.stands(consent),
        rule(consent),
    )
    contact_held = is_any(
        held.submission_id == ExportedSubmission.submission_id, held.purpose == "contact"
    )
    return or_(~still_yes, ~contact_held, ~consents.may_be_contacted())


def _ways_changed() -> ColumnElement[bool]:
    """The contact details were corrected, and the file has the ones that were safe before.

    A way that is not safe any more would still be in the file. Lists made before the part was kept know only the day:
    a participant who corrected it on that day before the export is listed, too.
    """
    return and_(
        Submission.contact_changed_on >= Export.made_on,
        or_(ExportedSubmission.part_id.is_(None), ExportedSubmission.part_id != _newest_part()),
    )


def _helper_taken_back() -> ColumnElement[bool]:
    """The consent to be reached through a helper was withdrawn on the day of the export or later.

    Only the day of a consent is stored, so one that was withdrawn on that day before the export is listed, too. No
    helper is in a list that was made for a member.
    """
    taken_back = aliased(Consent)
    return is_any(
        Export.recipient_id.is_(None),
        taken_back.submission_id == ExportedSubmission.submission_id,
        taken_back.purpose == THROUGH_HELPER,
        ~taken_back.granted,
        taken_back.changed_on >= Export.made_on,
    )
