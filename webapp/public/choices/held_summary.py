"""Summary of a stored submission: its topics, and the safe channels for contact."""

from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.contact.safe_channels import safe_contact
from webapp.services.answers.own_copies import Held
from webapp.ui.answer_summary import Section, read_back
from webapp.ui.messages import words_for


def topics_of(found: Held, section: str) -> list[Section]:
    """The answers in one section of the form, by topic."""
    pages = [
        page
        for page in found.form.pages
        if page.section == section and any(one.key in found.answers for one in page.questions)
    ]
    return list(read_back(pages, found.answers, due_on=found.due_on, buttons=True))


def ways_of(found: Held) -> list[str]:
    """The safe channels in words, in the order of the form."""
    said_yes = {consent.purpose for consent in found.consents if consent.granted}
    contact = safe_contact(found.answers, through_helper=THROUGH_HELPER in said_yes)
    if contact is None:
        return []
    phone = contact.phone
    by = {
        "way-email": contact.email is not None,
        "way-text": phone is not None and phone.text_ok,
        "way-call": phone is not None and phone.call_ok,
        "way-app": contact.app is not None,
        "way-helper": contact.helper is not None,
    }
    return [words_for(key) for key, is_safe in by.items() if is_safe]
