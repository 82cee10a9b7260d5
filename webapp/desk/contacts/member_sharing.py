"""Sharing contact details with a member organisation: who agreed, how many are shared, and the act with its reason."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import RadioField

from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.reason_form import Reasons, WithReason
from webapp.rules.reasons import OTHER, SHARE
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.keys.organisation_keys import NoRecipient
from webapp.services.opening import sharing
from webapp.services.opening.sharing import Offer
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "shared": (
            lazy_gettext("Shared. Their people can read these contact details at the desk now."),
            True,
        ),
        "nobody": (
            lazy_gettext(
                "Nothing was shared: nobody was left whose details could be, or none of them gave a safe way."
            ),
            False,
        ),
    }
)
WHY: Final[Reasons] = (
    (SHARE.key, lazy_gettext("What they gave permission for")),
    (OTHER.key, lazy_gettext("Another reason, in my words. Everyone at this desk will see it")),
)


class ShareForm(WithReason):
    """With whom, and why."""

    to = RadioField(
        lazy_gettext("With which member?"),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose a member"))],
    )

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: with whom comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0] != "to-0")


@blueprint.get("/contacts/<slug>/members")
@may(Act.SHARE_CONTACTS)
def member_sharing(slug: str) -> str:
    """For each member, how many people's permission covers it, and how many of them are shared."""
    call = published_calls.find_call(slug)
    offers = sharing.preview(call)
    form = _form(offers)
    form.why.data = SHARE.key
    return _page(call, form, offers)


@blueprint.post("/contacts/<slug>/members")
@may(Act.SHARE_CONTACTS, fresh=True)
def member_sharing_post(slug: str) -> Response | tuple[str, int]:
    """Share, with step-up authentication. Idempotent: a second press finds nothing left to share."""
    call = published_calls.find_call(slug)
    offers = sharing.preview(call)
    form = _form(offers)
    if not form.validate():
        return _page(call, form, offers), 400
    try:
        done = _share(call, form)
    except (NotAMember, NoRecipient) as error:
        form.to.errors = [_why_not(error)]
        return _page(call, form, offers), 400
    return see_other("member_sharing", slug=slug, done="nobody" if done == 0 else "shared")


def _share(call: Call, form: ShareForm) -> int | None:
    return sharing.share(signed_in(), call, UUID(hex=form.to.data), reason=form.given)


def _why_not(error: Exception) -> str:
    if isinstance(error, NotAMember):
        return gettext("This organisation is no longer a member")
    return gettext(
        "Nobody of this organisation could read it. An owner invites one of their people as recipient first"
    )


def _form(offers: tuple[Offer, ...]) -> ShareForm:
    form = ShareForm(WHY)
    form.to.choices = [(one.organisation_id.hex, one.name) for one in offers]
    return form


def _page(call: Call, form: ShareForm, offers: tuple[Offer, ...]) -> str:
    return render_template(
        "desk/member_sharing.html",
        call=call,
        form=form,
        offers={one.organisation_id.hex: one for one in offers},
        problems=form.problems,
        done=flash_in(FLASHES),
    )
