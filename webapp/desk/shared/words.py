"""Plain words at the desk for what is stored as a key or a tag."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final

from flask_babel import gettext, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from webapp.rules import clock
from webapp.rules.audit_details import Capacity
from webapp.rules.consent import QUOTING
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.rules.roles import Role
from webapp.rules.states import RegistrationState
from webapp.ui.filters import date_words

#: After so many days, what was safe may well not be safe any more: the desk asks for care. From then on it says the
#: time in weeks or months.
LONG_AGO = 30
WEEK, MONTH, MONTHS_FROM = 7, 30, 90

#: Purposes of consent, in two or three words. A form may have others of its own.
PURPOSES: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "contact_me": lazy_gettext("Contact me"),
        CONFIRMATION_CONSENT: lazy_gettext("Send me one automatic e-mail"),
        QUOTING: lazy_gettext("Quote me, without my name"),
        "invite": lazy_gettext("Invite me"),
        "share": lazy_gettext("Share with member charities"),
        THROUGH_HELPER: lazy_gettext("Contact me through my helper"),
    }
)

#: Names of the audit log's sources other than coordinators.
ACTORS: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "public": lazy_gettext("The person who answered"),
        "registrant": lazy_gettext("The person who registered"),
        "worker": lazy_gettext("Hearth, automatically"),
        "operator": lazy_gettext("The operator"),
    }
)

#: Roles at the desk, in the middle of a sentence.
ROLES: Final[Mapping[Role, LazyString]] = MappingProxyType(
    {
        Role.OWNER: lazy_gettext("owner"),
        Role.COORDINATOR: lazy_gettext("coordinator"),
        Role.REGISTRAR: lazy_gettext("registrar"),
        Role.ANALYST: lazy_gettext("analyst"),
        Role.ARRANGER: lazy_gettext("arranger"),
        Role.TAKER: lazy_gettext("taker"),
        Role.AUDITOR: lazy_gettext("auditor"),
        Role.PANEL: lazy_gettext("panel"),
    }
)

#: Where a registration stands.
STATES: Final[Mapping[RegistrationState, LazyString]] = MappingProxyType(
    {
        RegistrationState.REQUESTED: lazy_gettext("Has not confirmed the address"),
        RegistrationState.APPLIED: lazy_gettext("Waits for a coordinator’s yes"),
        RegistrationState.WAITING: lazy_gettext("On the waiting list"),
        RegistrationState.OFFERED: lazy_gettext("Was offered a seat"),
        RegistrationState.CONFIRMED: lazy_gettext("Has a seat"),
        RegistrationState.DECLINED: lazy_gettext("Did not take the seat"),
        RegistrationState.CANCELLED: lazy_gettext("Cancelled"),
        RegistrationState.ATTENDED: lazy_gettext("Came"),
        RegistrationState.NO_SHOW: lazy_gettext("Did not come"),
    }
)

#: Who typed a participant's answers.
TYPED_BY: Final[Mapping[str, LazyString]] = MappingProxyType(
    {
        "self": lazy_gettext("The person"),
        "helper": lazy_gettext("A helper"),
        "coordinator": lazy_gettext("A coordinator"),
    }
)


def purpose_words(purpose: str) -> str:
    """A purpose of consent in a few words."""
    return str(PURPOSES.get(purpose) or purpose.replace("_", " ").capitalize())


def state_words(state: RegistrationState) -> str:
    """Where a registration stands, in a few words."""
    return str(STATES[state])


def typed_by_words(typed_by: str) -> str:
    """Who typed, in a few words."""
    return str(TYPED_BY[typed_by])


def actor_words(actor: str, names: Mapping[str, str]) -> str:
    """Who it was: a coordinator by name, or one of the others."""
    return str(names.get(actor) or ACTORS.get(actor) or gettext("Someone who is no longer here"))


def capacity_words(capacity: Capacity | None, organisations: Mapping[str, str]) -> str:
    """In which roles, and of which organisation, a coordinator acted; empty where the record does not say."""
    if capacity is None:
        return ""
    held = {*capacity.role_names}
    roles = ", ".join(str(words) for role, words in ROLES.items() if role.value in held)
    return " · ".join(filter(None, (roles, organisations.get(capacity.organisation, ""))))


def told_ago(day: date) -> str:
    """The age of a participant's safe contact details, and how careful a coordinator should be with them."""
    days = (clock.today() - day).days
    if days <= 0:
        return gettext("They told us this today.")
    if days == 1:
        return gettext("They told us this yesterday.")
    words = gettext(
        "They told us this on %(day)s, %(ago)s ago.", day=date_words(day), ago=_length(days)
    )
    if days <= LONG_AGO:
        return f"{words} {gettext('Things may have changed since then.')}"
    return f"{words} {gettext('Start with great care, because things may have changed.')}"


def _length(days: int) -> str:
    """So many days, or roughly so many weeks or months: never longer than it is."""
    if days <= LONG_AGO:
        return ngettext("%(num)s day", "%(num)s days", days)
    if days < MONTHS_FROM:
        return ngettext("%(num)s week", "%(num)s weeks", days // WEEK)
    return ngettext("%(num)s month", "%(num)s months", days // MONTH)
