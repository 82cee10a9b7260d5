"""Access transparency: what each opening leaves for the person whom it concerns, in the transaction of its audit entry.

The public process cannot read the record. So the facts that a person may know are written beside it, one row for each
person: the day, the role, the kind of look and the key of the reason (`models.Look`).

Lock order: the submissions are locked by the caller, before the end of the record.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Export, Look, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfDownload, OfPurpose, OfRecords
from webapp.rules.audit_events import AuditEvent
from webapp.rules.looks import LOOK_OF, OPENS, LookKind
from webapp.rules.organisations import Standing
from webapp.services.answers.submission_locks import lock_submissions
from webapp.services.infrastructure import audit, look_ids, new_rows
from webapp.services.keys import organisations
from webapp.services.keys.coordinators import Holder

BATCH = 500


@dataclass(frozen=True)
class Why:
    """Why something is opened: the words for the record, and the key of the reason for the person concerned."""

    recorded: str
    key: str | None = None


@dataclass(frozen=True)
class Download:
    """A file of the answers to a call, before it is made. No row has its id: the record's entry and the file do."""

    id: UUID
    call_id: UUID
    file_format: str


def enter(
    main: Session,
    holder: Holder,
    event: AuditEvent,
    submission: Submission,
    why: Why,
    *,
    organisation_id: UUID | None = None,
) -> None:
    """Enter in the record that something of one person is opened, and leave them the look.

    `organisation_id`: for what was shared with it, in whose people's role it is opened.
    """
    kind = LOOK_OF[event]
    number = audit.enter(main, holder.coordinator_id, event, submission.id, why.recorded)
    main.add(
        Look(
            id=look_ids.of_entry(number, submission.id),
            submission_id=submission.id,
            looked_on=clock.today(),
            kind=kind,
            role=holder.grants.acting(organisation_id or submission.call_id, OPENS[kind]),
            reason=why.key,
            recipient_id=organisation_id or _not_of_the_host(main, holder),
        )
    )
    main.flush()


def _not_of_the_host(main: Session, holder: Holder) -> UUID | None:
    """The organisation of a person who works for another one than the host: calls speak of the host's team."""
    person = main.get(Coordinator, holder.coordinator_id)
    host = organisations.read(main).one(Standing.HOST)
    if person is None or host is None or person.organisation_id == host.id:
        return None
    return person.organisation_id


def enter_export(
    main: Session, holder: Holder, export: Export, why: Why, listed: Iterable[UUID]
) -> None:
    """The same for a list of contacts: each person in it is told until when its copies may be kept."""
    audit.enter(
        main,
        holder.coordinator_id,
        AuditEvent.CONTACTS_EXPORTED,
        export.id,
        why.recorded,
        detail=OfPurpose(export.purpose, str(export.recipient_id) if export.recipient_id else None),
    )
    role = holder.grants.acting(export.call_id, OPENS[LookKind.LISTED])
    same = {
        "looked_on": export.made_on,
        "kind": LookKind.LISTED,
        "role": role,
        "reason": why.key,
        "purpose": export.purpose,
        "delete_by": export.delete_by,
        "recipient_id": export.recipient_id,
    }
    new_rows.insert_values(
        main,
        Look,
        [{**same, "id": look_ids.of_line(export.id, one), "submission_id": one} for one in listed],
    )


def enter_download(
    main: Session,
    holder: Holder,
    download: Download,
    why: Why,
    people: Sequence[UUID],
    delete_by: date,
) -> None:
    """The same for a file of the answers to a call, which leads to no person: the record has their number alone."""
    detail = OfDownload(len(people), download.file_format, download.id.hex)
    event, who = AuditEvent.ANSWERS_DOWNLOADED, holder.coordinator_id
    audit.enter(main, who, event, download.call_id, why.recorded, detail=detail)
    same = {
        "looked_on": clock.today(),
        "kind": LookKind.ANSWERS,
        "role": holder.grants.acting(download.call_id, OPENS[LookKind.ANSWERS]),
        "reason": why.key,
        "delete_by": delete_by,
        "recipient_id": _not_of_the_host(main, holder),
    }
    ids = {one: look_ids.of_download(download.id, one) for one in people}
    rows = [{**same, "id": ids[one], "submission_id": one} for one in people]
    new_rows.insert_values(main, Look, rows)


def left_by(main: Session, download: Download, people: Sequence[UUID]) -> set[UUID]:
    """Of these people, those who have the look of this download."""
    found: set[UUID] = set()
    for start in range(0, len(people), BATCH):
        ids = {look_ids.of_download(download.id, one): one for one in people[start : start + BATCH]}
        there = main.scalars(select(Look.id).where(Look.id.in_(ids)))
        found.update(ids[one] for one in there)
    return found


@dataclass(frozen=True)
class Crossing:
    """One person, and what of their line was crossed out."""

    submission_id: UUID
    kind: LookKind


def enter_crossing_out(
    main: Session, holder: Holder, export: Export, crossed: Sequence[Crossing]
) -> None:
    """Enter that people were crossed out in all copies of a list, and leave it to those who are still here."""
    here = set(lock_submissions(main, [one.submission_id for one in crossed]))
    audit.enter(main, holder.coordinator_id, AuditEvent.EXPORT_CROSSED_OUT, export.id)
    today = clock.today()
    rows = [
        Look(
            id=look_ids.of_crossing_out(export.id, one.submission_id, one.kind, today),
            submission_id=one.submission_id,
            looked_on=today,
            kind=one.kind,
            role=holder.grants.acting(export.call_id, OPENS[LookKind.LISTED]),
            list_look_id=look_ids.of_line(export.id, one.submission_id),
        )
        for one in crossed
        if one.submission_id in here
    ]
    _add_new(main, rows)


def leave_searched(
    main: Session, holder: Holder, kind: LookKind, people: Iterable[tuple[UUID, UUID]]
) -> None:
    """Leave a look with everyone whom a search compared with a caller, or showed as one who may be the caller.

    `people`: submissions, locked, each with its call. What several searches of a day compared is one look.
    """
    today = clock.today()
    house = _not_of_the_host(main, holder)
    _add_new(main, [_of_the_day(holder, kind, *one, today, house) for one in sorted(people)])


def enter_resealing(
    main: Session,
    holder: Holder,
    call_id: UUID,
    why: Why,
    detail: OfRecords,
    people: Iterable[UUID],
) -> None:
    """Enter that records of a call are sealed anew to newer keys, and leave a look with each person whose they are.

    `people`: submissions, locked. What was sealed anew on one day, part by part, is one look.
    """
    event, who = AuditEvent.CALL_RESEALED, holder.coordinator_id
    audit.enter(main, who, event, call_id, why.recorded, detail=detail)
    today = clock.today()
    kind = LOOK_OF[event]
    house = _not_of_the_host(main, holder)
    looks = (_of_the_day(holder, kind, one, call_id, today, house) for one in sorted(set(people)))
    _add_new(main, list(looks))


def _of_the_day(
    holder: Holder,
    kind: LookKind,
    submission_id: UUID,
    call_id: UUID,
    today: date,
    house: UUID | None,
) -> Look:
    return Look(
        id=look_ids.of_search(kind, submission_id, today),
        submission_id=submission_id,
        looked_on=today,
        kind=kind,
        role=holder.grants.acting(call_id, OPENS[kind]),
        recipient_id=house,
    )


def _add_new(main: Session, rows: Sequence[Look]) -> None:
    """Store those that are not there yet."""
    for start in range(0, len(rows), BATCH):
        batch = {row.id: row for row in rows[start : start + BATCH]}
        there = set(main.scalars(select(Look.id).where(Look.id.in_(batch))))
        main.add_all(row for one, row in batch.items() if one not in there)
        main.flush()
