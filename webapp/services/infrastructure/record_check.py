"""Verification of the audit log against heads that were noted outside of the database: truncation and rollback.

The chain by itself proves that nothing in it was altered, and not that nothing was cut off: an attacker who writes to
the database, and read it before, can put an older head back together with the entries before it. So the worker notes
each new head in a file (`head_file`), and operators and coordinators note its code on paper. In each round the worker
looks whether the record still has the head that it noted last, and once a day at every entry and every noted head.

What it finds stays in one row, under a MAC with the record's key, until a coordinator has confirmed it. An older row
that is put back says that the record was not checked for long; one that is removed is made again, and says so.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from hmac import compare_digest
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import AuditEntry, AuditHead, RecordCheck, WorkerClock
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.number_ranges import NumberRanges
from webapp.rules.record_findings import WHOLE, RecordFinding
from webapp.services.infrastructure import audit, head_file, stores
from webapp.services.infrastructure.audit_chain import (
    START,
    Examined,
    examine,
    head_after,
    link_holds,
)
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.head_file import NotedHead
from webapp.settings import WrongSetting
from webapp.vault.head_codes import MistypedCode, head_code, read_head_code
from webapp.vault.macs import record_check_mac

#: The worker checks every day; after so long without, it does not run, or an attacker put an older check back.
STALE_AFTER = timedelta(days=2)


@dataclass(frozen=True)
class Standing:
    """What the last check said. `checked_on` is None where there is no check that Hearth wrote."""

    checked_on: date | None
    entries: int
    #: What was found and waits for a person; nothing is in it while nothing does.
    found: RecordFinding
    found_on: date | None
    #: The worker runs, and has not checked for days.
    is_overdue: bool


# The worker


def watch() -> None:
    """Look at the end of the record, note its head, and once a day check all of it (worker, in each round).

    Raises `OSError` when the file of heads cannot be written, after the check.
    """
    noted = head_file.last()
    with stores.reading() as main:
        row, now = _ours(main), _current(main)
        is_cut = noted is not None and not _contains(main, noted)
    if row is None or row.checked_on != clock.today() or (is_cut and row.found is None):
        check()
    if now is not None and not now.is_head(noted):
        head_file.append(now)


def check() -> RecordFinding:
    """Check every entry and every noted head, and keep what is found until a person has confirmed it (worker)."""
    noted = head_file.read()
    missing = _Missing(noted)
    with stores.reading() as main:
        found = examine(main, missing.seen)
    with stores.writing() as main:
        row = _locked_or_new(main, lines=len(noted))
        finding = _finding(row, found, missing, lines=len(noted))
        _remember(row, found, finding, lines=len(noted))
    return finding


class _Missing:
    """Noted heads that the record does not lead past, by their lines in the file."""

    def __init__(self, noted: tuple[NotedHead, ...]) -> None:
        self.wanted: defaultdict[int, dict[int, NotedHead]] = defaultdict(dict)
        for line, one in enumerate(noted):
            self.wanted[one.n][line] = one

    def seen(self, n: int, head: bytes) -> None:
        """The record has this head."""
        if n in self.wanted:
            code = _code(head)
            self.wanted[n] = {line: one for line, one in self.wanted[n].items() if one.code != code}

    def after(self, set_aside: int) -> list[NotedHead]:
        """What was noted and never seen, of the lines that no person has set aside, in their order."""
        left = {line: one for lines in self.wanted.values() for line, one in lines.items()}
        return [left[line] for line in sorted(left) if line >= set_aside]


def _finding(row: RecordCheck, found: Examined, missing: _Missing, *, lines: int) -> RecordFinding:
    left = missing.after(min(row.set_aside, lines))
    return RecordFinding(
        numbers=str(found.altered - NumberRanges.from_text(row.known)) or None,
        end=None if found.end_holds else True,
        noted=len(left) or None,
        noted_on=left[0].day.isoformat() if left else None,
        file=True if lines < row.noted else None,
    )


def _remember(row: RecordCheck, found: Examined, finding: RecordFinding, *, lines: int) -> None:
    row.checked_on, row.entries = clock.today(), found.count
    row.noted, row.set_aside = lines, min(row.set_aside, lines)
    finding |= _waiting(row)
    if not finding.is_whole:
        row.found, row.found_on = finding.as_text(), row.found_on or clock.today()
    _sign(row)


def _waiting(row: RecordCheck) -> RecordFinding:
    """What was found before and waits for a person."""
    return (row.found and RecordFinding.from_text(row.found)) or WHOLE


def _locked_or_new(main: Session, *, lines: int) -> RecordCheck:
    row = main.scalars(select(RecordCheck).with_for_update()).one_or_none()
    if row is None:
        row = RecordCheck(id=1)
        main.add(row)
    elif _is_ours(row):
        return row
    # A first check finds no heads that an earlier one noted.
    found = RecordFinding(check=True).as_text() if lines else None
    row.found, row.found_on = found, None
    row.known, row.noted, row.set_aside = "", 0, 0
    return row


def _contains(main: Session, noted: NotedHead) -> bool:
    """Whether the record still leads past a noted head, by one row."""
    mac = (
        START
        if noted.n == 0
        else main.scalar(select(AuditEntry.mac).where(AuditEntry.n == noted.n))
    )
    return mac is not None and _code(head_after(mac)) == noted.code


def _current(main: Session) -> NotedHead | None:
    head = main.scalars(select(AuditHead)).one_or_none()
    return None if head is None else NotedHead(clock.today(), head.n, _code(head.mac))


def _code(head: bytes) -> str:
    return head_code(current_settings().audit_key, head)


# Processes that start, and operators who put a copy of `main` back


def check_not_cut() -> None:
    """Raise `WrongSetting` where the record lacks the head that was noted last: this `main` is older, or was cut.

    For the processes that may read the record. Raises `StoreUnavailable`.
    """
    noted = head_file.last()
    with stores.reading() as main:
        is_cut = noted is not None and not _contains(main, noted)
    if is_cut:
        raise WrongSetting(
            "main is older than record-heads.txt says. If a copy of it was put back, stop every process of Hearth, and "
            "give replay-tombstones; if nobody did that, keep all files, and see The record in docs/operating.md"
        )


def note_put_back() -> None:
    """After a copy of `main` was put back: keep what the record lacks until a person has confirmed it, and note its
    head of now, so that processes may start. Without effect where nothing was ever noted. Raises `OSError`."""
    noted = head_file.last()
    if noted is None:
        return
    check()
    with stores.reading() as main:
        now = _current(main)
    if now is not None and not now.is_head(noted):
        head_file.append(now)


# Operators and the desk


@dataclass(frozen=True)
class Looked:
    """The whole record, verified at this moment. `known`: the numbers of altered entries that a person has confirmed.

    `noted_after`: the entry after which the code that was asked for was noted; None where the record does not lead
    past it.
    """

    examined: Examined
    known: NumberRanges
    head: NotedHead | None
    noted_after: int | None

    @property
    def vouches(self) -> bool:
        """Whether a code of its head is worth noting."""
        return self.examined.end_holds and not self.examined.altered - self.known


def read_code(typed: str) -> str:
    """The canonical form of a code as a person typed it; empty for what is no code."""
    try:
        return read_head_code(typed)
    except MistypedCode:
        return ""


def look(code: str = "") -> Looked:
    """Verify every entry now, and look for a noted code, in its canonical form. Changes nothing."""
    found: list[int] = []

    def seen(n: int, head: bytes) -> None:
        if code and compare_digest(_code(head), code):
            found.append(n)

    with stores.reading() as main:
        examined, row, head = examine(main, seen), _ours(main), _current(main)
    known = NumberRanges.from_text(row.known if row else "")
    return Looked(examined, known, head, found[0] if found else None)


def missing_heads() -> list[NotedHead]:
    """Noted heads that the record lacks, and that no person has set aside. Raises `OSError`."""
    missing = _Missing(head_file.read())
    with stores.reading() as main:
        row = _ours(main)
        examine(main, missing.seen)
    return missing.after(row.set_aside if row else 0)


def standing() -> Standing:
    """What the last check said. Changes nothing, and reads two rows."""
    with stores.reading() as main:
        row = _ours(main)
        has_worker = main.scalar(select(WorkerClock.id)) is not None
    if row is None:
        return Standing(None, 0, WHOLE, None, is_overdue=has_worker)
    found = _waiting(row)
    is_overdue = has_worker and row.checked_on < clock.today() - STALE_AFTER
    return Standing(row.checked_on, row.entries, found, row.found_on, is_overdue)


def confirm(actor: UUID, finding: RecordFinding, reason: str) -> bool:
    """Confirm that a person has looked at what was found. Returns False where nothing waits any more.

    It covers what was shown and nothing else; entries that were altered stay marked. Raises `EditConflict` when
    something else was found meanwhile.
    """
    with stores.writing() as main:
        row = main.scalars(select(RecordCheck).with_for_update()).one_or_none()
        if row is None or not _is_ours(row) or row.found is None:
            return False
        if row.found != finding.as_text():
            raise EditConflict
        audit.enter(main, actor, AuditEvent.RECORD_CONFIRMED, reason=reason)
        known = NumberRanges.from_text(row.known) | finding.altered | _behind_a_gap(main)
        row.known, row.set_aside = str(known), row.noted
        row.found, row.found_on = None, None
        _sign(row)
    return True


def _behind_a_gap(main: Session) -> NumberRanges:
    """The newest entry, where it cannot hold because the end before it was cut off."""
    newest = main.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)).one()
    before = main.scalar(select(AuditEntry.mac).where(AuditEntry.n == newest.n - 1))
    return NumberRanges() if link_holds(newest, before) else NumberRanges(((newest.n, newest.n),))


def _ours(main: Session) -> RecordCheck | None:
    row = main.get(RecordCheck, 1)
    return row if row is not None and _is_ours(row) else None


def _is_ours(row: RecordCheck) -> bool:
    return compare_digest(row.mac, _mac(row))


def _sign(row: RecordCheck) -> None:
    row.mac = _mac(row)


def _mac(row: RecordCheck) -> bytes:
    values = (
        row.checked_on,
        row.entries,
        row.found,
        row.found_on,
        row.known,
        row.noted,
        row.set_aside,
    )
    return record_check_mac(
        current_settings().audit_key, *("" if one is None else str(one) for one in values)
    )
