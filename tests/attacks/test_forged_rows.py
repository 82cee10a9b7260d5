"""A row is not a submission: a database writer, without any configuration, changes answers, consents, calls and days.

At commit c7b8640 each of these was believed, and nothing showed it. Sealing says who can read, not who wrote (HPKE's
base mode), so a contact part sealed by the attacker was rung up by the coordinator as the survivor's. A consent that
was put in opened contact details and put the person on a list; a withdrawal that was taken out made a permission stand
again. A form asked what the attacker wrote, under the coalition's name. A due day that was moved erased early, or
never.

Now a MAC under a key of the configuration stands in each row, over all its columns, and is checked when it is read. A
false row is named and not used; removed consents are missed by their number; and nothing that is false keeps a person
from seeing, withdrawing and erasing what is theirs.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Table, delete, func, insert, select, update

from tests.conftest import MakeApp
from tests.factories import TO_CALL, TO_READ, Sent, answers_for, signed_in, submit_one
from tests.integration.desk.worker import Worker, rows_of_csv
from tests.integration.house import make_house
from tests.people import come_back
from tests.turned import an_operator_confirmed
from tests.visitor import Visitor
from webapp.models import Call as CallRow
from webapp.models import (
    Consent,
    ConsentStatement,
    FormVersion,
    OwnCopy,
    Part,
    Submission,
    WaitingPart,
)
from webapp.models.authenticated import Authenticated
from webapp.rules.contact.caller_matching import Clues
from webapp.rules.forms.routing import parts_of
from webapp.rules.references import reference
from webapp.services.answers import consents, corrections, data_portability, erasing, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import row_authentication, stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import purpose_keys
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import contact_exports, disclosure, exported_lists
from webapp.services.opening.contact_exports import ContactFile
from webapp.services.opening.disclosure import ConsentNotGiven
from webapp.services.phone_requests import caller_acts, caller_search
from webapp.services.retention import expiry
from webapp.services.sealed import parts
from webapp.services.worker import equality_batches

START = "/en/calls/support-needs/"
THEIR_NUMBER = "07911 666666"
HARM = "Where are you sleeping tonight?"


@pytest.fixture(autouse=True)
def _early_in_a_step() -> Iterator[None]:
    """A six-digit code changes every 30 seconds: no test begins just before it does."""
    now = datetime.now(UTC)
    with time_machine.travel(now.replace(second=now.second // 30 * 30 + 1, microsecond=0)):
        yield


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The services work inside an application; on SQLite, then on PostgreSQL."""
    with app.app_context():
        yield app


@pytest.fixture
def call(inside: Flask) -> Call:
    return published_calls.find_call("support-needs")


@pytest.fixture
def holder(inside: Flask, founded: Founded) -> Holder:
    return signed_in(founded)


@pytest.fixture
def worker(app: Flask, founded: Founded) -> Worker:
    """A coordinator at the desk; the code of this half minute is still unused."""
    found = Worker(app, founded)
    found.sign_in(steps=-1)
    return found


# What the attacker does: SQL past Hearth, with every right on the databases and no key of the configuration


def change(table: type[Any], *which: Any, **columns: Any) -> None:
    with stores.writing() as main:
        main.execute(update(table.__table__).where(*which).values(**columns))


def put_in(row: Any) -> None:
    """Insert a row with a MAC of the attacker's: they have no key to make one with."""
    table: Table = row.__table__
    values = {column.name: getattr(row, column.name) for column in table.columns}
    with stores.writing() as main:
        main.execute(insert(table).values({**values, "row_mac": bytes(32)}))


def take_out(table: type[Any], *which: Any) -> None:
    with stores.writing() as main:
        main.execute(delete(table.__table__).where(*which))


def replaced(call: Call, sent: Sent, purpose: str, **answers: Any) -> None:
    """Seal other answers for a person, to the public key that lies in the database, and put them in place of theirs."""
    said = parts_of(call.form, answers_for(call.form, **answers))[purpose]  # type: ignore[index]
    with stores.reading() as main:
        key = purpose_keys.newest(main, call.id, {purpose})[purpose]  # type: ignore[index]
        mine = select(Part).where(Part.submission_id == sent.submission_id, Part.purpose == purpose)
        old = main.scalars(mine).one()
    part, secret = parts.seal_answers(
        sent.submission_id,
        purpose,
        dict(said),
        call_id=call.id,
        form_version=1,
        key=key,
        copy_key=bytes(32),
    )
    part.due_on = old.due_on
    with stores.writing("erasure") as erasure:
        erasure.add(secret)
    take_out(Part, Part.id == old.id)
    put_in(part)


def said_yes(sent: Sent, call: Call, purpose: str, *, granted: bool = True, n: int = 1) -> Consent:
    """A consent of the attacker's, in words of the call."""
    with stores.reading() as main:
        words = select(ConsentStatement.id).where(
            ConsentStatement.owner_id == call.id,
            ConsentStatement.purpose == purpose,
            ConsentStatement.language == "en",
        )
        statement_id = main.scalars(words).one()
    return Consent(
        submission_id=sent.submission_id,
        purpose=purpose,
        n=n,
        granted=granted,
        statement_id=statement_id,
        changed_on=date.today(),
    )


def standing(sent: Sent) -> set[str]:
    """What the participant reads at *My choices*."""
    held = own_copies.find_held(sent.receipt)
    return {one.purpose for one in held.consents if one.granted}


def decide(sent: Sent, purpose: str, granted: bool) -> None:
    held = own_copies.find_held(sent.receipt)
    consents.change(Subject(held.submission_id, held.call_id, held.form, "en"), purpose, granted)


def export(holder: Holder, founded: Founded, call: Call) -> ContactFile:
    """A list of all whom we may contact, as a coordinator downloads it."""
    return contact_exports.export_consented(
        holder,
        call,
        purpose="contact_me",
        reason=TO_CALL,
        file_format="csv",
        password="",
    )


# Answers


def test_another_number_is_not_the_survivors(call: Call, holder: Holder) -> None:
    """Replace the contact part by one that says: ring this number, leave a message, say who you are."""
    sent, other = submit_one(call), submit_one(call)
    replaced(call, sent, "contact", phone=THEIR_NUMBER)
    # Then the desk does not open it: before, it showed the attacker's number as the survivor's
    with pytest.raises(RowForged):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # And no search finds it by that number
    found = caller_search.search(holder, [call], Clues(phone=THEIR_NUMBER), "they rang")
    assert found.found == ()
    assert found.damaged == 1
    # And the participant still sees their own, and puts it right with their code
    held = own_copies.find_held(sent.receipt)
    assert held.answers == sent.answers
    new = corrections.Correction(
        uuid4(), held.copies, {**held.answers, "phone": "07700 900 999"}, frozenset(), "en"
    )
    assert corrections.correct(sent.receipt, new)
    shown = disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    assert shown.contact is not None
    assert "900" in repr(shown.contact)
    assert disclosure.open_contact(holder, other.submission_id, TO_CALL).contact is not None


def test_the_page_names_what_is_false_and_the_list_leaves_it_out(
    app: Flask, worker: Worker
) -> None:
    """The same at the desk: a page that says what to do, and a file without the person."""
    person, other = (worker.answered_by("contact_me") for _ in range(2))
    with app.app_context():
        call = published_calls.find_call("support-needs")
        replaced(call, Sent(person.id, person.receipt, {}), "contact", phone=THEIR_NUMBER)
    worker.open_contact(person)
    assert worker.status == 500
    assert "what a person told us" in worker.page.text
    assert THEIR_NUMBER not in worker.page.text
    lines = rows_of_csv(worker.export(file_format="csv").data)
    assert [line["Reference"] for line in lines] == [other.reference]
    # And the page of the list says who is left out
    with app.app_context():
        (made,) = exported_lists.recent_exports()
    worker.get(f"/desk/exports/{made.id}")
    assert "These people are in no list" in worker.page.text
    assert person.reference in worker.page.text


def test_nobodys_answers_are_replaced(call: Call, holder: Holder) -> None:
    sent = submit_one(call)
    replaced(call, sent, "testimony", change_words="All is well.")
    with pytest.raises(RowForged):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)


@pytest.mark.parametrize(
    "columns",
    [
        {"purpose": "equality"},
        {"lookup": bytes(32)},
        {"submission_id": None},
        {"due_on": date(2999, 1, 1)},
        {"envelope": b"\1\1" + bytes(700)},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_a_changed_own_copy_leads_nowhere_and_stops_nobody(
    call: Call, columns: dict[str, Any]
) -> None:
    """Turn one own copy into another, or hang it under another code."""
    one, other = submit_one(call), submit_one(call)
    if "submission_id" in columns:
        columns = {"submission_id": other.submission_id}
    if columns.get("purpose") == "equality":
        take_out(OwnCopy, OwnCopy.purpose == "equality")
    mine = OwnCopy.submission_id == one.submission_id, OwnCopy.purpose == "contact"
    change(OwnCopy, *mine, **columns)
    # Then the participant sees the rest, and nothing of the false row
    held = own_copies.find_held(one.receipt)
    assert held.submission_id == one.submission_id
    assert "contact" not in held.by_part
    assert "equality" not in held.by_part or "purpose" not in columns
    assert date(2999, 1, 1) not in held.due_on.values()
    # And can still erase everything
    assert erasing.erase_held(held).complete
    with pytest.raises(NothingHeld):
        own_copies.find_held(one.receipt)


@pytest.mark.parametrize(
    "columns",
    [
        {"do_not_contact_on": None},
        {"language": "sq"},
        {"typed_by": "helper"},
        {"received_on": date(2020, 1, 1)},
        {"contact_changed_on": date(2020, 1, 1)},
        {"consent_count": 9},
    ],
    ids=lambda columns: next(iter(columns)),
)
def test_a_changed_submission_is_used_by_nobody_and_can_be_erased(
    call: Call, holder: Holder, columns: dict[str, Any]
) -> None:
    """Take out that a survivor asked not to be contacted, for one."""
    sent = submit_one(call)
    caller_acts.do_not_contact(holder, sent.submission_id, "asked by phone")
    change(Submission, Submission.id == sent.submission_id, **columns)
    with pytest.raises(RowForged):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    with pytest.raises(RowForged):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    # Then the participant can take back and erase, or ring and have it erased
    decide(sent, "quote", granted=False)
    with pytest.raises(RowForged):
        decide(sent, "quote", granted=True)
    if "language" in columns:
        assert caller_acts.delete(holder, sent.submission_id, "asked by phone").complete
    else:
        assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete
    with pytest.raises(NothingHeld):
        own_copies.find_held(sent.receipt)


def test_the_desk_names_a_changed_submission(app: Flask, worker: Worker) -> None:
    person, other = (worker.answered_by() for _ in range(2))
    with app.app_context():
        change(Submission, Submission.id == person.id, typed_by="helper")
    # In the list, beside one that is right
    worker.get("/desk/calls/support-needs")
    assert worker.page.text.count("This was changed or damaged in our files. Do not use it.") == 1
    assert other.reference in worker.page.text
    # On its own page, which names it, and leads to what can be done for a caller
    worker.client.get(f"/desk/submissions/{person.id}")
    worker.get(f"/desk/submissions/{person.id}")
    assert worker.status == 500
    assert person.reference in worker.page.text
    worker.follow("This person is the caller")
    assert worker.status == 200
    assert "You can always delete everything." in worker.page.text


# Consents


def test_a_consent_that_was_put_in_opens_nothing(
    call: Call, holder: Holder, founded: Founded
) -> None:
    """Insert "you may contact me" for a survivor who did not say so."""
    sent, other = submit_one(call, given={}), submit_one(call)
    put_in(said_yes(sent, call, "contact_me"))
    # Then it does not stand: before, the details opened and the person was in the list
    with pytest.raises(ConsentNotGiven):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    lines = rows_of_csv(export(holder, founded, call).content)
    assert [line["Reference"] for line in lines] == [reference(other.submission_id)]
    # And not at My choices, where the person decides as before
    assert standing(sent) == set()
    decide(sent, "quote", granted=True)
    assert standing(sent) == {"quote"}
    decide(sent, "contact_me", granted=True)
    assert disclosure.open_contact(holder, sent.submission_id, TO_CALL).contact is not None


def test_the_desk_names_consents_that_do_not_add_up(app: Flask, worker: Worker) -> None:
    person = worker.answered_by()
    with app.app_context():
        call = published_calls.find_call("support-needs")
        put_in(said_yes(Sent(person.id, person.receipt, {}), call, "contact_me"))
    worker.look_at(person)
    assert "This person’s permissions were changed or damaged in our files." in worker.page.text
    worker.get("/desk/calls/support-needs")
    assert "Changed or damaged. Do not use." in worker.page.text


@pytest.mark.parametrize("how", ["removed", "turned round", "put in", "submission"])
def test_my_choices_say_that_consents_cannot_be_shown(app: Flask, call: Call, how: str) -> None:
    """Before, the pages said "nothing so far", and of a consent that was given "you took this back"."""
    # Given a person whose consents do not add up
    sent = submit_one(call)
    mine = Consent.submission_id == sent.submission_id
    match how:
        case "removed":
            take_out(Consent, mine, Consent.purpose == "contact_me")
        case "turned round":
            change(Consent, mine, Consent.purpose == "contact_me", granted=False)
        case "put in":
            put_in(said_yes(sent, call, "contact_me", n=2))
        case _:
            change(Submission, Submission.id == sent.submission_id, consent_count=99)
    # When they come back, then the pages say so, and nothing that is not known
    visitor = Visitor(app.test_client())
    come_back(visitor, sent.receipt)
    visitor.get("/en/choices/held")
    assert "We cannot show this right now." in visitor.page.text
    assert "Nothing so far" not in visitor.page.text
    visitor.get("/en/choices/agreed")
    assert "Our notes about your permissions are damaged" in visitor.page.text
    assert "we will not contact you because of them" in visitor.page.text
    assert "You took this back" not in visitor.page.text
    assert "You gave permission" not in visitor.page.text
    # And they can say no, or yes, to each
    assert {"Take back my permission", "Give permission"} <= set(visitor.buttons())
    held = own_copies.find_held(sent.receipt)
    assert json.loads(data_portability.machine_readable(held))["consents_unclear"]
    if how != "submission":
        # And once they have decided, the pages say what stands
        decide(sent, "quote", granted=True)
        visitor.get("/en/choices/agreed")
        assert "damaged" not in visitor.page.text
        assert visitor.buttons().count("Take back my permission") == 1


@pytest.mark.parametrize("n", [1, 2, 2**31 - 1])
def test_a_false_number_is_in_nobodys_way(call: Call, n: int) -> None:
    """Insert a consent with the highest number there is, so that no withdrawal can follow it."""
    sent = submit_one(call, given={"contact_me": True})
    if n == 1:
        change(Consent, Consent.submission_id == sent.submission_id, granted=False)
    else:
        put_in(said_yes(sent, call, "contact_me", n=n))
    assert standing(sent) == set()
    decide(sent, "contact_me", granted=False)
    assert standing(sent) == set()
    decide(sent, "contact_me", granted=True)
    assert standing(sent) == {"contact_me"}


@pytest.mark.parametrize("how", ["removed", "turned round"])
def test_a_withdrawal_that_was_taken_out_is_missed(
    call: Call, holder: Holder, founded: Founded, how: str
) -> None:
    """Remove the row that says "no more", or write "yes" into it."""
    sent = submit_one(call)
    export(holder, founded, call)
    decide(sent, "contact_me", granted=False)
    newest = Consent.submission_id == sent.submission_id, Consent.n == 2
    if how == "removed":
        take_out(Consent, *newest)
    else:
        change(Consent, *newest, granted=True)
    # Then the consent does not stand again: before, it did
    assert standing(sent) == set()
    with pytest.raises(ConsentNotGiven):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # And the list that has the person says to cross them out, as it did after the withdrawal
    (made,) = exported_lists.recent_exports()
    assert exported_lists.find_export(made.id).withdrawn_since == (reference(sent.submission_id),)
    # And of a caller, too, it can be taken back, and is no grant
    caller_acts.take_back(holder, sent.submission_id, {"quote"}, "asked by phone")
    assert standing(sent) == set()
    # And the person's own decisions stand
    decide(sent, "contact_me", granted=True)
    assert standing(sent) == {"contact_me"}


# Calls, forms and words


@pytest.mark.parametrize("what", ["form", "state", "version", "closes on"])
def test_a_changed_call_asks_nobody_anything(app: Flask, call: Call, what: str) -> None:
    """Write another question into a published form, or open a call again that is closed."""
    sent = submit_one(call)
    if what == "form":
        with stores.reading() as main:
            mine = select(FormVersion.definition).where(FormVersion.owner_id == call.id)
            definition = main.scalars(mine).one()
        other = definition.replace(call.form.pages[0].title["en"], HARM)
        assert other != definition
        change(FormVersion, FormVersion.owner_id == call.id, definition=other)
    elif what == "version":
        take_out(FormVersion, FormVersion.number == 2)
        put_in(
            FormVersion(
                owner_id=call.id,
                number=2,
                definition=call.form.model_dump_json(),
                published_on=date.today(),
            )
        )
        change(CallRow, CallRow.id == call.id, form_version=2)
    else:
        column = {"state": {"state": "closed"}, "closes on": {"closes_on": date(2999, 1, 1)}}[what]
        change(CallRow, CallRow.id == call.id, **column)
    app.extensions.pop("hearth_recent", None)
    # Then the public door shows a kind page with nothing of it, and the first page does not list it
    visitor = Visitor(app.test_client())
    visitor.get("/en/")
    assert call.form.title["en"] not in visitor.page.text
    visitor.get(START)
    assert visitor.status == 503
    assert HARM not in visitor.page.text
    assert published_calls.all_calls() == ()
    # And nothing is stored: the submission of before is all there is
    with pytest.raises(RowForged):
        submit_one()
    with stores.reading() as main:
        assert list(main.scalars(select(Submission.id))) == [sent.submission_id]


def test_the_desk_names_a_changed_form(app: Flask, worker: Worker) -> None:
    person = worker.answered_by()
    with app.app_context():
        change(FormVersion, published_on=date(2020, 1, 1))
    worker.get(f"/desk/submissions/{person.id}")
    assert worker.status == 500
    assert "the questions of a call or an event" in worker.page.text
    # And a caller's answers can be deleted all the same
    worker.follow("This person is the caller")
    assert worker.status == 200
    assert "You can always delete everything." in worker.page.text
    with app.app_context():
        assert caller_acts.delete(signed_in(worker.founded), person.id, "asked by phone").complete


def test_nobody_agrees_to_other_words(app: Flask, call: Call) -> None:
    """Write other words under what people agree to."""
    sent = submit_one(call, given={"quote": True})
    change(ConsentStatement, wording="You may give my name to anyone.")
    # Then nobody can begin, kindly, and nothing is stored
    app.extensions.pop("hearth_recent", None)
    visitor = Visitor(app.test_client())
    visitor.get(START)
    visitor.press_first()
    assert visitor.status == 503
    assert "We cannot take answers safely right now" in visitor.page.text
    # And who agreed before reads the words of then, in all that they are shown, and can take it back
    come_back(visitor, sent.receipt)
    visitor.get("/en/choices/agreed")
    assert visitor.status == 200
    assert "to anyone" not in visitor.page.text
    held = own_copies.find_held(sent.receipt)
    assert b"to anyone" not in data_portability.machine_readable(held)
    decide(sent, "quote", granted=False)
    assert standing(sent) == set()


# Days


def test_a_due_day_that_was_moved_neither_erases_early_nor_keeps_longer(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Make one person's answers due now, so that they are lost, and another's due in a thousand years."""
    monkeypatch.setattr(expiry, "BATCH", 1)
    early, late, true = (submit_one(call) for _ in range(3))
    for sent, day in ((early, date(2020, 1, 1)), (late, date(2999, 1, 1))):
        change(Part, Part.submission_id == sent.submission_id, due_on=day)
        change(OwnCopy, OwnCopy.submission_id == sent.submission_id, due_on=day)
    # Then the worker erases nothing now
    an_operator_confirmed()
    expiry.erase_due()
    assert parts_of_people() == {early.submission_id, late.submission_id, true.submission_id}
    # And everything of all three by the last day that was promised: before, one went now and one was kept
    last = max(
        published_calls.opened_on(call) + timedelta(days=5 * 366),
        *(due for due in own_copies.find_held(true.receipt).due_on.values()),
    )
    with time_machine.travel(datetime(last.year, last.month, last.day, 12, tzinfo=UTC)):
        an_operator_confirmed()
        expiry.erase_due()
    assert parts_of_people() == set()
    with stores.reading() as main:
        assert main.scalars(select(OwnCopy.id)).all() == []
        assert main.scalars(select(Submission.id)).all() == []


def parts_of_people() -> set[UUID]:
    with stores.reading() as main:
        named = select(Part.submission_id).where(Part.submission_id.is_not(None))
        return {one for one in main.scalars(named) if one is not None}


def test_a_part_that_was_put_into_the_pool_is_not_written(
    make_app: MakeApp, call: Call, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given an attacker who knows the worker's public key, and may write to the databases, but has no key of rows
    with monkeypatch.context() as theirs:
        theirs.setattr(row_authentication, "sign", _sign_without_the_key)
        submit_one(call, written=False)
    # When the worker comes
    with stores.reading() as main:
        assert main.scalar(select(func.count()).select_from(WaitingPart)) == 1
    with make_house(make_app).app_context():
        written = equality_batches.write_waiting(enough=1)
    # Then it is not among the answers, and the log names it
    with stores.reading() as main:
        assert main.scalars(select(Part).where(Part.purpose == "equality")).all() == []
    assert written == 0
    assert "a part that waits is false and is not written" in caplog.text


def _sign_without_the_key(row: Authenticated) -> None:
    row.row_mac = token_bytes(32)
