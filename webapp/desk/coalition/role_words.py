"""Roles in plain words: a name, and a sentence that says what a person with it does."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask_babel import gettext, lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.desk.shared.unique_titles import call_titles, event_titles
from webapp.rules.roles import OF_ORGANISATION, Grants, Role
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.keys import organisation_keys

ROLES: Final[Mapping[Role, LazyString]] = MappingProxyType(
    {
        Role.OWNER: lazy_gettext("Owner"),
        Role.COORDINATOR: lazy_gettext("Coordinator"),
        Role.REGISTRAR: lazy_gettext("Registrar"),
        Role.ANALYST: lazy_gettext("Analyst"),
        Role.ARRANGER: lazy_gettext("Arranger"),
        Role.TAKER: lazy_gettext("Taker"),
        Role.AUDITOR: lazy_gettext("Auditor"),
        Role.PANEL: lazy_gettext("Panel"),
        Role.RECIPIENT: lazy_gettext("Recipient"),
    }
)
DOES: Final[Mapping[Role, LazyString]] = MappingProxyType(
    {
        Role.OWNER: lazy_gettext(
            "Looks after organisations, people, roles and the record. Opens nothing that people told us."
        ),
        Role.COORDINATOR: lazy_gettext(
            "Runs calls and events: reads answers, gets in touch with people, registers them, helps callers."
        ),
        Role.REGISTRAR: lazy_gettext(
            "Runs events: opens registrations and names in the room. Reads no answers."
        ),
        Role.ANALYST: lazy_gettext("Reads answers. Never sees how to reach the people."),
        Role.ARRANGER: lazy_gettext(
            "Sees which needs to arrange for an event, and for which name in the room."
        ),
        Role.TAKER: lazy_gettext("Types answers for people who ring. Opens nothing afterwards."),
        Role.AUDITOR: lazy_gettext("Reads the record alone."),
        Role.PANEL: lazy_gettext(
            "Has lived experience and approves what is published. Opens nothing that people told us."
        ),
        Role.RECIPIENT: lazy_gettext(
            "Reads the contact details that were shared with their own organisation, and nothing else."
        ),
    }
)


def places() -> dict[UUID, str]:
    """What has keys of its own, by id: the title of every call and event, the name of each member shared with."""
    titles = call_titles(published_calls.all_calls()) | event_titles(published_events.all_events())
    return titles | organisation_keys.names_of_keyed()


def in_words(grants: Grants, titles: Mapping[UUID, str]) -> list[str]:
    """Roles in the order in which they are declared, each with the call or event that it is for."""
    order = list(Role)
    held = sorted(grants.held, key=lambda one: (order.index(one.role), str(one.scope or "")))
    return [
        str(ROLES[one.role])
        if one.scope is None or one.role in OF_ORGANISATION
        else gettext(
            "%(role)s of “%(title)s”",
            role=ROLES[one.role],
            title=titles.get(one.scope, gettext("something that is not here any more")),
        )
        for one in held
    ]
