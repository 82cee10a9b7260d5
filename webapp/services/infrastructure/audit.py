"""The audit log as a hash chain (HMAC): a changed, removed or reordered entry is detected.

Each entry is tied to the head that it found, and makes a new head. Only the newest head is stored, and without the key
no entry leads to it. An older head that is put back with the entries before it does hold: heads are therefore noted
outside of the database (`services.infrastructure.record_check`).

Acts at the desk enter the chain in the transaction that they belong to. The public door can only insert a note with
the day alone into an inbox; the worker links the notes of a day when it is over. What can be entered is in
`rules.audit_events`.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, AuditHead, AuditNote, Coordinator, RoleGrant
from webapp.rules import clock
from webapp.rules.audit_details import Capacity, Detail
from webapp.rules.audit_events import PUBLIC_EVENTS, AuditEvent, Source
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.audit_chain import START, entry_mac, examine, head_after
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.infrastructure.stored_keys import as_stored, beyond

PUBLIC, WORKER, OPERATOR = Source.PUBLIC, Source.WORKER, Source.OPERATOR
BATCH = 500


class ChainBroken(Exception):
    """The hash chain does not verify: the message names the first link that does not hold."""


class NotThisEvent(ValueError):
    """This source, or this detail, is not one that the event declares."""


@dataclass(frozen=True)
class AuditLine:
    """One entry of the audit log, as the desk shows it."""

    n: int
    at: datetime
    actor: str
    tag: str
    subject_id: UUID | None
    reason: str
    detail: Detail | None = None
    #: In which roles, and of which organisation, a coordinator acted. None in entries made before that was kept.
    capacity: Capacity | None = None
    #: Whether it is as it was written, and follows the entry before it. Checked where lines are shown.
    holds: bool = True

    @property
    def event(self) -> AuditEvent | None:
        """What was done; None for a tag that this version does not know."""
        return AuditEvent.of(self.tag)

    @property
    def source(self) -> Source | None:
        """Where it came from; None for an actor that no version writes."""
        return Source.of(self.actor)


def as_line(entry: AuditEntry, *, holds: bool = True) -> AuditLine:
    """A stored entry with its detail read, out of the tag where it was written before there were details."""
    event = AuditEvent.of(entry.tag)
    detail: Detail | None = None
    if event is not None and event.detail is not None and entry.detail is not None:
        detail = event.detail.from_text(entry.detail)
    elif entry.detail is None:
        _, detail = AuditEvent.of_older(entry.tag)
    return AuditLine(
        entry.n,
        clock.moment(entry.at),
        entry.actor,
        entry.tag,
        entry.subject_id,
        entry.reason,
        detail,
        Capacity.from_text(entry.capacity) if entry.capacity else None,
        holds,
    )


def _link(main: Session, entry: AuditEntry) -> None:
    head = main.scalars(select(AuditHead).with_for_update()).one()
    entry.n = head.n + 1
    entry.mac = entry_mac(head.mac, entry)
    main.add(entry)
    head.n, head.mac = entry.n, head_after(entry.mac)
    main.flush()


def enter(
    main: Session,
    actor: str | UUID,
    event: AuditEvent,
    subject_id: UUID | None = None,
    reason: str = "",
    *,
    detail: Detail | None = None,
) -> int:
    """Add an entry to the hash chain, inside the caller's transaction. `reason` is at most 200 characters.

    Returns its number. Raises `NotThisEvent`.
    """
    if Source.of(actor) not in event.sources or type(detail) is not (event.detail or type(None)):
        raise NotThisEvent(event.name)
    entry = AuditEntry(
        at=int(clock.now_minute().timestamp()),
        actor=str(actor),
        tag=event.value,
        subject_id=subject_id,
        reason=reason,
        detail=detail.as_text() if detail else None,
        capacity=_capacity(main, actor) if isinstance(actor, UUID) else None,
    )
    _link(main, entry)
    return entry.n


def _capacity(main: Session, coordinator_id: UUID) -> str | None:
    """The organisation and the roles of a coordinator at this moment. None for an account that is not, or is false.

    A role that was put in by hand is none, as at sign-in.
    """
    rows = main.execute(
        select(Coordinator, RoleGrant)
        .outerjoin(RoleGrant, RoleGrant.coordinator_id == Coordinator.id)
        .where(Coordinator.id == coordinator_id)
        .execution_options(**TOLERANT)
    ).all()
    if not rows or not is_genuine(rows[0][0]):
        return None
    roles = {grant.role.value for _, grant in rows if grant is not None and is_genuine(grant)}
    organisation = rows[0][0].organisation_id.hex
    return Capacity(organisation, ",".join(sorted(roles))).as_text()


def note(main: Session, event: AuditEvent, subject_id: UUID) -> None:
    """Insert an act at the public door into the inbox: its day, the event, a random id. Raises `NotThisEvent`."""
    if event not in PUBLIC_EVENTS:
        raise NotThisEvent(event.name)
    main.add(AuditNote(id=uuid4(), on=clock.today(), tag=event.value, subject_id=subject_id))


def link_notes(before: date | None = None) -> int:
    """Move waiting notes of the days before this one, today, into the chain (worker). Returns how many lines they made.

    Not before their day is over: neighbours in the chain have the minute, and would date them (timing correlation).
    What one participant did several times on a day is one line, so that nobody can fill the record.
    """
    count, day = 0, before or clock.today()
    with stores.reading() as main:
        # Nothing is locked where no day is over: whoever acts at the desk waits for the lock of the head.
        if main.scalar(select(AuditNote.id).where(AuditNote.on < day).limit(1)) is None:
            return 0
    while made := _link_batch(day):
        count += made
    return count


def _link_batch(before: date) -> int:
    """Link the next notes. Returns how many lines they made; none when no note went: then it would link them again."""
    with stores.writing() as main:
        # The lock before the look: two workers must not link one note twice.
        main.scalars(select(AuditHead).with_for_update()).one()
        notes = _waiting(main, before)
        lines = {(one.on, one.tag, one.subject_id) for one in notes}
        if not _take_out(main, notes, lines):
            return 0
        # The order of random ids says nothing about when anything was done.
        for line in sorted(lines, key=lambda line: line[2]):
            _link(main, _public_entry(*line))
    return len(lines)


def _take_out(main: Session, notes: list[AuditNote], lines: set[tuple[date, str, UUID]]) -> bool:
    """Delete these notes, and those that say the same. Whether any was deleted."""
    columns = (AuditNote.on, AuditNote.tag, AuditNote.subject_id)
    gone: Any = main.execute(delete(AuditNote).where(AuditNote.id.in_([one.id for one in notes])))
    for line in lines:
        same = [column == value for column, value in zip(columns, line, strict=True)]
        main.execute(delete(AuditNote).where(*same))
    return bool(gone.rowcount)


def _waiting(main: Session, before: date) -> list[AuditNote]:
    """The next notes that Hearth wrote. A false one must not become a true entry of the record: it stays, and is named
    each time; however many there are, the others are reached."""
    # The public door can write any note; only what can happen there becomes part of the log.
    keys = [as_stored(AuditNote.on), as_stored(AuditNote.subject_id), as_stored(AuditNote.id)]
    known = select(AuditNote, *keys).where(
        AuditNote.tag.in_([event.value for event in PUBLIC_EVENTS]), AuditNote.on < before
    )
    batch = known.order_by(*keys).limit(BATCH)
    while True:
        rows = main.execute(batch, execution_options=TOLERANT).all()
        if (found := genuine(row[0] for row in rows)) or len(rows) < BATCH:
            return found
        after = rows[-1][1:]
        batch = known.where(beyond(keys, after)).order_by(*keys).limit(BATCH)


def _public_entry(on: date, tag: str, subject_id: UUID) -> AuditEntry:
    return AuditEntry(
        at=int(datetime.combine(on, time(), UTC).timestamp()),
        actor=PUBLIC.value,
        tag=tag,
        subject_id=subject_id,
        reason="",
        detail=None,
        capacity=None,
    )


def begin_chain(main: Session) -> None:
    """Make the empty chain of a new instance."""
    main.add(AuditHead(id=1, n=0, mac=head_after(START)))
    main.flush()


def verify() -> int:
    """Walk the whole chain. Returns its length; raises `ChainBroken` at the first link that does not hold."""
    with stores.reading() as main:
        found = examine(main)
    if found.altered:
        raise ChainBroken(f"link {found.altered.ranges[0][0]} does not hold")
    if not found.end_holds:
        raise ChainBroken(f"the end is not where it was: {found.count} links are there")
    return found.count


def newest_act(main: Session) -> datetime | None:
    """When the newest entry was made that is no act at the public door: of those only the day is kept."""
    newest = select(AuditEntry.at).where(AuditEntry.actor != PUBLIC).order_by(AuditEntry.n.desc())
    at = main.scalar(newest.limit(1))
    return None if at is None else clock.moment(at)


def recent(limit: int = 100) -> tuple[AuditLine, ...]:
    """The newest entries of the audit log."""
    with stores.reading() as main:
        entries = main.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(limit))
        return tuple(as_line(entry) for entry in entries)
