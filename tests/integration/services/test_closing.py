"""A call that is closed before its last day: no participant is let in after it, and nothing that is there is lost."""

import pytest

from tests.factories import DEMO_CALL, TO_READ, signed_in, submit_one
from webapp.services.answers import own_copies
from webapp.services.answers.submissions import CallClosed
from webapp.services.calls import closing, published_calls
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure import audit
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
