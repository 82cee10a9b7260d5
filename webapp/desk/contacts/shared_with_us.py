"""What was shared with the coordinator's own organisation: a list without content, and one person with a reason."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final
from uuid import UUID

from flask import render_template, url_for
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import RadioField

from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.flash import Flash, flash_in
from webapp.desk.shared.forms import chosen
from webapp.desk.shared.reason_form import OpeningForm, Reasons
from webapp.rules.consent import SHARING
from webapp.rules.contact.questions import APP
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.reasons import OTHER, REACH
from webapp.rules.references import reference
from webapp.rules.roles import Act
from webapp.services.opening import shared_reading
from webapp.services.opening.contact_words import app_in_words, times_in_words
from webapp.services.opening.disclosure import Erased
from webapp.services.opening.shared_reading import SharedDetails, SharedRow
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
    """Everyone whose contact details are shared with this organisation now; nothing is opened."""
    rows = shared_reading.shared_with_us(signed_in())
    return _page(_form(rows), rows)


@blueprint.post("/shared")
@may(Act.READ_SHARED)
def shared_with_us_post() -> str | Response | tuple[str, int]:
    """Open and show how one person may safely be reached."""
    rows = shared_reading.shared_with_us(signed_in())
    if not rows:
        return see_other("shared_with_us", done="gone")
    form = _form(rows)
    if not form.validate():
        return _page(form, rows), 400
    try:
        found = shared_reading.open_shared(signed_in(), UUID(form.share.data), form.given)
    except Erased:
        return see_other("shared_with_us", done="gone")
    return _details(found)


def _form(rows: tuple[SharedRow, ...]) -> SharedForm:
    form = SharedForm(WHY)
    form.share.choices = [(row.share_id.hex, reference(row.submission_id)) for row in rows]
    return form


def _page(form: SharedForm, rows: tuple[SharedRow, ...]) -> str:
    return render_template(
        "desk/shared_with_us.html",
        form=form,
        notes={row.share_id.hex: _note(row) for row in rows},
        problems=form.problems,
        done=flash_in(FLASHES),
    )


def _note(row: SharedRow) -> str:
    return gettext(
        "%(call)s · %(language)s · shared on %(day)s",
        call=in_language(row.title),
        language=LANGUAGES[row.language].english_name,
        day=date_words(row.shared_on),
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
        back=url_for("desk.shared_with_us"),
    )
