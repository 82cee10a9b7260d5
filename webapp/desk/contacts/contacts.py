"""The page for exports: contacts of participants whose consent stands, for one purpose; and earlier exports."""

from collections import Counter
from dataclasses import dataclass, replace
from uuid import uuid4

from flask import Response, render_template
from flask_babel import gettext

from webapp.desk.contacts.export_form import EXPORTING, GIVEN, ExportForm
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.file_stream import stream
from webapp.desk.shared.role_guard import grants, within
from webapp.desk.shared.step_up import confirmed_at
from webapp.desk.shared.words import purpose_words
from webapp.rules.consent import SHARING
from webapp.rules.roles import Act
from webapp.services.calls import form_versions, published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure.workbooks import PasswordTooShort
from webapp.services.keys import key_slots, member_lists
from webapp.services.opening import contact_exports as exports
from webapp.services.opening import export_purposes, exported_lists, withdrawals_after_export
from webapp.services.opening.contact_exports import ContactFile
from webapp.services.opening.export_purposes import ExportPurpose
from webapp.ui.filters import date_words, in_language
from webapp.web.guards import answers_with_a_file, may


@dataclass(frozen=True)
class Offer:
    """One purpose of one call, to choose."""

    call: Call
    purpose: ExportPurpose
    #: Another call has this title, too.
    same_title: bool = False

    @property
    def value(self) -> str:
        """How the form names it."""
        to = self.purpose.recipient
        return ":".join(
            [self.call.slug, self.purpose.purpose, *([to.organisation_id.hex] if to else [])]
        )

    @property
    def words(self) -> str:
        """How people read it."""
        to = self.purpose.recipient
        what = [purpose_words(self.purpose.purpose), *([to.name] if to else [])]
        words = " · ".join([*what, in_language(self.call.form.title)])
        if not self.same_title:
            return words
        return gettext(
            "%(words)s (until %(day)s)", words=words, day=date_words(self.call.closes_on)
        )


def _offers() -> dict[str, Offer]:
    everything = within(published_calls.all_calls(), Act.EXPORT_CONTACTS)
    titles = Counter(in_language(call.form.title) for call in everything)
    offers = [
        Offer(call, purpose, titles[in_language(call.form.title)] > 1)
        for call in everything
        for purpose in export_purposes.purposes_for(call)
    ]
    return {offer.value: offer for offer in offers}


def _form(offers: dict[str, Offer]) -> ExportForm:
    form = ExportForm(EXPORTING)
    form.who.choices = [(offer.value, offer.words) for offer in offers.values()]
    form.why.data = form.why.data or GIVEN
    form.press.data = form.press.data or uuid4().hex
    return form


def _page(form: ExportForm, offers: dict[str, Offer]) -> str:
    # A purpose without a standing consent is no choice; it is shown only where it was chosen before that changed.
    form.who.choices = [
        (offer.value, offer.words)
        for offer in offers.values()
        if offer.purpose.people or offer.value == form.who.data
    ]
    scopes = grants().scopes(Act.EXPORT_CONTACTS)
    to_cross_out = withdrawals_after_export.lists_to_cross_out()
    form.suggested.data = form.suggested.data or key_slots.new_passphrase()
    return render_template(
        "desk/contacts.html",
        form=form,
        offers=offers,
        problems=form.problems,
        sharable=_sharable(),
        any_contacts=any(offer.purpose.people for offer in offers.values()),
        to_cross_out=[one for one in to_cross_out if scopes is None or one.call_id in scopes],
        recent=[
            one
            for one in exported_lists.recent_exports(to_cross_out=to_cross_out)
            if scopes is None or one.call_id in scopes
        ],
    )


def _sharable() -> list[Call]:
    """The calls whose contacts can be shared with a member at the desk, without a file."""
    if member_lists.current() is None:
        return []
    calls = within(published_calls.all_calls(), Act.SHARE_CONTACTS)
    return [call for call in calls if _may_share(call)]


def _may_share(call: Call) -> bool:
    """Whether any version of the call asks to share, so that somebody may have said yes to it."""
    return any(one.purpose == SHARING for one in form_versions.every_consent(call))


@blueprint.get("/contacts")
@may(Act.EXPORT_CONTACTS)
def contacts() -> str:
    """Choose purpose, reason and kind of file."""
    offers = _offers()
    return _page(_form(offers), offers)


@blueprint.post("/contacts")
@may(Act.EXPORT_CONTACTS, fresh=True)
@answers_with_a_file
def contacts_post() -> Response | tuple[str, int]:
    """Export, with step-up authentication. Answers with the file itself, while it is made. Idempotent."""
    offers = _offers()
    form = _form(offers)
    if not form.validate() or not _has_contacts(form, offers):
        return _page(form, offers), 400
    try:
        file = _export(form, offers[form.who.data])
    except PasswordTooShort:
        form.password.errors = [gettext("Use a longer password")]
        return _page(form, offers), 400
    return stream(file)


def _has_contacts(form: ExportForm, offers: dict[str, Offer]) -> bool:
    if offers[form.who.data].purpose.people:
        return True
    form.who.errors = [gettext("Nobody gives this permission now, so there is nothing to download")]
    return False


def _export(form: ExportForm, offer: Offer) -> ContactFile:
    chosen = form.given
    return exports.export_consented(
        signed_in(),
        offer.call,
        purpose=offer.purpose.purpose,
        reason=replace(chosen, key=offer.purpose.use.key) if chosen.key == GIVEN else chosen,
        file_format="xlsx" if form.is_sheet else "csv",
        password=form.secret,
        press=form.pressed,
        confirmed_at=confirmed_at(),
        recipient=offer.purpose.recipient,
    )
