"""The audit log as a hash chain (HMAC): a changed, removed or reordered entry is detected.

Each entry is tied to the head that it found, and makes a new head. Only the newest head is stored, and without the key
no entry leads to it: so the log cannot be truncated either. (Restoring a whole older database restores its log.)

Acts at the desk enter the chain in the transaction that they belong to. The public door can only insert a note with
the day alone into an inbox; the worker links the notes, in random order. What can be entered is in
`rules.audit_events`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from hmac import compare_digest
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import AuditEntry, AuditHead, AuditNote
from webapp.rules import clock
from webapp.rules.audit_details import Detail
from webapp.rules.audit_events import PUBLIC_EVENTS, AuditEvent, Source
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.vault.macs import chain_mac

PUBLIC, WORKER, OPERATOR = Source.PUBLIC, Source.WORKER, Source.OPERATOR
START = bytes(32)
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

    @property
    def event(self) -> AuditEvent | None:
        """What was done; None for a tag that this version does not know."""
        return AuditEvent.of(self.tag)

    @property
    def source(self) -> Source | None:
        """Where it came from; None for an actor that no version writes."""
        return Source.of(self.actor)


def as_line(entry: AuditEntry) -> AuditLine:
    """A stored entry with its detail read, out of the tag where it was written before there were details."""
    event = AuditEvent.of(entry.tag)
    detail: Detail | None = None
    if event is not None and event.detail is not None and entry.detail is not None:
        detail = event.detail.from_text(entry.detail)
    elif entry.detail is None:
        _, detail = AuditEvent.of_older(entry.tag)
    at = clock.moment(entry.at)
    return AuditLine(entry.n, at, entry.actor, entry.tag, entry.subject_id, entry.reason, detail)


def _mac(previous: bytes, entry: AuditEntry) -> bytes:
    subject = entry.subject_id.bytes if entry.subject_id else b""
    numbers = (entry.n.to_bytes(8, "big"), entry.at.to_bytes(8, "big"))
    words = (entry.actor.encode(), entry.tag.encode(), subject, entry.reason.encode())
    # Fields are framed by their lengths, so an entry without a detail has the MAC that it had before there were any.
    detail = () if entry.detail is None else (entry.detail.encode(),)
    return chain_mac(current_settings().audit_key, previous, *numbers, *words, *detail)


def _head_after(mac: bytes) -> bytes:
    return chain_mac(current_settings().audit_key, mac, b"head")


def _link(main: Session, entry: AuditEntry) -> None:
    head = main.scalars(select(AuditHead).with_for_update()).one()
    entry.n = head.n + 1
    entry.mac = _mac(head.mac, entry)
    main.add(entry)
    head.n, head.mac = entry.n, _head_after(entry.mac)
    main.flush()


def enter(
    main: Session,
    actor: str | UUID,
    event: AuditEvent,
    subject_id: UUID | None = None,
    reason: str = "",
    *,
    detail: Detail | None = None,
) -> None:
    """Add an entry to the hash chain, inside the caller's transaction. `reason` is at most 200 characters.

    Raises `NotThisEvent`.
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
    )
    _link(main, entry)


def note(main: Session, event: AuditEvent, subject_id: UUID) -> None:
    """Insert an act at the public door into the inbox: its day, the event, a random id. Raises `NotThisEvent`."""
    if event not in PUBLIC_EVENTS:
        raise NotThisEvent(event.name)
    main.add(AuditNote(id=uuid4(), on=clock.today(), tag=event.value, subject_id=subject_id))


def link_notes() -> int:
    """Move waiting notes into the chain (worker). Returns how many."""
    with stores.writing() as main:
        notes = _waiting(main)
        for waiting in notes:
            _link(main, _entry_of(waiting))
            main.execute(delete(AuditNote).where(AuditNote.id == waiting.id))
    return len(notes)


def _waiting(main: Session) -> list[AuditNote]:
    """The next notes that Hearth wrote. A false one must not become a true entry of the record: it stays, and is named
    each time; however many there are, the others are reached."""
    # The public door can write any note; only what can happen there becomes part of the log.
    known = select(AuditNote).where(
        AuditNote.tag.in_([event.value for event in PUBLIC_EVENTS]), AuditNote.on <= clock.today()
    )
    after = UUID(int=0)
    while True:
        batch = known.where(AuditNote.id >= after).order_by(AuditNote.id).limit(BATCH)
        rows = main.scalars(batch, execution_options=TOLERANT).all()
        if (found := genuine(rows)) or len(rows) < BATCH:
            return found
        after = UUID(int=rows[-1].id.int + 1)


def _entry_of(waiting: AuditNote) -> AuditEntry:
    day = datetime.combine(waiting.on, time(), UTC)
    return AuditEntry(
        at=int(day.timestamp()),
        actor=PUBLIC.value,
        tag=waiting.tag,
        subject_id=waiting.subject_id,
        reason="",
        detail=None,
    )


def begin_chain(main: Session) -> None:
    """Make the empty chain of a new instance."""
    main.add(AuditHead(id=1, n=0, mac=_head_after(START)))
    main.flush()


def verify() -> int:
    """Walk the whole chain. Returns its length; raises `ChainBroken` at the first link that does not hold."""
    with stores.reading() as main:
        head = main.scalars(select(AuditHead)).one_or_none()
        links = select(AuditEntry).order_by(AuditEntry.n).execution_options(yield_per=BATCH)
        with main.scalars(links) as entries:
            count, mac = _walk(entries)
    if head is None or head.n != count or not compare_digest(head.mac, mac):
        raise ChainBroken(f"the end is not where it was: {count} links are there")
    return count


def _walk(entries: Iterable[AuditEntry]) -> tuple[int, bytes]:
    count, mac = 0, _head_after(START)
    for entry in entries:
        count += 1
        if entry.n != count or not compare_digest(entry.mac, _mac(mac, entry)):
            raise ChainBroken(f"link {count} does not hold")
        mac = _head_after(entry.mac)
    return count, mac


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
