"""Sending answers: once, whole, sealed in place, and never after the call has closed."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from tests.factories import (
    DEMO_CALL,
    TO_CALL,
    TO_READ,
    answers_for,
    demo_form,
    publish_demo_call,
    signed_in,
    submit_one,
)
from tests.integration.damage import spoilt_key
from tests.integration.tables import counts, everything, written
from tests.rows import change as change_rows
from tests.turned import the_worker_kept_running
from webapp.models import Call as CallRow
from webapp.models import ErasureSecret, OwnCopy, Part, Submission
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.rules.states import CallState
from webapp.services.answers import corrections, desk_submissions, erasing, own_copies, submissions
from webapp.services.answers.submissions import CallClosed
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.purpose_keys import NoPurposeKey
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import Erased
from webapp.services.retention import orphans
from webapp.vault.envelope import DoesNotOpen

pytestmark = pytest.mark.usefixtures("inside")

ONE_SUBMISSION = {"submissions": 1, "parts": 3, "own_copies": 3, "erasure_secrets": 6}


def rows(*names: str) -> dict[str, int]:
    """How many rows the named tables have."""
    found = counts()
    return {name: found.get(name, 0) for name in names or ONE_SUBMISSION}


def close(call: Call) -> None:
    with stores.writing() as main:
        change_rows(main, select(CallRow).where(CallRow.id == call.id), {"state": CallState.CLOSED})


def test_one_missing_key_is_enough_to_take_nothing(inside: Flask, call: Call) -> None:
    # Given a call whose key for answers about equality is gone, and those for the others are there
    with spoilt_key(inside, "equality", gone=True):
        before = everything()
        # When a participant sends, even if they left those questions out
        with pytest.raises(NoPurposeKey):
            submit_one(call, answers={"adult": "yes"})
        # Then nothing is stored
        assert everything() == before


def test_what_a_participant_sent_comes_back_with_the_code_and_opens_at_the_desk(
    founded: Founded,
) -> None:
    # Given answers to every question, and every consent
    sent = submit_one()
    # When the participant comes back, and when a coordinator opens both parts
    held = own_copies.find_held(sent.receipt)
    holder = signed_in(founded)
    testimony = disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    contact = disclosure.open_contact(holder, sent.submission_id, TO_CALL)
    # Then the participant sees every answer, and the coordinator those of the part that was opened
    assert dict(held.answers) == sent.answers
    assert testimony.answers == {
        question.key: sent.answers[question.key]
        for question in demo_form().questions
        if question.part == "testimony" and question.key in sent.answers
    }
    assert contact.contact is not None
    assert contact.contact.email is not None
    assert contact.contact.email.address == sent.answers["email"]


def test_sending_twice_stores_one_submission_and_the_code_stays_the_same(call: Call) -> None:
    # Given a participant whose answers are stored
    sent = submit_one(call)
    before = everything()
    # When the same post comes again, even with other answers in it
    submit_one(
        call,
        submission_id=sent.submission_id,
        receipt=sent.receipt,
        answers=answers_for(call.form, change_words="changed meanwhile"),
        given={},
    )
    # Then not a byte has changed, and the code leads to what was sent first
    assert everything() == before
    assert rows() == ONE_SUBMISSION
    assert own_copies.find_held(sent.receipt).answers == sent.answers


def test_sending_again_after_the_call_has_closed_still_says_that_it_is_stored(call: Call) -> None:
    # Given a participant whose answers were stored on the last day, but whose connection broke before the code came
    sent = submit_one(call)
    # When the call closes and they press Send again
    close(call)
    again = published_calls.find_call(DEMO_CALL)
    # Then it is no error: they are not told that their stored answers were lost
    submit_one(again, submission_id=sent.submission_id, receipt=sent.receipt)
    assert rows() == ONE_SUBMISSION


def test_a_replayed_post_never_brings_back_what_was_erased(call: Call) -> None:
    # Given a participant who erased everything with their code
    sent = submit_one(call)
    erasing.erase_held(own_copies.find_held(sent.receipt))
    # When the old post is sent once more (a second tab, the Back button)
    submit_one(call, submission_id=sent.submission_id, receipt=sent.receipt)
    # Then nothing of it is stored
    assert rows() == dict.fromkeys(ONE_SUBMISSION, 0)
    with pytest.raises(own_copies.NothingHeld):
        own_copies.find_held(sent.receipt)


def test_a_known_id_with_another_code_is_not_taken_for_the_same_post(call: Call) -> None:
    # Given a stored submission
    sent = submit_one(call)
    # When something sends its id with a code that does not belong to it
    # Then it is refused aloud: a receipt that leads nowhere must never be shown
    with pytest.raises(IntegrityError):
        submit_one(call, submission_id=sent.submission_id)
    assert own_copies.find_held(sent.receipt).answers == sent.answers


def test_a_closed_call_takes_nothing(call: Call) -> None:
    # Given a call that a coordinator closed
    close(call)
    # When a participant sends answers to it
    with pytest.raises(CallClosed):
        submit_one(published_calls.find_call(DEMO_CALL))
    # Then nothing is stored, not even a secret
    assert rows() == dict.fromkeys(ONE_SUBMISSION, 0)


def test_a_call_that_closes_while_a_participant_sends_takes_nothing(call: Call) -> None:
    # Given a participant whose last page was read while the call was open
    # When it closes just before their post is stored
    close(call)
    with pytest.raises(CallClosed):
        submit_one(call)
    # Then there is no submission; the secrets that were written first open nothing
    assert rows("submissions", "parts", "own_copies", "consents") == {
        "submissions": 0,
        "parts": 0,
        "own_copies": 0,
        "consents": 0,
    }


@pytest.mark.parametrize(
    ("moment", "accepted"),
    [
        pytest.param(datetime.fromisoformat("2031-07-10T22:59:00+00:00"), True, id="last minute"),
        pytest.param(datetime.fromisoformat("2031-07-10T23:00:00+00:00"), False, id="next day"),
    ],
)
def test_the_closing_day_counts_whole_where_the_coalition_works(
    moment: datetime, accepted: bool
) -> None:
    # Given a call that closes on 10 July, when London is an hour ahead of UTC
    publish_demo_call("summer", closes_on=date(2031, 7, 10))
    # When a participant sends around London's midnight
    with time_machine.travel(moment, tick=False):
        if accepted:
            submit_one(published_calls.find_call("summer"))
        else:
            with pytest.raises(CallClosed):
                submit_one(published_calls.find_call("summer"))
    # Then the day that counts is London's
    assert rows("submissions") == {"submissions": 1 if accepted else 0}


def test_a_needed_answer_that_is_missing_stores_nothing(call: Call) -> None:
    # Given answers without the one that is needed
    with pytest.raises(AnswersMissing):
        submit_one(call, answers=answers_for(call.form, adult=None))
    # Then nothing is stored
    assert rows() == dict.fromkeys(ONE_SUBMISSION, 0)


def test_a_participant_under_18_leaves_no_trace(call: Call) -> None:
    # Given a participant who says that they are not an adult, with everything else filled in
    before = everything()
    with pytest.raises(Stopped):
        submit_one(call, answers=answers_for(call.form, adult="no"))
    # Then no table has changed
    assert everything() == before


def test_only_what_is_needed_is_enough(call: Call) -> None:
    # Given a participant who skips everything that can be skipped, and agrees to nothing
    sent = submit_one(call, answers={"adult": "yes"}, given={})
    # Then it is kept and comes back, and there is nothing else
    assert own_copies.find_held(sent.receipt).answers == {"adult": "yes"}
    assert rows("submissions", "parts", "own_copies", "consents", "erasure_secrets") == {
        "submissions": 1,
        "parts": 1,
        "own_copies": 1,
        "consents": 0,
        "erasure_secrets": 2,
    }


def test_answers_about_equality_do_not_lead_to_the_person(call: Call) -> None:
    # Given a participant who answered the questions about equality
    before = everything()
    sent = submit_one(call)
    new = written(before, everything())
    # When everything that was written about that part is read
    with stores.reading() as main:
        part = main.scalars(select(Part).where(Part.purpose == "equality")).one()
    with stores.reading("erasure") as erased:
        secret = erased.get_one(ErasureSecret, part.secret_id)
    # Then it names no submission, and no other row names it
    assert part.submission_id is None
    assert sent.submission_id not in (part.id, part.secret_id, part.call_id, secret.id)
    elsewhere = repr({name: rows for name, rows in new.items() if name != "parts"})
    assert repr(part.id) not in elsewhere
    others = repr([row for row in new["parts"] if part.id not in row])
    assert repr(part.id) not in others
    assert repr(part.secret_id) not in others


def test_on_a_quiet_day_no_date_leads_to_the_answers_about_equality(call: Call) -> None:
    # Given three people, the only ones on their days
    for day in (2, 17, 30):
        with time_machine.travel(datetime(2026, 12, day, 13, tzinfo=UTC), tick=False):
            submit_one(call)
    # When an attacker has both stores, and looks when each secret was made
    with stores.reading() as main:
        parts = main.scalars(select(Part.secret_id).where(Part.purpose == "equality")).all()
        copies = main.scalars(select(OwnCopy.secret_id).where(OwnCopy.purpose == "equality")).all()
    with stores.reading("erasure") as erased:
        secrets = {row.id: row.made_on for row in erased.scalars(select(ErasureSecret))}
    days = [secrets[secret] for secret in (*parts, *copies)]
    # Then nothing tells which part belongs to which person's copy
    assert days == [date(2027, 1, 1)] * 6
    # And none is swept away when its day has come
    with time_machine.travel(datetime(2027, 1, 9, 13, tzinfo=UTC), tick=False):
        the_worker_kept_running()
        assert orphans.sweep_orphans() == 0


def test_the_database_itself_refuses_an_equality_part_with_a_submission(call: Call) -> None:
    # Given a stored submission
    sent = submit_one(call)
    # When a mistake in our code would tie the equality part to it
    with pytest.raises(IntegrityError), stores.writing() as main:
        main.execute(
            update(Part).where(Part.purpose == "equality").values(submission_id=sent.submission_id)
        )


def test_only_the_day_is_kept() -> None:
    # Given a submission at a telling moment
    before = everything()
    moment = datetime.fromisoformat("2026-12-01T13:47:59+00:00")
    with time_machine.travel(moment, tick=False):
        submit_one()
    # When everything that was written is read, column by column
    new = written(before, everything())
    values = [value for rows in new.values() for row in rows for value in row]
    # Then there are days, and no time of day, and no number that could be one
    assert date(2026, 12, 1) in values
    assert not [value for value in values if isinstance(value, datetime | float)]
    assert not [value for value in values if isinstance(value, int) and value > 100]
    assert set(new) == {"submissions", "parts", "own_copies", "consents", "erasure_secrets"}


def test_an_answer_copied_into_another_persons_row_does_not_open(
    call: Call, founded: Founded
) -> None:
    # Given two people, and an attacker who can write to the database
    one, other = submit_one(call), submit_one(call)
    with stores.writing() as main:
        source = _part(main, one.submission_id, "testimony")
        target = _part(main, other.submission_id, "testimony")
        envelope, secret_id = source.envelope, source.secret_id
        source.secret_id = uuid4()
        main.flush()
        target.envelope, target.secret_id = envelope, secret_id
    # When a coordinator opens the second person's answers
    # Then they do not see the first person's words under the second person's name
    with pytest.raises(DoesNotOpen):
        disclosure.open_testimony(signed_in(founded), other.submission_id, TO_READ)


def test_a_part_moved_to_another_purpose_or_call_does_not_open(
    call: Call, founded: Founded
) -> None:
    # Given a participant, and a second call with the same form
    publish_demo_call("second")
    sent, second = submit_one(call), published_calls.find_call("second")
    there = submit_one(second)
    holder = signed_in(founded)
    # When a thief of the database moves the contact part into the place of the testimony
    with stores.writing() as main:
        contact = _part(main, sent.submission_id, "contact")
        testimony = _part(main, sent.submission_id, "testimony")
        envelope, secret_id = contact.envelope, contact.secret_id
        contact.secret_id = uuid4()
        main.flush()
        testimony.envelope, testimony.secret_id = envelope, secret_id
    with pytest.raises(DoesNotOpen):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    # And when a whole row moves to the other call
    with stores.writing() as main:
        moved = _part(main, there.submission_id, "contact")
        moved.call_id = call.id
    # Then neither opens
    with pytest.raises(DoesNotOpen):
        disclosure.open_contact(holder, there.submission_id, TO_CALL)


def test_an_own_copy_moved_to_another_person_does_not_open(call: Call) -> None:
    # Given two people, and a thief who hangs the first one's copies under the second one's code
    one, other = submit_one(call), submit_one(call)
    with stores.writing() as main:
        theirs = main.scalars(select(OwnCopy).where(OwnCopy.submission_id == other.submission_id))
        lookup = theirs.first().lookup  # type: ignore[union-attr]
        for copy in main.scalars(
            select(OwnCopy).where(OwnCopy.submission_id == other.submission_id)
        ):
            main.delete(copy)
        main.flush()
        main.execute(
            update(OwnCopy)
            .where(OwnCopy.submission_id == one.submission_id)
            .values(lookup=lookup, submission_id=one.submission_id)
        )
    # When the second person hands in their code
    held = own_copies.find_held(other.receipt)
    # Then the first one's answers do not open, and none of them can be replaced
    assert held.answers == {}
    assert corrections.closed_for(held) == {"call", "contact", "equality"}


def test_an_own_copy_hung_among_those_of_another_participant_does_not_open(call: Call) -> None:
    # Given two people, and a thief who hangs one of the first one's copies among those of the second
    one, other = submit_one(call), submit_one(call)
    with stores.writing() as main:
        theirs = select(OwnCopy).where(OwnCopy.submission_id == other.submission_id)
        lookup = main.scalars(theirs).first().lookup  # type: ignore[union-attr]
        for copy in main.scalars(theirs.where(OwnCopy.purpose == "contact")):
            main.delete(copy)
        main.flush()
        main.execute(
            update(OwnCopy)
            .where(OwnCopy.submission_id == one.submission_id, OwnCopy.purpose == "contact")
            .values(lookup=lookup)
        )
    # When the second person hands in their code, then it leads to what is left of their own, and not to the first one
    held = own_copies.find_held(other.receipt)
    assert held.submission_id == other.submission_id
    assert set(held.by_part) == {"testimony", "equality"}
    assert not held.unreadable


def test_ids_that_do_not_exist_are_nothing(founded: Founded) -> None:
    # Given an id of no submission
    unknown = uuid4()
    # When the desk asks for it, then there is a clear answer, and nothing was opened
    with pytest.raises(LookupError):
        desk_submissions.find_row(unknown)
    with pytest.raises(Erased):
        disclosure.open_testimony(signed_in(founded), unknown, TO_READ)
    with pytest.raises(published_calls.NoSuchCall):
        published_calls.find_call("nowhere")


def test_a_failure_in_the_middle_leaves_nothing_half_and_sending_again_works(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a main store that fails after the secrets were written
    sent_id, receipt = uuid4(), own_copies.new_receipt()
    real = submissions._store

    def power_cut(*args: object, **options: object) -> None:
        real(*args, **options)  # type: ignore[arg-type]
        raise stores.StoreUnavailable("main")

    monkeypatch.setattr(submissions, "_store", power_cut)
    with pytest.raises(stores.StoreUnavailable):
        submit_one(call, submission_id=sent_id, receipt=receipt)
    assert rows("submissions", "parts", "own_copies", "consents") == {
        "submissions": 0,
        "parts": 0,
        "own_copies": 0,
        "consents": 0,
    }
    # When the store is back and Send is pressed again
    monkeypatch.undo()
    sent = submit_one(call, submission_id=sent_id, receipt=receipt)
    # Then it is stored whole
    assert own_copies.find_held(receipt).answers == sent.answers


def test_the_list_shows_the_newest_day_first_and_nothing_that_was_said(call: Call) -> None:
    # Given submissions on two days, with and without contact and consent
    with time_machine.travel(datetime.fromisoformat("2026-12-01T09:00:00+00:00")):
        early = submit_one(call, given={"quote": True})
    with time_machine.travel(datetime.fromisoformat("2026-12-02T09:00:00+00:00")):
        late = submit_one(call, answers={"adult": "yes"}, given={})
    # When the desk lists them
    newest, oldest = desk_submissions.list_for_call(call)
    # Then
    assert (newest.id, newest.purposes, newest.has_contact) == (
        late.submission_id,
        frozenset(),
        False,
    )
    assert (oldest.id, oldest.purposes, oldest.has_contact) == (
        early.submission_id,
        frozenset({"quote"}),
        True,
    )
    assert newest.received_on - oldest.received_on == timedelta(days=1)
    row, answered = desk_submissions.find_row(early.submission_id)
    assert (row, answered.id, answered.form_version) == (oldest, call.id, 1)


def _part(main: stores.Session, submission_id: object, purpose: str) -> Part:
    return main.scalars(
        select(Part).where(Part.submission_id == submission_id, Part.purpose == purpose)
    ).one()


def test_the_first_opening_is_noted_once(call: Call, founded: Founded) -> None:
    # Given a submission that was opened
    sent = submit_one(call)
    holder = signed_in(founded)
    disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    with stores.reading() as main:
        first = main.get_one(Submission, sent.submission_id).first_opened_on
    # When it is opened again on another day
    with time_machine.travel(datetime.now() + timedelta(days=3)):
        disclosure.open_testimony(holder, sent.submission_id, TO_READ)
    # Then the day of the first opening stands
    with stores.reading() as main:
        assert main.get_one(Submission, sent.submission_id).first_opened_on == first
