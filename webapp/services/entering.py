"""Entering what somebody said by phone or wrote on paper. It is in the record before it is stored."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from webapp.services import audit, stores, submissions
from webapp.services.calls import Call
from webapp.services.coordinators import Holder

#: How somebody told us, and agreed, in the words of the record.
HOW = {"paper": "on paper", "phone": "by phone", "talk": "face to face"}


def enter_for(
    holder: Holder,
    call: Call,
    *,
    submission_id: UUID,
    receipt: str,
    answers: Mapping[str, Any],
    given: Mapping[str, bool],
    language: str,
    how: str,
) -> None:
    """Store somebody's answers and consents as they told a coordinator; `how` is a key of `HOW`.

    The record says who entered them, and how the person told us, also when storing fails. From then on the coordinator
    can read them like anybody else's: with a reason. Raises `CallClosed`, `StoreUnavailable`.
    """
    with stores.writing() as main:
        audit.enter(main, holder.coordinator_id, "answers entered", submission_id, HOW[how])
    submissions.submit(
        call,
        submission_id=submission_id,
        receipt=receipt,
        answers=answers,
        given=given,
        language=language,
        typed_by="coordinator",
    )
