"""A call that is closed before its last day: no participant is let in after it, and nothing that is there is lost."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from sqlalchemy import select

from tests.factories import DEMO_CALL, TO_READ, signed_in, submit_one
from webapp.models import PurposeKey
from webapp.rules import clock
from webapp.rules.retention import first_due_on
from webapp.rules.tell_back import Month
from webapp.services.answers import own_copies
from webapp.services.answers.submissions import CallClosed
from webapp.services.calls import closing, published_calls, tell_backs, telling_back
from webapp.services.calls.closing import (
    AnswersDue,
    KeysGone,
    LastDayTooEarly,
    LastDayTooLate,
    StillOpen,
)
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure import audit, stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.opening import disclosure

pytestmark = pytest.mark.usefixtures("inside")


def close(reason: str = "The funder stopped") -> None:
    closing.close(DEMO_CALL, actor=audit.OPERATOR, reason=reason)


def test_no_participant_can_answer_any_more(founded: Founded) -> None:
    # Given a participant who answered, and another who is still writing
    sent = submit_one()
    as_it_was = published_calls.find_call(DEMO_CALL)
    # When the call is closed
    close()
    # Then no visitor sees it as open, and the participant who presses Send is told that it has closed
    assert published_calls.open_calls() == ()
    with pytest.raises(CallClosed):
        submit_one(as_it_was)
    # And what was sent is there, for the participant and for the desk
    assert own_copies.find_held(sent.receipt)
    assert disclosure.open_testimony(signed_in(founded), sent.submission_id, TO_READ).answers


def test_it_is_in_the_record_once_and_with_its_reason() -> None:
    close("The funder stopped")
    close("Again")
    line = audit.recent(1)[0]
    assert (line.actor, line.tag, line.subject_id, line.reason) == (
        audit.OPERATOR,
        "call closed",
        published_calls.find_call(DEMO_CALL).id,
        "The funder stopped",
    )
    audit.verify()


def test_a_call_that_was_never_published_cannot_be_closed() -> None:
    before = audit.verify()
    with pytest.raises(NoSuchCall):
        closing.close("nowhere", actor=audit.OPERATOR, reason="A slip")
    assert audit.verify() == before


# Opening it again


def reopen(last_day: date, reason: str = "People need more time") -> None:
    closing.reopen(DEMO_CALL, last_day, actor=audit.OPERATOR, reason=reason)


def last_day() -> date:
    return published_calls.find_call(DEMO_CALL).closes_on


def test_a_call_that_was_closed_takes_answers_again(founded: Founded) -> None:
    # Given a call that was closed after somebody had answered
    before = submit_one()
    days = own_copies.find_held(before.receipt).due_on
    close()
    # When it is opened again with a later last day
    later = last_day() + timedelta(days=30)
    reopen(later)
    # Then others can answer, and what they say opens with the keys that were there
    (call,) = published_calls.open_calls()
    assert call.closes_on == later
    after = submit_one(call)
    assert disclosure.open_testimony(signed_in(founded), after.submission_id, TO_READ).answers
    # And who had answered keeps the days that were promised; only new answers count from the new one
    assert own_copies.find_held(before.receipt).due_on == days
    assert min(own_copies.find_held(after.receipt).due_on.values()) > min(days.values())


def test_pages_of_this_process_see_it_at_once() -> None:
    closes_on = published_calls.recent_call(DEMO_CALL).closes_on
    close()
    assert not published_calls.recent_call(DEMO_CALL).is_open
    reopen(closes_on)
    assert published_calls.recent_call(DEMO_CALL).accepts_answers(clock.today())


def test_a_call_whose_last_day_is_over_is_opened_again() -> None:
    with time_machine.travel(datetime.combine(last_day() + timedelta(days=3), time(12), UTC)):
        with pytest.raises(LastDayTooEarly) as refused:
            reopen(clock.today() - timedelta(days=1))
        assert refused.value.first == clock.today()
        reopen(clock.today())
        assert published_calls.find_call(DEMO_CALL).accepts_answers(clock.today())


def test_opening_it_again_is_in_the_record_once_and_with_its_reason() -> None:
    close()
    reopen(last_day(), "Closed by mistake")
    reopen(last_day(), "Again")
    told = [(line.tag, line.reason) for line in audit.recent(2)]
    assert told == [("call reopened", "Closed by mistake"), ("call closed", "The funder stopped")]
    audit.verify()


def test_the_new_last_day_is_not_before_the_one_that_was_told() -> None:
    # Otherwise answers that are there would be kept for longer than a last day allows
    close()
    with pytest.raises(LastDayTooEarly):
        reopen(last_day() - timedelta(days=1))
    assert published_calls.open_calls() == ()


def test_a_call_that_is_open_keeps_its_last_day() -> None:
    before, told = audit.verify(), last_day()
    with pytest.raises(StillOpen):
        reopen(told + timedelta(days=1))
    assert (last_day(), audit.verify()) == (told, before)


def test_once_answers_were_due_the_call_stays_closed() -> None:
    close()
    call = published_calls.find_call(DEMO_CALL)
    due = first_due_on(call.closes_on, [part.keep_months for part in call.form.parts.values()])
    with time_machine.travel(datetime.combine(due, time(12), UTC)):
        with pytest.raises(AnswersDue):
            reopen(clock.today())
        assert published_calls.open_calls() == ()
    # And the day before it can be, once people are promised a month after the new last day
    promised = tell_backs.find(call.id).by
    assert promised is not None
    with time_machine.travel(datetime.combine(due - timedelta(days=1), time(12), UTC)):
        with pytest.raises(LastDayTooLate):
            reopen(clock.today())
        later = Month.of(due).later(1)
        telling_back.move(call, later, seen=promised, actor=uuid4(), reason="It stayed open")
        reopen(clock.today())


def test_without_its_keys_the_call_stays_closed() -> None:
    close()
    call = published_calls.find_call(DEMO_CALL)
    with stores.writing() as main:
        keys = select(PurposeKey).where(PurposeKey.owner_id == call.id)
        main.delete(main.scalars(keys.where(PurposeKey.purpose == "contact")).one())
    before = audit.verify()
    with pytest.raises(KeysGone):
        reopen(last_day())
    assert (published_calls.open_calls(), audit.verify()) == ((), before)


def test_a_call_that_was_never_published_cannot_be_opened_again() -> None:
    with pytest.raises(NoSuchCall):
        closing.reopen("nowhere", clock.today(), actor=audit.OPERATOR, reason="A slip")
