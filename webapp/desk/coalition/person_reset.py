"""Account reset at the desk: a link with which a person who cannot sign in makes all that they sign in with anew."""

from uuid import UUID

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp.desk.coalition import invitation_state
from webapp.desk.coalition.key_forms import ResetForm
from webapp.desk.coalition.key_words import by_place
from webapp.desk.coalition.person import find_person
from webapp.desk.coalition.role_words import places
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.rules.roles import Act
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import account_resets, invitations, role_changes
from webapp.services.keys.account_resets import OwnAccount, Wanted
from webapp.services.keys.invitations import AlreadyMade
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.keys.people import Person
from webapp.services.keys.role_changes import LastToOpen
from webapp.web.guards import may


@blueprint.get("/people/<uuid:person_id>/new-credentials")
@may(Act.PEOPLE)
def person_reset(person_id: UUID) -> str | Response:
    """What the link does, and what nobody could open then."""
    found = find_person(person_id)
    if found.left_on:
        return see_other("person", person_id=person_id, done="has-left")
    return _page(found, ResetForm(formdata=None))


@blueprint.post("/people/<uuid:person_id>/new-credentials")
@may(Act.PEOPLE, fresh=True)
def person_reset_post(person_id: UUID) -> Response | tuple[str, int]:
    """Make the link, with step-up authentication. The second press of the button finds the link of the first."""
    found, form = find_person(person_id), ResetForm()
    wanted = invitations.id_of_press(signed_in(), UUID(form.once.data), "reset")
    if invitation_state.secret_of(wanted):
        return see_other("invitation", invitation_id=wanted)
    if not form.validate():
        return _page(found, form), 400
    return _make(found, form, Wanted(wanted, person_id, form.reason))


def _make(found: Person, form: ResetForm, wanted: Wanted) -> Response | tuple[str, int]:
    try:
        made = account_resets.make_link(signed_in(), wanted, even_alone=form.anyway.data)
    except OwnAccount:
        return _page(found, form), 400
    except LastToOpen:
        form.anyway.errors = [gettext("Tick this, or let a second person have the keys first")]
        return _page(found, form), 400
    except AlreadyMade:
        # By the first press of two. Its link is in the session when that is saved.
        return see_other("people_page")
    except (EditConflict, NotAMember):
        return see_other("person", person_id=found.id, done="has-left")
    invitation_state.note(made.id, made.secret)
    return see_other("invitation", invitation_id=made.id)


def _page(found: Person, form: ResetForm) -> str:
    alone = role_changes.loss(found.id, None).alone
    older = (one for one in invitations.open_invitations() if one.account_id == found.id)
    return render_template(
        "desk/person_reset.html",
        person=found,
        is_self=found.id == signed_in().coordinator_id,
        alone=by_place(alone, places()),
        older=next(older, None),
        form=form,
        problems=form.problems,
    )
