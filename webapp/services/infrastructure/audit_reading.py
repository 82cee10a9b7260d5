"""Reading the audit log: filters, keyset pagination, and what still exists of what it is about.

A page is found by the number of its newest or oldest entry and not by an offset, so that it stays the same while new
entries arrive. Every page takes the same number of statements, however long the record is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, union_all
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, Export, Registration, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfPurpose
from webapp.rules.audit_events import RecordFilter, Source
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.audit import AuditLine, as_line

PER_PAGE = 60
#: A page counts at most so many routine entries between its lines.
MOST_ROUTINE = 2_000

#: What a line can lead to.
Shown = Literal["submission", "registration", "export"]


@dataclass(frozen=True)
class Wanted:
    """Which entries to show. `owner_id` is a call or an event, with everything that belongs to it.

    Without a kind, routine entries are not shown but counted.
    """

    kind: RecordFilter | None = None
    actor: str | None = None
    owner_id: UUID | None = None
    ids: tuple[UUID, UUID] | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class RecordPage:
    """The entries of one page, newest first, and the routine ones that were left out between them.

    `older` and `newer` are the numbers to ask from, None at an end of the record.
    """

    lines: tuple[AuditLine, ...]
    routine: tuple[AuditLine, ...]
    older: int | None
    newer: int | None


def read(wanted: Wanted, *, before: int | None = None, after: int | None = None) -> RecordPage:
    """One page of the record: the newest, or what comes before or after an entry's number."""
    conditions, routine = _conditions(wanted), _of_kind(RecordFilter.ROUTINE)
    shown = conditions if wanted.kind is not None else [*conditions, ~routine]
    with stores.reading() as main:
        if after is not None:
            before = _end_of_page_after(main, shown, after)
        page = _page(main, shown, before)
        if wanted.kind is not None:
            return page
        stretch = _stretch(page, before)
        return replace(page, routine=_lines(main, [*conditions, routine, *stretch], MOST_ROUTINE))


def _end_of_page_after(
    main: Session, shown: Sequence[ColumnElement[bool]], after: int
) -> int | None:
    """Where the page ends that comes after this number: None where it is the newest page."""
    newer = [*shown, AuditEntry.n > after]
    numbers = select(AuditEntry.n).where(*newer).order_by(AuditEntry.n)
    return main.scalar(numbers.offset(PER_PAGE).limit(1))


def _page(main: Session, shown: Sequence[ColumnElement[bool]], before: int | None) -> RecordPage:
    limits = [] if before is None else [AuditEntry.n < before]
    found = _lines(main, [*shown, *limits], PER_PAGE + 1)
    lines = found[:PER_PAGE]
    older = lines[-1].n if len(found) > PER_PAGE else None
    newer = None if before is None else before - 1
    return RecordPage(lines, (), older, newer)


def _stretch(page: RecordPage, before: int | None) -> list[ColumnElement[bool]]:
    """The numbers that this page covers. Each number is on exactly one page."""
    limits: list[ColumnElement[bool]] = []
    if page.older is not None:
        limits.append(AuditEntry.n >= page.older)
    if before is not None:
        limits.append(AuditEntry.n < before)
    return limits


def _lines(
    main: Session,
    conditions: Iterable[ColumnElement[bool]],
    limit: int,
) -> tuple[AuditLine, ...]:
    newest_first = select(AuditEntry).where(*conditions).order_by(AuditEntry.n.desc())
    entries = main.scalars(newest_first.limit(limit))
    return tuple(as_line(entry) for entry in entries)


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.kind is not None:
        found.append(_of_kind(wanted.kind))
    if wanted.actor is not None:
        found.append(AuditEntry.actor == wanted.actor)
    if wanted.owner_id is not None:
        found.append(_belongs_to(wanted.owner_id))
    if wanted.ids is not None:
        found.append(AuditEntry.subject_id.between(*wanted.ids))
    found += [*_since(wanted.since), *_until(wanted.until)]
    return found


def _of_kind(kind: RecordFilter) -> ColumnElement[bool]:
    if kind.source is not None:
        return AuditEntry.actor == kind.source.value
    older = [
        AuditEntry.tag.startswith(event.older_prefix, autoescape=True)
        for event in kind.events
        if event.detail is OfPurpose
    ]
    return or_(AuditEntry.tag.in_([event.value for event in kind.events]), *older)


def _belongs_to(owner_id: UUID) -> ColumnElement[bool]:
    """About a call or an event itself, or about what was sent to it or downloaded from it and is still here."""
    inside = union_all(
        select(Submission.id).where(Submission.call_id == owner_id),
        select(Export.id).where(Export.call_id == owner_id),
        select(Registration.id).where(Registration.event_id == owner_id),
    )
    return or_(AuditEntry.subject_id == owner_id, AuditEntry.subject_id.in_(inside))


def _since(day: date | None) -> list[ColumnElement[bool]]:
    return [] if day is None else [_from(day)]


def _until(day: date | None) -> list[ColumnElement[bool]]:
    # After the calendar's last day comes none.
    return [] if day is None or day == date.max else [~_from(day + timedelta(days=1))]


def _from(day: date) -> ColumnElement[bool]:
    """From this day on. Of what people do themselves only the day is kept, as midnight in UTC."""
    theirs = int(datetime.combine(day, time(), UTC).timestamp())
    ours = int(datetime.combine(day, time(), clock.COALITION_ZONE).timestamp())
    return or_(
        and_(AuditEntry.actor == Source.PUBLIC.value, AuditEntry.at >= theirs),
        and_(AuditEntry.actor != Source.PUBLIC.value, AuditEntry.at >= ours),
    )


def still_here(ids: Iterable[UUID]) -> dict[UUID, Shown]:
    """Which of these ids are still a submission, a registration or a list, so that a link to them leads somewhere."""
    wanted = set(ids)
    tables: tuple[tuple[Shown, Any], ...] = (
        ("submission", Submission),
        ("registration", Registration),
        ("export", Export),
    )
    with stores.reading() as main:
        return {
            row_id: name
            for name, table in tables
            for row_id in main.scalars(select(table.id).where(table.id.in_(wanted)))
        }
