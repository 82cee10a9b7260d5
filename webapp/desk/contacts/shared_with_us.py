"""What was shared with the coordinator's own organisation: a list without content, and one person with a reason."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from flask import render_template, request, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import RadioField

from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.form_ids import id_in
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.keyset_pagination import PER_PAGE, pages_of
from webapp.desk.shared.reason_form import OpeningForm, Reasons
from webapp.rules.consent import SHARING
from webapp.rules.contact.questions import APP
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.reasons import OTHER, REACH
from webapp.rules.references import reference
from webapp.rules.roles import Act
from webapp.services.opening import shared_reading
from webapp.services.opening.contact_words import app_in_words, times_in_words
from webapp.services.opening.disclosure import Erased, NotAuthorisedToOpen
from webapp.services.opening.shared_reading import Place, SharedDetails, SharedPage, SharedRow
from webapp.ui.filters import date_words, in_language
from webapp.web.guards import may

FLASHES: Final[Mapping[str, Flash]] = MappingProxyType(
    {"gone": (lazy_gettext("Nothing was opened. Their details are no longer shared."), False)}
)


WHY: Final[Reasons] = (
    (REACH.key, REACH.words),
    (OTHER.key, lazy_gettext("Another reason, in my words. All coordinators will see it")),
)


class SharedForm(OpeningForm):
    """Whose details to open, and why."""

    share = RadioField(
        lazy_gettext("Whose details?"),
        validate_choice=False,
        validators=[
            chosen(lazy_gettext("Choose a person. They may have taken back their permission"))
        ],
    )

    @property
    def problems(self) -> list[tuple[str, str]]:
        """In the order of the page: whose comes before why."""
        return sorted(super().problems, key=lambda problem: problem[0] != "share-0")


@blueprint.get("/shared")
@may(Act.READ_SHARED)
def shared_with_us() -> str:
    """Those whose contact details are shared with this organisation now, fifty to a page; nothing is opened."""
    page = _asked_page()
    return _page(_form(page.rows), page)


@blueprint.post("/shared")
@may(Act.READ_SHARED)
def shared_with_us_post() -> str | Response | tuple[str, int]:
    """Open and show how one person may safely be reached."""
    page = _asked_page()
    if not page.rows:
        return see_other("shared_with_us", done="gone")
    form = _form(page.rows)
    if not form.validate():
        return _page(form, page), 400
    try:
        found = shared_reading.open_shared(signed_in(), UUID(form.share.data), form.given)
    except Erased:
        return see_other("shared_with_us", done="gone", **_place_in_address())
    except NotAuthorisedToOpen:
        return render_template("desk/no_key.html", was_shared=True), 403
    return _details(found)


def _asked_page() -> SharedPage:
    return shared_reading.page_of(
        signed_in(), PER_PAGE, after=_asked("after"), before=_asked("before")
    )


def _asked(name: str) -> Place | None:
    """The place in the address. What is none is ignored, so that an old address leads somewhere."""
    day, _, typed = request.args.get(name, "").partition(".")
    found = id_in(typed)
    try:
        return None if found is None else Place(date.fromisoformat(day), found)
    except ValueError:
        return None


def _in_address(place: Place | None) -> str | None:
    return None if place is None else f"{place.shared_on.isoformat()}.{place.id.hex}"


def _place_in_address() -> dict[str, Any]:
    """Which page this is: forms and links keep it, so that a reader goes on where they were."""
    return {
        name: request.args[name] for name in ("after", "before", "page") if name in request.args
    }


def _form(rows: tuple[SharedRow, ...]) -> SharedForm:
    form = SharedForm(WHY)
    form.share.choices = [(row.share_id.hex, reference(row.submission_id)) for row in rows]
    return form


def _page(form: SharedForm, page: SharedPage) -> str:
    total = shared_reading.how_many(signed_in())
    asked = request.args.get("page", 1, type=int)
    return render_template(
        "desk/shared_with_us.html",
        form=form,
        total=total,
        pages=pages_of(total, asked, _in_address(page.newer), _in_address(page.older), PER_PAGE),
        here=_place_in_address(),
        notes={row.share_id.hex: _note(row) for row in page.rows},
        problems=form.problems,
        done=flash_in(FLASHES),
    )


def _note(row: SharedRow) -> str:
    note = gettext(
        "%(call)s · %(language)s · shared on %(day)s",
        call=in_language(row.title),
        language=LANGUAGES[row.language].english_name,
        day=date_words(row.shared_on),
    )
    if row.opened_on is None:
        return gettext("%(note)s · not opened yet", note=note)
    return gettext(
        "%(note)s · opened by you or a colleague on %(day)s",
        note=note,
        day=date_words(row.opened_on),
    )


def _details(found: SharedDetails) -> str:
    contact, form = found.contact.contact, found.form
    return render_template(
        "desk/contact.html",
        opened=found.contact,
        times=times_in_words(form, contact) if contact else "",
        app=app_in_words(form, contact) if contact else "",
        asks_app=APP in {question.key for question in form.questions},
        standing=[one for one in form.consents if one.purpose == SHARING],
        back=url_for("desk.shared_with_us", **_place_in_address()),
    )
