"""Comparison of looks with the record and the lists: what people are told must be what was done, no less and no more.

A MAC shows a look that was changed or put in, and not one that was deleted. So the worker reckons daily which looks the
record's entries about one person, the lines of lists and what was crossed out in them must have left (`look_ids`).

What it cannot see is in docs/threat-model.md: a search for a caller is entered with a number and not with the people.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import chain
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, CrossedOut, ExportedSubmission, Look, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfDownload
from webapp.rules.audit_events import AuditEvent
from webapp.rules.looks import ABOUT_ONE, CROSSED, LookKind
from webapp.services.infrastructure import look_ids, stores

READ_AT_ONCE = 500
#: Kinds of which every look must be told of. An older look of crossing out has no row of its own any more, because the
#: newest takes its place; searches name no one.
TOLD_OF_EACH = (
    LookKind.ANSWERS,
    LookKind.CONTACT,
    LookKind.CALLER,
    LookKind.CODE,
    LookKind.LISTED,
    LookKind.SHARED,
)
#: A file of the answers to a call leaves one with everyone in it: the record has their number, and their call.
_OF_FILE: Final = and_(Look.kind == LookKind.ANSWERS, Look.delete_by.is_not(None))
#: Each search adds a look at everyone whom it compares: those are left out, because nothing can be said about them.
COMPARED: Final = select(Look.id, Look.submission_id, Look.kind).where(
    Look.kind.in_([*TOLD_OF_EACH, *CROSSED]), ~_OF_FILE
)


def wrong() -> dict[UUID, UUID]:
    """Looks that are missing, or that nothing tells of, each with its submission."""
    # What is written between two statements is not there in the second comparison.
    if not (found := _compared()):
        return {}
    again = _compared()
    return {look: person for look, person in found.items() if look in again}


def _compared() -> dict[UUID, UUID]:
    with stores.reading() as main:
        told = dict(chain(_entries(main), _lines(main), _crossed_out(main)))
        stored = {row.id: row for row in _rows(main, COMPARED)}
        in_no_file = dict(_in_no_file(main))
    missing = {look: person for look, person in told.items() if look not in stored}
    untold = {
        look: row.submission_id
        for look, row in stored.items()
        if row.kind in TOLD_OF_EACH and look not in told
    }
    return missing | untold | in_no_file


def _entries(main: Session) -> Iterator[tuple[UUID, UUID]]:
    """Those of entries about one person who is still here."""
    query = (
        select(AuditEntry.n, Submission.id)
        .join(Submission, Submission.id == AuditEntry.subject_id)
        .where(AuditEntry.tag.in_([event.value for event in ABOUT_ONE]))
    )
    for number, person in _rows(main, query):
        yield look_ids.of_entry(number, person), person


def _lines(main: Session) -> Iterator[tuple[UUID, UUID]]:
    query = select(ExportedSubmission.export_id, Submission.id).join(
        Submission, Submission.id == ExportedSubmission.submission_id
    )
    for export_id, person in _rows(main, query):
        yield look_ids.of_line(export_id, person), person


def _crossed_out(main: Session) -> Iterator[tuple[UUID, UUID]]:
    query = select(
        CrossedOut.export_id, Submission.id, CrossedOut.kind, CrossedOut.crossed_on
    ).join(Submission, Submission.id == CrossedOut.submission_id)
    kinds = {kind.value: kind for kind in CROSSED}
    for export_id, person, kind, on in _rows(main, query):
        yield look_ids.of_crossing_out(export_id, person, kinds[kind], on), person


def _in_no_file(main: Session) -> Iterator[tuple[UUID, UUID]]:
    """Looks of files that no entry of their call and day tells of."""
    query = select(AuditEntry).where(AuditEntry.tag == AuditEvent.ANSWERS_DOWNLOADED.value)
    files: dict[tuple[UUID | None, date], list[UUID]] = {}
    for entry in main.scalars(query):
        detail = OfDownload.from_text(entry.detail or "")
        if detail is not None:
            there = files.setdefault((entry.subject_id, clock.day_of(clock.moment(entry.at))), [])
            there.append(UUID(detail.download))
    people = select(Look.id, Look.submission_id, Look.looked_on, Submission.call_id)
    for row in _rows(main, people.join(Submission).where(_OF_FILE)):
        # The entry comes first, so it may be of the day before.
        days = (row.looked_on, row.looked_on - timedelta(days=1))
        made = [one for day in days for one in files.get((row.call_id, day), ())]
        if row.id not in {look_ids.of_download(one, row.submission_id) for one in made}:
            yield row.id, row.submission_id


def _rows(main: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    return iter(main.execute(query.execution_options(yield_per=READ_AT_ONCE)))
