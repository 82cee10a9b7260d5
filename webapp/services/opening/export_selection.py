"""The selection for an export: exactly the submissions whose consent for its purpose stands, each row checked.

SQL chooses what is read, and each row that is used has been checked for integrity: a participant whose consents do not
add up, or whose contact details were put in by hand, is left out and named (`left_out`).

Optimistic concurrency control: thousands of rows are read and checked before the lock, so that nobody who sends
answers waits for it. Under the lock only their MACs are compared: a MAC is over the whole row, so one that is the same
says that the row is. What was changed in between is chosen anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, exists, insert, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Export, ExportedSubmission, Part, Submission
from webapp.models.submissions import contact_told_on
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.forms.questions import PartName
from webapp.services.answers import consents, consents_in_bulk, shared_with
from webapp.services.answers.consents_in_bulk import ReadConsents
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.checked_rows import read_checked
from webapp.services.infrastructure.existence import is_any

#: So many people are read, and locked, by one statement.
BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Chosen:
    """One submission whose consent stood when the export was made; `through_helper`: that consent stood, too.

    A member gets nothing about a helper, who agreed to nothing (`rules.contact.safe_channels.only_safe`).
    """

    submission_id: UUID
    part_id: UUID
    epoch: int
    due_on: date
    consent_n: int
    #: The exact wording that they said yes to, and the version of the form that they answered.
    statement_id: UUID
    form_version: int
    through_helper: bool
    language: str
    told_on: date
    typed_by: str
    #: The MACs of the submission and of the part, by which a change is noticed.
    as_read: tuple[bytes, bytes]


def choose(main: Session, export: Export) -> list[Chosen]:
    """Those whose consent stands, read without a lock, in the order of their ids."""
    return _consented(main, export, _who_agreed(main, export.call_id, export.purpose))


def store_chosen(main: Session, export: Export, chosen: Sequence[Chosen]) -> list[Chosen]:
    """Lock exactly these, choose anew who was changed since they were read, and store them with the export.

    A withdrawal locks the submission first too, so that it is either before this export or after it. Who has agreed
    since is in the next list.
    """
    found = _still(main, export, chosen)
    # Until the first of them is deleted here, as was promised: no list may be used for longer.
    export.delete_by = min((one.due_on for one in found), default=None)
    main.add(export)
    main.flush()
    listed = [
        {
            "export_id": export.id,
            "submission_id": one.submission_id,
            "consent_n": one.consent_n,
            "part_id": one.part_id,
        }
        for one in found
    ]
    if listed:
        main.execute(insert(ExportedSubmission), listed)
    return found


def _still(main: Session, export: Export, chosen: Sequence[Chosen]) -> list[Chosen]:
    now = locked(main, [one.submission_id for one in chosen], "contact")
    # Whom a yes to sharing covers depends on the members of now as well: for a member all are chosen under the lock.
    anew = export.recipient_id is not None
    same = [one for one in chosen if not anew and now.get(one.submission_id) == one.as_read]
    kept = {one.submission_id for one in same}
    changed = [one.submission_id for one in chosen if one.submission_id not in kept]
    return sorted([*same, *_consented(main, export, changed)], key=lambda one: one.submission_id)


def locked(
    main: Session, ids: Sequence[UUID], purpose: PartName
) -> dict[UUID, tuple[bytes, bytes]]:
    """The MACs of these submissions, locked, and of their parts of this purpose: of those that have one."""
    found: dict[UUID, tuple[bytes, bytes]] = {}
    for batch in batches(ids):
        locked = select(Submission.id, Submission.row_mac).where(Submission.id.in_(batch))
        people = dict(main.execute(locked.order_by(Submission.id).with_for_update()).all())
        held = select(Part.submission_id, Part.row_mac).where(is_part_of(batch, purpose))
        for submission_id, mac in main.execute(held):
            if submission_id in people:
                found[submission_id] = people[submission_id], mac
    return found


def _consented(main: Session, export: Export, ids: Iterable[UUID]) -> list[Chosen]:
    """Of these, those whose consent for this purpose stands now; for a member, those whom it covers."""
    now = shared_with.cover(main) if export.recipient_id else None
    period_id = now.period_of(export.recipient_id) if now and export.recipient_id else None
    return [
        _chosen(part, person, export)
        for person, part, genuine in _with_contact(main, ids)
        if part is not None
        and genuine
        and _may_be_reached(person, export.purpose)
        and (now is None or now.covers(person, period_id))
    ]


def _who_agreed(main: Session, call_id: UUID, purpose: str) -> Sequence[UUID]:
    """The submissions of a call that agreed as SQL sees it, false ones included."""
    agreed = exists().where(
        Consent.submission_id == Submission.id, consents.stands(Consent, purpose)
    )
    return _ids(main, Submission.call_id == call_id, agreed)


def _ids(main: Session, *only: ColumnElement[bool]) -> Sequence[UUID]:
    return main.scalars(select(Submission.id).where(*only).order_by(Submission.id)).all()


def _with_contact(main: Session, ids: Iterable[UUID]) -> Iterator[tuple[ReadConsents, Any, bool]]:
    """These people, with their contact part if they have one, and whether that is genuine. A batch at a time: a part
    holds its envelope."""
    for batch in batches(sorted(ids)):
        parts = {
            part.submission_id: (part, genuine)
            for part, genuine in read_checked(
                main, Part, is_part_of(batch, "contact"), by=(Part.id,)
            )
        }
        for person in consents_in_bulk.read(main, batch):
            yield person, *parts.get(person.submission.id, (None, False))


def is_part_of(ids: Sequence[UUID], purpose: PartName) -> ColumnElement[bool]:
    """The SQL condition that a part is one of this purpose of these submissions."""
    return Part.submission_id.in_(ids) & (Part.purpose == purpose)


def batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """So many at a time as one statement takes."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _may_be_reached(person: ReadConsents, purpose: str) -> bool:
    return (
        purpose in person.standing
        and person.submission.do_not_contact_on is None
        and person.submission.set_aside_id is None
    )


def _chosen(part: Any, person: ReadConsents, export: Export) -> Chosen:
    submission = person.submission
    return Chosen(
        submission_id=submission.id,
        part_id=part.id,
        epoch=part.epoch,
        due_on=part.due_on,
        consent_n=person.latest[export.purpose].n,
        statement_id=person.latest[export.purpose].statement_id,
        form_version=submission.form_version,
        through_helper=THROUGH_HELPER in person.standing and export.recipient_id is None,
        language=submission.language,
        told_on=contact_told_on(submission),
        typed_by=submission.typed_by,
        as_read=(submission.row_mac, part.row_mac),
    )


def false_people(main: Session, ids: Iterable[UUID]) -> dict[UUID, ReadConsents]:
    """Those of these people of whom a row was put in, changed or removed by hand, with what their rows say."""
    return {
        person.submission.id: person
        for person, part, genuine in _with_contact(main, ids)
        if not person.adds_up or (part is not None and not genuine)
    }


def decided(main: Session, call_id: UUID, purpose: str) -> Sequence[UUID]:
    """The submissions of a call of which any row, false ones included, is about this purpose."""
    about = aliased(Consent)
    any_row = is_any(about.submission_id == Submission.id, about.purpose == purpose)
    return _ids(main, Submission.call_id == call_id, any_row)


def left_out(false: Mapping[UUID, ReadConsents], purpose: str) -> tuple[UUID, ...]:
    """Of people whose rows are false: those that some row says may be used for this purpose, and that no list has."""
    return tuple(
        submission_id
        for submission_id, person in false.items()
        if any(row.purpose == purpose and row.granted for row in person.rows)
    )


def chosen_before(main: Session, made: Export) -> list[Chosen]:
    """Those of an earlier export whose consent still stands."""
    listed = select(ExportedSubmission.submission_id).where(ExportedSubmission.export_id == made.id)
    return _consented(main, made, main.scalars(listed).all())


def choose_again(missing: Sequence[UUID], export: Export) -> list[Chosen]:
    """These submissions as they are now, if the consent still stands."""
    with stores.reading() as main:
        return _consented(main, export, missing)
