"""Stopping for now, and coming back with a return code: nothing of it unless somebody asks for it."""

from typing import Any

from flask import g, render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.shared_device import open_visit
from webapp.public.shared.blueprint import blueprint, limit, news, note_news, see_other
from webapp.public.steps.question_page import CALL, answering_for, take_up
from webapp.rules import clock
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import return_drafts
from webapp.services.answers.return_drafts import TooMuchToKeep, Waiting
from webapp.services.calls import published_calls
from webapp.services.infrastructure.limits import TooMany
from webapp.sessions import WAITING_HOURS, VisitExpired
from webapp.ui.page_language import offered_languages
from webapp.web.guards import in_visit

PAUSE = f"{CALL}/pause"
UNFINISHED = f"{CALL}/unfinished"


@blueprint.get(PAUSE)
@in_visit
def pause(slug: str) -> Response | str:
    """What happens to unfinished answers, with a return code and without one."""
    answering = take_up(slug)
    if answering.return_code is None:
        return see_other(**_next_step(answering))
    return render_template(
        "public/pause.html",
        slug=slug,
        hours=WAITING_HOURS,
        days=DRAFT_DAYS,
        has_code=answering.waits_until is not None,
        back=_carry_on(answering),
        news=news(),
    )


@blueprint.post(PAUSE)
@in_visit
def wait(slug: str) -> Response:
    """Let the answers wait under the return code. Pressed twice, they wait once, as they were last."""
    answering = take_up(slug)
    code = answering.return_code
    if code is None:
        return see_other(**_next_step(answering))
    limit("send")
    draft = answering.as_draft(g.language)
    try:
        if return_drafts.is_long(draft):
            limit("long-drafts")
        until = return_drafts.keep(code, draft)
    except (TooMuchToKeep, TooMany):
        note_news("too-much-to-wait", "pause", slug=slug)
        return see_other("pause", slug=slug)
    answering.note_waiting(code, until)
    return see_other("return_code", slug=slug)


@blueprint.get(f"{PAUSE}/code")
@in_visit
def return_code(slug: str) -> Response | str:
    """The return code, as long as the Visit lives."""
    answering = take_up(slug)
    if answering.waits_until is None:
        return see_other("pause", slug=slug)
    return render_template(
        "public/return_code.html",
        code_to_keep=answering.return_code,
        until=answering.waits_until,
        carry_on=_carry_on(answering),
    )


@blueprint.post(f"{PAUSE}/code")
@in_visit
def return_code_kept(slug: str) -> Response:
    """The code is kept: nothing of it, and none of the answers, stays in this browser."""
    sessions.end()
    return see_other("home", finished="")


def go_on(code: str, waiting: Waiting) -> Response:
    """Open a Visit with what waited under this code, and lead to where they stopped.

    What waits stays until it is sent, replaced, thrown away or due: a browser that crashes now loses nothing. Raises
    `VisitFull` where it does not fit beside what this browser's Visit holds, which then stays as it was; `TooMany`
    where it is far too long a text, and others have just used up the room for those.
    """
    visit, draft = open_visit(), waiting.draft
    answering = Answering(published_calls.find_call(draft.slug), visit)
    # They had this language; it may be another than that of the page where a code is typed.
    language = draft.language if draft.language in _offered() else g.language
    if not answering.call.accepts_answers(clock.today()):
        answering.note_waiting(code, waiting.until)
        return see_other("start", slug=draft.slug, language=language)
    answering.resume(draft)
    answering.note_waiting(code, waiting.until)
    sessions.ensure_room()
    return see_other(**_going_on(answering), language=language)


def _offered() -> set[str]:
    return {language.code for language in offered_languages()}


def _next_step(answering: Answering) -> dict[str, Any]:
    """Where somebody goes on: what is first unanswered on their way, or the look back when nothing is."""
    slug, page = answering.call.slug, answering.unfinished
    if page is None:
        return {"endpoint": "check", "slug": slug}
    return {"endpoint": "page", "slug": slug, "key": page.key}


def _going_on(answering: Answering) -> dict[str, Any]:
    """The step on which somebody stopped; where that is gone, what is first unanswered."""
    stopped = answering.stopped_at
    return {**stopped, "slug": answering.call.slug} if stopped else _next_step(answering)


def _carry_on(answering: Answering) -> str:
    step = _going_on(answering)
    return url_for(f"public.{step.pop('endpoint')}", **step)


@blueprint.get(UNFINISHED)
@in_visit
def unfinished(slug: str) -> str:
    """What erasing unfinished answers means, before it is done."""
    answering = answering_for(slug)
    if not _is_anything(answering):
        raise VisitExpired
    is_open = answering.begun and answering.call.accepts_answers(clock.today())
    return render_template(
        "public/unfinished.html",
        has_code=answering.waits_until is not None,
        back=url_for("public.pause" if is_open else "public.start", slug=slug),
    )


@blueprint.post(UNFINISHED)
@in_visit
def erase_unfinished(slug: str) -> Response:
    """Erase what waits under the code and what the Visit holds. A second post finds nothing and says the same."""
    answering = answering_for(slug)
    if _is_anything(answering):
        had_code = answering.waits_until is not None
        answering.note_thrown_away(answering.throw_away(), had_code=had_code)
    return see_other("unfinished_erased", slug=slug)


@blueprint.get(f"{UNFINISHED}/erased")
@in_visit
def unfinished_erased(slug: str) -> str:
    """It is erased, or on its way; this page never says more than is so."""
    outcome = answering_for(slug).thrown_away
    if outcome is None:
        raise VisitExpired
    return render_template(
        "public/unfinished_erased.html",
        complete=outcome["complete"],
        had_code=outcome["had_code"],
    )


def _is_anything(answering: Answering) -> bool:
    """Whether this Visit holds unfinished answers or the code of some, also of a call that has closed."""
    return answering.begun or answering.return_code is not None
