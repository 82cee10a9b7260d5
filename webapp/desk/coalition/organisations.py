"""The coalition's organisations at the desk: members with their periods, the host, the chair."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response

from webapp.desk.coalition.organisation_forms import NOBODY, HandOverForm, NameForm
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.form_ids import id_in
from webapp.extensions import current_settings
from webapp.rules.organisations import Standing
from webapp.rules.roles import Act
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import organisation_changes, organisations
from webapp.services.keys.organisation_changes import NameTaken, NoSuchOrganisation, NotAMember
from webapp.services.keys.organisations import Coalition
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "added": (lazy_gettext("Added. It is a member from today on."), True),
        "host": (lazy_gettext("Saved. It is the host from today on."), True),
        "chair": (lazy_gettext("Saved. The chair has changed from today on."), True),
        "meanwhile": (
            lazy_gettext(
                "Nothing was changed, because someone else changed this at the same time. Please look again."
            ),
            False,
        ),
        "gone": (
            lazy_gettext("Nothing was changed, because that organisation is no longer a member."),
            False,
        ),
    }
)


@blueprint.get("/organisations")
@may(Act.PEOPLE)
def organisations_page() -> str:
    """Who is together in the coalition, and who was before."""
    return _page(NameForm(formdata=None))


@blueprint.post("/organisations")
@may(Act.PEOPLE, fresh=True)
def organisations_page_post() -> Response | tuple[str, int]:
    """Add a member."""
    form = NameForm()
    if not form.validate():
        return _page(form), 400
    try:
        organisation_changes.add(signed_in().coordinator_id, form.name.data)
    except NameTaken:
        form.name.errors = [taken()]
        return _page(form), 400
    return see_other("organisations_page", done="added")


def taken() -> str:
    """Two organisations of one name could not be told apart."""
    return gettext(
        "There is an organisation with this name already. Look among those that left, too"
    )


@blueprint.post("/organisations/chair")
@may(Act.PEOPLE, fresh=True)
def organisations_page_chair_post() -> Response:
    """Make another member the chair, or none."""
    return _hand_over(Standing.CHAIR)


@blueprint.post("/organisations/host")
@may(Act.PEOPLE, fresh=True)
def organisations_page_host_post() -> Response:
    """Make another member the host."""
    return _hand_over(Standing.HOST)


def _hand_over(standing: Standing) -> Response:
    found = organisations.coalition()
    form = HandOverForm(found.members, nobody=standing is Standing.CHAIR)
    if not form.validate():
        return see_other("organisations_page", done="gone")
    to = None if form.to.data == NOBODY else id_in(form.to.data)
    try:
        organisation_changes.hand_over(
            signed_in().coordinator_id, standing, to, seen=id_in(form.seen.data)
        )
    except EditConflict:
        return see_other("organisations_page", done="meanwhile")
    except (NotAMember, NoSuchOrganisation):
        return see_other("organisations_page", done="gone")
    return see_other("organisations_page", done=standing.value)


def _page(form: NameForm) -> str:
    found = organisations.coalition()
    return render_template(
        "desk/organisations.html",
        form=form,
        problems=form.problems,
        coalition=found,
        standings=(Standing.HOST, Standing.CHAIR, Standing.MEMBER),
        chair=_handing(found, Standing.CHAIR),
        host=_handing(found, Standing.HOST),
        named_in_settings=_named_in_settings(found),
        done=flash_in(FLASHES),
    )


def _handing(found: Coalition, standing: Standing) -> HandOverForm:
    """The form with who it is now. Ids differ: both forms are on one page."""
    members = [one for one in found.members if one.going_on(Standing.MEMBER)]
    form = HandOverForm(
        members, nobody=standing is Standing.CHAIR, prefix=f"{standing}-", formdata=None
    )
    now = next((one for one in found.everyone if one.going_on(standing)), None)
    form.to.data = now.id.hex if now else NOBODY
    term = now.going_on(standing) if now else None
    form.seen.data = term.id.hex if term else ""
    return form


def _named_in_settings(found: Coalition) -> str:
    """What the public pages call who runs this, where that is another name than the host's; else empty."""
    named = current_settings().organisation
    host = found.one(Standing.HOST)
    return named if host is None or host.name.casefold() != named.casefold() else ""
