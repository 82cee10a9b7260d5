"""Consents as they stand for one participant, in the exact words that were agreed to or would be."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from webapp.models import Consent, Submission
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.services.answers import stored_consents
from webapp.services.answers.consent_statements import Statements
from webapp.services.calls.published_calls import Call
from webapp.services.keys import member_lists


@dataclass(frozen=True)
class HeldConsent:
    """One consent as it stands, with the exact words that were agreed to or would be."""

    purpose: str
    text: str
    language: str
    granted: bool
    changed_on: date | None
    #: What is stored about this person does not add up: then no consent stands, and none may be called taken back.
    is_unclear: bool = False
    #: Of a consent to share: the members on the list that it was given with, which are all that it covers.
    members: tuple[str, ...] = ()


def held(
    main: Session, submission: Submission, call: Call, *, has_helper: bool
) -> tuple[HeldConsent, ...]:
    """Each consent of a call's form as it stands for one submission. The one for a helper only where one was named."""
    now = stored_consents.of_one(main, submission.id)
    statements = Statements(
        main, call.id, call.form, submission.language, tuple(now.latest.values())
    )
    found = []
    for wording in call.form.consents:
        decision, granted = now.latest.get(wording.purpose), wording.purpose in now.standing
        if wording.purpose == THROUGH_HELPER and not (has_helper or granted):
            # No helper was named, so there is nothing to decide.
            continue
        text, language = statements.words(wording, decision)
        day = decision.changed_on if decision else None
        names = _names(main, decision) if granted else ()
        found.append(
            HeldConsent(wording.purpose, text, language, granted, day, not now.adds_up, names)
        )
    return tuple(found)


def _names(main: Session, decision: Consent | None) -> tuple[str, ...]:
    if decision is None or decision.member_list_id is None:
        return ()
    shown = member_lists.by_id(main).get(decision.member_list_id)
    return shown.names if shown else ()
