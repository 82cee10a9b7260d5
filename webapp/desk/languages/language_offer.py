"""Offering a language to participants, and no longer: after step-up authentication, and in the audit log."""

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.desk.languages.languages import LanguageRow, find, row_of
from webapp.desk.languages.wording_review import words_of
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.rules.roles import Act
from webapp.services.languages import language_offers
from webapp.ui.catalogues import catalogue_of
from webapp.web.guards import may


@blueprint.get("/languages/<code>/offer")
@may(Act.LANGUAGES)
def language_offer(code: str) -> Response | str:
    """What is still missing, or what happens when the language is offered, or no longer."""
    row = row_of(words_of(find(code)))
    if row.by_code:
        return see_other("language", code=code)
    return _page(row)


@blueprint.post("/languages/<code>/offer")
@may(Act.LANGUAGES, fresh=True)
def language_offer_post(code: str) -> Response | str | tuple[str, int]:
    """Switch it on or off. Idempotent: the form says which, because another coordinator may have been faster."""
    row = row_of(words_of(find(code)))
    wanted = request.form.get("do") == "offer"
    if row.by_code or wanted == row.offered:
        return see_other("language", code=code)
    if wanted and not row.words.can_be_offered:
        return _page(row), 400
    language_offers.change(
        code,
        catalogue_of(row.language).words_to_review,
        offered=wanted,
        actor=signed_in().coordinator_id,
    )
    return see_other("language", code=code)


def _page(row: LanguageRow) -> str:
    return render_template("desk/language_offer.html", row=row, words=row.words)
