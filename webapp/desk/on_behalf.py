"""Entering a form for somebody who answered by phone or on paper.

One long page with all questions, then a page to read back and to say what the person agreed to, then their code. What
is typed waits in the coordinator's Visit, so an error loses nothing; who entered it is in the record before it is
stored, and reading it afterwards takes a reason, as for anybody's answers.
"""

from typing import Any

from flask import render_template, request, url_for
from flask_babel import lazy_gettext
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response
from wtforms import RadioField
from wtforms.fields.choices import SelectChoice

from webapp import sessions
from webapp.desk.behalf import Entered, OnBehalf
from webapp.desk.door import blueprint, see_other, signed_in
from webapp.desk.forms import DeskForm, chosen
from webapp.http import coordinator, takes_words
from webapp.rules import clock
from webapp.rules.answers import AnswersMissing, Stopped
from webapp.rules.languages import DEFAULT, LANGUAGES
from webapp.rules.room import SMALL_BODY, body_taken
from webapp.services import calls, entering
from webapp.services.calls import NoSuchCall
from webapp.services.submissions import CallClosed
from webapp.ui.on_paper import HEADINGS, sheets
from webapp.ui.reading_back import read_back

BEHALF = "/calls/<slug>/on-behalf"


class AgreedForm(DeskForm):
    """How the person told us, and in which language they were asked what we may do."""

    how = RadioField(
        lazy_gettext("How did the person answer and agree?"),
        choices=[
            SelectChoice("paper", lazy_gettext("On paper")),
            SelectChoice("phone", lazy_gettext("By phone")),
            SelectChoice("talk", lazy_gettext("Face to face")),
        ],
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose how the person answered"))],
    )
    spoken = RadioField(
        lazy_gettext("In which language?"),
        choices=[
            SelectChoice(language.code, language.english_name) for language in LANGUAGES.values()
        ],
        default=DEFAULT.code,
        validate_choice=False,
        validators=[chosen(lazy_gettext("Choose a language"))],
    )


class NotOpen(Exception):
    """The call takes no answers any more, from anybody."""


@blueprint.errorhandler(NotOpen)
def back_to_call(error: NotOpen) -> Response:
    """The call's page says that it is closed."""
    return see_other("call", slug=(request.view_args or {})["slug"])


def _entering(slug: str) -> OnBehalf:
    call = calls.find_call(slug)
    behalf = OnBehalf(call, sessions.current())
    if not call.accepts_answers(clock.today()) and not behalf.code:
        raise NotOpen
    return behalf


@blueprint.get(BEHALF)
@coordinator
def on_behalf(slug: str) -> str | Response:
    """All questions on one page."""
    behalf = _entering(slug)
    if behalf.code:
        return see_other("entered_code", slug=slug)
    entered = behalf.entered()
    return render_template(
        "desk/on_behalf.html",
        call=behalf.call,
        sections=[(HEADINGS[name], asked) for name, asked in entered.by_section()],
        only_if={sheet.page.key: sheet.only_if for sheet in sheets(behalf.call.form)},
        problems=entered.problems,
        kept=bool(behalf.held) and not entered.checked,
    )


def most_bytes(slug: str) -> int:
    """How long the whole form may be, every box of every page full, in any script."""
    try:
        return body_taken(calls.recent_call(slug).form.pages)
    except NoSuchCall:
        return SMALL_BODY


@blueprint.post(BEHALF)
@coordinator
@takes_words(most_bytes, asked_on="desk.on_behalf")
def enter(slug: str) -> Response:
    """Keep what was typed; when it is meant to be complete, go on or say what is missing."""
    behalf = _entering(slug)
    if behalf.code:
        return see_other("entered_code", slug=slug)
    behalf.keep(request.form.items(multi=True), checked=request.form.get("do") != "keep")
    entered = behalf.entered()
    if entered.checked and entered.stop:
        behalf.forget()
        return see_other("not_for_them", slug=slug)
    if not entered.is_ready:
        return see_other("on_behalf", slug=slug)
    behalf.prepare()
    return see_other("agree_for", slug=slug)


@blueprint.get(f"{BEHALF}/stop")
@coordinator
def not_for_them(slug: str) -> str:
    """The kind stop: this call is not for this person, and nothing was kept."""
    form = calls.find_call(slug).form
    stops = [page.stop for page in form.pages if page.stop]
    return render_template("desk/on_behalf_stop.html", slug=slug, stops=stops)


@blueprint.get(f"{BEHALF}/agree")
@coordinator
def agree_for(slug: str) -> str | Response:
    """Read it back to the person, and ask what we may do."""
    behalf = _entering(slug)
    entered = behalf.entered()
    if not entered.is_ready:
        return see_other("on_behalf", slug=slug)
    agreed = behalf.held.get("agreed")
    form = _agreed_form(agreed)
    if agreed is not None:
        form.validate()
    return render_template(
        "desk/on_behalf_agree.html",
        call=behalf.call,
        form=form,
        problems=form.problems,
        consents=entered.consents(),
        ticked=[value for name, value in agreed or [] if name == "consent"],
        sections=read_back(entered.form.pages, entered.answers),
        back=url_for("desk.on_behalf", slug=slug),
    )


def _agreed_form(sent: list[Any] | None) -> AgreedForm:
    formdata = None if sent is None else MultiDict([(name, value) for name, value in sent])
    return AgreedForm(formdata=formdata)


@blueprint.post(f"{BEHALF}/agree")
@coordinator
def enter_for(slug: str) -> Response:
    """Store it. A second press finds it stored and shows the same code."""
    behalf = _entering(slug)
    if behalf.code:
        return see_other("entered_code", slug=slug)
    entered, form = behalf.entered(), AgreedForm()
    if not entered.is_ready:
        return see_other("on_behalf", slug=slug)
    if not form.validate():
        boxes = [("consent", box) for box in request.form.getlist("consent")]
        behalf.keep_agreed([("how", form.how.data or ""), ("spoken", form.spoken.data), *boxes])
        return see_other("agree_for", slug=slug)
    return _store(behalf, entered, form)


def _store(behalf: OnBehalf, entered: Entered, form: AgreedForm) -> Response:
    slug = behalf.call.slug
    if behalf.prepared is None:
        return see_other("on_behalf", slug=slug)
    submission_id, receipt = behalf.prepared
    boxes = request.form.getlist("consent")
    try:
        entering.enter_for(
            signed_in(),
            behalf.call,
            submission_id=submission_id,
            receipt=receipt,
            answers=entered.answers,
            given={wording.purpose: wording.purpose in boxes for wording in entered.consents()},
            language=form.spoken.data,
            how=form.how.data,
        )
    except CallClosed:
        raise NotOpen from None
    except (AnswersMissing, Stopped):
        # The form changed meanwhile: look through it once more.
        return see_other("on_behalf", slug=slug)
    behalf.note_sent(receipt)
    return see_other("entered_code", slug=slug)


@blueprint.get(f"{BEHALF}/code")
@coordinator
def entered_code(slug: str) -> str | Response:
    """The person's code, to be passed on."""
    behalf = OnBehalf(calls.find_call(slug), sessions.current())
    if not behalf.code:
        return see_other("call", slug=slug)
    return render_template("desk/on_behalf_code.html", call=behalf.call, code=behalf.code)


@blueprint.post(f"{BEHALF}/code")
@coordinator
def passed_on(slug: str) -> Response:
    """The person has their code: it is nowhere here any more."""
    OnBehalf(calls.find_call(slug), sessions.current()).forget()
    return see_other("call", slug=slug)
