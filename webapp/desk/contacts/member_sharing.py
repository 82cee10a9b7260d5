"""Sharing contact details with a member organisation: who agreed, how many are shared, and the act with its reason."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext, lazy_gettext, ngettext
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField, RadioField, SelectMultipleField
from wtforms.validators import StopValidation

from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.reason_form import Reasons, WithReason
from webapp.desk.shared.step_up import ABOUT
from webapp.rules.bounded_counts import together
from webapp.rules.reasons import OTHER, SHARE
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import coordinators
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.keys.organisation_keys import NoRecipient
from webapp.services.opening import sharing, sharing_offers
from webapp.services.opening.sharing import Asked, SharedBefore
from webapp.services.opening.sharing_offers import Offer, shown
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {
        "shared": (
            lazy_gettext(
                "Shared. Their people can read these contact details at the desk, from their next sign-in on."
            ),
            True,
        ),
        "again": (
            lazy_gettext("Shared a moment ago. Nobody was new since then."),
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
    (SHARE.key, lazy_gettext("To pass their details on, as they gave permission")),
    (OTHER.key, lazy_gettext("Another reason, in my words. Everyone at this desk will see it")),
)


class ShareForm(WithReason):
    """With whom, and why. `seen`: a digest of the recipients whom the page named, for optimistic locking."""

    to = RadioField(
        lazy_gettext("With which member?"),
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose a member"))],
    )
    #: Each stands below its member. The members whose recipients of later may read what was shared before.
    anew = SelectMultipleField(lazy_gettext("Shared before"), validate_choice=False)
    seen = HiddenField()
    #: The place of the first member that can be chosen: the others cannot be focused.
    first = 0

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: with whom comes before why."""
        return sorted(
            ((self._place_of(place), words) for place, words in super().problems),
            key=lambda one: one[0].startswith(("why", "words")),
        )

    def _place_of(self, place: str) -> str:
        """A tick that is missing stands below its member: the summary leads there."""
        if place == "anew":
            return f"anew-{self.to.data}"
        return f"to-{self.first}" if place == "to-0" else place

    def validate_anew(self, field: Field) -> None:
        """Ticked, where the member that is chosen has recipients who came later."""
        if self.to.data in dict(field.choices) and self.to.data not in (field.data or []):
            raise StopValidation(_must_be_ticked())


def _must_be_ticked() -> str:
    return gettext("Tick this if they may read it. Ask an owner first if you do not know them")


@blueprint.get("/contacts/<slug>/members")
@may(Act.SHARE_CONTACTS)
def member_sharing(slug: str) -> str:
    """For each member, how many people's permission covers it, how many are shared, and who reads them."""
    call = published_calls.find_call(slug)
    offers = sharing_offers.preview(call)
    form = _form(offers)
    form.why.data = SHARE.key
    return _page(call, form, offers)


@blueprint.post("/contacts/<slug>/members")
@may(Act.SHARE_CONTACTS, fresh=True)
def member_sharing_post(slug: str) -> Response | tuple[str, int]:
    """Share, with step-up authentication. Idempotent: a second press finds nothing left to share."""
    call = published_calls.find_call(slug)
    offers = sharing_offers.preview(call)
    form = _form(offers)
    if not any(one.is_useful for one in offers):
        return see_other("member_sharing", slug=slug, done="nobody")
    if not form.validate():
        return _page(call, form, offers), 400
    try:
        done = _share(call, form, offers)
    except (NotAMember, NoRecipient, SharedBefore, EditConflict) as error:
        form.to.errors = [_why_not(error)]
        offers = sharing_offers.preview(call)
        return _page(call, form, offers), 409 if isinstance(error, EditConflict) else 400
    return see_other("member_sharing", slug=slug, done=_done(done))


def _done(people: int | None) -> str:
    if people is None:
        return "again"
    return "shared" if people else "nobody"


def _share(call: Call, form: ShareForm, offers: tuple[Offer, ...]) -> int | None:
    if form.seen.data != shown(offers):
        raise EditConflict
    (to,) = [one for one in offers if one.organisation_id.hex == form.to.data]
    asked = Asked(
        to.organisation_id, form.given, to.readers, anew=form.to.data in (form.anew.data or [])
    )
    return sharing.share(signed_in(), call, asked)


def _why_not(error: Exception) -> str:
    if isinstance(error, NotAMember):
        return gettext("This organisation is no longer a member")
    if isinstance(error, SharedBefore):
        return _must_be_ticked()
    if isinstance(error, EditConflict):
        return gettext(
            "Nothing was shared, because other people could read it now than this page said. Look at the names again"
        )
    return gettext(
        "Nobody in this organisation can read it yet. An owner first invites one of their people as a recipient"
    )


def _form(offers: tuple[Offer, ...]) -> ShareForm:
    form = ShareForm(WHY)
    form.to.choices = [(one.organisation_id.hex, one.name) for one in offers]
    form.first = next((at for at, one in enumerate(offers) if one.is_useful), 0)
    names = coordinators.names()
    form.anew.choices = [
        (one.organisation_id.hex, _anew_words(one, names)) for one in offers if one.anew
    ]
    if not form.to.data and len(form.anew.data or []) == 1:
        # The tick below a member says with which one, too.
        (form.to.data,) = form.anew.data
    return form


def _what_is_confirmed() -> str:
    """What the press that waits for a code would do."""
    call = published_calls.find_call(str((request.view_args or {})["slug"]))
    offers = sharing_offers.preview(call)
    form = _form(offers)
    to = next((one for one in offers if one.organisation_id.hex == form.to.data), None)
    if to is None:
        return ""
    ticked = to.organisation_id.hex in (form.anew.data or [])
    new = to.new
    if new is None:
        return gettext(
            "You are about to share the details of everyone whose permission covers %(member)s.",
            member=to.name,
        )
    return ngettext(
        "You are about to share the details of one person with %(member)s.",
        "You are about to share the details of %(num)s people with %(member)s.",
        together(new, to.anew) if ticked else new,
        member=to.name,
    )


ABOUT["desk.member_sharing_post"] = _what_is_confirmed


def _anew_words(offer: Offer, names: Mapping[str, str]) -> str:
    return ngettext(
        "Let %(names)s open what was shared before, too: the details of one person",
        "Let %(names)s open what was shared before, too: the details of %(num)s people",
        offer.anew,
        names=_named(offer.newcomers, names),
    )


def _named(people: Iterable[UUID], names: Mapping[str, str]) -> str:
    return ", ".join(sorted((names.get(str(one), "") for one in people), key=str.casefold))


def _page(call: Call, form: ShareForm, offers: tuple[Offer, ...]) -> str:
    names = coordinators.names()
    form.seen.data = shown(offers)
    return render_template(
        "desk/member_sharing.html",
        call=call,
        form=form,
        offers={one.organisation_id.hex: one for one in offers},
        choosable={one.organisation_id.hex for one in offers if one.is_useful},
        newcomers=dict(form.anew.choices),
        readers={one.organisation_id.hex: _named(one.readers, names) for one in offers},
        problems=form.problems,
        done=flash_in(FLASHES),
    )
