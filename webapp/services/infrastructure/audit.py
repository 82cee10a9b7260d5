"""The record of who did what: an HMAC chain that shows when somebody changed or removed a link.

Each link is tied to the head that it found, and makes a new head. Only the newest head is stored, and no link leads to
it without the key: so the end cannot be cut off either. (Who puts back a whole older database puts back its record.)

Acts at the desk enter the chain in the transaction that they belong to. Acts at the public door leave a note with
the day alone; the worker links the notes, in random order.
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
from webapp.services.infrastructure import stores
from webapp.vault.macs import chain_mac

PUBLIC, WORKER, OPERATOR = "public", "worker", "operator"
#: What can happen at the public door.
GIVEN, WITHDRAWN, ERASED = "consent given", "consent withdrawn", "everything erased"
CANCELLED = "registration cancelled"
DELETED, ADDRESS_CHANGED = "registration deleted", "registration address changed"
CORRECTED, CONTACT_AGAIN = "answers corrected", "contact allowed again"
UNLISTED = "registration taken off the list"
PUBLIC_TAGS = (
    GIVEN,
    WITHDRAWN,
    ERASED,
    CANCELLED,
    DELETED,
    ADDRESS_CHANGED,
    CORRECTED,
    CONTACT_AGAIN,
    UNLISTED,
)
START = bytes(32)
BATCH = 500


class ChainBroken(Exception):
    """The record was changed after it was written; the message names the first link that does not hold."""


@dataclass(frozen=True)
class AuditLine:
    """One line of the record, as the desk shows it."""

    n: int
    at: datetime
    actor: str
    tag: str
    subject_id: UUID | None
    reason: str


def _mac(previous: bytes, entry: AuditEntry) -> bytes:
    subject = entry.subject_id.bytes if entry.subject_id else b""
    numbers = (entry.n.to_bytes(8, "big"), entry.at.to_bytes(8, "big"))
    words = (entry.actor.encode(), entry.tag.encode(), subject, entry.reason.encode())
    return chain_mac(current_settings().audit_key, previous, *numbers, *words)


def _head_after(mac: bytes) -> bytes:
    return chain_mac(current_settings().audit_key, mac, b"head")


def _link(
    main: Session, at: int, actor: str, tag: str, subject_id: UUID | None, reason: str
) -> None:
    head = main.scalars(select(AuditHead).with_for_update()).one()
    entry = AuditEntry(
        n=head.n + 1, at=at, actor=actor, tag=tag, subject_id=subject_id, reason=reason
    )
    entry.mac = _mac(head.mac, entry)
    main.add(entry)
    head.n, head.mac = entry.n, _head_after(entry.mac)
    main.flush()


def enter(
    main: Session, actor: str | UUID, tag: str, subject_id: UUID | None = None, reason: str = ""
) -> None:
    """Add a link to the chain, inside the caller's transaction. `reason` is at most 200 characters."""
    _link(main, int(clock.now_minute().timestamp()), str(actor), tag, subject_id, reason)


def note(main: Session, tag: str, subject_id: UUID) -> None:
    """Leave a note of an act at the public door: the day, what was done, and a random id."""
    main.add(AuditNote(id=uuid4(), on=clock.today(), tag=tag, subject_id=subject_id))


def link_notes() -> int:
    """Move waiting notes into the chain (worker). Returns how many."""
    with stores.writing() as main:
        # The public door can write any note; only what can happen there becomes part of the record.
        known = select(AuditNote).where(
            AuditNote.tag.in_(PUBLIC_TAGS), AuditNote.on <= clock.today()
        )
        notes = main.scalars(known.order_by(AuditNote.id).limit(BATCH)).all()
        for waiting in notes:
            day = datetime.combine(waiting.on, time(), UTC)
            _link(main, int(day.timestamp()), PUBLIC, waiting.tag, waiting.subject_id, "")
            main.execute(delete(AuditNote).where(AuditNote.id == waiting.id))
    return len(notes)


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
    """The newest lines of the record."""
    with stores.reading() as main:
        entries = main.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(limit))
        return tuple(
            AuditLine(e.n, clock.moment(e.at), e.actor, e.tag, e.subject_id, e.reason)
            for e in entries
        )
