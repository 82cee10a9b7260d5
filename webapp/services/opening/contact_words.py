"""A safe contact's choices as the form words them in English."""

from webapp.rules.contact.questions import APP, CONTACT_TIMES
from webapp.rules.contact.safe_channels import SafeContact
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import kind_of


def app_in_words(form: FormDefinition, contact: SafeContact) -> str:
    """Which app they meant, as the form puts it in English; empty when they did not say, or gave no such way."""
    if contact.app is None or not contact.app.app:
        return ""
    question = form.question(APP)
    return kind_of(question).export(contact.app.app, question)


def times_in_words(form: FormDefinition, contact: SafeContact) -> str:
    """The safe times as the form puts them in English; empty when none were given."""
    if not contact.times:
        return ""
    question = form.question(CONTACT_TIMES)
    return kind_of(question).export(list(contact.times), question)
