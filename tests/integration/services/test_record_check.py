"""The worker's check of the record: what it notes, what it finds, and what a coordinator's confirmation covers."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, insert, select, update

from webapp.extensions import current_settings
from webapp.models import AuditEntry, AuditHead, AuditNote, RecordCheck, WorkerClock
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.record_findings import RecordFinding
from webapp.services.infrastructure import audit, clock_guard, head_file, record_check, stores
from webapp.services.infrastructure.edit_conflict import EditConflict

ANA = UUID(int=7)


@pytest.fixture(autouse=True)
def _inside(inside: Flask) -> Iterator[None]:
    """A record with some entries, which the worker has looked at."""
    opened(4)
    record_check.watch()
    yield


def opened(count: int = 1) -> None:
    for _ in range(count):
        with stores.writing() as main:
            audit.enter(main, ANA, AuditEvent.ANSWERS_OPENED, uuid4(), "to read")


def altered(n: int) -> None:
    with stores.writing() as main:
        main.execute(update(AuditEntry).where(AuditEntry.n == n).values(reason="thanks"))


def cut(count: int) -> None:
    """The newest entries go; the head stays."""
    with stores.writing() as main:
        n = main.scalar(select(AuditHead.n)) or 0
        main.execute(delete(AuditEntry).where(AuditEntry.n > n - count))


def found() -> RecordFinding:
    return record_check.standing().found


def heads() -> Path:
    return current_settings().head_file


def confirm() -> bool:
    return record_check.confirm(ANA, found(), "looked")


def test_a_head_is_noted_once_however_often_the_worker_looks() -> None:
    for _ in range(3):
        record_check.watch()
    noted = head_file.read()
    assert [one.n for one in noted] == [audit.verify()]
    assert noted[0].day == clock.today()
    assert noted[-1] == head_file.last()
    # And its file is no matter of others
    # Its group may read it at most
    assert heads().stat().st_mode & 0o137 == 0


def test_a_whole_record_is_said_with_its_day_and_length() -> None:
    standing = record_check.standing()
    assert (standing.checked_on, standing.entries) == (clock.today(), audit.verify())
    assert standing.found.is_whole
    assert not standing.is_overdue


def test_every_altered_and_removed_entry_is_named() -> None:
    altered(2)
    with stores.writing() as main:
        main.execute(delete(AuditEntry).where(AuditEntry.n.in_([3, 4])))
    assert record_check.check().numbers == "2-5"


def test_an_end_that_is_gone_is_named() -> None:
    opened(3)
    last = audit.verify()
    cut(2)
    finding = record_check.check()
    assert (finding.numbers, finding.end) == (f"{last - 1}-{last}", True)


def test_numbers_that_no_entry_of_ours_has_stop_nothing() -> None:
    with stores.writing() as main:
        columns = {"at": -1, "actor": "x", "tag": "x", "reason": "", "mac": bytes(32)}
        main.execute(insert(AuditEntry), [{"n": n, **columns} for n in (-5, 2**62)])
    assert record_check.check().numbers == f"0,{audit_length() + 1}-{2**62}"


def audit_length() -> int:
    with stores.reading() as main:
        return main.scalar(select(AuditHead.n)) or 0


def test_what_was_confirmed_is_not_found_again_and_what_is_new_is() -> None:
    altered(2)
    record_check.check()
    assert confirm()
    assert not confirm()
    record_check.check()
    assert found().is_whole
    # And a code can be noted again, because the rest holds
    assert record_check.look().vouches
    # When another one is altered, then that one alone is found
    altered(3)
    assert not record_check.look().vouches
    assert record_check.check().numbers == "3"
    # And who confirmed what is in the record
    tags = [line.tag for line in audit.recent()]
    assert tags.count(AuditEvent.RECORD_CONFIRMED) == 1


def test_an_end_that_was_cut_off_and_confirmed_is_not_found_again() -> None:
    opened(3)
    record_check.watch()
    cut(2)
    record_check.check()
    assert found().noted == 1
    assert confirm()
    for _ in range(2):
        record_check.watch()
        record_check.check()
        assert found().is_whole
    # And the entry behind the gap is followed by others that hold
    opened()
    assert record_check.check().is_whole


def test_a_confirmation_is_of_what_was_shown() -> None:
    altered(2)
    record_check.check()
    shown = found()
    altered(3)
    record_check.check()
    assert found().numbers == "2-3"
    with pytest.raises(EditConflict):
        record_check.confirm(ANA, shown, "looked")


def test_a_finding_stays_when_the_entry_is_as_it_was_again() -> None:
    altered(2)
    record_check.check()
    with stores.writing() as main:
        main.execute(update(AuditEntry).where(AuditEntry.n == 2).values(reason="to read"))
    record_check.check()
    assert found().numbers == "2"


def test_an_altered_check_is_found() -> None:
    altered(2)
    record_check.check()
    with stores.writing() as main:
        main.execute(update(RecordCheck).values(found=None, found_on=None))
    assert record_check.standing().checked_on is None
    record_check.watch()
    assert found().check
    assert found().numbers == "2"


def test_an_old_check_that_is_put_back_is_overdue() -> None:
    clock_guard.is_sure()
    with stores.writing() as main:
        main.add(WorkerClock(id=1, ran_at=0, allowed=0, unreadable=0, mac=bytes(32)))
    with time_machine.travel(clock.now() + timedelta(days=3)):
        assert record_check.standing().is_overdue
        record_check.watch()
        assert not record_check.standing().is_overdue


def test_a_file_that_became_shorter_is_found_once() -> None:
    opened()
    record_check.watch()
    record_check.check()
    heads().write_text("")
    record_check.check()
    assert found().file
    assert confirm()
    record_check.check()
    assert found().is_whole


def test_half_a_line_is_passed_over_and_never_joined_with_the_next() -> None:
    with heads().open("a") as file:
        file.write("2026-11-28 3 K7QF-2M9")
    opened()
    record_check.watch()
    assert [one.n for one in head_file.read()] == [audit.verify() - 1, audit.verify()]


def test_without_room_for_a_line_the_check_is_made_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    altered(2)
    opened()

    def full(noted: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(head_file, "append", full)
    with time_machine.travel(clock.now() + timedelta(days=1)):
        with pytest.raises(OSError, match="No space"):
            record_check.watch()
        assert found().numbers == "2"


def test_what_one_person_did_often_on_a_day_is_one_line() -> None:
    before, one, other = audit.verify(), uuid4(), uuid4()
    with stores.writing() as main:
        for _ in range(20):
            audit.note(main, AuditEvent.CONSENT_GIVEN, one)
            audit.note(main, AuditEvent.CONSENT_WITHDRAWN, one)
        audit.note(main, AuditEvent.CONSENT_WITHDRAWN, other)
    # Not on that day
    assert audit.link_notes() == 0
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert audit.link_notes() == 3
    assert audit.verify() == before + 3
    with stores.reading() as main:
        assert main.scalars(select(AuditNote)).all() == []


def test_more_notes_than_one_transaction_takes_are_linked_in_one_night(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit, "BATCH", 3)
    with stores.writing() as main:
        for _ in range(8):
            audit.note(main, AuditEvent.SUBMISSION_ERASED, uuid4())
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert audit.link_notes() == 8
