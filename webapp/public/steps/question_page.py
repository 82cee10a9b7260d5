"""Answering a call: a page at a time. What comes after the last one is in `sending`."""

from collections.abc import Mapping
from typing import Any

from flask import abort, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.choices import correcting
from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.correction_draft import EQUALITY, MODE, Correction
from webapp.public.drafts.equality_draft import AboutYou
from webapp.public.shared.audio import sound_of
from webapp.public.shared.blueprint import (
    TOLD,
    AlreadySent,
    Closed,
    blueprint,
    limit,
    news,
    note_news,
    see_other,
)
from webapp.public.shared.form_navigation import chosen_language, turn, wants_to_turn
from webapp.public.steps.skipping import empty, skip
from webapp.rules import clock
from webapp.rules.forms.form_definition import NoSuchPage
from webapp.rules.forms.progress import number_of
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import stopped_by
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.sessions import VisitExpired
from webapp.ui.answer_summary import HEADINGS
from webapp.ui.forms import PageForm, form_for, keep_typed
from webapp.ui.fragment_cache import prepared_page
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, in_visit, takes_words

CALL = "/<language>/calls/<slug>"
FROM_CHECK: dict[str, Any] = {"from": "check"}


def take_up(slug: str) -> Answering:
    """Where this visitor is in answering. Raises `AlreadySent`, `VisitExpired` before Begin was pressed, `Closed`.

    Whoever corrects what is held goes through the same pages, also after the call closed.
    """
    if Correction.under_way(slug, sessions.current()):
        return Correction.take_up(slug, sessions.current())
    answering = answering_for(slug)
    if not answering.begun:
        about = AboutYou.find(answering.call, sessions.current())
        if about is not None and about.under_way and about.may_be_asked:
            return about
        if Correction.is_over(slug, sessions.current()):
            raise correcting.AlreadyCorrected
        raise AlreadySent(slug) if answering.sent else VisitExpired
    if not answering.call.accepts_answers(clock.today()):
        raise Closed(answering.call, unsent=True)
    return answering


def answering_for(slug: str) -> Answering:
    """What this visitor's Visit holds about a call. No such call is a 404."""
    try:
        return Answering(published_calls.recent_call(slug), sessions.current())
    except NoSuchCall:
        abort(404)


def page_of(answering: Answering, key: str) -> Page:
    """The page with this key. An unknown one is a 404."""
    try:
        return answering.form.page(key)
    except NoSuchPage:
        _lead_on(answering, key)
        abort(404)


def _lead_on(answering: Answering, key: str) -> None:
    """From a page of the other side of Send to where somebody is: questions about equality come after it."""
    if key in {page.key for page in answering.call.form.asked_after_sending}:
        abort(see_other("check", slug=answering.call.slug))
    if isinstance(answering, AboutYou):
        raise AlreadySent(answering.call.slug)


@blueprint.get(f"{CALL}/page/<key>")
@in_visit
def page(slug: str, key: str) -> Response | str:
    """One topic to answer."""
    answering = take_up(slug)
    asked = page_of(answering, key)
    route = answering.route
    if not route:
        return see_other("check", slug=slug)
    if asked not in route:
        return see_other("page", slug=slug, key=route[0].key)
    typed, step = answering.typed_on(asked), _step(answering, asked, news())

    def show() -> str:
        form = form_for(asked, stored=answering.answers_on(asked), typed=typed)
        if answering.unsent(asked).was_refused:
            form.validate()
        return _show(asked, form, step)

    if answering.has_nothing_on(asked) and answering.belongs_to is None:
        version = answering.call.form_version
        return prepared_page(show, version, *step.values(), token=generate_csrf())
    return show()


def _step(answering: Answering, asked: Page, told: str | None) -> dict[str, Any]:
    """What a question page shows beside its questions."""
    slug, key = answering.call.slug, asked.key
    mode: dict[str, Any] = {**answering.mode}
    return {
        "place": answering.place_of(asked),
        "nth": answering.form.number_in_section(key),
        "back": _before(answering, asked),
        # In full: without it, a browser would carry the #field of an error link from page to page.
        "action": url_for("public.answer", slug=slug, key=key, **{**_changing(), **mode}),
        "keep": url_for("public.keep_answers", slug=slug, key=key, **mode),
        "can_stop": answering.can_stop,
        "belongs_to": answering.belongs_to,
        "helped": answering.helped,
        "news": told,
        "sound": sound_of(slug, key),
        "holds_something": answering.holds_something_on(asked),
    }


def _show(asked: Page, form: PageForm, step: Mapping[str, Any]) -> str:
    return render_template(
        "public/page.html",
        page=asked,
        form=form,
        problems=form.problems,
        heading=HEADINGS[asked.section],
        can_skip=not any(question.required for question in asked.asked),
        **step,
    )


def most_bytes(slug: str, key: str) -> int:
    """How long the form of a page may be: as long as it is when every box is full, in any script, and then some."""
    try:
        return body_taken([published_calls.recent_call(slug).form.page(key)])
    except (NoSuchCall, NoSuchPage, StoreUnavailable):
        return SMALL_BODY


@blueprint.post(f"{CALL}/page/<key>")
@anyone
@takes_words(most_bytes, asked_on="public.page")
def answer(slug: str, key: str) -> Response:
    """Keep one page's answers and go on. Without a Visit it had expired: what was just typed is kept in a new one."""
    if not sessions.current().begun:
        return _after_expiry(slug, key)
    if correcting.comes_late(slug):
        return correcting.keep_for_later(slug, key)
    answering = take_up(slug)
    asked = page_of(answering, key)
    if wants_to_turn():
        answering.keep_unsent(asked, list(request.form.items(multi=True)))
        back = _before(answering, asked)
        return turn("page", back=back, slug=slug, key=key, **_changing())
    visible = answering.route
    if request.form.get("do") == "delete":
        note_news(empty(answering, asked), "page", slug=slug, key=key)
        return see_other("page", slug=slug, key=key, **_changing())
    if wants_to_stop(answering):
        _keep_so_far(answering, asked)
    elif not _keep(answering, asked):
        return see_other("page", slug=slug, key=key, **_changing())
    if stopped_by(answering.form, answering.answers):
        return _end_kindly(answering, asked)
    if wants_to_stop(answering):
        return offer_return_code(answering, "page", key=key, **_changing())
    return _next(answering, asked, visible)


def _keep(answering: Answering, asked: Page) -> bool:
    """Keep what was sent. Whether to go on from this page: not from one that could not be taken."""
    sent = list(request.form.items(multi=True))
    if request.form.get("do") == "skip":
        return skip(answering, asked, sent)
    form = form_for(asked, stored={}, typed=keep_typed(asked, sent))
    if not form.validate():
        answering.keep_typed(asked, sent)
        return False
    answering.save(asked, form.answers)
    return True


def _keep_so_far(answering: Answering, asked: Page) -> None:
    """Keep what stands on the page where somebody stops, accepted or not. A page left empty stays unanswered."""
    sent = list(request.form.items(multi=True))
    known = answering.answers_on(asked) or answering.typed_on(asked) is not None
    if known or any(value.strip() for _, value in keep_typed(asked, sent)):
        _keep(answering, asked)


def _end_kindly(answering: Answering, asked: Page) -> Response:
    """This call is not for this person: nothing is kept, not under a return code either, and no empty Visit stays."""
    if isinstance(answering, AboutYou):
        # What was sent before stays, until they erase it.
        answering.forget()
        return see_other("done", slug=answering.call.slug)
    answering.throw_away()
    if isinstance(answering, Correction):
        return correcting.refuse(answering)
    if answering.visit.keys() <= {"csrf_token", TOLD}:
        sessions.end()
    return see_other("stop", slug=answering.call.slug, page=asked.key)


def wants_to_stop(answering: Answering) -> bool:
    """Whether "Stop for now" was pressed, the third button of every page."""
    return answering.can_stop and request.form.get("do") == "break"


def offer_return_code(answering: Answering, step: str, **where: str) -> Response:
    """Note where somebody stops, and lead to what happens then."""
    answering.stop_for_now(step, **where)
    return see_other("pause", slug=answering.call.slug)


def _after_expiry(slug: str, key: str) -> Response:
    if correcting.was_meant() or AboutYou.was_meant():
        return correcting.keep_for_later(slug, key)
    call = answering_for(slug).call
    if not call.accepts_answers(clock.today()):
        raise Closed(call, unsent=True)
    limit("begin")
    answering = Answering(call, sessions.begin())
    answering.begin()
    answering.note_expired()
    if "helped" in request.form:
        answering.note_helped()
    asked = page_of(answering, key)
    if wants_to_turn():
        answering.keep_unsent(asked, list(request.form.items(multi=True)))
    elif request.form.get("do") != "delete":
        _keep(answering, asked)
    if stopped_by(answering.form, answering.answers):
        return _end_kindly(answering, asked)
    if wants_to_stop(answering):
        note_news("waited-too-long", "pause", slug=slug)
        return offer_return_code(answering, "page", key=key, **_changing())
    first = answering.first_page.key
    note_news("waited-too-long", "page", slug=slug, key=first)
    return see_other("page", slug=slug, key=first, language=chosen_language())


def refused(slug: str, key: str) -> str | None:
    """The page that was sent without this Visit's token, with its words. None for a call that was not begun here."""
    found = _question_refused(slug, key)
    if found is None:
        return None
    asked, step = found
    typed = keep_typed(asked, request.form.items(multi=True))
    if not any(value for _, value in typed):
        return None
    form = form_for(asked, stored={}, typed=typed)
    if form.was_cut:
        form.validate()
    return _show(asked, form, step)


def _question_refused(slug: str, key: str) -> tuple[Page, dict[str, Any]] | None:
    visit = sessions.current()
    try:
        call = published_calls.recent_call(slug)
        about = AboutYou.find(call, visit) if AboutYou.was_meant() else None
        # Only where it is theirs: on a shared phone it may be what somebody else sent.
        if about is not None and about.belongs_to == correcting.belongs_to():
            asked = about.form.page(key)
            return asked, _step(about, asked, words_for("not-taken-yet"))
        if correcting.was_meant() or AboutYou.was_meant():
            return _correction_refused(call, call.form.page(key))
        answering = Answering(call, visit)
        asked = answering.form.page(key)
    except (NoSuchCall, NoSuchPage):
        return None
    goes_on = answering.begun and answering.call.accepts_answers(clock.today())
    if not goes_on or Correction.under_way(slug, visit):
        return None
    told = words_for("waited-too-long" if answering.after_expiry else "not-taken-yet")
    return asked, _step(answering, asked, told)


def _correction_refused(call: Call, asked: Page) -> tuple[Page, dict[str, Any]]:
    """The same for a correction. Whose it is says the form: once more pressed, its words wait for their code."""
    slug, tag, told = call.slug, correcting.belongs_to(), words_for("not-taken-yet")
    if Correction.under_way_for(tag, slug, sessions.current()):
        correction = Correction.take_up(slug, sessions.current())
        asked = correction.form.page(asked.key)
        return asked, _step(correction, asked, told)
    # Nothing of the code that is handed in here, if there is one: it may be somebody else's.
    mode = {**_changing(), **MODE}
    return asked, {
        # A number, because the name of the section would stand in the browser's list of pages.
        "place": number_of(call.form, {}, asked),
        "nth": call.form.number_in_section(asked.key),
        "back": url_for("public.choices"),
        "action": url_for("public.answer", slug=slug, key=asked.key, **mode),
        "keep": None,
        "can_stop": False,
        "belongs_to": tag,
        "helped": False,
        "news": told,
        "sound": sound_of(slug, asked.key),
        "holds_something": False,
    }


def _changing() -> dict[str, Any]:
    """Somebody came from "check your answers" and goes back there."""
    return FROM_CHECK if request.args.get("from") == "check" else {}


def _next(answering: Answering, asked: Page, visible_before: list[Page]) -> Response:
    slug = answering.call.slug
    if _changing():
        opened = [
            page
            for page in answering.route
            if page not in visible_before or _is_on_the_way(answering, asked, page)
        ]
        if opened:
            return see_other("page", slug=slug, key=opened[0].key, **_changing())
        return see_other("check", slug=slug)
    following = answering.after(asked)
    if following is None:
        return see_other("check", slug=slug)
    if following.section == EQUALITY != asked.section:
        # In a correction: what is answered for the first time has its explanation first.
        return see_other("more", slug=slug)
    return see_other("page", slug=slug, key=following.key)


def _is_on_the_way(answering: Answering, asked: Page, page: Page) -> bool:
    """Whether this page was opened together with the one just answered: how to reach somebody takes several."""
    together = page.section == asked.section != "call"
    after = answering.form.place(page.key) > answering.form.place(asked.key)
    return together and after and not answering.was_asked(page)


def _before(answering: Answering, asked: Page) -> str:
    slug = answering.call.slug
    if _changing():
        return _to_check(slug)
    previous = answering.before(asked)
    if asked.section == EQUALITY and (previous is None or previous.section != EQUALITY):
        return url_for("public.more", slug=slug)
    if previous is None:
        return url_for("public.start", slug=slug)
    return url_for("public.page", slug=slug, key=previous.key)


def _to_check(slug: str) -> str:
    return url_for("public.check", slug=slug)
