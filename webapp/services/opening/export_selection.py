"""The selection for an export, in SQL: exactly the submissions whose consent for its purpose stands, locked."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, insert, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Export, ExportedSubmission, Part, Submission
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.services.answers import consents
from webapp.services.answers.setting_aside import not_set_aside
from webapp.services.infrastructure import stores


@dataclass(frozen=True)
class Chosen:
    """One submission whose consent stood when the export was made; `through_helper`: that consent stood, too."""

    part: Part
    submission: Submission
    through_helper: bool


def choose(main: Session, export: Export) -> list[Chosen]:
    """Select and lock exactly those whose consent stands; store the number of the consent that it rests on."""
    # A withdrawal locks the submission first too, so that it is either before this export or after it.
    main.execute(
        select(Submission.id)
        .where(Submission.call_id == export.call_id)
        .order_by(Submission.id)
        .with_for_update()
    ).all()
    found = _consented(main, export.call_id, export.purpose)
    # Until the first of them is deleted here, as was promised: no list may be used for longer.
    export.delete_by = min((part.due_on for part, *_ in found), default=None)
    main.add(export)
    main.flush()
    listed = [
        {
            "export_id": export.id,
            "submission_id": submission.id,
            "consent_n": n,
            "part_id": part.id,
        }
        for part, submission, n, _ in found
    ]
    if listed:
        main.execute(insert(ExportedSubmission), listed)
    return _each(found)


def _consented(
    main: Session, call_id: UUID, purpose: str, *only: ColumnElement[bool]
) -> Sequence[Row[Part, Submission, int, bool]]:
    """The contact parts of those whose consent for this purpose stands now, and the consent's number."""
    return main.execute(
        select(Part, Submission, Consent.n, _stands_too(THROUGH_HELPER))
        .join(Submission, Submission.id == Part.submission_id)
        .join(Consent, Consent.submission_id == Submission.id)
        .where(
            Submission.call_id == call_id,
            Part.purpose == "contact",
            consents.stands(Consent, purpose),
            consents.may_be_contacted(),
            not_set_aside(),
            *only,
        )
        .order_by(Submission.id)
    ).all()


def _stands_too(purpose: str) -> ColumnElement[bool]:
    """The SQL condition that another consent of the same submission stands."""
    other = aliased(Consent)
    return exists().where(other.submission_id == Submission.id, consents.stands(other, purpose))


def _each(found: Sequence[Row[Part, Submission, int, bool]]) -> list[Chosen]:
    return [Chosen(part, submission, bool(through)) for part, submission, _, through in found]


def chosen_before(main: Session, made: Export) -> list[Chosen]:
    """Those of an earlier export whose consent still stands."""
    listed = select(ExportedSubmission.submission_id).where(ExportedSubmission.export_id == made.id)
    return _each(_consented(main, made.call_id, made.purpose, Submission.id.in_(listed)))


def choose_again(missing: list[Submission], purpose: str) -> list[Chosen]:
    """The contact parts of these submissions as they are now, if the consent still stands."""
    these = Submission.id.in_([submission.id for submission in missing])
    with stores.reading() as main:
        return _each(_consented(main, missing[0].call_id, purpose, these))
