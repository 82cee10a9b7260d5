"""What people are told became of a call: the month, moving it, and the page, written and published in each language.

Nothing is stored before it is published: what was typed goes from the form to the preview and on in the request.
"""

from dataclasses import dataclass

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp.desk.calls.tell_back_forms import (
    TELL_BACK_FLASHES,
    MoveForm,
    PromiseForm,
    WordsForm,
    as_written,
)
from webapp.desk.shared.blueprint import NotHere, blueprint, see_other, signed_in
from webapp.desk.shared.flash import flash_in
from webapp.desk.shared.step_up import ABOUT
from webapp.rules.forms.size_limits import SMALL_BODY
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.rules.languages.site_languages import Language
from webapp.rules.roles import Act
from webapp.services.calls import published_calls, tell_backs, telling_back
from webapp.services.calls.published_calls import Call
from webapp.services.calls.tell_backs import TellBack, Told
from webapp.services.calls.telling_back import (
    EnglishFirst,
    NotPromised,
    PromiseChanged,
    TextChanged,
)
from webapp.services.keys import coordinators
from webapp.ui.page_language import offered_languages
from webapp.ui.public_address import public_url
from webapp.web.guards import may, takes_words

Answer = Response | str | tuple[str, int]

ABOUT["desk.tell_back_words_publish"] = lambda: gettext(
    "You are about to publish what became of a call. Anyone can read it at once."
)


@dataclass(frozen=True)
class Row:
    """One language of the page, as the overview lists it. `who` wrote it last; empty for someone who left."""

    language: Language
    told: Told | None
    who: str


def most_bytes(**address: str) -> int:
    """The size limit of the form with every box full, in any script; as much as signing in again carries."""
    return 4 * SMALL_BODY


@blueprint.get("/calls/<slug>/after")
@may(Act.TELL_BACK)
def tell_back(slug: str) -> str:
    """By when people are told, in which languages the page is written, and where they find it."""
    call = published_calls.find_call(slug)
    told, names = tell_backs.find(call.id), coordinators.names()
    return render_template(
        "desk/tell_back.html",
        call=call,
        told=told,
        rows=[_row(one, told, names) for one in _languages(call)],
        address=public_url(f"/en/after/{slug}"),
        done=flash_in(TELL_BACK_FLASHES),
    )


@blueprint.get("/calls/<slug>/after/month")
@may(Act.TELL_BACK)
def tell_back_month(slug: str) -> str:
    """Name the month, or a later one."""
    call = published_calls.find_call(slug)
    told = tell_backs.find(call.id)
    if told.by is None:
        return _month_page(call, told, PromiseForm(call, formdata=None))
    return _month_page(
        call, told, MoveForm(call, told.by, formdata=None, data={"seen": str(told.by)})
    )


@blueprint.post("/calls/<slug>/after/month")
@may(Act.TELL_BACK)
def tell_back_month_post(slug: str) -> Answer:
    """Save it. Idempotent."""
    call = published_calls.find_call(slug)
    told = tell_backs.find(call.id)
    if told.by is None:
        return _promised(call, told)
    form = MoveForm(call, told.by)
    if form.seen.data != str(told.by):
        return _overview(slug, "meanwhile")
    if not form.validate() or form.chosen is None:
        return _month_page(call, told, form), 400
    try:
        telling_back.move(
            call, form.chosen, seen=told.by, actor=signed_in().coordinator_id, reason=form.reason
        )
    except PromiseChanged:
        return _overview(slug, "meanwhile")
    return _overview(slug, "moved")


def _promised(call: Call, told: TellBack) -> Answer:
    form = PromiseForm(call)
    if not form.validate() or form.chosen is None:
        return _month_page(call, told, form), 400
    try:
        telling_back.promise(call, form.chosen, actor=signed_in().coordinator_id)
    except PromiseChanged:
        return _overview(call.slug, "meanwhile")
    return _overview(call.slug, "promised")


@blueprint.get("/calls/<slug>/after/in/<code>")
@may(Act.TELL_BACK)
def tell_back_words(slug: str, code: str) -> Answer:
    """The texts in one language as they stand."""
    call, language = _place(slug, code)
    told = tell_backs.find(call.id)
    if told.by is None:
        return _overview(slug, "month-first")
    if code != FALLBACK_LANGUAGE and not told.is_written:
        return _overview(slug, "english-first")
    form = WordsForm(formdata=None, data=as_written(told.texts.get(code)))
    return _words_page(call, language, form)


@blueprint.post("/calls/<slug>/after/in/<code>")
@may(Act.TELL_BACK)
@takes_words(most_bytes, asked_on="desk.tell_back_words")
def tell_back_words_post(slug: str, code: str) -> Answer:
    """Preview what people would read. Nothing is stored."""
    (call, language), form = _place(slug, code), WordsForm()
    if "again" in request.form:
        return _words_page(call, language, form)
    if not form.validate():
        return _words_page(call, language, form), 400
    return render_template(
        "desk/tell_back_preview.html",
        call=call,
        language=language,
        words=form.words,
        typed=form.carried,
    )


@blueprint.post("/calls/<slug>/after/in/<code>/publish")
@may(Act.TELL_BACK, fresh=True)
@takes_words(most_bytes, asked_on="desk.tell_back_words")
def tell_back_words_publish(slug: str, code: str) -> Answer:
    """Publish it in place of what stood there. Where another coordinator wrote first, show both."""
    (call, language), form = _place(slug, code), WordsForm()
    if not form.validate():
        return _words_page(call, language, form), 400
    actor = signed_in().coordinator_id
    try:
        telling_back.publish(call, code, form.words, based_on=form.based_on, actor=actor)
    except TextChanged as refused:
        form.meanwhile = refused
        form.version.data = str(refused.now.version)
        return _words_page(call, language, form), 409
    except NotPromised:
        return _overview(slug, "month-first")
    except EnglishFirst:
        return _overview(slug, "english-first")
    return _overview(slug, "told")


def _place(slug: str, code: str) -> tuple[Call, Language]:
    """The call, and a language in which it is offered. Raises `NotHere`."""
    call = published_calls.find_call(slug)
    language = next((one for one in _languages(call) if one.code == code), None)
    if language is None:
        raise NotHere(code)
    return call, language


def _languages(call: Call) -> list[Language]:
    """Those that visitors may choose here and in which the call has words, English first."""
    found = [one for one in offered_languages() if one.code in call.form.title]
    return sorted(found, key=lambda one: one.code != FALLBACK_LANGUAGE)


def _row(language: Language, told: TellBack, names: dict[str, str]) -> Row:
    text = told.texts.get(language.code)
    return Row(language, text, names.get(str(text.changed_by), "") if text else "")


def _month_page(call: Call, told: TellBack, form: PromiseForm | MoveForm) -> str:
    return render_template(
        "desk/tell_back_month.html", call=call, told=told, form=form, problems=form.problems
    )


def _words_page(call: Call, language: Language, form: WordsForm) -> str:
    return render_template(
        "desk/tell_back_words.html",
        call=call,
        language=language,
        form=form,
        problems=form.problems,
    )


def _overview(slug: str, done: str) -> Response:
    return see_other("tell_back", slug=slug, done=done)
