"""Two members become one: first what it means, with counts, then the act."""

from collections.abc import Iterable
from uuid import UUID

from flask import render_template
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.coalition.organisation import delete_what_was_shared, find_organisation
from webapp.desk.coalition.organisation_forms import MergeForm
from webapp.desk.coalition.organisations import taken
from webapp.desk.coalition.person import KEYS_NOT_TO_TRUST
from webapp.desk.coalition.person_move import Difference
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.rules.organisations import Standing
from webapp.rules.roles import Act
from webapp.services.answers import shared_with
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import (
    coordinators,
    invitations,
    organisation_moves,
    organisations,
    people,
)
from webapp.services.keys.organisation_changes import IsHost, NameTaken, NotAMember, NotSuchADay
from webapp.services.keys.organisation_moves import IsChair, Merger, Picture
from webapp.services.keys.organisations import Known
from webapp.services.opening import lists_for_members
from webapp.web.guards import may


@blueprint.get("/organisations/<uuid:organisation_id>/merging")
@may(Act.PEOPLE)
def organisation_merging(organisation_id: UUID) -> str | Response:
    """Into which member it can go, and what that means."""
    known = find_organisation(organisation_id)
    if why_not := _why_not(known):
        return see_other("organisation", organisation_id=organisation_id, done=why_not)
    return _page(known, MergeForm(formdata=None))


@blueprint.post("/organisations/<uuid:organisation_id>/merging")
@may(Act.PEOPLE, fresh=True)
def organisation_merging_post(organisation_id: UUID) -> Response | tuple[str, int]:
    """Move its people to the other one, and end its membership today."""
    known = find_organisation(organisation_id)
    if why_not := _why_not(known):
        return see_other("organisation", organisation_id=organisation_id, done=why_not)
    form = _offered(MergeForm(), known)
    if _is_out_of_date(known, form):
        return _meanwhile(known, form)
    if not form.validate():
        return _page(known, form), 400
    try:
        return _merge(known, form)
    except NameTaken:
        form.name.errors = [taken()]
        return _page(known, form), 400
    except (EditConflict, NotAMember, IsHost, IsChair, NotSuchADay):
        return _meanwhile(find_organisation(organisation_id), form)


def _why_not(known: Known) -> str:
    """Why it cannot go into another one today, as the key of a flash message; empty where it can."""
    member = known.going_on(Standing.MEMBER)
    if member is None:
        return "not-a-member"
    if known.going_on(Standing.HOST):
        return "host"
    if known.going_on(Standing.CHAIR):
        return "chair"
    return "" if known.term(Standing.MEMBER, organisations.coalition().on) else "too-early"


def _merge(known: Known, form: MergeForm) -> Response:
    into, seen, who = id_in(form.into.data), form.seen_picture, signed_in().coordinator_id
    if into is None or seen is None:
        raise EditConflict
    done = "merged"
    try:
        merger = Merger(into, seen, form.reason, form.name.data)
        organisation_moves.merge(signed_in(), known.id, merger)
    except KEYS_NOT_TO_TRUST:
        # After the change: it is stored, and the work list keeps what is left to do.
        if find_organisation(known.id).going_on(Standing.MEMBER):
            raise
        done = "keys-wait"
    delete_what_was_shared()
    if who in seen.people:
        # An owner of that organisation: their own session is over with all others.
        sessions.end()
        return see_other("sign_in")
    return see_other("organisation", organisation_id=known.id, done=done)


def _meanwhile(now: Known, form: MergeForm) -> Response | tuple[str, int]:
    """Another owner was faster: the page says what it showed, and what is so now. What was chosen stays."""
    if why_not := _why_not(now):
        return see_other("organisation", organisation_id=now.id, done=why_not)
    before, after = form.seen_picture, _picture(now)
    changed = _differences(before, after, now, id_in(form.into.data)) if before else []
    return _page(now, _offered(form, now), changed=changed), 409


def _is_out_of_date(known: Known, form: MergeForm) -> bool:
    """Before the form is checked: who is no longer a member is no mistake of the owner who chose it."""
    seen, into = form.seen_picture, id_in(form.into.data)
    return seen is not None and not seen.agrees(
        _picture(known), known.id, *([into] if into else [])
    )


def _picture(known: Known) -> Picture:
    return organisation_moves.picture(organisations.coalition(), known, people.everyone())


def _differences(
    before: Picture, after: Picture, known: Known, into: UUID | None
) -> list[Difference]:
    names = coordinators.names()

    def named(who: Iterable[UUID]) -> str:
        found = sorted((names.get(str(one), "") for one in who), key=str.casefold)
        return ", ".join(found) or gettext("Nobody")

    rows = [
        (gettext("Its people"), named(before.people), named(after.people)),
        (gettext("Its recipients"), named(before.recipients), named(after.recipients)),
        (gettext("Its name"), before.names.get(known.id, ""), after.names.get(known.id, "")),
    ]
    if into:
        nobody = gettext("Not a member")
        other = (before.names.get(into, nobody), after.names.get(into, nobody))
        rows.append((gettext("The other organisation"), *other))
    return [row for row in rows if row[1] != row[2]]


def _offered(form: MergeForm, known: Known) -> MergeForm:
    members = organisations.coalition().members
    return form.offer(
        {
            one.id: one.name
            for one in members
            if one.going_on(Standing.MEMBER) and one.id != known.id
        }
    )


def _page(known: Known, form: MergeForm, *, changed: list[Difference] | None = None) -> str:
    form, now, names = _offered(form, known), _picture(known), coordinators.names()
    form.seen.data = now.as_text()
    invited = [
        one
        for one in invitations.open_invitations()
        if one.organisation_id == known.id and one.account_id is None
    ]
    return render_template(
        "desk/organisation_merging.html",
        organisation=known,
        people=sorted((names.get(str(one), "") for one in now.people), key=str.casefold),
        recipients=len(now.recipients),
        shared=shared_with.ends_with(known.id),
        files=lists_for_members.how_many(known.id),
        invited=len(invited),
        is_own=signed_in().coordinator_id in now.people,
        form=form,
        problems=form.problems,
        changed=changed,
    )
