"""Reading the audit log: filters, keyset pagination, and what still exists of what it is about.

A page is found by the number of its newest or oldest entry and not by an offset, so that it stays the same while new
entries arrive. Every page takes the same number of statements, however long the record is. Each entry that is read is
verified against the one before it: a page never shows an altered one as if it were whole.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from webapp.models import AuditEntry, Export, Registration, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfPurpose
from webapp.rules.audit_events import AuditEvent, RecordFilter, Source
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.audit import AuditLine, as_line
from webapp.services.infrastructure.audit_chain import link_holds

PER_PAGE = 60
#: A page counts at most so many entries that it does not list between its lines, of each sort.
MOST_COUNTED = 2_000

#: What a line can lead to.
Shown = Literal["submission", "registration", "export"]


@dataclass(frozen=True)
class Wanted:
    """Which entries to show. `owner_id` is a call or an event, with everything that belongs to it.

    Without a kind, neither routine entries nor what people did themselves take a line of a page: they are between its
    lines, however many there are. Otherwise a coordinator could push their own acts out of sight with a submission.
    """

    kind: RecordFilter | None = None
    actor: str | None = None
    owner_id: UUID | None = None
    ids: tuple[UUID, UUID] | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class RecordPage:
    """The entries of one page, newest first; between them, routine ones and what people did themselves.

    `older` and `newer` are the numbers to ask from, None at an end of the record.
    """

    lines: tuple[AuditLine, ...]
    routine: tuple[AuditLine, ...]
    people: tuple[AuditLine, ...]
    older: int | None
    newer: int | None


def read(wanted: Wanted, *, before: int | None = None, after: int | None = None) -> RecordPage:
    """One page of the record: the newest, or what comes before or after an entry's number."""
    conditions = _conditions(wanted)
    routine, people = _of_kind(RecordFilter.ROUTINE), _of_kind(RecordFilter.PEOPLE)
    is_folded = wanted.kind is None and wanted.actor != Source.PUBLIC.value
    shown = [*conditions, ~routine, ~people] if is_folded else conditions
    with stores.reading() as main:
        if after is not None:
            before = _end_of_page_after(main, shown, after)
        page = _page(main, shown, before)
        if not is_folded:
            return page
        between = [*conditions, *_stretch(page, before)]
        return replace(
            page,
            routine=_lines(main, [*between, routine], MOST_COUNTED),
            people=_lines(main, [*between, people], MOST_COUNTED),
        )


def every(wanted: Wanted) -> Iterator[AuditLine]:
    """All entries that are wanted, the oldest first, each verified: for a command that prints them."""
    conditions = _conditions(wanted)
    with stores.reading() as main:
        rows = _with_the_one_before(conditions).order_by(AuditEntry.n)
        for entry, mac_before in main.execute(rows.execution_options(yield_per=PER_PAGE)):
            yield as_line(entry, holds=link_holds(entry, mac_before))


def newest_about(
    main: Session, event: AuditEvent, subject_id: UUID, actors: Sequence[str], limit: int
) -> tuple[AuditLine, ...]:
    """The newest entries of one event about one subject, by these actors, each verified."""
    theirs = AuditEntry.actor.in_(actors), AuditEntry.tag == event.value
    return _lines(main, [*theirs, AuditEntry.subject_id == subject_id], limit)


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
    return RecordPage(lines, (), (), older, newer)


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
    newest_first = _with_the_one_before(conditions).order_by(AuditEntry.n.desc())
    rows = main.execute(newest_first.limit(limit))
    return tuple(as_line(entry, holds=link_holds(entry, before)) for entry, before in rows)


def _with_the_one_before(
    conditions: Iterable[ColumnElement[bool]],
) -> Select[AuditEntry, bytes | None]:
    """Each entry, and the stored MAC of the one before it: None where that is gone."""
    before = aliased(AuditEntry)
    return (
        select(AuditEntry, before.mac)
        .outerjoin(before, before.n == AuditEntry.n - 1)
        .where(*conditions)
    )


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
