"""Data entry on behalf of a participant, from a call or from paper. Audited before anything is stored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.languages.spoken_languages import Spoken
from webapp.rules.late_paper import in_time
from webapp.services.answers import submissions
from webapp.services.answers.submissions import CallClosed, Told
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.keys.coordinators import Holder

#: How a participant told us, in the words of the audit log.
HOW = {"paper": "on paper", "phone": "by phone", "talk": "face to face"}
#: How a participant gave permission, in the words of the audit log.
AGREED = {"read": "each permission read aloud", "ticked": "permissions ticked on paper"}
LATE = "after the last day"


@dataclass(frozen=True)
class Heard:
    """How the answers of one person reached us: keys of `HOW` and `AGREED`, the day, and their language.

    `agreed` is None where the person gave no permission at all.
    """

    how: str
    agreed: str | None
    on: date
    spoken: Spoken


def may_enter(call: Call, how: str, on: date) -> bool:
    """Whether answers that reached us so, on that day, can be entered today."""
    today = clock.today()
    if call.accepts_answers(today):
        return True
    closed_early = not call.is_open
    return call.takes_late_paper(today) and in_time(
        how, on, closes_on=call.closes_on, closed_early=closed_early
    )


def enter_for(
    holder: Holder,
    call: Call,
    *,
    submission_id: UUID,
    receipt: str,
    answers: Mapping[str, Any],
    given: Mapping[str, bool],
    heard: Heard,
    members: UUID | None = None,
) -> None:
    """Store a participant's answers and consents as they told a coordinator. Idempotent by `submission_id`.

    The audit log says who entered them, and how the participant told us, also when storing fails. From then on the
    coordinator can read them as they read any others: with a reason.

    `members` is the list that was read aloud beside a consent to share. A paper form has no list of today, so a consent
    that was ticked on it covers no member. Raises `CallClosed`, `StoreUnavailable`.
    """
    if not may_enter(call, heard.how, heard.on):
        raise CallClosed(call.slug)
    late = not call.accepts_answers(clock.today())
    reason = [HOW[heard.how], *([AGREED[heard.agreed]] if heard.agreed else []), *[LATE] * late]
    with stores.writing() as main:
        audit.enter(
            main,
            holder.coordinator_id,
            AuditEvent.ANSWERS_ENTERED,
            submission_id,
            ", ".join(reason),
        )
    submissions.submit(
        call,
        submission_id=submission_id,
        receipt=receipt,
        answers=AnswersOnForm(call.form, answers),
        given=given,
        language=heard.spoken.code,
        typed_by="coordinator",
        told=Told(heard.on, heard.spoken.worded_in, heard.spoken.name, late),
        members=members if heard.agreed == "read" else None,
    )
