"""Downloading the contacts of people who said yes, for one purpose; and what was downloaded before."""

from collections import Counter
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from flask import Response, render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response as BaseResponse

from webapp import sessions
from webapp.desk.shared.blueprint import NotHere, blueprint, limit, see_other, signed_in
from webapp.desk.shared.forms import EXPORTING, GIVEN, ExportForm
from webapp.desk.shared.words import purpose_words
from webapp.http import comes_twice, coordinator
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.keys import key_slots
from webapp.services.keys.second_factor import WrongCode
from webapp.services.opening import contact_exports as exports
from webapp.services.opening import exported_lists, withdrawals_after_export
from webapp.services.opening.contact_exports import ContactFile, ExportPurpose, PasswordTooShort
from webapp.services.opening.withdrawals_after_export import ChangedMeanwhile
from webapp.ui.filters import date_words, in_language


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
        return f"{self.call.slug}:{self.purpose.purpose}"

    @property
    def words(self) -> str:
        """How people read it."""
        words = f"{purpose_words(self.purpose.purpose)} · {in_language(self.call.form.title)}"
        if not self.same_title:
            return words
        return gettext(
            "%(words)s (until %(day)s)", words=words, day=date_words(self.call.closes_on)
        )


def _offers() -> dict[str, Offer]:
    everything = published_calls.all_calls()
    titles = Counter(in_language(call.form.title) for call in everything)
    offers = [
        Offer(call, purpose, titles[in_language(call.form.title)] > 1)
        for call in everything
        for purpose in exports.purposes_for(call)
    ]
    return {offer.value: offer for offer in offers}


def _form(offers: dict[str, Offer]) -> ExportForm:
    form = ExportForm(EXPORTING)
    form.who.choices = [(offer.value, offer.words) for offer in offers.values()]
    form.why.data = form.why.data or GIVEN
    form.press.data = form.press.data or uuid4().hex
    return form


def _page(form: ExportForm, offers: dict[str, Offer]) -> str:
    # What nobody said yes to is no choice; it is shown only to whoever chose it before that changed.
    form.who.choices = [
        (offer.value, offer.words)
        for offer in offers.values()
        if offer.purpose.people or offer.value == form.who.data
    ]
    form.suggested.data = form.suggested.data or key_slots.new_passphrase()
    return render_template(
        "desk/contacts.html",
        form=form,
        offers=offers,
        problems=form.problems,
        anybody=any(offer.purpose.people for offer in offers.values()),
        to_cross_out=exports.lists_to_cross_out(),
        recent=exported_lists.recent_exports(),
    )


@blueprint.get("/contacts")
@coordinator
def contacts() -> str:
    """Choose whom to reach, why, and in what kind of file."""
    offers = _offers()
    return _page(_form(offers), offers)


@blueprint.post("/contacts")
@coordinator
@comes_twice
def export() -> Response | tuple[str, int]:
    """Answer with the file itself: it exists in memory only."""
    offers = _offers()
    form = _form(offers)
    if not form.validate() or not _somebody(form, offers):
        return _page(form, offers), 400
    limit("second-factor")
    try:
        file = _export(form, offers[form.who.data])
    except WrongCode:
        form.code.errors = [
            gettext("That code is wrong or has already been used. Wait for the next one")
        ]
        return _page(form, offers), 400
    except PasswordTooShort:
        form.password.errors = [gettext("Use a longer password")]
        return _page(form, offers), 400
    # The answer to a first press is thrown away when the button is pressed again, and its cookie with it.
    sessions.renew_leaving_a_copy()
    return _attachment(file)


def _somebody(form: ExportForm, offers: dict[str, Offer]) -> bool:
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
        code=form.code.data,
        file_format="xlsx" if form.is_sheet else "csv",
        password=form.secret,
        press=form.pressed,
    )


def _attachment(file: ContactFile) -> Response:
    response = Response(file.content, mimetype=file.mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{file.file_name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/exports/<uuid:export_id>")
@coordinator
def one_export(export_id: UUID) -> str:
    """What was downloaded, why, by whom; and who must be crossed out in the file."""
    return _list_page(export_id)


def _list_page(export_id: UUID, *, more: bool = False) -> str:
    try:
        found = exported_lists.find_export(export_id)
    except LookupError:
        raise NotHere(export_id) from None
    # An address that says so is not believed where someone is to be crossed out.
    done = request.args.get("done") == "crossed-out" and not found.concerned
    others = exports.lists_to_cross_out() if done else ()
    return render_template(
        "desk/export.html", export=found, more=more, done=done, next_list=next(iter(others), None)
    )


@blueprint.post("/exports/<uuid:export_id>/crossed-out")
@coordinator
def crossed_out(export_id: UUID) -> BaseResponse | tuple[str, int]:
    """Note that everybody whom the page showed is crossed out in every copy of the file."""
    seen = request.form.get("seen", "")
    try:
        withdrawals_after_export.tick_off(export_id, seen, actor=signed_in().coordinator_id)
    except ChangedMeanwhile:
        return _list_page(export_id, more=True), 409
    except LookupError:
        raise NotHere(export_id) from None
    return see_other("one_export", export_id=export_id, done="crossed-out")
