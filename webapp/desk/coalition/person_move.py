"""Moving a person to another member organisation: what it means first, then the act."""

from uuid import UUID

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.coalition.key_forms import MoveForm
from webapp.desk.coalition.key_words import by_place
from webapp.desk.coalition.person import KEYS_NOT_TO_TRUST, find_person
from webapp.desk.coalition.role_words import in_words, places
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.rules.organisations import Standing
from webapp.rules.roles import OF_ORGANISATION, Act, Grants
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import organisation_moves, organisations, people, role_changes
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.keys.people import Person
from webapp.web.guards import may

#: What the page showed before, beside what is so now: a heading and both.
Difference = tuple[str, str, str]


@blueprint.get("/people/<uuid:person_id>/moving")
@may(Act.PEOPLE)
def person_move(person_id: UUID) -> str | Response:
    """Where they can move to, and what they would not open any more."""
    found = find_person(person_id)
    if found.left_on:
        return see_other("person", person_id=person_id, done="has-left")
    return _page(found, MoveForm(formdata=None))


@blueprint.post("/people/<uuid:person_id>/moving")
@may(Act.PEOPLE, fresh=True)
def person_move_post(person_id: UUID) -> Response | tuple[str, int]:
    """Move them, with the roles and keys of the organisation of before taken back."""
    found = find_person(person_id)
    if found.left_on:
        return see_other("person", person_id=person_id, done="has-left")
    form = _offered(MoveForm(), found)
    to = id_in(form.to.data)
    if to == found.organisation_id:
        return see_other("person", person_id=person_id, done="moved-before")
    if not form.validate() or to is None:
        return _page(found, form), 400
    return _move(found, form, to)


def _move(found: Person, form: MoveForm, to: UUID) -> Response | tuple[str, int]:
    is_self, done = found.id == signed_in().coordinator_id, "moved"
    try:
        organisation_moves.move(signed_in(), found.id, to, seen=form.seen_place, reason=form.reason)
    except NotAMember:
        form.to.errors = [gettext("This organisation is no longer a member. Choose another one")]
        return _page(found, form), 400
    except EditConflict:
        return _meanwhile(form, find_person(found.id))
    except KEYS_NOT_TO_TRUST:
        # After the change: it is stored, and the work list keeps what is left to do.
        if find_person(found.id).organisation_id != to:
            raise
        done = "keys-wait"
    if is_self:
        # Their own session is over with all others.
        sessions.end()
        return see_other("sign_in")
    return see_other("person", person_id=found.id, done=done)


def _meanwhile(form: MoveForm, now: Person) -> Response | tuple[str, int]:
    """Another owner was faster: the page says what it showed, and what is so now. What was chosen stays."""
    if now.left_on:
        return see_other("person", person_id=now.id, done="has-left")
    changed = _differences(form, now)
    return _page(now, _offered(form, now), changed=changed), 409


def _differences(form: MoveForm, now: Person) -> list[Difference]:
    before, names, titles = form.seen_place, _names(), places()
    if before is None:
        return []
    rows = (
        (
            gettext("Organisation"),
            names.get(before.organisation_id, ""),
            names.get(now.organisation_id, ""),
        ),
        (
            gettext("Roles"),
            ", ".join(in_words(before.grants, titles)) or gettext("No role"),
            ", ".join(in_words(now.grants, titles)) or gettext("No role"),
        ),
    )
    return [row for row in rows if row[1] != row[2]]


def _names() -> dict[UUID, str]:
    return {one.id: one.name for one in organisations.coalition().everyone}


def _offered(form: MoveForm, found: Person) -> MoveForm:
    members = organisations.coalition().members
    return form.offer(
        {
            one.id: one.name
            for one in members
            if one.going_on(Standing.MEMBER) and one.id != found.organisation_id
        }
    )


def _page(found: Person, form: MoveForm, *, changed: list[Difference] | None = None) -> str:
    form = _offered(form, found)
    form.show_at(found.organisation_id, found.grants)
    going = [one for one in found.grants.held if one.role in OF_ORGANISATION]
    lost = {key for one in going for key in role_changes.loss(found.id, one).keys}
    titles = places()
    return render_template(
        "desk/person_move.html",
        person=found,
        is_self=found.id == signed_in().coordinator_id,
        house=_names().get(found.organisation_id, ""),
        going=in_words(Grants.of(going), titles),
        staying=in_words(Grants.of(found.grants.held - set(going)), titles),
        keys=by_place(lost, titles),
        is_last=bool(going) and not _other_recipients(found),
        form=form,
        problems=form.problems,
        changed=changed,
    )


def _other_recipients(found: Person) -> bool:
    """Whether another person of the same organisation reads what is shared with it."""
    return any(
        one.organisation_id == found.organisation_id
        and one.left_on is None
        and OF_ORGANISATION & set(one.grants.roles)
        for one in people.everyone()
        if one.id != found.id
    )
