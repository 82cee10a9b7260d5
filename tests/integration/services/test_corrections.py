"""Correcting with the code alone: the new version takes the old one's place, and nothing opens the old one any more."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from tests.factories import (
    TO_CALL,
    TO_READ,
    Sent,
    answers_for,
    demo_form,
    signed_in,
    submit_one,
    write_equality,
)
from tests.integration.at_once import at_once
from tests.rows import change as change_rows
from tests.turned import the_worker_kept_running
from webapp.models import (
    AuditNote,
    Consent,
    ErasureSecret,
    OwnCopy,
    Part,
    Tombstone,
)
from webapp.models import (
    Call as CallRow,
)
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.contact.questions import CONTACT_WANTED, KINDS_OF
from webapp.rules.references import reference
from webapp.rules.states import CallState
from webapp.services.answers import (
    consents,
    corrections,
    desk_submissions,
    erasing,
    own_copies,
)
from webapp.services.answers.corrections import Correction
from webapp.services.answers.own_copies import Held, NothingHeld
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import contact_exports, disclosure, export_purposes, exported_lists
from webapp.services.opening.contact_exports import ContactFile
from webapp.services.opening.disclosure import ConsentNotGiven
from webapp.services.retention import orphans
from webapp.services.sealed import shredding

pytestmark = pytest.mark.usefixtures("inside")

NO_CONTACT = {key: None for key in KINDS_OF if key != CONTACT_WANTED}
EQUALITY: dict[str, None] = {
    question.key: None for question in demo_form().questions if question.part == "equality"
}


def a_correction(
    held: Held,
    *given: str,
    **changes: Any,
) -> Correction:
    answers = {**held.answers, **changes}
    kept = {key: answer for key, answer in answers.items() if answer is not None}
    return Correction(uuid4(), held.copies, kept, frozenset(given), "en")


def change(sent: Sent, *given: str, **changes: Any) -> Held:
    """Correct these answers, and look what is held then."""
    held = own_copies.find_held(sent.receipt)
    assert corrections.correct(sent.receipt, a_correction(held, *given, **changes))
    write_equality()
    return own_copies.find_held(sent.receipt)


def rows(table: Any) -> dict[UUID, Any]:
    with stores.reading("erasure" if table is ErasureSecret else "main") as store:
        return {row.id: row for row in store.scalars(select(table))}


def number_of(table: Any) -> int:
    with stores.reading() as main:
        return main.scalar(select(func.count()).select_from(table)) or 0


def file_of(holder: Any, call: Call, founded: Founded) -> ContactFile:
    return contact_exports.export_consented(
        holder,
        call,
        purpose="contact_me",
        reason=TO_CALL,
        file_format="csv",
        password="",
    )


def test_the_code_then_leads_to_the_new_answers(call: Call, founded: Founded) -> None:
    # Given a participant who answered everything
    sent = submit_one()
    # When they change one answer
    held = change(sent, change_words="New words.")
    # Then their code shows the new one beside all the others
    assert held.answers == {**sent.answers, "change_words": "New words."}
    assert held.submission_id == sent.submission_id
    # And so does the desk, where it is new again
    opened = disclosure.open_testimony(signed_in(founded), sent.submission_id, TO_READ)
    assert opened.answers["change_words"] == "New words."


def test_the_old_version_is_shredded_and_its_days_stay() -> None:
    # Given everything a participant told us, and the secrets that protect it
    sent = submit_one()
    parts, copies, secrets = rows(Part), rows(OwnCopy), rows(ErasureSecret)
    before = own_copies.find_held(sent.receipt)
    # When they change an answer and their number, some days later
    with time_machine.travel(clock.now() + timedelta(days=5), tick=False):
        after = change(sent, change_words="New.", phone="07700 900999")
    # Then the changed rows have new ids and new secrets, and the old secrets are gone
    gone = [
        row
        for row in (*parts.values(), *copies.values())
        if row.purpose in ("testimony", "contact")
    ]
    assert not {row.id for row in gone} & {*rows(Part), *rows(OwnCopy)}
    assert not {row.secret_id for row in gone} & set(rows(ErasureSecret))
    assert {row.id for row in gone} <= set(rows(Tombstone))
    assert len(rows(ErasureSecret)) == len(secrets)
    # And what did not change was not touched
    (equality,) = [row for row in parts.values() if row.purpose == "equality"]
    assert rows(Part)[equality.id].envelope == equality.envelope
    # And each part goes on the day that was promised
    assert after.due_on == before.due_on
    assert {row.due_on for row in rows(Part).values()} == set(before.due_on.values())


def test_contact_that_is_given_later_reaches_exactly_that_person(
    call: Call, founded: Founded
) -> None:
    # Given two people without a way to reach them
    answers = answers_for(call.form, contact_wanted=None, **NO_CONTACT)
    shy, sent = [submit_one(answers=answers, given={"quote": True}) for _ in range(2)]
    assert [
        one.people for one in export_purposes.purposes_for(call) if one.purpose == "contact_me"
    ] == [0]
    # When one of them gives a safe way later, and says yes
    with time_machine.travel(clock.now() + timedelta(days=3), tick=False):
        day = clock.today()
        held = change(
            sent,
            "contact_me",
            contact_wanted="yes",
            safe_ways=["text"],
            phone="07700 900321",
        )
        # Then the export holds them alone, told on that day, by that way alone
        file = file_of(signed_in(founded), call, founded).content.decode()
    assert reference(sent.submission_id) in file
    assert reference(shy.submission_id) not in file
    assert day.isoformat() in file
    assert held.due_on["contact"] < held.due_on["testimony"]
    # And the answers that did not change were not new again
    row, _ = desk_submissions.find_row(sent.submission_id)
    assert (row.answers_changed_on, row.contact_changed_on) == (None, day)


def test_without_a_safe_way_no_yes_to_being_reached_stands(call: Call, founded: Founded) -> None:
    # Given a participant in a list that was downloaded
    sent = submit_one()
    holder = signed_in(founded)
    export = exported_lists.find_export(file_of(holder, call, founded).export_id)
    assert export.withdrawn_since == ()
    # When they say that no way is safe any more
    held = change(sent, contact_wanted="no", **NO_CONTACT)
    # Then what they said yes to is taken back, but for what needs no contact
    assert {one.purpose for one in held.consents if one.granted} == {"quote"}
    # And the list says to cross them out, and the next one has no one in it
    export = exported_lists.find_export(export.id)
    assert export.withdrawn_since == (reference(sent.submission_id),)
    assert {one.people for one in export_purposes.purposes_for(call)} == {0}


def test_a_yes_to_being_reached_needs_a_way_also_from_a_program(call: Call) -> None:
    # Given a participant who gave no contact, though every box was ticked
    answers = answers_for(call.form, contact_wanted=None, **NO_CONTACT)
    sent = submit_one(answers=answers)
    held = own_copies.find_held(sent.receipt)
    # Then only what means something was kept, and nothing else can be said later
    assert {one.purpose for one in held.consents if one.granted} == {"quote"}
    subject = consents.Subject(held.submission_id, held.call_id, held.form, "en")
    with pytest.raises(consents.NoSafeWay):
        consents.change(subject, "invite", True)


def test_answers_about_equality_are_added_and_taken_out(call: Call) -> None:
    # Given a participant who skipped them
    sent = submit_one(answers=answers_for(call.form, **EQUALITY))
    assert own_copies.find_held(sent.receipt).equality is None
    # When they are given later, changed, and taken out
    held = change(sent, age_band="25_34")
    assert held.equality is not None
    first = held.equality.part_id
    held = change(sent, age_band="18_24")
    assert held.equality is not None
    assert first not in rows(Part)
    assert rows(Part)[held.equality.part_id].submission_id is None
    held = change(sent, age_band=None)
    # Then nothing of them is left, and nothing says on the submission that there was
    assert held.equality is None
    assert "equality" not in {row.purpose for row in rows(Part).values()}
    row, _ = desk_submissions.find_row(sent.submission_id)
    assert (row.answers_changed_on, row.contact_changed_on) == (None, None)


def test_the_same_post_twice_changes_once() -> None:
    # Given a correction
    sent = submit_one()
    correction = a_correction(own_copies.find_held(sent.receipt), change_words="New.")
    # When it arrives twice
    assert corrections.correct(sent.receipt, correction)
    copies = set(rows(OwnCopy))
    assert corrections.correct(sent.receipt, correction)
    # Then the second changes nothing, and is no error
    assert set(rows(OwnCopy)) == copies


def test_the_same_post_twice_at_once_changes_once(inside: Flask) -> None:
    for _ in range(5):
        # Given a correction that is sent by two connections at the same moment
        sent = submit_one()
        correction = a_correction(own_copies.find_held(sent.receipt), change_words="New.")
        both = at_once(inside, *[partial(corrections.correct, sent.receipt, correction)] * 2)
        # Then both say that it is done, and it is there once
        assert both == [True, True]
        assert own_copies.find_held(sent.receipt).answers["change_words"] == "New."
    assert number_of(OwnCopy) == number_of(Part) == 15


def test_what_was_changed_elsewhere_is_not_overwritten_unseen() -> None:
    # Given two people with the same code, or one with two browsers
    sent = submit_one()
    held = own_copies.find_held(sent.receipt)
    one, other = a_correction(held, change_words="One."), a_correction(held, change_words="Two.")
    corrections.correct(sent.receipt, one)
    # When the second saves what began with the old version
    with pytest.raises(EditConflict):
        corrections.correct(sent.receipt, other)
    # Then the first is still there
    assert own_copies.find_held(sent.receipt).answers["change_words"] == "One."


def test_what_was_erased_meanwhile_does_not_come_back() -> None:
    # Given a correction that was begun, and everything erased in another tab
    sent = submit_one()
    held = own_copies.find_held(sent.receipt)
    erasing.erase_held(held)
    # When it is saved
    with pytest.raises(NothingHeld):
        corrections.correct(sent.receipt, a_correction(held, change_words="New."))
    # Then nothing is there
    assert not rows(Part) and not rows(OwnCopy)


def test_what_was_corrected_meanwhile_is_erased_too() -> None:
    # Given a participant who is about to erase everything in one tab
    sent = submit_one()
    held = own_copies.find_held(sent.receipt)
    # When they change an answer about equality in another tab, and only then press the button
    assert change(sent, age_band="25_34").equality != held.equality
    result = erasing.erase_held(held)
    # Then everything is gone, those new answers too
    assert result.complete
    assert not rows(Part) and not rows(OwnCopy) and not rows(ErasureSecret)


def test_a_copy_that_we_did_not_write_does_not_prevent_erasure() -> None:
    # Given a participant to whom another own copy was put in the database
    sent = submit_one()
    (example, *_) = rows(OwnCopy).values()
    with stores.writing() as main:
        main.add(
            OwnCopy(
                id=uuid4(),
                lookup=bytes(32),
                submission_id=sent.submission_id,
                purpose=example.purpose,
                secret_id=uuid4(),
                envelope=example.envelope,
                due_on=example.due_on,
            )
        )
    # When they erase everything, then everything goes
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete
    assert not rows(Part) and not rows(OwnCopy) and not rows(ErasureSecret)


def test_a_closed_call_and_a_newer_form_do_not_matter(call: Call) -> None:
    # Given a participant whose call has closed
    sent = submit_one()
    with stores.writing() as main:
        change_rows(main, select(CallRow), {"state": CallState.CLOSED})
    # When they change something
    held = change(sent, change_words="After the last day.")
    # Then it is kept, in the version of the form that they answered
    assert held.answers["change_words"] == "After the last day."
    assert held.form_version == call.form_version


def test_a_part_whose_day_has_come_is_not_given_anew() -> None:
    # Given a participant whose contact details were erased on their day
    sent = submit_one()
    due = own_copies.find_held(sent.receipt).due_on
    with time_machine.travel(
        clock.now() + (due["contact"] - clock.today()) + timedelta(days=1), tick=False
    ):
        held = own_copies.find_held(sent.receipt)
        # Then they are not asked for them again, and none can be kept
        assert "contact" in corrections.too_late_for(held)
        assert not [page for page in corrections.form_for(held).pages if page.section == "contact"]


def test_a_change_is_in_the_record_and_says_nothing_else() -> None:
    sent = submit_one()
    change(sent, change_words="New.")
    notes = [note for note in rows(AuditNote).values() if note.subject_id == sent.submission_id]
    assert [note.tag for note in notes] == [AuditEvent.ANSWERS_CORRECTED]


def test_a_change_about_equality_alone_is_not_in_the_record() -> None:
    # Given a participant who changes, takes out and gives anew what they said about equality
    sent = submit_one()
    for answer in ("18_24", None, "25_34"):
        change(sent, **{**EQUALITY, "age_band": answer})
    # Then no line of the record, and nothing on the submission, puts their name beside a day on which that changed
    assert not rows(AuditNote)
    row, _ = desk_submissions.find_row(sent.submission_id)
    assert (row.answers_changed_on, row.contact_changed_on) == (None, None)


def test_nothing_changed_touches_nothing() -> None:
    sent = submit_one()
    before = set(rows(Part)) | set(rows(OwnCopy))
    change(sent)
    assert set(rows(Part)) | set(rows(OwnCopy)) == before
    assert not rows(AuditNote)


def test_a_crash_before_the_swap_leaves_the_old_version(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a crash after the new secrets were stored
    sent = submit_one()
    monkeypatch.setattr(corrections, "_swap", _crash)
    with pytest.raises(RuntimeError):
        change(sent, change_words="New.")
    # Then the old version is whole
    assert own_copies.find_held(sent.receipt).answers == sent.answers
    # And the worker sweeps the secrets that protect nothing
    before = len(rows(ErasureSecret))
    with time_machine.travel(clock.now() + timedelta(days=4), tick=False):
        the_worker_kept_running()
        assert orphans.sweep_orphans() == 2
    assert len(rows(ErasureSecret)) == before - 2


def test_a_crash_after_the_swap_is_finished_by_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a crash before the old secrets went
    sent = submit_one()
    old = {row.secret_id for row in rows(Part).values() if row.purpose == "testimony"}
    with monkeypatch.context() as patch:
        patch.setattr(shredding, "finish_all", _crash)
        with pytest.raises(RuntimeError):
            change(sent, change_words="New.")
    # Then the new version is there already
    assert own_copies.find_held(sent.receipt).answers["change_words"] == "New."
    assert old <= set(rows(ErasureSecret))
    # And the worker deletes what opened the old one
    shredding.finish_waiting()
    assert not old & set(rows(ErasureSecret))


def _crash(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("the power is gone")


ROUNDS = 10


def test_an_export_meets_the_old_version_or_the_new_one(
    inside: Flask, call: Call, founded: Founded
) -> None:
    sent = submit_one()
    mine = reference(sent.submission_id)
    holder = signed_in(founded)
    for number in range(ROUNDS):
        # Given a participant who changes number and name at the moment of an export
        held = own_copies.find_held(sent.receipt)
        new = {"phone": f"07700 90{number:04}", "name_to_use": f"Name {number}"}
        old = {key: held.answers[key] for key in new}
        saved, file = at_once(
            inside,
            partial(corrections.correct, sent.receipt, a_correction(held, **new)),
            partial(file_of, holder, call, founded),
        )
        # Then both succeed, and the list has them once: as they were or as they are, never half
        assert saved is True, repr(saved)
        assert isinstance(file, ContactFile), repr(file)
        (line,) = [one for one in file.content.decode().splitlines() if mine in one]
        said = [
            all(answer.replace(" ", "")[-7:] in line.replace(" ", "") for answer in one.values())
            for one in (old, new)
        ]
        assert said.count(True) == 1, line


def test_opening_while_it_is_corrected_shows_the_old_version_or_the_new_one(
    inside: Flask, call: Call, founded: Founded
) -> None:
    sent = submit_one()
    holder = signed_in(founded)
    for number in range(ROUNDS):
        held = own_copies.find_held(sent.receipt)
        old, new = held.answers["change_words"], f"Words {number}."
        saved, opened, found = at_once(
            inside,
            partial(corrections.correct, sent.receipt, a_correction(held, change_words=new)),
            partial(disclosure.open_testimony, holder, sent.submission_id, TO_READ),
            partial(own_copies.find_held, sent.receipt),
        )
        assert saved is True, repr(saved)
        assert isinstance(opened, disclosure.OpenedAnswers), repr(opened)
        assert isinstance(found, Held), repr(found)
        assert opened.answers["change_words"] in (old, new)
        assert found.answers["change_words"] in (old, new)
        assert set(found.due_on) == set(held.due_on)


def test_who_withdraws_and_corrects_meanwhile_does_not_show_the_new_number(
    call: Call, founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a coordinator who asks for the number of a participant who said yes
    sent, holder = submit_one(), signed_in(founded)
    open_parts = disclosure.open_parts

    def change_their_mind(*args: Any) -> Any:
        monkeypatch.setattr(disclosure, "open_parts", open_parts)
        subject = consents.Subject(sent.submission_id, call.id, call.form, "en")
        for consent in call.form.consents:
            consents.change(subject, consent.purpose, False)
        change(sent, phone="07700 900999")
        return open_parts(*args)

    # When, before it is opened, that person takes every yes back and then changes the number
    monkeypatch.setattr(disclosure, "open_parts", change_their_mind)
    # Then it is not opened
    with pytest.raises(ConsentNotGiven):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # And the attempt is in the record, once
    assert [line.tag for line in audit.recent(9)].count("contact opened") == 1


def test_who_only_corrects_meanwhile_is_reached_as_they_are_now(
    founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a coordinator who asks for the number of a participant who changes it at this moment
    sent, holder = submit_one(), signed_in(founded)
    open_parts = disclosure.open_parts

    def change_the_number(*args: Any) -> Any:
        monkeypatch.setattr(disclosure, "open_parts", open_parts)
        change(sent, phone="07700 900999")
        return open_parts(*args)

    monkeypatch.setattr(disclosure, "open_parts", change_the_number)
    opened = disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # Then the new one is shown, told today, and the record has one opening
    assert opened.contact is not None and opened.contact.phone is not None
    assert opened.contact.phone.number.endswith("900999")
    assert opened.confirmed_on == clock.today()
    assert [line.tag for line in audit.recent(9)].count("contact opened") == 1


def test_consents_given_on_the_way_are_numbered_and_in_the_record(call: Call) -> None:
    # Given a participant who once said no to being contacted
    sent = submit_one(given={"contact_me": True})
    held = change(sent, contact_wanted="no", **NO_CONTACT)
    # When they give a way again, and say yes
    change(sent, "contact_me", contact_wanted="yes", safe_ways=["call"], phone="07700 900111")
    # Then each step is a row of its own
    with stores.reading() as main:
        steps = main.execute(
            select(Consent.n, Consent.granted)
            .where(Consent.submission_id == held.submission_id)
            .order_by(Consent.n)
        ).all()
    assert [tuple(step) for step in steps] == [(1, True), (2, False), (3, True)]
