"""After an older `main` was put back, no erased participant is counted, listed or exported. On both databases."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.conftest import MakeApp
from tests.factories import (
    DEMO_CALL,
    holder_with,
    publish_demo_event,
    register_some,
    submit_one,
)
from tests.integration.house import make_house
from tests.integration.tables import back_up_main, counts, put_back
from webapp.models import ErasureSecret, Registration, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers import (
    corrections,
    desk_submissions,
    erasing,
    on_behalf_drafts,
    own_copies,
    return_drafts,
)
from webapp.services.answers.corrections import Correction
from webapp.services.calls import published_calls
from webapp.services.desk_home import overview
from webapp.services.events import event_messages, waiting_list
from webapp.services.infrastructure import audit, clock_guard, stores
from webapp.services.opening import export_purposes
from webapp.services.retention import restored_rows
from webapp.services.retention.restored_rows import TooManyUnreadable
from webapp.services.worker import chores

#: What the record says of rows that a backup brought back.
REMOVED = {
    AuditEvent.RESTORED_SUBMISSION_REMOVED,
    AuditEvent.RESTORED_EQUALITY_REMOVED,
    AuditEvent.RESTORED_REGISTRATION_REMOVED,
}


@pytest.fixture
def inside(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker, on SQLite, then on PostgreSQL."""
    house = make_house(make_app)
    with house.app_context():
        yield house


def people() -> set[UUID]:
    with stores.reading() as main:
        return set(main.scalars(select(Submission.id)))


def lose_tombstones(app: Flask) -> None:
    app.extensions["hearth_settings"].tombstone_file.write_text("")


def test_who_was_erased_does_not_come_back_as_a_ghost(inside: Flask) -> None:
    # Given three people, one of whom erases everything after a backup was made
    stays, goes, other = submit_one(), submit_one(), submit_one()
    backup = back_up_main()
    assert erasing.erase_held(own_copies.find_held(goes.receipt)).complete
    # When that backup of `main` is put back, and the worker starts
    put_back(backup)
    assert goes.submission_id in people()
    restored_rows.remove()
    # Then nothing counts, lists or exports them
    assert people() == {stays.submission_id, other.submission_id}
    assert overview.today().submissions == 2
    call = published_calls.find_call(DEMO_CALL)
    assert {row.id for row in desk_submissions.list_for_call(call)} == people()
    assert {one.people for one in export_purposes.purposes_for(call)} == {2}
    assert counts()["parts"] == 6
    # And the others are whole
    for person in (stays, other):
        assert own_copies.find_held(person.receipt).answers
    # And the record says that something was removed, and for whom
    with stores.reading():
        lines = [line for line in audit.recent() if line.event in REMOVED]
    assert {line.subject_id for line in lines} == {goes.submission_id, call.id}
    assert audit.verify()
    # And doing it again changes nothing
    assert restored_rows.remove() == 0


def test_who_changed_an_answer_after_the_backup_keeps_the_rest(inside: Flask) -> None:
    # Given a participant who corrected what they wrote after a backup was made
    sent = submit_one()
    others = [submit_one() for _ in range(5)]
    backup = back_up_main()
    held = own_copies.find_held(sent.receipt)
    changed = {**held.answers, "change_words": "Other words."}
    corrections.correct(
        sent.receipt, Correction(UUID(int=5), held.copies, changed, frozenset(), held.language)
    )
    # When the backup is put back
    put_back(backup)
    restored_rows.remove()
    # Then what was replaced is gone, and how to reach them is not
    assert sent.submission_id in people()
    assert len(people()) == 1 + len(others)
    assert own_copies.find_held(sent.receipt).answers["email"] == sent.answers["email"]


def test_a_booking_that_was_deleted_gives_its_seat_on(inside: Flask) -> None:
    # Given a full event, and a registrant with a seat who deletes their booking after a backup was made
    event = publish_demo_event("small-group", seats=2)
    first, second, waits = register_some(event, 3)
    backup = back_up_main()
    waiting_list.delete_own(first.id)
    # When the backup is put back
    put_back(backup)
    restored_rows.remove()
    # Then they are gone, and the registrant who waited has the seat
    with stores.reading() as main:
        states = {row.id: row.state for row in main.scalars(select(Registration))}
    assert states == {second.id: "confirmed", waits.id: "confirmed"}
    assert audit.verify()


def test_unfinished_answers_that_were_thrown_away_do_not_come_back(inside: Flask) -> None:
    code = return_drafts.new_code()
    for _ in range(3):
        submit_one()
    return_drafts.keep(code, return_drafts.Draft(DEMO_CALL, 1, "en", {}))
    backup = back_up_main()
    return_drafts.throw_away(code)
    put_back(backup)
    restored_rows.remove()
    assert "return_drafts" not in counts()


def test_what_a_coordinator_threw_away_or_took_down_does_not_come_back(inside: Flask) -> None:
    # Given a draft that a coordinator entered for a participant, and a message to everyone at an event
    event, ana = publish_demo_event(), holder_with("Ana", bytes(32))
    for _ in range(3):
        submit_one()
    draft = on_behalf_drafts.new_draft(
        DEMO_CALL, how="phone", told_on=clock.today(), spoken="English"
    )
    draft_id, message_id = on_behalf_drafts.begin(ana, draft, uuid4()), uuid4()
    event_messages.send(event.id, message_id, "The room is 12.", actor=ana.coordinator_id)
    backup = back_up_main()
    # When both were deleted after the backup, and the backup is put back
    on_behalf_drafts.throw_away(ana, draft_id)
    event_messages.take_down(event.id, message_id, actor=ana.coordinator_id)
    put_back(backup)
    restored_rows.remove()
    # Then neither is counted: there is room for others
    assert on_behalf_drafts.how_many(ana) == 0
    assert not {"entry_drafts", "event_messages"} & set(counts())


# An erasure store that is the wrong one


def test_an_empty_erasure_store_deletes_no_participant(inside: Flask) -> None:
    # Given people, and an erasure store that was lost
    for _ in range(4):
        submit_one()
    register_some(publish_demo_event("small-group"), 2)
    clock_guard.sure()
    before = counts()
    with stores.writing("erasure") as erasure_store:
        erasure_store.execute(delete(ErasureSecret))
    # When the worker looks
    with pytest.raises(TooManyUnreadable):
        restored_rows.remove()
    chores.remove_unreadable()
    # Then everybody is there, and the desk is told
    after = counts()
    assert {name: after[name] for name in after if name != "erasure_secrets"} == {
        name: before[name] for name in before if name != "erasure_secrets"
    }
    assert clock_guard.unreadable() == 4 * 6 + 2 * 3
    # And when an operator is sure that it is the right store, all of it goes
    restored_rows.remove(actor=audit.OPERATOR, confirmed=True)
    assert people() == set()
    assert clock_guard.unreadable() == 0


def test_even_a_share_of_everything_never_empties_main(make_app: MakeApp) -> None:
    house = make_house(make_app, ERASE_SHARE="100")
    with house.app_context():
        submit_one()
        with stores.writing("erasure") as erasure_store:
            erasure_store.execute(delete(ErasureSecret))
        with pytest.raises(TooManyUnreadable):
            restored_rows.remove()
        assert len(people()) == 1


def test_without_the_tombstone_file_a_small_share_goes_and_a_large_one_waits(inside: Flask) -> None:
    # Given one of ten who was erased after the backup, and a tombstone file that was lost, too
    sent = [submit_one() for _ in range(10)]
    backup = back_up_main()
    erasing.erase_held(own_copies.find_held(sent[0].receipt))
    put_back(backup)
    lose_tombstones(inside)
    # Then the ghost goes
    assert restored_rows.remove() == 6
    assert len(people()) == 9
    # But given a third
    backup = back_up_main()
    for one in sent[1:4]:
        erasing.erase_held(own_copies.find_held(one.receipt))
    put_back(backup)
    lose_tombstones(inside)
    # Then they wait for an operator
    with pytest.raises(TooManyUnreadable):
        restored_rows.remove()
    assert len(people()) == 9


def test_what_the_tombstone_file_names_goes_however_much_it_is(inside: Flask) -> None:
    sent = [submit_one() for _ in range(3)]
    backup = back_up_main()
    for one in sent[:2]:
        erasing.erase_held(own_copies.find_held(one.receipt))
    put_back(backup)
    assert restored_rows.remove() == 12
    assert people() == {sent[2].submission_id}


def test_a_line_in_the_tombstone_file_alone_deletes_nothing(inside: Flask) -> None:
    # Given an attacker who can write to the file that three processes share
    sent = submit_one()
    submit_one()
    with stores.reading() as main:
        ids = list(main.scalars(select(Submission.id)))
    file = inside.extensions["hearth_settings"].tombstone_file
    file.write_text(
        "".join(f"{one.hex}\n" for one in [*ids, *own_copies.find_held(sent.receipt).copies])
    )
    # Then what has its secret stays
    assert restored_rows.remove() == 0
    assert len(people()) == 2


def test_the_worker_looks_when_it_starts_and_once_a_day(inside: Flask) -> None:
    seen: list[str] = []
    chore = chores.OnceADay(lambda: seen.append("looked"))
    for _ in range(3):
        chore()
    assert seen == ["looked"]
