"""Which consents are offered to whom."""

from typing import Final

from webapp.rules.contact import THROUGH_HELPER, safe_contact
from webapp.rules.form_definition import Answers, ConsentWording, Form
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT

#: The purpose of a consent to words of one's own in a report, without a name.
QUOTING: Final = "quote"


def offered(form: Form, answers: Answers) -> tuple[ConsentWording, ...]:
    """The consents that mean something to somebody with these answers.

    Without a safe way to reach them, none about reaching them. A confirmation is only sent by e-mail, so it is only
    offered to whoever gave an address that is safe; a way through a helper only to whoever told us of one.
    """
    contact = safe_contact(answers, through_helper=True)
    email, helper = contact and contact.email, contact and contact.helper
    means = {CONFIRMATION_CONSENT: email, THROUGH_HELPER: helper}
    return tuple(
        wording
        for wording in form.consents
        if not wording.uses_contact or means.get(wording.purpose, contact) is not None
    )


def lets_reach(wording: ConsentWording) -> bool:
    """Whether this consent lets a coordinator use contact details.

    A confirmation is sent by the service itself; saying yes to a helper only says by which way.
    """
    return wording.uses_contact and wording.purpose not in (CONFIRMATION_CONSENT, THROUGH_HELPER)
