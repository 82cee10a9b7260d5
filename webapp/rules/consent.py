"""Which consents are offered to whom."""

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

#: The purpose of a consent to words of one's own in a report, without a name.
QUOTING: Final = "quote"
#: What each permission to be reached lets a coordinator do. A form may have others of its own (`uses_of`).
USES: Final[Mapping[str, tuple[Use, ...]]] = MappingProxyType(
    {"contact_me": (ASK,), "invite": (INVITE,), "share": (SHARE,)}
)


def offered(form: Form, answers: Answers) -> tuple[ConsentWording, ...]:
    """The consents that mean something to somebody with these answers.

    Without a safe way to reach them, none about reaching them. A confirmation leaves by itself, with no person who
    thinks first, so it is only offered to whoever gave an address that is safe and said that nobody else sees that
    inbox; a way through a helper only to whoever told us of one.
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
    """Those of them that still mean something after the answers were sent."""
    return tuple(wording for wording in offered(form, answers) if may_come_later(wording.purpose))


def may_come_later(purpose: str) -> bool:
    """Whether somebody may say yes to this afterwards. A confirmation is for the moment of sending alone."""
    return purpose != CONFIRMATION_CONSENT


def missing_for_contact(
    form: Form, answers: Answers, agreed: Collection[str]
) -> tuple[ConsentWording, ...]:
    """The consents without which nobody will get in touch with somebody who wants contact and gave a safe way.

    Empty where nothing is missing, or where contact was not wanted or has no safe way. It is the first consent to being
    reached that the form offers, and, where the only way is through a helper, the one to that.
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
    """Whether this consent lets a coordinator use contact details.

    A confirmation is sent by the service itself; saying yes to a helper only says by which way.
    """
    return wording.uses_contact and wording.purpose not in (CONFIRMATION_CONSENT, THROUGH_HELPER)


def uses_of(wording: ConsentWording) -> tuple[Use, ...]:
    """What this consent lets a coordinator do with contact details; nothing where it lets nobody reach anyone.

    Of a consent that only this form has, Hearth knows no more than its words: they are the reason.
    """
    if not lets_reach(wording):
        return ()
    return USES.get(wording.purpose) or (
        Use(f"purpose:{wording.purpose}", f"“{wording.text['en']}”"),
    )


def uses_of_standing(form: Form, standing: Collection[str]) -> tuple[Use, ...]:
    """Why one person's contact details may be opened, as their consents stand: danger is always a reason, and another
    one with words. Nothing at all where no consent lets anyone reach them.
    """
    given = [
        use for wording in form.consents if wording.purpose in standing for use in uses_of(wording)
    ]
    return (*dict.fromkeys(given), DANGER, OTHER) if given else ()


def uses_of_export(wording: ConsentWording) -> tuple[Use, ...]:
    """Why the contacts of everybody who gave this consent may be exported. Danger is about one person."""
    return (*uses_of(wording), OTHER)
