"""Offering a language to participants, and no longer: with step-up authentication, and in the audit log."""

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.languages.languages import LanguageRow, find, row_of
from webapp.desk.languages.wording_review import words_of
from webapp.desk.shared.blueprint import blueprint, limit, see_other, signed_in
from webapp.desk.shared.forms import DeskForm
from webapp.desk.shared.second_factor import code_field, refuse_code
from webapp.rules.roles import Act
from webapp.services.keys import second_factor
from webapp.services.keys.second_factor import WrongCode
from webapp.services.languages import language_offers
from webapp.ui.catalogues import catalogue_of
from webapp.web.guards import may


class OfferForm(DeskForm):
    """Step-up authentication before a language is offered to participants, or no longer."""

    code = code_field()


@blueprint.get("/languages/<code>/offer")
@may(Act.LANGUAGES)
def language_offer(code: str) -> Response | str:
    """What is still missing, or what happens when the language is offered, or no longer."""
    row = row_of(words_of(find(code)))
    if row.by_code:
        return see_other("language", code=code)
    return _page(row, OfferForm())


@blueprint.post("/languages/<code>/offer")
@may(Act.LANGUAGES)
def language_offer_post(code: str) -> Response | str | tuple[str, int]:
    """Switch it on or off. Idempotent: the form says which, because another coordinator may have been faster."""
    row, form = row_of(words_of(find(code))), OfferForm()
    wanted = request.form.get("do") == "offer"
    if row.by_code or wanted == row.offered:
        return see_other("language", code=code)
    if (wanted and not row.words.can_be_offered) or not form.validate():
        return _page(row, form), 400
    limit("second-factor")
    holder = signed_in()
    try:
        second_factor.confirm_second_factor(holder, form.code.data)
    except WrongCode:
        refuse_code(form.code)
        return _page(row, form), 400
    language_offers.change(
        code,
        catalogue_of(row.language).words_to_review,
        offered=wanted,
        actor=holder.coordinator_id,
    )
    sessions.renew()
    return see_other("language", code=code)


def _page(row: LanguageRow, form: OfferForm) -> str:
    return render_template(
        "desk/language_offer.html", row=row, words=row.words, form=form, problems=form.problems
    )
