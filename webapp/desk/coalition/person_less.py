"""Revocation at the desk: taking a role back, closing an account. First what it means, then the act."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.coalition.change_reasons import LEAVING, TAKING
from webapp.desk.coalition.key_forms import EVERYTHING, LessForm
from webapp.desk.coalition.key_words import by_place, place_words
from webapp.desk.coalition.person import KEYS_NOT_TO_TRUST, find_person, meanwhile
from webapp.desk.coalition.role_words import in_words, places
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.rules.roles import Act, Grant, Grants, Role
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import people, role_changes
from webapp.services.keys.people import Person
from webapp.services.keys.role_changes import LastOwner, LastToOpen
from webapp.services.sealed import shredding
from webapp.web.guards import may


@blueprint.get("/people/<uuid:person_id>/take-back/<role>/<place>")
@may(Act.PEOPLE)
def person_take_back(person_id: UUID, role: str, place: str) -> str | Response:
    """What would go with this role."""
    found, grant = find_person(person_id), _grant(role, place)
    if grant not in found.grants.held:
        return see_other("person", person_id=person_id, done="no-role")
    return _page(found, grant, LessForm(TAKING, formdata=None))


@blueprint.post("/people/<uuid:person_id>/take-back/<role>/<place>")
@may(Act.PEOPLE, fresh=True)
def person_take_back_post(person_id: UUID, role: str, place: str) -> Response | tuple[str, int]:
    """Take the role back, with the keys that went with it alone."""
    found, grant = find_person(person_id), _grant(role, place)
    if grant not in found.grants.held:
        return see_other("person", person_id=person_id, done="no-role")

    def act(form: LessForm, **how: Any) -> None:
        role_changes.take_back(signed_in(), person_id, grant, **how)

    return _do(found, grant, LessForm(TAKING), act, done="taken-back")


@blueprint.get("/people/<uuid:person_id>/leaving")
@may(Act.PEOPLE)
def person_leaving(person_id: UUID) -> str | Response:
    """What would go with this person."""
    found = find_person(person_id)
    if found.left_on:
        return see_other("person", person_id=person_id, done="has-left")
    return _page(found, None, LessForm(LEAVING, formdata=None))


@blueprint.post("/people/<uuid:person_id>/leaving")
@may(Act.PEOPLE, fresh=True)
def person_leaving_post(person_id: UUID) -> Response | tuple[str, int]:
    """Close the account."""
    found = find_person(person_id)
    if found.left_on:
        return see_other("person", person_id=person_id, done="has-left")

    def act(form: LessForm, **how: Any) -> None:
        role_changes.leave(signed_in(), person_id, **how)
        # The secret of their e-mail address; if that fails now, the worker does it.
        shredding.finish_now()

    return _do(found, None, LessForm(LEAVING), act, done="left")


def _do(
    found: Person, grant: Grant | None, form: LessForm, act: Callable[..., None], *, done: str
) -> Response | tuple[str, int]:
    if not form.validate():
        return _page(found, grant, form), 400
    is_self = found.id == signed_in().coordinator_id
    try:
        act(form, even_alone=form.anyway.data, reason=form.reason, seen=form.seen_grants)
    except LastOwner:
        return _page(found, grant, form, refused=_last_owner(found)), 400
    except LastToOpen:
        form.anyway.errors = [gettext("Tick this, or give the role to a second person first")]
        return _page(found, grant, form), 400
    except EditConflict:
        return _meanwhile(found, grant, form)
    except KEYS_NOT_TO_TRUST:
        # After the change: it is stored, and the work list keeps what is left to do.
        if not _is_done(found.id, grant):
            raise
        done = "keys-wait"
    if is_self:
        # Their own session is over with all others.
        sessions.end()
        return see_other("sign_in")
    return see_other("person", person_id=found.id, done=done)


def _is_done(person_id: UUID, grant: Grant | None) -> bool:
    now = find_person(person_id)
    return now.left_on is not None or (grant is not None and grant not in now.grants.held)


def _meanwhile(found: Person, grant: Grant | None, form: LessForm) -> Response | tuple[str, int]:
    """Another owner was faster. What was chosen stays, unless there is nothing left to do."""
    now = find_person(found.id)
    if now.left_on:
        return see_other("person", person_id=found.id, done="has-left")
    if grant is not None and grant not in now.grants.held:
        return see_other("person", person_id=found.id, done="no-role")
    return _page(now, grant, form, refused=meanwhile()), 409


def _is_last_owner(found: Person, grant: Grant | None) -> bool:
    """Whether this would leave no owner: told before the button, which refuses it."""
    owner = Grant(Role.OWNER)
    if owner not in found.grants.held or grant not in (None, owner):
        return False
    return not any(
        owner in one.grants.held
        for one in people.everyone()
        if one.id != found.id and one.left_on is None
    )


def _last_owner(found: Person) -> str:
    return gettext(
        "Nothing was changed, because %(name)s is the last owner. Without one, nobody could look after people and "
        "roles. Make another person an owner first.",
        name=found.name,
    )


def _grant(role: str, place: str) -> Grant:
    """The role that an address names. Raises `NotHere`."""
    scope = None if place == EVERYTHING else id_in(place)
    if role not in set(Role) or (scope is None and place != EVERYTHING):
        raise NotHere(role)
    return Grant(Role(role), scope)


def _page(found: Person, grant: Grant | None, form: LessForm, *, refused: str = "") -> str:
    form.show(found.grants)
    titles, loss = places(), role_changes.loss(found.id, grant)
    return render_template(
        "desk/person_less.html",
        person=found,
        role=in_words(Grants.of([grant]), titles)[0] if grant else "",
        keys=by_place(loss.keys, titles),
        alone=by_place(loss.alone, titles),
        is_last_owner=_is_last_owner(found, grant),
        renewed=sorted(place_words(one, titles) for one in loss.renewed),
        form=form,
        problems=form.problems,
        refused=refused,
    )
