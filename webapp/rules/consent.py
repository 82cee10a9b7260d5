"""Consent rules: which consents are offered to a participant, and which uses of contact details each one permits."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.form_definition import ConsentWording, Form
from webapp.rules.forms.kinds import Answers
from webapp.rules.forms.kinds.yes_no import NO
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.rules.reasons import ASK, DANGER, INVITE, OTHER, SHARE, Use

#: The consent purpose for passing contact details on to member organisations: it is asked with a list of them.
SHARING: Final = "share"
#: The consent purpose for quoting a participant's own words in a report, without a name.
QUOTING: Final = "quote"
#: The uses of contact details that each consent permits. A form may define further consents (`uses_of`).
USES: Final[Mapping[str, tuple[Use, ...]]] = MappingProxyType(
    {"contact_me": (ASK,), "invite": (INVITE,), SHARING: (SHARE,)}
)


def offered(form: Form, answers: Answers) -> tuple[ConsentWording, ...]:
    """The consents that are meaningful for a participant with these answers.

    Consents to contact need a safe channel. A confirmation is sent automatically, with no coordinator to judge the
    risk, so it is offered only for an e-mail address that is safe and whose inbox no other person reads. Contact
    through a helper is offered only where the participant named a helper.
    """
    contact = safe_contact(answers, through_helper=True)
    if contact is None:
        return tuple(wording for wording in form.consents if not wording.uses_contact)
    email = contact.email
    without = {
        CONFIRMATION_CONSENT: email is None or email.others_see != NO,
        THROUGH_HELPER: contact.helper is None,
    }
    return tuple(wording for wording in form.consents if not without.get(wording.purpose, False))


def offered_later(form: Form, answers: Answers) -> tuple[ConsentWording, ...]:
    """Those of `offered` that are still meaningful after submission."""
    return tuple(wording for wording in offered(form, answers) if may_come_later(wording.purpose))


def may_come_later(purpose: str) -> bool:
    """Whether this consent may be given after submission. A confirmation can only be asked for while sending."""
    return purpose != CONFIRMATION_CONSENT


def missing_for_contact(
    form: Form, answers: Answers, agreed: Collection[str]
) -> tuple[ConsentWording, ...]:
    """The missing consents without which a participant who wants contact and gave a safe channel is never contacted.

    Empty where none is missing, or where contact was not wanted or has no safe channel. It is the first consent to
    contact that the form offers and, where the only channel is through a helper, the consent to that.
    """
    may = offered(form, answers)
    reach = [wording for wording in may if lets_reach(wording)]
    if not reach or safe_contact(answers, through_helper=True) is None:
        return ()
    missing = [] if any(wording.purpose in agreed for wording in reach) else reach[:1]
    if safe_contact(answers) is None and THROUGH_HELPER not in agreed:
        missing += [wording for wording in may if wording.purpose == THROUGH_HELPER]
    return tuple(missing)


def lets_reach(wording: ConsentWording) -> bool:
    """Whether this consent permits a coordinator to use contact details.

    A confirmation is sent by the service itself; consent to contact through a helper only selects a channel.
    """
    return wording.uses_contact and wording.purpose not in (CONFIRMATION_CONSENT, THROUGH_HELPER)


def uses_of(wording: ConsentWording) -> tuple[Use, ...]:
    """The uses of contact details that this consent permits; empty where it permits no contact.

    For a consent that only this form defines, Hearth knows nothing but its wording: that is the reason.
    """
    if not lets_reach(wording):
        return ()
    return USES.get(wording.purpose) or (
        Use(f"purpose:{wording.purpose}", f"“{wording.text['en']}”"),
    )


def uses_of_standing(form: Form, standing: Collection[str]) -> tuple[Use, ...]:
    """The permitted reasons for opening one participant's contact details, given their standing consents (purpose
    limitation): danger is always one, and so is another reason in words. Empty where no consent permits contact.
    """
    given = [
        use for wording in form.consents if wording.purpose in standing for use in uses_of(wording)
    ]
    return (*dict.fromkeys(given), DANGER, OTHER) if given else ()


def uses_of_export(wording: ConsentWording) -> tuple[Use, ...]:
    """The permitted reasons for exporting contacts under this consent. Danger concerns one participant only."""
    return (*uses_of(wording), OTHER)
