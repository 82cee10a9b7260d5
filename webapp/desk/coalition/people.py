"""The people of the coalition: everyone by organisation with their roles, open invitations, and who has left."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template
from flask_babel import lazy_gettext

from webapp.desk.coalition import invitation_state
from webapp.desk.coalition.role_words import DOES, ROLES, in_words, places
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.flash import Flash, flash_in
from webapp.rules.roles import Act, Grants
from webapp.services.keys import invitations, organisations, people
from webapp.services.keys.invitations import Open
from webapp.services.keys.organisations import Known
from webapp.services.keys.people import Person
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "taken-back": (lazy_gettext("Taken back. The link opens nothing any more."), True),
        "passed-on": (lazy_gettext("Good. The link is not shown again."), True),
        "too-late": (
            lazy_gettext("That invitation is no longer open. It was used, taken back or is over."),
            False,
        ),
    }
)


@dataclass(frozen=True)
class Group:
    """The people of one organisation who can sign in."""

    organisation: Known
    people: tuple[Person, ...]


@blueprint.get("/people")
@may(Act.PEOPLE)
def people_page() -> str:
    """Who works at the desk, and who is invited."""
    everyone, coalition = people.everyone(), organisations.coalition()
    titles = places()
    return render_template(
        "desk/people.html",
        groups=_groups(coalition.everyone, everyone),
        left=[one for one in everyone if one.left_on],
        invited=invitations.open_invitations(),
        to_pass_on=_to_pass_on(invitations.open_invitations()),
        names=_names(coalition.everyone),
        roles_of=lambda grants: _roles_of(grants, titles),
        does=[(words, DOES[role]) for role, words in ROLES.items()],
        done=flash_in(FLASHES),
    )


def _groups(known: tuple[Known, ...], everyone: list[Person]) -> list[Group]:
    here = [one for one in everyone if one.left_on is None]
    groups = [
        Group(organisation, tuple(one for one in here if one.organisation_id == organisation.id))
        for organisation in known
    ]
    return [group for group in groups if group.people]


def _names(known: tuple[Known, ...]) -> dict[UUID, str]:
    return {one.id: one.name for one in known}


def _roles_of(grants: Grants, titles: Mapping[UUID, str]) -> str:
    return ", ".join(in_words(grants, titles))


def _to_pass_on(open_ones: list[Open]) -> list[Open]:
    """Open invitations whose links this session still holds."""
    return [one for one in open_ones if invitation_state.secret_of(one.id)]
