"""The record: an attacker who changes it afterwards is found out."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from tests.factories import TO_READ, signed_in, submit_one
from tests.turned import the_day_is_over
from webapp.extensions import current_settings
from webapp.models import AuditEntry, AuditHead, AuditNote, RoleGrant
from webapp.rules.audit_details import Detail, OfPurpose
from webapp.rules.audit_events import AuditEvent, Source
from webapp.rules.roles import Role
from webapp.services.answers import consents, erasing, own_copies
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, audit_chain, stores
from webapp.services.infrastructure.audit import ChainBroken, NotThisEvent
from webapp.services.keys import organisations
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure
from webapp.vault.macs import chain_mac

pytestmark = pytest.mark.usefixtures("inside")


def add(count: int) -> list[int]:
    """Some entries. Returns their numbers."""
    for turn in range(count):
        with stores.writing() as main:
            audit.enter(main, UUID(int=7), AuditEvent.ANSWERS_OPENED, uuid4(), f"reason {turn}")
    with stores.reading() as main:
        return list(main.scalars(select(AuditEntry.n).order_by(AuditEntry.n)))[-count:]


def test_an_untouched_record_holds_and_grows_by_what_is_done(call: Call, founded: Founded) -> None:
    # Given the record of a new instance
    before = audit.verify()
    # When a coordinator signs in and opens a participant's answers
    sent = submit_one(call)
    holder = signed_in(founded)
    disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    # Then both are in it, the newest first, with the reason, and that her browser was not known; and it holds
    opened, came_in, browser = audit.recent(3)
    assert (opened.actor, opened.tag, opened.subject_id, opened.reason) == (
        str(holder.coordinator_id),
        "answers opened",
        sent.submission_id,
        "To write the report",
    )
    assert (came_in.tag, browser.tag) == ("signed in", "first time in this browser")
    assert (opened.at.second, opened.at.microsecond) == (0, 0)
    assert audit.verify() == before + 3


def test_an_entry_says_in_which_roles_and_for_which_organisation(
    call: Call, founded: Founded
) -> None:
    # Given a coordinator who opens answers, and then has other roles
    holder, sent = signed_in(founded), submit_one(call)
    disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    with stores.writing() as main:
        main.execute(delete(RoleGrant).where(RoleGrant.role == Role.OWNER))
    disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    # Then each entry says what they were at that moment
    after, before = audit.recent(2)
    assert before.capacity is not None
    assert after.capacity is not None
    assert before.capacity.role_names == ("coordinator", "owner")
    assert after.capacity.role_names == ("coordinator",)
    assert before.capacity.organisation in organisations.names()
    # And what others did has none
    assert {line.capacity for line in audit.recent() if line.source is not Source.DESK} == {None}
    assert audit.verify() > 0


@pytest.mark.parametrize(
    "change",
    [
        {"capacity": '{"organisation":"00","roles":"auditor"}'},
        {"capacity": None},
        {"detail": '{"organisation":"00","roles":"auditor"}', "capacity": None},
    ],
)
def test_a_capacity_is_under_the_chain(
    call: Call, founded: Founded, change: dict[str, str | None]
) -> None:
    disclosure.open_testimony(signed_in(founded), submit_one(call).submission_id, TO_READ)
    with stores.writing() as main:
        newest = main.scalars(select(AuditEntry).order_by(AuditEntry.n.desc()).limit(1)).one()
        if "detail" in change:
            change = {"detail": newest.capacity, "capacity": None}
        for name, value in change.items():
            setattr(newest, name, value)
    with pytest.raises(ChainBroken):
        audit.verify()


def test_an_entry_of_before_holds_without_a_capacity(call: Call) -> None:
    # Given the MAC of an entry as it was made before there were capacities, field by field
    entry = AuditEntry(n=1, at=60, actor="worker", tag="testimony erased, due", reason="")
    entry.subject_id = entry.detail = entry.capacity = None
    fields = ((1).to_bytes(8, "big"), (60).to_bytes(8, "big"), b"worker", entry.tag.encode())
    key = current_settings().audit_key
    assert audit_chain.entry_mac(b"h", entry) == chain_mac(key, b"h", *fields, b"", b"")


def test_an_opening_is_in_the_record_even_when_it_fails(
    call: Call, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a coordinator whose opening breaks off
    sent, holder = submit_one(call), signed_in(founded)

    def break_off(*what: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(disclosure, "_open_current", break_off)
    with pytest.raises(RuntimeError):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    # Then it is in the record all the same: it was entered before anything was opened
    assert audit.recent(1)[0].reason == "To write the report"


@pytest.mark.parametrize("which", ["first", "middle", "last"])
@pytest.mark.parametrize(
    "change",
    [
        {"at": 0},
        {"actor": "somebody else"},
        {"tag": "did nothing"},
        {"subject_id": UUID(int=7)},
        {"subject_id": None},
        {"reason": "another reason"},
        {"reason": ""},
        {"detail": "{}"},
        {"mac": bytes(32)},
    ],
    ids=lambda change: " ".join(f"{name}={str(value)[:5]}" for name, value in change.items()),
)
def test_a_changed_entry_is_found(change: dict[str, object], which: str) -> None:
    # Given a record that holds
    numbers = add(3)
    audit.verify()
    # When an attacker with the database alone changes one thing about one entry
    changed = {"first": numbers[0], "middle": numbers[1], "last": numbers[-1]}[which]
    with stores.writing() as main:
        main.execute(update(AuditEntry).where(AuditEntry.n == changed).values(**change))
    # Then it is found, and where
    with pytest.raises(ChainBroken, match=rf"\b{changed}\b"):
        audit.verify()


def _remove(main: Session, n: int) -> None:
    main.execute(delete(AuditEntry).where(AuditEntry.n == n))


def remove_first(main: Session, numbers: list[int]) -> None:
    _remove(main, 1)


def remove_middle(main: Session, numbers: list[int]) -> None:
    _remove(main, numbers[1])


def remove_last(main: Session, numbers: list[int]) -> None:
    _remove(main, numbers[-1])


def remove_and_close_the_gap(main: Session, numbers: list[int]) -> None:
    _remove(main, numbers[1])
    main.execute(update(AuditEntry).where(AuditEntry.n == numbers[2]).values(n=numbers[1]))
    main.execute(update(AuditHead).values(n=numbers[1]))


def cut_the_end_and_move_the_head(main: Session, numbers: list[int]) -> None:
    _remove(main, numbers[-1])
    mac = main.scalar(select(AuditEntry.mac).where(AuditEntry.n == numbers[-2]))
    main.execute(update(AuditHead).values(n=numbers[-2], mac=mac))


def begin_again(main: Session, numbers: list[int]) -> None:
    main.execute(delete(AuditEntry))
    main.execute(update(AuditHead).values(n=0, mac=audit_chain.START))


def exchange_two(main: Session, numbers: list[int]) -> None:
    one, two, spare = numbers[0], numbers[1], 10_000
    for old, new in ((one, spare), (two, one), (spare, two)):
        main.execute(update(AuditEntry).where(AuditEntry.n == old).values(n=new))


def add_one_at_the_end(main: Session, numbers: list[int]) -> None:
    main.add(
        AuditEntry(
            n=numbers[-1] + 1,
            at=0,
            actor="nobody",
            tag="nothing",
            subject_id=None,
            reason="",
            mac=bytes(32),
        )
    )


def change_the_heads_mac(main: Session, numbers: list[int]) -> None:
    main.execute(update(AuditHead).values(mac=bytes(32)))


def change_the_heads_number(main: Session, numbers: list[int]) -> None:
    main.execute(update(AuditHead).values(n=numbers[-1] + 1))


def remove_the_head(main: Session, numbers: list[int]) -> None:
    main.execute(delete(AuditHead))


@pytest.mark.parametrize(
    "tamper",
    [
        remove_first,
        remove_middle,
        remove_last,
        remove_and_close_the_gap,
        cut_the_end_and_move_the_head,
        begin_again,
        exchange_two,
        add_one_at_the_end,
        change_the_heads_mac,
        change_the_heads_number,
        remove_the_head,
    ],
    ids=lambda tamper: tamper.__name__.replace("_", " "),
)
def test_a_removed_moved_or_added_entry_is_found(
    tamper: Callable[[Session, list[int]], None],
) -> None:
    # Given a record that holds
    numbers = add(3)
    audit.verify()
    # When an attacker with the database alone tampers with its shape
    with stores.writing() as main:
        tamper(main, numbers)
    # Then it is found
    with pytest.raises(ChainBroken):
        audit.verify()


def test_the_record_holds_while_others_write_to_it(inside: Flask) -> None:
    # Given a coordinator who checks the record while two others work at the desk
    stop = threading.Event()
    broken: list[Exception] = []

    def work() -> None:
        with inside.app_context():
            while not stop.is_set():
                add(1)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    # When it is checked again and again
    for _ in range(40):
        try:
            audit.verify()
        except ChainBroken as error:
            broken.append(error)
    stop.set()
    for thread in threads:
        thread.join()
    # Then there is no false alarm, and no two entries have taken one place
    assert broken == []
    with stores.reading() as main:
        count = main.scalar(select(func.count()).select_from(AuditEntry))
    assert audit.verify() == count


def test_what_happened_at_the_public_door_is_linked_with_its_day_only(
    call: Call, founded: Founded
) -> None:
    # Given a withdrawal and an erasure, at telling moments
    moment = datetime(2026, 12, 1, 21, 43, 17, tzinfo=UTC)
    with time_machine.travel(moment, tick=False):
        sent = submit_one(call)
        held = own_copies.find_held(sent.receipt)
        consents.change(
            consents.Subject(held.submission_id, held.call_id, held.form, "en"), "quote", False
        )
        erasing.erase_held(held)
    before = audit.verify()
    # When the worker links them, later
    with time_machine.travel(moment + timedelta(hours=31), tick=False):
        assert audit.link_notes() == 2
    # Then they are in the chain with the day on which they were done, and nothing waits
    lines = audit.recent(2)
    assert {line.tag for line in lines} == {"consent withdrawn", "everything erased"}
    for line in lines:
        assert line.at == datetime(2026, 12, 1, tzinfo=UTC)
        assert (line.actor, line.subject_id, line.reason) == ("public", sent.submission_id, "")
    assert audit.verify() == before + 2
    with stores.reading() as main:
        assert main.scalars(select(AuditNote)).all() == []
    assert audit.link_notes() == 0


def test_a_submission_takes_no_place_in_the_record(call: Call) -> None:
    # Given a record
    before = audit.verify()
    # When people send answers
    for _ in range(3):
        submit_one(call)
    the_day_is_over()
    # Then it has not grown: a submission is its own record
    assert audit.verify() == before


def test_a_reason_of_two_hundred_characters_is_kept_whole(call: Call) -> None:
    # Given the longest reason there may be, in an alphabet that takes two bytes a letter
    reason = "ب" * 200
    sent = submit_one(call)
    with stores.writing() as main:
        audit.enter(main, uuid4(), AuditEvent.ANSWERS_OPENED, sent.submission_id, reason)
    # Then it is in the record, whole
    assert audit.recent(1)[0].reason == reason
    audit.verify()


def test_an_entry_without_a_detail_has_the_mac_that_it_had_before_there_were_details() -> None:
    # Given two entries that carry no detail
    first, second = add(2)
    with stores.reading() as main:
        before, entry = (main.get_one(AuditEntry, n) for n in (first, second))
    # Then the MAC covers what it covered when the column was not there
    key, subject = current_settings().audit_key, entry.subject_id
    assert subject is not None
    head = chain_mac(key, before.mac, b"head")
    numbers = (entry.n.to_bytes(8, "big"), entry.at.to_bytes(8, "big"))
    words = (entry.actor.encode(), entry.tag.encode(), subject.bytes, entry.reason.encode())
    assert entry.mac == chain_mac(key, head, *numbers, *words)


@pytest.mark.parametrize(
    ("actor", "event", "detail"),
    [
        (audit.OPERATOR, AuditEvent.ANSWERS_OPENED, None),
        (audit.PUBLIC, AuditEvent.CALL_CLOSED, None),
        ("workers", AuditEvent.ANSWERS_OPENED, None),
        ("", AuditEvent.ANSWERS_OPENED, None),
        (UUID(int=7), AuditEvent.SUBMISSION_ERASED, None),
        (UUID(int=7), AuditEvent.CONTACTS_EXPORTED, None),
        (UUID(int=7), AuditEvent.ANSWERS_OPENED, OfPurpose("share")),
    ],
    ids=str,
)
def test_an_event_takes_no_other_source_and_no_other_detail(
    actor: str | UUID, event: AuditEvent, detail: Detail | None
) -> None:
    before = audit.verify()
    with pytest.raises(NotThisEvent), stores.writing() as main:
        audit.enter(main, actor, event, uuid4(), detail=detail)
    assert audit.verify() == before


def test_the_inbox_of_the_public_door_takes_no_act_of_the_desk() -> None:
    with pytest.raises(NotThisEvent), stores.writing() as main:
        audit.note(main, AuditEvent.ANSWERS_OPENED, uuid4())
