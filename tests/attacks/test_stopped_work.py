"""One odd row stops the work: a writer to the SQLite files, without any key, spells an id as no release of ours does.

Before: a tombstone whose id had braces was found again for ever, so that a participant's own erasing never returned
and the tombstone file grew; a note for the record so spelled was linked again and again; a due part so spelled kept the
worker from everything else that was due; and rewriting the pages failed. A tombstone put in by hand destroyed the
secret of a part about equality that waited to be written. A withdrawal that was taken out, with an older grant put
back, made a permission stand. One false row kept a flood from being put aside, and people from being put back.

Now each loop goes on after the key as it is stored, what raises keeps no other row, a waiting part protects its secret,
the decisions about one purpose have no gap and no number twice, and false rows are passed by.
"""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import delete, insert, select, text, update

from tests.conftest import MakeApp
from tests.factories import Sent, signed_in, submit_one, write_equality
from tests.integration.house import make_house
from tests.turned import an_operator_confirmed
from webapp.extensions import current_settings, db
from webapp.models import AuditNote, Consent, ErasureSecret, Part, SetAside, Submission, Tombstone
from webapp.rules import clock
from webapp.services.answers import consents, erasing, own_copies, setting_aside, submission_locks
from webapp.services.answers.consents import Subject
from webapp.services.answers.setting_aside import Span
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, page_rewriting, row_verification, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.retention import expiry, restored_rows
from webapp.services.sealed import shredding, tombstones


@pytest.fixture(autouse=True)
def house(make_page_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker on SQLite, whose columns have no types."""
    app = make_house(make_page_app)
    with app.app_context():
        yield app


@pytest.fixture
def call() -> Call:
    return published_calls.find_call("support-needs")


# What the attacker does: SQL past Hearth


def by_hand(statement: str, **values: Any) -> None:
    with sqlite3.connect(str(db.engine.url.database)) as connection:
        connection.execute(statement, values)
    connection.close()


def odd_tombstone(*, secret: UUID | None = None) -> None:
    by_hand(
        "INSERT INTO tombstones (id, erased_on, secret_id, done, row_mac) VALUES (:id, :day, :secret, 0, :mac)",
        id="{" + uuid4().hex + "}",
        day=clock.today().isoformat(),
        secret=secret and secret.hex,
        mac=token_bytes(32),
    )


def secrets() -> set[UUID]:
    with stores.reading("erasure") as erasure:
        return set(erasure.scalars(select(ErasureSecret.id)))


def decide(sent: Sent, purpose: str, granted: bool) -> None:
    held = own_copies.find_held(sent.receipt)
    consents.change(Subject(held.submission_id, held.call_id, held.form, "en"), purpose, granted)


def standing(sent: Sent) -> set[str]:
    return {one.purpose for one in own_copies.find_held(sent.receipt).consents if one.granted}


# Loops


def test_an_odd_tombstone_keeps_no_one_from_erasing(call: Call) -> None:
    odd_tombstone()
    sent = submit_one(call)

    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete

    # It stays, unused, and is named
    assert [one.table for one in row_verification.find_false()] == ["tombstones"]
    # Nor does it fill the file
    before = current_settings().tombstone_file.read_text()
    assert shredding.finish_waiting() == 0
    assert current_settings().tombstone_file.read_text() == before


def test_more_odd_tombstones_than_a_batch_keep_none(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tombstones, "BATCH", 2)
    for _ in range(5):
        odd_tombstone()
    sent = submit_one(call)
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete


def test_an_odd_note_is_not_linked_twice(call: Call) -> None:
    odd, other = submit_one(call), submit_one(call)
    for one in (odd, other):
        decide(one, "quote", False)
    by_hand(
        "UPDATE audit_notes SET subject_id = '{' || subject_id || '}' WHERE subject_id = :one",
        one=odd.submission_id.hex,
    )

    assert audit.link_notes(clock.today() + timedelta(days=1)) <= 2

    with stores.reading() as main:
        assert other.submission_id not in set(main.scalars(select(AuditNote.subject_id)))
    assert audit.link_notes(clock.today() + timedelta(days=1)) == 0


def test_an_odd_due_part_keeps_no_other_from_being_erased(call: Call) -> None:
    odd, other = submit_one(call), submit_one(call)
    by_hand(
        "UPDATE parts SET submission_id = '{' || submission_id || '}', due_on = '2000-01-01'"
        " WHERE submission_id = :one AND purpose = 'contact'",
        one=odd.submission_id.hex,
    )

    with time_machine.travel(datetime.now(UTC) + timedelta(days=1200)):
        an_operator_confirmed()
        assert expiry.erase_due()

    with stores.reading() as main:
        assert not main.scalars(
            select(Part.id).where(Part.submission_id == other.submission_id)
        ).all()
        assert not main.scalars(select(Part.id).where(Part.submission_id.is_(None))).all()


def test_a_due_row_that_raises_keeps_no_other(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    odd, other = submit_one(call), submit_one(call)
    erase = submission_locks.lock_submissions

    def refuse(main: Any, ids: Any) -> list[UUID]:
        if odd.submission_id in ids:
            raise ValueError
        return erase(main, ids)

    monkeypatch.setattr(submission_locks, "lock_submissions", refuse)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1200)):
        an_operator_confirmed()
        assert expiry.erase_due()
    with stores.reading() as main:
        assert set(main.scalars(select(Submission.id))) == {odd.submission_id}
    assert other.submission_id != odd.submission_id


def test_odd_rows_are_rewritten_as_they_are_and_read_to_the_end(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = submit_one(call)
    odd_tombstone()
    by_hand(
        "UPDATE own_copies SET id = upper(id), submission_id = '{' || submission_id || '}'"
        " WHERE submission_id = :one",
        one=sent.submission_id.hex,
    )
    for module, name in (
        (page_rewriting, "ROWS"),
        (row_verification, "BATCH"),
        (restored_rows, "BATCH"),
    ):
        monkeypatch.setattr(module, name, 1)
    before = stored()

    page_rewriting.rewrite("main")

    assert stored() == before
    list(row_verification.find_false())
    restored_rows.unreadable()


def stored() -> dict[str, list[Any]]:
    with stores.reading() as main:
        return {
            name: sorted(map(tuple, main.execute(text(f"SELECT * FROM {name}"))))
            for name in ("own_copies", "tombstones")
        }


# Secrets of what waits


def test_a_tombstone_by_hand_destroys_no_secret_of_a_waiting_part(call: Call) -> None:
    before = secrets()
    submit_one(call, written=False)
    with stores.writing() as main:
        for one in secrets() - before:
            main.add(Tombstone(id=uuid4(), erased_on=clock.today(), secret_id=one, done=False))

    shredding.finish_waiting()
    write_equality()

    with stores.reading() as main:
        assert set(main.scalars(select(Part.secret_id))) <= secrets()


def test_who_erases_while_their_part_waits_loses_its_secret_at_once(call: Call) -> None:
    before = secrets()
    sent = submit_one(call, written=False)
    submit_one(call, written=False)
    mine = own_copies.find_held(sent.receipt)
    assert mine.equality is not None

    assert erasing.erase_held(mine).complete

    assert mine.equality.secret_id not in secrets()
    assert len(secrets() - before) > 0


# Consents


def test_an_older_grant_in_the_place_of_a_withdrawal_makes_nothing_stand(call: Call) -> None:
    sent = submit_one(call, given={"contact_me": True})
    decide(sent, "contact_me", False)
    decide(sent, "contact_me", True)
    newest = (Consent.submission_id == sent.submission_id, Consent.n == 3)
    with stores.reading() as main:
        kept = dict(main.execute(select(Consent.__table__).where(*newest)).one()._mapping)
    # Removed; the person says no once more, and is believed
    by_hand("DELETE FROM consents WHERE n = 3")
    decide(sent, "contact_me", False)
    assert not list(row_verification.find_false())
    # Put back in place of the first
    by_hand("DELETE FROM consents WHERE n = 1 AND purpose = 'contact_me'")
    with stores.writing() as main:
        main.execute(delete(Consent).where(*newest, Consent.purpose == "contact_me"))
        main.execute(insert(Consent.__table__).values(kept))

    assert "contact_me" not in standing(sent)
    assert list(row_verification.find_false())
    # What they decide afterwards stands
    decide(sent, "contact_me", True)
    assert standing(sent) == {"contact_me"}
    assert not list(row_verification.find_false())


# Putting aside


@pytest.fixture
def flood(call: Call) -> tuple[Span, list[UUID]]:
    """Three sets of answers, of which one row is false."""
    sent = [submit_one(call).submission_id for _ in range(3)]
    return Span(call.id, clock.today(), clock.today()), sent


def falsify(table: type[Any], *which: Any, **columns: Any) -> None:
    with stores.writing() as main:
        main.execute(update(table.__table__).where(*which).values(**columns))


def test_false_rows_keep_no_flood_from_being_put_aside_and_back(
    call: Call, flood: tuple[Span, list[UUID]], page_founded: Founded
) -> None:
    span, people = flood
    holder = signed_in(page_founded)
    falsify(Submission, Submission.id == people[0], language="fr")

    shown = setting_aside.how_many(span)
    setting_aside.set_aside(holder, span, shown=shown, reason="flood")
    assert shown == 2
    falsify(SetAside, people=99, made_on=date(2020, 1, 1))
    (act,) = setting_aside.made_for(call)
    assert (act.made_on, act.people) == (None, 2)

    assert setting_aside.put_back(holder, call.id, act.id) == 2
    assert setting_aside.made_for(call) == ()


def test_an_act_is_undone_at_its_own_call_alone(
    flood: tuple[Span, list[UUID]], page_founded: Founded, call: Call
) -> None:
    span, people = flood
    holder = signed_in(page_founded)
    setting_aside.set_aside(holder, span, shown=len(people), reason="flood")
    (act,) = setting_aside.made_for(call)
    with pytest.raises(LookupError):
        setting_aside.put_back(holder, uuid4(), act.id)
