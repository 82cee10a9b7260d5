"""The selection for an export: exactly the submissions whose consent for its purpose stands, locked, then checked.

SQL chooses what is read, and each row that is used has been checked for integrity: a participant whose consents do not
add up, or whose contact details were put in by hand, is left out and named (`left_out`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, exists, insert, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Export, ExportedSubmission, Part, Submission
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.services.answers import consents, shared_with, stored_consents
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.existence import is_any
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine


@dataclass(frozen=True)
class Chosen:
    """One submission whose consent stood when the export was made; `through_helper`: that consent stood, too.

    A member gets nothing about a helper, who agreed to nothing (`rules.contact.safe_channels.only_safe`).
    """

    part: Part
    submission: Submission
    through_helper: bool
    consent_n: int


def choose(main: Session, export: Export) -> list[Chosen]:
    """Select and lock exactly those whose consent stands; store the number of the consent that it rests on."""
    # A withdrawal locks the submission first too, so that it is either before this export or after it.
    main.execute(
        select(Submission.id)
        .where(Submission.call_id == export.call_id)
        .order_by(Submission.id)
        .with_for_update()
    ).all()
    found = _consented(main, export)
    # Until the first of them is deleted here, as was promised: no list may be used for longer.
    export.delete_by = min((one.part.due_on for one in found), default=None)
    main.add(export)
    main.flush()
    listed = [
        {
            "export_id": export.id,
            "submission_id": one.submission.id,
            "consent_n": one.consent_n,
            "part_id": one.part.id,
        }
        for one in found
    ]
    if listed:
        main.execute(insert(ExportedSubmission), listed)
    return found


def _consented(main: Session, export: Export, *only: ColumnElement[bool]) -> list[Chosen]:
    """The contact parts of those whose consent for this purpose stands now; for a member, of those whom it covers."""
    call_id, purpose = export.call_id, export.purpose
    people = _who_decided(main, call_id, purpose, *only)
    found = [
        _chosen(part, people[part.bound_to], export)
        for part in _contact_parts(main, call_id, purpose, *only)
        if is_genuine(part) and _may_be_reached(people.get(part.bound_to), purpose)
    ]
    if export.recipient_id is None:
        return found
    now = shared_with.cover(main)
    period_id = now.period_of(export.recipient_id)
    return [one for one in found if now.covers(people[one.part.bound_to], period_id)]


def _who_decided(
    main: Session, call_id: UUID, purpose: str, *only: ColumnElement[bool]
) -> dict[UUID, StoredConsents]:
    """The people of a call of whom any row, false ones included, is about this purpose. The others are not read."""
    about = aliased(Consent)
    decided = is_any(about.submission_id == Submission.id, about.purpose == purpose)
    return stored_consents.where(main, Submission.call_id == call_id, decided, *only)


def _contact_parts(
    main: Session, call_id: UUID, purpose: str, *only: ColumnElement[bool]
) -> Sequence[Part]:
    """The contact parts of those who agreed as SQL sees it, false ones included, in the order of submissions."""
    agreed = exists().where(
        Consent.submission_id == Submission.id, consents.stands(Consent, purpose)
    )
    query = (
        select(Part)
        .join(Submission, Submission.id == Part.submission_id)
        .where(Submission.call_id == call_id, Part.purpose == "contact", agreed, *only)
        .order_by(Submission.id)
    )
    return main.scalars(query.execution_options(**TOLERANT)).all()


def _may_be_reached(person: StoredConsents | None, purpose: str) -> bool:
    return (
        person is not None
        and purpose in person.standing
        and person.submission.do_not_contact_on is None
        and person.submission.set_aside_id is None
    )


def _chosen(part: Part, person: StoredConsents, export: Export) -> Chosen:
    through_helper = THROUGH_HELPER in person.standing and export.recipient_id is None
    return Chosen(part, person.submission, through_helper, person.latest[export.purpose].n)


def left_out(main: Session, call_id: UUID, purpose: str) -> tuple[UUID, ...]:
    """The submissions of a call that some row says may be used for this purpose, and that no list has, because rows of
    theirs were put in, changed or removed by hand."""
    people = _who_decided(main, call_id, purpose)
    false_parts = {
        part.submission_id
        for part in _contact_parts(main, call_id, purpose)
        if not is_genuine(part)
    }
    return tuple(
        submission_id
        for submission_id, person in people.items()
        if _concerned(person, purpose) and (not person.adds_up or submission_id in false_parts)
    )


def _concerned(person: StoredConsents, purpose: str) -> bool:
    return any(row.purpose == purpose and row.granted for row in person.rows)


def chosen_before(main: Session, made: Export) -> list[Chosen]:
    """Those of an earlier export whose consent still stands."""
    listed = select(ExportedSubmission.submission_id).where(ExportedSubmission.export_id == made.id)
    return _consented(main, made, Submission.id.in_(listed))


def choose_again(missing: Sequence[Submission], export: Export) -> list[Chosen]:
    """The contact parts of these submissions as they are now, if the consent still stands."""
    these = Submission.id.in_([submission.id for submission in missing])
    with stores.reading() as main:
        return _consented(main, export, these)
