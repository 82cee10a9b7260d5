"""One organisation of the coalition: its periods, its name, the end of its membership."""

from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.coalition.organisation_forms import EndForm, NameForm
from webapp.desk.coalition.organisations import taken
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.form_ids import id_in
from webapp.rules.organisations import Standing
from webapp.rules.roles import Act
from webapp.services.answers import shared_with
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.keys import organisation_changes, organisations
from webapp.services.keys.organisation_changes import (
    IsHost,
    NameTaken,
    NotSuchADay,
    StillHasPeople,
)
from webapp.services.keys.organisations import Known
from webapp.ui.filters import date_words
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "renamed": (lazy_gettext("Saved. Every page has the new name now."), True),
        "ended": (
            lazy_gettext(
                "Saved. Its membership ends on the day that you entered. What was shared with it is deleted. It does "
                "not come back with a new membership."
            ),
            True,
        ),
        "again": (lazy_gettext("Saved. It is a member again."), True),
        "meanwhile": (
            lazy_gettext(
                "Nothing was changed, because someone else changed this at the same time. Please look again."
            ),
            False,
        ),
        "merged": (
            lazy_gettext(
                "Merged. Its membership ends today, and its people are in the other organisation. What was shared with "
                "it is deleted. Who is to read what is shared with the other one needs a role there: see People."
            ),
            True,
        ),
        "keys-wait": (
            lazy_gettext(
                "Merged: what was shared with it opens for nobody any more. New keys could not be made, because a key "
                "that is stored here is missing or was changed. Tell the person who looks after the server today."
            ),
            False,
        ),
        "not-a-member": (
            lazy_gettext("Nothing was changed, because it is not a member now."),
            False,
        ),
        "chair": (
            lazy_gettext(
                "Nothing was changed, because this is the chair. Decide first which organisation is the chair from "
                "now on, under Organisations."
            ),
            False,
        ),
        "too-early": (
            lazy_gettext(
                "Nothing was changed, because its membership begins on a later day. Merge it then."
            ),
            False,
        ),
        "host": (
            lazy_gettext(
                "Nothing was changed, because this is the host. Make another organisation the host first."
            ),
            False,
        ),
    }
)


@blueprint.get("/organisations/<uuid:organisation_id>")
@may(Act.PEOPLE)
def organisation(organisation_id: UUID) -> str:
    """What it was when, and what can be changed."""
    return _page(find_organisation(organisation_id))


@blueprint.post("/organisations/<uuid:organisation_id>/name")
@may(Act.PEOPLE, fresh=True)
def organisation_name_post(organisation_id: UUID) -> Response | tuple[str, int]:
    """Rename it."""
    known, form = find_organisation(organisation_id), NameForm()
    if not form.validate():
        return _page(known, naming=form), 400
    try:
        organisation_changes.rename(
            signed_in().coordinator_id, organisation_id, form.name.data, was=form.was.data
        )
    except NameTaken:
        form.name.errors = [taken()]
        return _page(known, naming=form), 400
    except EditConflict:
        return _back(organisation_id, "meanwhile")
    return _back(organisation_id, "renamed")


@blueprint.post("/organisations/<uuid:organisation_id>/end")
@may(Act.PEOPLE, fresh=True)
def organisation_end_post(organisation_id: UUID) -> Response | tuple[str, int]:
    """End its membership from a day on."""
    known, form = find_organisation(organisation_id), EndForm()
    if not form.validate():
        return _page(known, ending=form), 400
    try:
        _end(organisation_id, form)
    except (NotSuchADay, StillHasPeople) as refused:
        form.last.errors = [_why_not(known, refused)]
        return _page(known, ending=form), 400
    except EditConflict:
        return _back(organisation_id, "meanwhile")
    except IsHost:
        return _back(organisation_id, "host")
    return _back(organisation_id, "ended")


def _end(organisation_id: UUID, form: EndForm) -> None:
    seen = id_in(form.seen.data)
    if seen is None or form.day is None:
        raise EditConflict
    organisation_changes.end_membership(
        signed_in().coordinator_id, organisation_id, form.day, seen=seen
    )
    delete_what_was_shared()


def delete_what_was_shared() -> None:
    """After the end of a membership: nothing opens any more, and what was sealed to it goes, too.

    If that fails now, the worker does it.
    """
    with suppress(StoreUnavailable):
        shared_with.end_uncovered()


def _why_not(known: Known, refused: NotSuchADay | StillHasPeople) -> str:
    if isinstance(refused, StillHasPeople):
        return gettext(
            "These people of the organisation can still sign in: %(names)s. End their accounts first, or move "
            "them to another organisation",
            names=", ".join(refused.names),
        )
    term = known.going_on(Standing.MEMBER)
    return gettext(
        "Enter today or an earlier day, not before %(day)s",
        day=date_words(term.period.began_on) if term else "",
    )


@blueprint.post("/organisations/<uuid:organisation_id>/again")
@may(Act.PEOPLE, fresh=True)
def organisation_again_post(organisation_id: UUID) -> Response:
    """Make a former member a member again. Idempotent."""
    find_organisation(organisation_id)
    organisation_changes.begin_again(signed_in().coordinator_id, organisation_id)
    return _back(organisation_id, "again")


def _back(organisation_id: UUID, done: str) -> Response:
    return see_other("organisation", organisation_id=organisation_id, done=done)


def find_organisation(organisation_id: UUID) -> Known:
    """The organisation that an address names. Raises `NotHere`."""
    found = organisations.coalition().everyone
    known = next((one for one in found if one.id == organisation_id), None)
    if known is None:
        raise NotHere(organisation_id)
    return known


def _page(known: Known, *, naming: NameForm | None = None, ending: EndForm | None = None) -> str:
    member = known.going_on(Standing.MEMBER)
    if naming is None:
        naming = NameForm(formdata=None, data={"name": known.name, "was": known.name})
    if ending is None:
        ending = EndForm(formdata=None, data={"seen": member.id.hex if member else ""})
    return render_template(
        "desk/organisation.html",
        organisation=known,
        is_member=member is not None,
        is_chair=known.going_on(Standing.CHAIR) is not None,
        is_host=known.going_on(Standing.HOST) is not None,
        naming=naming,
        ending=ending,
        problems=[*naming.problems, *ending.problems],
        done=flash_in(FLASHES),
    )
