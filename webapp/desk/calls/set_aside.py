"""Moderation in bulk at the desk: choose days, look at how many there are, put them aside, and put them back."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext, lazy_gettext
from werkzeug.wrappers import Response
from wtforms import Field, HiddenField, IntegerField, SelectField, StringField
from wtforms.validators import StopValidation
from wtforms.widgets import HiddenInput

from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.date_field import day_typed
from webapp.desk.shared.forms import DeskForm, one_line
from webapp.desk.shared.reason_form import ANOTHER, Reasons, WithReason
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.roles import Act
from webapp.services.answers import setting_aside
from webapp.services.answers.setting_aside import CountChanged, Span
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call
from webapp.web.guards import may

NOT_REAL: Final[Reasons] = (
    ("flood", lazy_gettext("Very many came at once, faster than people can write")),
    ("test", lazy_gettext("We sent them ourselves, to try the form")),
    ANOTHER,
)


#: Under both boxes: a day as they take it.
EXAMPLE = lazy_gettext("For example 27/11/2026")


class SpanForm(DeskForm):
    """Which submissions: the days on which they came, and their language."""

    since = StringField(lazy_gettext("First day"), filters=[one_line], description=EXAMPLE)
    until = StringField(lazy_gettext("Last day"), filters=[one_line], description=EXAMPLE)
    language = SelectField(lazy_gettext("Language"), validate_choice=False)

    def validate_since(self, field: Field) -> None:
        """A day of the calendar."""
        _require_day(field)

    def validate_until(self, field: Field) -> None:
        """A day of the calendar, and not before the first."""
        last, first = _require_day(field), day_typed(self.since.data or "")
        if first and last < first:
            raise StopValidation(gettext("The last day must not be before the first"))

    def span(self, of: Call) -> Span:
        """What was chosen, after it was validated."""
        first, last = day_typed(self.since.data), day_typed(self.until.data)
        if first is None or last is None:
            raise ValueError("not validated")
        return Span(of.id, first, last, self.language.data or "")


class AsideForm(SpanForm, WithReason):
    """The same, with how many the page showed, and the reason."""

    since = HiddenField(filters=[one_line])
    until = HiddenField(filters=[one_line])
    language = HiddenField()
    shown = IntegerField(widget=HiddenInput())


@dataclass(frozen=True)
class Found:
    """What is to be put aside, before it is: which, and how many."""

    span: Span
    people: int

    @property
    def more(self) -> bool:
        """Whether there may be more than are put aside at once."""
        return self.people == setting_aside.MOST


def _require_day(field: Field) -> date:
    found = day_typed(field.data or "")
    if found is None:
        raise StopValidation(gettext("Enter the day like 28/11/2026"))
    return found


@blueprint.get("/calls/<slug>/aside")
@may(Act.SET_ASIDE)
def set_aside(slug: str) -> str | tuple[str, int]:
    """Choose days; with days in the address, how many submissions came on them that nobody has read."""
    of = published_calls.find_call(slug)
    asked = _span_form()
    if "since" not in request.args:
        return _page(of, asked)
    if not asked.validate():
        return _page(of, asked), 400
    return _page(of, asked, _find(of, asked), AsideForm(NOT_REAL, formdata=None))


@blueprint.post("/calls/<slug>/aside")
@may(Act.SET_ASIDE, fresh=True)
def set_aside_post(slug: str) -> Response | tuple[str, int]:
    """Put them aside. Only what the page showed: else it shows the new number."""
    of, form = published_calls.find_call(slug), AsideForm(NOT_REAL)
    if not form.validate():
        return _again(of, form), 400
    try:
        setting_aside.set_aside(
            signed_in(),
            form.span(of),
            shown=form.shown.data,
            reason=form.reason,
        )
    except CountChanged:
        return see_other("set_aside", slug=slug, done="changed", **_chosen(form))
    return see_other("set_aside", slug=slug, done="aside")


@blueprint.post("/calls/<slug>/aside/<uuid:set_aside_id>/back")
@may(Act.SET_ASIDE)
def set_aside_back_post(slug: str, set_aside_id: UUID) -> Response:
    """Undo: all of one bulk act of this call are in the lists again. Idempotent."""
    of = published_calls.find_call(slug)
    try:
        setting_aside.put_back(signed_in(), of.id, set_aside_id)
    except LookupError:
        raise NotHere(set_aside_id) from None
    return see_other("set_aside", slug=slug, done="back")


@blueprint.post("/submissions/<uuid:submission_id>/back")
@may(Act.SET_ASIDE)
def submission_back_post(submission_id: UUID) -> Response:
    """Undo for one submission. Idempotent."""
    setting_aside.put_one_back(signed_in(), submission_id)
    return see_other("submission", submission_id=submission_id, done="back")


def _span_form(form: SpanForm | None = None) -> SpanForm:
    """The days as they stand in the address, or in a form that was refused."""
    asked = SpanForm(formdata=None if form else request.args)
    asked.language.choices = [
        ("", gettext("Any language")),
        *((code, language.english_name) for code, language in LANGUAGES.items()),
    ]
    if form:
        asked.since.data, asked.until.data = form.since.data, form.until.data
        asked.language.data = form.language.data
    return asked


def _chosen(form: SpanForm) -> dict[str, str]:
    return {name: form[name].data or "" for name in ("since", "until", "language")}


def _find(of: Call, form: SpanForm) -> Found:
    span = form.span(of)
    return Found(span, setting_aside.how_many(span))


def _again(of: Call, form: AsideForm) -> str:
    """The page with what is wrong. Hidden fields that are wrong were not sent by a page of ours: it begins anew."""
    if form.since.errors or form.until.errors or form.shown.errors:
        return _page(of, _span_form())
    return _page(of, _span_form(form), _find(of, form), form)


def _page(
    of: Call, asked: SpanForm, found: Found | None = None, form: AsideForm | None = None
) -> str:
    return render_template(
        "desk/set_aside.html",
        call=of,
        asked=asked,
        found=found,
        form=form,
        problems=(form or asked).problems if request.method == "POST" or asked.errors else [],
        made=setting_aside.made_for(of),
        most=setting_aside.MOST,
    )
