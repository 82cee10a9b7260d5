"""Roles in plain words: what each is called at the desk, and what a person with it may do."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.rules.roles import Role

NAMES: Final[Mapping[Role, LazyString]] = MappingProxyType(
    {
        Role.OWNER: lazy_gettext("Owner"),
        Role.COORDINATOR: lazy_gettext("Coordinator"),
        Role.REGISTRAR: lazy_gettext("Registrar"),
        Role.ANALYST: lazy_gettext("Analyst"),
        Role.ARRANGER: lazy_gettext("Arranger"),
        Role.TAKER: lazy_gettext("Taker"),
        Role.AUDITOR: lazy_gettext("Auditor"),
        Role.PANEL: lazy_gettext("Panel"),
    }
)
MEANINGS: Final[Mapping[Role, LazyString]] = MappingProxyType(
    {
        Role.OWNER: lazy_gettext(
            "Looks after organisations, people, roles and keys. Reads no answers."
        ),
        Role.COORDINATOR: lazy_gettext(
            "Runs calls and events, and reads everything that people tell us."
        ),
        Role.REGISTRAR: lazy_gettext(
            "Runs events and reads who has booked. Reads no access needs and no answers."
        ),
        Role.ANALYST: lazy_gettext("Reads answers and equality answers. Sees no contact details."),
        Role.ARRANGER: lazy_gettext(
            "Reads what people need at an event, to arrange it. Sees no contact details."
        ),
        Role.TAKER: lazy_gettext(
            "Types answers for people on the phone. Opens nothing afterwards."
        ),
        Role.AUDITOR: lazy_gettext("Reads the record of who did what. Opens nothing."),
        Role.PANEL: lazy_gettext("A panel of people with lived experience. Reads no answers."),
    }
)


def role_words(role: str) -> str:
    """What a role is called; one that this version does not know is shown as it is stored."""
    return str(NAMES[Role(role)]) if role in set(Role) else role
