"""Inviting a person to the desk: the form, the link that is shown until it is passed on, taking an invitation back."""

from uuid import UUID

from flask import render_template, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp.desk.coalition import invitation_state
from webapp.desk.coalition.invite_form import EVERYTHING, InviteForm
from webapp.desk.coalition.role_words import DOES
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.unique_titles import call_titles, event_titles
from webapp.rules.organisations import Standing
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.keys import invitations, organisations
from webapp.services.keys.invitations import (
    AlreadyMade,
    NoSuchInvitation,
    PersonNameTaken,
    Wanted,
)
from webapp.services.keys.organisation_changes import NotAMember
from webapp.web.guards import may


@blueprint.get("/people/invite")
@may(Act.PEOPLE)
def invite() -> str:
    """Whom, from which organisation, with which roles."""
    form = _form(InviteForm(formdata=None))
    form.place.data, form.roles.data = EVERYTHING, []
    return _page(form)


@blueprint.post("/people/invite")
@may(Act.PEOPLE, fresh=True)
def invite_post() -> Response | tuple[str, int]:
    """Make the invitation, with step-up authentication. The second press of the button finds the link of the first."""
    form = _form(InviteForm())
    pressed = invitations.id_of_press(signed_in(), UUID(form.once.data))
    if invitation_state.secret_of(pressed):
        return see_other("invitation", invitation_id=pressed)
    if not form.validate():
        return _page(form), 400
    organisation_id = UUID(form.organisation.data)
    wanted = Wanted(pressed, form.name.data, organisation_id, form.grants)
    try:
        made = invitations.invite(signed_in(), wanted)
    except (AlreadyMade, NotAMember, PersonNameTaken) as refused:
        if _is_open(pressed):
            # The first press of two made it, and its link is in the session when that is saved.
            return see_other("people_page")
        _say_why(form, refused)
        return _page(form), 400
    invitation_state.note(made.id, made.secret)
    return see_other("invitation", invitation_id=made.id)


@blueprint.get("/people/invitations/<uuid:invitation_id>")
@may(Act.PEOPLE)
def invitation(invitation_id: UUID) -> str | Response:
    """The link, until it is passed on."""
    secret = invitation_state.secret_of(invitation_id)
    found = next((one for one in invitations.open_invitations() if one.id == invitation_id), None)
    if secret is None or found is None:
        return see_other("people_page", done="too-late" if found is None else "passed-on")
    link = url_for("desk.join", secret=secret, _external=True)
    return render_template("desk/invitation.html", invited=found, link=link)


@blueprint.post("/people/invitations/<uuid:invitation_id>")
@may(Act.PEOPLE)
def invitation_post(invitation_id: UUID) -> Response:
    """The person has the link: it leaves the session. Idempotent."""
    invitation_state.forget(invitation_id)
    return see_other("people_page", done="passed-on")


@blueprint.post("/people/invitations/<uuid:invitation_id>/take-back")
@may(Act.PEOPLE, fresh=True)
def invitation_take_back_post(invitation_id: UUID) -> Response:
    """The link opens nothing from now on."""
    invitation_state.forget(invitation_id)
    try:
        invitations.take_back(signed_in().coordinator_id, invitation_id)
    except NoSuchInvitation:
        return see_other("people_page", done="too-late")
    return see_other("people_page", done="taken-back")


def _say_why(form: InviteForm, refused: Exception) -> None:
    if isinstance(refused, PersonNameTaken):
        form.name.errors = [
            gettext("A person with this name is here or invited already. Add a second name")
        ]
    else:
        form.organisation.errors = [gettext("This organisation is no longer a member")]


def _is_open(invitation_id: UUID) -> bool:
    return any(one.id == invitation_id for one in invitations.open_invitations())


def _form(form: InviteForm) -> InviteForm:
    members = organisations.coalition().members
    return form.offer(
        {one.id: one.name for one in members if one.going_on(Standing.MEMBER)},
        call_titles(published_calls.all_calls()),
        event_titles(published_events.all_events()),
    )


def _page(form: InviteForm) -> str:
    return render_template(
        "desk/invite.html",
        form=form,
        problems=form.problems,
        does={role.value: words for role, words in DOES.items()},
    )
