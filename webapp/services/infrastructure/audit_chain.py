"""Links of the audit log: making one, and verifying all of them, as an HMAC hash chain.

A link is the MAC of an entry and of the head that it found; it makes a new head. Verification goes on behind a link
that does not hold, from the MAC that is stored there: so it names each entry that was altered or removed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hmac import compare_digest

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import AuditEntry, AuditHead
from webapp.rules.number_ranges import NumberRanges
from webapp.vault.macs import chain_mac

START = bytes(32)
READ_AT_ONCE = 500
#: Told of each head, with its number, as verification comes past it.
Seen = Callable[[int, bytes], None]


@dataclass(frozen=True)
class Examined:
    """The result of verifying the whole chain. `altered`: the numbers of entries that were altered or removed."""

    count: int
    altered: NumberRanges
    end_holds: bool

    @property
    def holds(self) -> bool:
        """Whether every entry is as it was written, and the newest one is the last."""
        return self.end_holds and not self.altered


@dataclass
class _Walk:
    """Where verification is: the entry that it came past last, and the head after that."""

    seen: Seen
    n: int = 0
    head: bytes = b""
    count: int = 0
    wrong: list[tuple[int, int]] = field(default_factory=list)

    def past(self, entry: AuditEntry) -> None:
        """Come past one entry."""
        self.count += 1
        if entry.n < 1:
            # None of ours has such a number.
            self.wrong.append((0, 0))
            return
        if entry.n > self.n + 1:
            self.wrong.append((self.n + 1, entry.n - 1))
        if entry.n != self.n + 1 or not compare_digest(entry.mac, entry_mac(self.head, entry)):
            self.wrong.append((entry.n, entry.n))
        self.n, self.head = entry.n, head_after(entry.mac)
        self.seen(self.n, self.head)


def entry_mac(previous: bytes, entry: AuditEntry) -> bytes:
    """The link of one entry behind the head that it found."""
    subject = entry.subject_id.bytes if entry.subject_id else b""
    numbers = (_signed(entry.n), _signed(entry.at))
    words = (entry.actor.encode(), entry.tag.encode(), subject, entry.reason.encode())
    # Fields are framed by their lengths, so an entry without a detail has the MAC that it had before there were any.
    detail = () if entry.detail is None else (entry.detail.encode(),)
    # Two fields, where a detail alone is one: neither can be moved to the other's column.
    capacity = () if entry.capacity is None else (b"capacity", entry.capacity.encode())
    return chain_mac(current_settings().audit_key, previous, *numbers, *words, *detail, *capacity)


def _signed(number: int) -> bytes:
    """Eight bytes. A number under zero is none of ours: it must not stop the verification of the others."""
    return number.to_bytes(8, "big", signed=number < 0)


def head_after(mac: bytes) -> bytes:
    """The head that an entry's link leads to. Without the key it cannot be computed."""
    return chain_mac(current_settings().audit_key, mac, b"head")


def link_holds(entry: AuditEntry, mac_before: bytes | None) -> bool:
    """Whether one entry is as it was written, behind the stored MAC of the entry before; None where that is gone."""
    if mac_before is None and entry.n != 1:
        return False
    before = START if entry.n == 1 else mac_before or b""
    return compare_digest(entry.mac, entry_mac(head_after(before), entry))


def examine(main: Session, seen: Seen = lambda n, head: None) -> Examined:
    """Verify the whole chain. The head of an empty one is told as number 0."""
    head = main.scalars(select(AuditHead)).one_or_none()
    walk = _Walk(seen, head=head_after(START))
    seen(0, walk.head)
    links = select(AuditEntry).order_by(AuditEntry.n).execution_options(yield_per=READ_AT_ONCE)
    with main.scalars(links) as entries:
        _walk(walk, entries)
    if head is not None and head.n > walk.n:
        walk.wrong.append((walk.n + 1, head.n))
    end_holds = head is not None and head.n == walk.n and compare_digest(head.mac, walk.head)
    return Examined(walk.count, NumberRanges.of(walk.wrong), end_holds)


def _walk(walk: _Walk, entries: Iterable[AuditEntry]) -> None:
    for entry in entries:
        walk.past(entry)
