"""Offering a language to people, and no longer: an act of its own, with a fresh second factor, in the record."""

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.languages.language_forms import CodeForm
from webapp.desk.languages.languages import LanguageRow, find, row_of
from webapp.desk.shared.blueprint import blueprint, limit, see_other, signed_in
from webapp.http import coordinator
from webapp.services.keys import second_factor
from webapp.services.keys.second_factor import WrongCode
from webapp.services.languages import language_offers
from webapp.ui.catalogues import catalogue_of


@blueprint.get("/languages/<code>/offer")
@coordinator
def offer(code: str) -> Response | str:
    """What is still missing, or what happens when the language is offered, or no longer."""
    row = row_of(find(code))
    if row.by_code:
        return see_other("one_language", code=code)
    return _page(row, CodeForm())


@blueprint.post("/languages/<code>/offer")
@coordinator
def offer_now(code: str) -> Response | str | tuple[str, int]:
    """Switch it on or off, as the button said that was pressed: somebody else may have been faster."""
    row, form = row_of(find(code)), CodeForm()
    wanted = request.form.get("do") == "offer"
    if row.by_code or wanted == row.offered:
        return see_other("one_language", code=code)
    if (wanted and not row.words.can_be_offered) or not form.validate():
        return _page(row, form), 400
    limit("second-factor")
    holder = signed_in()
    try:
        second_factor.confirm_second_factor(holder, form.code.data)
    except WrongCode:
        form.code.errors = [
            gettext("That code is wrong or has already been used. Wait for the next one")
        ]
        return _page(row, form), 400
    language_offers.change(
        code,
        catalogue_of(row.language).words_to_review,
        offered=wanted,
        actor=holder.coordinator_id,
    )
    sessions.renew()
    return see_other("one_language", code=code)


def _page(row: LanguageRow, form: CodeForm) -> str:
    return render_template(
        "desk/language_offer.html", row=row, words=row.words, form=form, problems=form.problems
    )
