"""The joint-controller sheet (UK GDPR, Article 26): which organisations decide together, who does what, whom to ask.

It is made from the rows of today: from periods, and from the roles of each organisation's people. No person is named,
because people who answered may ask for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from flask import render_template
from flask_babel import lazy_gettext
from flask_babel.speaklater import LazyString

from webapp.desk.coalition.role_words import ROLES
from webapp.desk.shared.blueprint import blueprint
from webapp.rules import clock
from webapp.rules.forms.questions import PartName
from webapp.rules.organisations import Standing
from webapp.rules.roles import PURPOSES, Act, Role
from webapp.services.keys import organisations, people
from webapp.services.keys.organisations import Coalition, Known, Term
from webapp.services.keys.people import Person
from webapp.web.guards import may

#: What the keys of a part open, for people who have never seen this desk.
PARTS: Final[Mapping[PartName, LazyString]] = MappingProxyType(
    {
        "testimony": lazy_gettext("answers"),
        "contact": lazy_gettext("ways to reach people"),
        "equality": lazy_gettext("answers about equality"),
        "registrant": lazy_gettext("registrations for events"),
        "needs": lazy_gettext("access needs"),
        "room": lazy_gettext("names in the room"),
    }
)


@dataclass(frozen=True)
class Share:
    """What one organisation does: what it is, which roles its people have, and what those open."""

    organisation: Known
    member: Term
    standings: tuple[Standing, ...]
    roles: tuple[LazyString, ...]
    opens: tuple[LazyString, ...]


@blueprint.get("/organisations/sheet")
@may(Act.PEOPLE)
def organisations_page_sheet() -> str:
    """The sheet, to be printed and signed."""
    coalition = organisations.coalition()
    here = [one for one in people.everyone() if one.left_on is None]
    return render_template(
        "desk/joint_controllers.html",
        today=clock.today(),
        shares=list(_shares(coalition, here)),
        host=coalition.one(Standing.HOST),
        chair=coalition.one(Standing.CHAIR),
    )


def _shares(coalition: Coalition, here: list[Person]) -> Iterable[Share]:
    for known in coalition.members:
        if term := known.term(Standing.MEMBER, coalition.on):
            held = {
                grant.role
                for one in here
                if one.organisation_id == known.id
                for grant in one.grants.held
            }
            yield Share(known, term, _standings(known, coalition), _roles(held), _opens(held))


def _standings(known: Known, coalition: Coalition) -> tuple[Standing, ...]:
    order = (Standing.HOST, Standing.CHAIR, Standing.MEMBER)
    return tuple(one for one in order if known.term(one, coalition.on))


def _roles(held: set[Role]) -> tuple[LazyString, ...]:
    return tuple(words for role, words in ROLES.items() if role in held)


def _opens(held: set[Role]) -> tuple[LazyString, ...]:
    purposes = frozenset().union(*(PURPOSES[role] for role in held))
    return tuple(words for part, words in PARTS.items() if part in purposes)
