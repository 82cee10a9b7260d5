"""What remains possible for a database writer without any configuration: whole rows of before are put back (replay).

Each test shows an attack that works, and where it ends: `docs/threat-model.md` says the same in its list of what "the
same attacker can". A MAC says that Hearth wrote a row, and not when. A test that fails here is good news, or a change
of the page.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from tests.conftest import MakeApp
from tests.factories import (
    DEMO_CALL,
    TO_CALL,
    TO_READ,
    Sent,
    code_for,
    publish_demo_call,
    publish_demo_event,
    register_some,
    signed_in,
    submit_one,
)
from tests.integration.desk.worker import Worker
from tests.people import come_back
from tests.replay import copied, put_back, take_out
from tests.turned import the_worker_kept_running
from tests.visitor import Visitor
from webapp.models import Call as CallRow
from webapp.models import (
    Consent,
    Coordinator,
    ErasureSecret,
    Event,
    FailedSignIns,
    OwnCopy,
    Part,
    PurposeKeySeal,
    RateBucket,
    RecoveryKey,
    Registration,
    RegistrationPart,
    RowCheck,
    Slot,
    Submission,
)
from webapp.rules import clock
from webapp.rules.events.joining_details import JoiningDetails
from webapp.rules.references import reference
from webapp.services.answers import consents, corrections, erasing, own_copies
from webapp.services.answers.consents import Subject
from webapp.services.calls import closing, published_calls
from webapp.services.events import own_registrations, published_events, waiting_list
from webapp.services.infrastructure import failed_sign_ins, limits, row_verification, stores
from webapp.services.keys import authentication, passphrase_reset
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import ConsentNotGiven, Erased
from webapp.services.phone_requests import caller_acts
from webapp.services.retention import orphans

OLD_LINK = "https://meet.example.org/old"
NEW_LINK = "https://meet.example.org/new"


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
def holder(inside: Flask, founded: Founded) -> Holder:
    return signed_in(founded)


@pytest.fixture
def worker(app: Flask, founded: Founded) -> Worker:
    found = Worker(app, founded)
    found.sign_in()
    return found


def decide(sent: Sent, purpose: str, granted: bool) -> None:
    held = own_copies.find_held(sent.receipt)
    consents.change(Subject(held.submission_id, held.call_id, held.form, "en"), purpose, granted)


def standing(sent: Sent) -> set[str]:
    return {one.purpose for one in own_copies.find_held(sent.receipt).consents if one.granted}


def permissions_shown(app: Flask, sent: Sent) -> int:
    """How many permissions *My choices* says stand, by the buttons that take them back."""
    visitor = Visitor(app.test_client())
    come_back(visitor, sent.receipt)
    visitor.get("/en/choices/agreed")
    return visitor.buttons().count("Take back my permission")


# People who answered


def test_a_permission_stands_again_and_my_choices_shows_it(inside: Flask, holder: Holder) -> None:
    # Given a participant who took a permission back, and a copy of the submission's row from before
    sent = submit_one(given={"contact_me": True})
    mine = Submission.id == sent.submission_id
    before = copied(Submission, mine)
    decide(sent, "contact_me", granted=False)
    assert permissions_shown(inside, sent) == 0
    with pytest.raises(ConsentNotGiven):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # When the row is put back and the withdrawal taken out
    put_back(Submission, before)
    take_out(Consent, Consent.submission_id == sent.submission_id, Consent.n == 2)
    # Then the permission stands: the desk opens, and the daily check finds nothing
    assert disclosure.open_contact(holder, sent.submission_id, TO_CALL).contact is not None
    assert list(row_verification.find_false()) == []
    # But the participant sees with their code that it stands, and takes it back once more
    assert permissions_shown(inside, sent) == 1
    assert standing(sent) == {"contact_me"}
    decide(sent, "contact_me", granted=False)
    with pytest.raises(ConsentNotGiven):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)


def test_the_row_of_before_takes_do_not_contact_away(inside: Flask, holder: Holder) -> None:
    sent = submit_one()
    mine = Submission.id == sent.submission_id
    before = copied(Submission, mine)
    caller_acts.do_not_contact(holder, sent.submission_id, "asked by phone")
    (now,) = copied(Submission, mine)
    assert now["do_not_contact_on"] == clock.today()
    # When the row alone is put back
    put_back(Submission, before)
    # Then nothing says "do not contact" any more, and the daily check finds nothing
    assert copied(Submission, mine)[0]["do_not_contact_on"] is None
    assert list(row_verification.find_false()) == []
    assert disclosure.open_contact(holder, sent.submission_id, TO_CALL).contact is not None


def test_an_older_part_and_own_copy_open_nothing(inside: Flask, holder: Holder) -> None:
    # Given a participant who corrected what they told us, and copies of all their rows from before
    sent = submit_one()
    before = {
        table: copied(table, table.submission_id == sent.submission_id) for table in (Part, OwnCopy)
    }
    held = own_copies.find_held(sent.receipt)
    answers = {**held.answers, "change_words": "Other words.", "phone": "07700 900 999"}
    new = corrections.Correction(uuid4(), held.copies, answers, frozenset(), "en")
    assert corrections.correct(sent.receipt, new)
    # When those rows are put back in the place of the new ones
    for table, rows in before.items():
        take_out(table, table.submission_id == sent.submission_id)
        put_back(table, rows)
    # Then what was corrected opens to nobody: its secret is gone
    shown = own_copies.find_held(sent.receipt)
    assert {"contact", "testimony"}.isdisjoint(shown.by_part)
    with pytest.raises(Erased):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    with pytest.raises(Erased):
        disclosure.open_contact(holder, sent.submission_id, TO_CALL)


def test_what_was_erased_opens_again_with_copied_secrets(inside: Flask) -> None:
    # Given copies of everything of a participant, in both databases, from before they erased it
    sent = submit_one()
    tables = (Submission, Part, OwnCopy, Consent)
    before = {
        table: copied(table, getattr(table, "submission_id", Submission.id) == sent.submission_id)
        for table in tables
    }
    secrets = copied(ErasureSecret)
    assert erasing.erase_held(own_copies.find_held(sent.receipt)).complete
    # When all of it is put back
    put_back(ErasureSecret, secrets)
    for table in tables:
        put_back(table, before[table])
    # Then it opens, as from a backup of both: secrets must not be copied, or not be kept
    assert own_copies.find_held(sent.receipt).answers["phone"] == sent.answers["phone"]


def test_a_closed_call_is_open_again(inside: Flask) -> None:
    call = published_calls.find_call(DEMO_CALL)
    before = copied(CallRow, CallRow.id == call.id)
    closing.close(DEMO_CALL, actor="operator", reason="The funder stopped")
    # When the whole row of then is put back, the call takes answers, and no check finds anything
    put_back(CallRow, before)
    assert published_calls.find_call(DEMO_CALL).accepts_answers(clock.today())
    assert list(row_verification.find_false()) == []


def test_an_old_passphrase_opens_its_slot_again(inside: Flask, founded: Founded) -> None:
    owner = founded.owner
    before = copied(Slot)
    passphrase_reset.new_passphrase(owner.sign_in_name, owner.recovery_code)
    with pytest.raises(NotSignedIn):
        authentication.sign_in(owner.sign_in_name, owner.passphrase, code_for(founded))
    # When the slot of then is put back, the passphrase of then signs in, with six digits of now
    for slot in copied(Slot):
        take_out(Slot, Slot.id == slot["id"])
    put_back(Slot, before)
    with time_machine.travel(clock.now() + timedelta(minutes=1)):
        assert authentication.sign_in(owner.sign_in_name, owner.passphrase, code_for(founded))


def test_deleted_rows_take_their_secrets_along_after_two_days(inside: Flask) -> None:
    # Given two people, and an attacker who deletes the rows of one
    sent, other = submit_one(), submit_one()
    lost = {row["secret_id"] for row in copied(Part, Part.submission_id == sent.submission_id)}
    kept = {row["secret_id"] for row in copied(Part, Part.submission_id == other.submission_id)}
    take_out(Part, Part.submission_id == sent.submission_id)
    # Then no check finds anything, and the worker sweeps the secrets away when they are two days old
    assert list(row_verification.find_false()) == []
    with time_machine.travel(datetime.now(UTC) + timedelta(days=4)):
        the_worker_kept_running()
        orphans.sweep_orphans()
    there = {row["id"] for row in copied(ErasureSecret)}
    assert lost.isdisjoint(there)
    assert kept <= there


# Events


def test_a_whole_older_registration_has_the_seat_of_then(inside: Flask) -> None:
    # Given a registrant who gave their seat back, and another who got it
    found = publish_demo_event(seats=1)
    person, waits = register_some(found, 2)
    mine = Registration.id == person.id
    before = copied(Registration, mine)
    waiting_list.cancel(person.id)
    assert own_registrations.find_own(waits.ticket).state == "confirmed"
    # When the other's row is taken out, because of two with one seat the database keeps one, and theirs is put back
    with pytest.raises(IntegrityError):
        put_back(Registration, before)
    take_out(RegistrationPart, RegistrationPart.registration_id == waits.id)
    take_out(Registration, Registration.id == waits.id)
    put_back(Registration, before)
    # Then it has the seat of then, and the daily check finds nothing
    assert own_registrations.find_own(person.ticket).state == "confirmed"
    assert copied(Registration, mine)[0]["seat"] == before[0]["seat"] is not None
    assert list(row_verification.find_false()) == []


def test_a_whole_older_event_has_the_joining_link_of_then(inside: Flask) -> None:
    # Given an event whose link was replaced, because it had become known
    found = publish_demo_event()
    published_events.set_joining_details(
        found.id, JoiningDetails(link=OLD_LINK), opens_minutes=20, actor=uuid4()
    )
    before = copied(Event, Event.id == found.id)
    published_events.set_joining_details(
        found.id, JoiningDetails(link=NEW_LINK), opens_minutes=20, actor=uuid4()
    )
    # When the whole row of then is put back
    put_back(Event, before)
    # Then the old link stands, and the daily check finds nothing. It can be set anew
    assert published_events.joining_details(found.id).link == OLD_LINK
    assert list(row_verification.find_false()) == []
    published_events.set_joining_details(
        found.id, JoiningDetails(link=NEW_LINK), opens_minutes=20, actor=uuid4()
    )
    assert published_events.joining_details(found.id).link == NEW_LINK


# What the desk is told


@pytest.mark.parametrize("how", ["an older one", "none"])
def test_todays_false_rows_are_not_named_until_the_next_check(
    app: Flask, worker: Worker, how: str
) -> None:
    with app.app_context():
        # Given a result that all is well, and a false row that the next check found
        row_verification.check_daily()
        before = copied(RowCheck)
        sent = submit_one()
        with stores.writing() as main:
            mine = update(Submission).where(Submission.id == sent.submission_id)
            main.execute(mine.values(language="sq"))
        row_verification.check_daily()
        assert said(worker, reference(sent.submission_id))
        # When the older result is put back, or the result is deleted
        if how == "none":
            take_out(RowCheck)
        else:
            put_back(RowCheck, before)
        # Then Today does not name the row
        assert not said(worker, reference(sent.submission_id))
        # And after the next check it does
        row_verification.check_daily()
        assert said(worker, reference(sent.submission_id))


@pytest.mark.parametrize(
    ("whose", "line"),
    [
        (RecoveryKey, "No key was sealed to the coalition’s recovery key."),
        (Coordinator, "No coordinator can open what people told us."),
    ],
    ids=["the recovery key", "a coordinator"],
)
def test_today_says_that_seals_are_gone_when_the_last_one_is(
    app: Flask, worker: Worker, whose: type, line: str
) -> None:
    # Given two calls, and the seals of their keys for one holder
    with app.app_context():
        publish_demo_call("second")
        (holder,) = copied(whose)
        last, *others = copied(PurposeKeySeal, PurposeKeySeal.holder_id == holder["id"])
        assert len(others) > 2
        # When all but one are deleted
        take_out(PurposeKeySeal, PurposeKeySeal.id.in_([row["id"] for row in others]))
        # Then Today says nothing, though the answers of a whole call hang on the other holder alone
        assert not said(worker, line)
        # And with the last one it does
        take_out(PurposeKeySeal, PurposeKeySeal.id == last["id"])
        assert said(worker, line)


def said(worker: Worker, words: str) -> bool:
    worker.get("/desk/")
    return words in worker.page.text


def test_emptied_counters_let_an_attacker_guess_on(make_app: MakeApp) -> None:
    with make_app(LIMIT_FACTOR="1").app_context():
        # Given a limit that is used up, and failed sign-ins that were counted
        with pytest.raises(limits.TooMany):
            for _ in range(100):
                limits.take_for("six-digit-code", "ana")
        with stores.writing() as main:
            failed_sign_ins.add(main, None)
        assert failed_sign_ins.since(clock.today())
        # When the counters are deleted
        take_out(RateBucket)
        take_out(FailedSignIns)
        # Then there is as much again, and nobody is told
        limits.take_for("six-digit-code", "ana")
        assert not failed_sign_ins.since(clock.today())
