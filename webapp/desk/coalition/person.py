"""One person of the coalition: their roles, what they can open, giving a role, and what helps who cannot sign in."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.coalition.key_forms import EVERYTHING, GiveRoleForm
from webapp.desk.coalition.key_words import by_place
from webapp.desk.coalition.role_words import DOES, in_words, places
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.unique_titles import call_titles, event_titles
from webapp.rules.organisations import Standing
from webapp.rules.roles import OF_ORGANISATION, Act, Grant, Grants
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.keys import coordinators, key_overview, organisations, people, role_changes
from webapp.services.keys.key_overview import Overview, Waiting
from webapp.services.keys.organisations import Known
from webapp.services.keys.people import Person
from webapp.services.keys.purpose_key_generation import NOT_TO_GENERATE
from webapp.services.keys.role_changes import NotForOneOwner
from webapp.web.guards import may

#: Rows of keys, of people or of roles are missing, or not as Hearth wrote them.
KEYS_NOT_TO_TRUST: Final = (*NOT_TO_GENERATE, RowForged)
FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "given": (
            lazy_gettext("Given. It counts from the next time that they sign in."),
            True,
        ),
        "taken-back": (
            lazy_gettext("Taken back. They were signed out, and keys that they had were replaced."),
            True,
        ),
        "left": (
            lazy_gettext(
                "The account is closed. They were signed out, and keys that they had were replaced."
            ),
            True,
        ),
        "keys-wait": (
            lazy_gettext(
                "Done: it opens nothing for them any more. The new keys could not be made, because a key that is "
                "stored here is missing or was changed. Tell the person who looks after the server today."
            ),
            False,
        ),
        "moved": (
            lazy_gettext(
                "Moved. They were signed out. What was shared with the organisation of before opens for them no more."
            ),
            True,
        ),
        "moved-before": (
            lazy_gettext("Nothing was changed: they are in that organisation already."),
            False,
        ),
        "no-role": (lazy_gettext("Nothing was changed: they do not have that role now."), False),
        "has-left": (lazy_gettext("Nothing was changed: this account is closed already."), False),
    }
)


@blueprint.get("/people/<uuid:person_id>")
@may(Act.PEOPLE)
def person(person_id: UUID) -> str:
    """What one person does here, and what can be changed."""
    found = find_person(person_id)
    form = _offered(GiveRoleForm(formdata=None), found)
    form.place.data = EVERYTHING
    return _page(found, form)


@blueprint.post("/people/<uuid:person_id>/give")
@may(Act.PEOPLE, fresh=True)
def person_give_post(person_id: UUID) -> Response | tuple[str, int]:
    """Give a role."""
    found = find_person(person_id)
    form = _offered(GiveRoleForm(), found)
    if not form.validate():
        return _page(found, form), 400
    try:
        role_changes.give(
            signed_in(), person_id, form.grant, reason=form.reason, seen=form.seen_grants
        )
    except NotForOneOwner:
        if form.grant.role in OF_ORGANISATION:
            return _changed_meanwhile(person_id, form)
        form.place.errors = [gettext("This call or event is not here any more")]
        return _page(found, form), 400
    except EditConflict:
        return _changed_meanwhile(person_id, form)
    return see_other("person", person_id=person_id, done="given")


def _changed_meanwhile(person_id: UUID, form: GiveRoleForm) -> tuple[str, int]:
    """What was chosen stays on the page, beside the roles of now."""
    now = find_person(person_id)
    if form.grant in now.grants.held:
        words = gettext("%(name)s has this role already.", name=now.name)
    elif form.house_shown != now.organisation_id:
        words = gettext(
            "Nothing was changed, because %(name)s is in another organisation now. Look again, then press the button "
            "once more.",
            name=now.name,
        )
    else:
        words = meanwhile()
    return _page(now, form, refused=words), 409


def meanwhile() -> str:
    """What is said where another owner was faster."""
    return gettext(
        "Nothing was changed, because someone else changed this person’s roles meanwhile. The page shows them as they "
        "are now, and what you chose. Look again, then press the button once more."
    )


def find_person(person_id: UUID) -> Person:
    """The person whom an address names. Raises `NotHere`."""
    found = next((one for one in people.everyone() if one.id == person_id), None)
    if found is None:
        raise NotHere(person_id)
    return found


def _offered(form: GiveRoleForm, found: Person) -> GiveRoleForm:
    calls = call_titles(published_calls.all_calls())
    return form.offer(calls, event_titles(published_events.all_events()))


def _page(found: Person, form: GiveRoleForm, *, refused: str = "") -> str:
    form.show_at(found.organisation_id, found.grants)
    titles, overview = places(), _overview()
    purposes = overview.purposes if overview else ()
    waiting = overview.waits(found.id) if overview else None
    everyone = organisations.coalition().everyone
    house = next((one for one in everyone if one.id == found.organisation_id), None)
    return render_template(
        "desk/person.html",
        person=found,
        is_self=found.id == signed_in().coordinator_id,
        organisation=house,
        host=_host_elsewhere(house),
        roles=_roles(found.grants, titles),
        opens=by_place(
            ((one.owner_id, one.purpose) for one in purposes if found.id in one.able), titles
        ),
        is_known=overview is not None,
        givers=_givers(waiting),
        waits=waiting is not None,
        form=form,
        notes={role.value: words for role, words in DOES.items()},
        problems=form.problems,
        refused=refused,
        done=flash_in(FLASHES),
    )


def _host_elsewhere(house: Known | None) -> str:
    """The host's name, for a person who works for another member: calls say that the host's team reads answers."""
    host = organisations.coalition().one(Standing.HOST)
    return "" if host is None or house is None or host.id == house.id else host.name


def _overview() -> Overview | None:
    """None while rows of keys are missing or false: an account can be closed all the same."""
    try:
        return key_overview.whole()
    except KEYS_NOT_TO_TRUST:
        return None


def _roles(grants: Grants, titles: Mapping[UUID, str]) -> list[tuple[str, Grant, str]]:
    """Each role in words, the role, and how its address names what it is for."""
    return [
        (in_words(Grants.of([one]), titles)[0], one, one.scope.hex if one.scope else EVERYTHING)
        for one in sorted(grants.held, key=lambda one: (one.role, str(one.scope or "")))
    ]


def _givers(waiting: Waiting | None) -> str:
    """The names of those who can give this person the keys that they wait for."""
    if waiting is None:
        return ""
    names = coordinators.names()
    others = waiting.givers - {waiting.person_id}
    return ", ".join(sorted(names.get(str(one), "") for one in others))
