"""Save and return: pausing with a return code or without one, and erasing unfinished answers.

No draft is stored under a return code unless the participant asks for one.
"""

from flask import g, render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.calls.call_lookup import CALL, draft_for, take_up
from webapp.public.drafts.call_draft import CallDraft
from webapp.public.drafts.draft_serialization import as_stored
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import flash_message, set_flash
from webapp.public.shared.query_marks import FINISHED
from webapp.public.shared.rate_limit import admit_long_draft, limit_one
from webapp.public.steps.resuming import carry_on, next_step
from webapp.rules import clock
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import return_drafts
from webapp.services.answers.return_drafts import TooMuchToKeep
from webapp.services.infrastructure.limits import TooMany
from webapp.sessions import WAITING_HOURS, VisitExpired
from webapp.web.guards import in_visit, works_on_a_full_disk

PAUSE = f"{CALL}/pause"
UNFINISHED = f"{CALL}/unfinished"


@blueprint.get(PAUSE)
@in_visit
def pause(slug: str) -> Response | str:
    """What happens to unfinished answers, with a return code and without one."""
    draft = take_up(slug)
    if draft.waits.code is None:
        return see_other(**next_step(draft))
    return render_template(
        "public/pause.html",
        slug=slug,
        hours=WAITING_HOURS,
        days=DRAFT_DAYS,
        has_code=draft.waits.until is not None,
        back=carry_on(draft),
        news=flash_message(),
    )


@blueprint.post(PAUSE)
@in_visit
def pause_post(slug: str) -> Response:
    """Store the draft under the return code. Idempotent: a second post stores the latest state under the same code."""
    draft = take_up(slug)
    code = draft.waits.code
    if code is None:
        return see_other(**next_step(draft))
    limit_one("send", code)
    stored = as_stored(draft, g.language)
    try:
        if return_drafts.is_long(stored):
            admit_long_draft()
        until = return_drafts.keep(code, stored)
    except (TooMuchToKeep, TooMany):
        set_flash("too-much-to-wait", "pause", slug=slug)
        return see_other("pause", slug=slug)
    draft.waits.note_waiting(code, until)
    return see_other("pause_code", slug=slug)


@blueprint.get(f"{PAUSE}/code")
@in_visit
def pause_code(slug: str) -> Response | str:
    """Show the return code, for the lifetime of the Visit."""
    draft = take_up(slug)
    if draft.waits.until is None:
        return see_other("pause", slug=slug)
    return render_template(
        "public/return_code.html",
        code_to_keep=draft.waits.code,
        until=draft.waits.until,
        carry_on=carry_on(draft),
    )


@blueprint.post(f"{PAUSE}/code")
@in_visit
def pause_code_post(slug: str) -> Response:
    """The participant has noted the code: erase it and the answers from this Visit."""
    sessions.end()
    return see_other("home", **FINISHED)


@blueprint.get(UNFINISHED)
@in_visit
def unfinished(slug: str) -> str:
    """Explain what erasing unfinished answers means, before it is done."""
    draft = draft_for(slug)
    if not _is_anything(draft):
        raise VisitExpired
    is_open = draft.begun and draft.call.accepts_answers(clock.today())
    return render_template(
        "public/unfinished.html",
        has_code=draft.waits.until is not None,
        back=url_for("public.pause" if is_open else "public.start", slug=slug),
    )


@blueprint.post(UNFINISHED)
@in_visit
@works_on_a_full_disk
def unfinished_post(slug: str) -> Response:
    """Erase the stored draft and the state in the Visit. Idempotent: a second post finds nothing and says the same."""
    draft = draft_for(slug)
    if _is_anything(draft):
        had_code = draft.waits.until is not None
        draft.waits.note_thrown_away(draft.throw_away(), had_code=had_code)
    return see_other("unfinished_erased", slug=slug)


@blueprint.get(f"{UNFINISHED}/erased")
@in_visit
def unfinished_erased(slug: str) -> str:
    """Erasing is complete, or still in progress; the page never claims more than is true."""
    outcome = draft_for(slug).waits.thrown_away
    if outcome is None:
        raise VisitExpired
    return render_template(
        "public/unfinished_erased.html",
        complete=outcome["complete"],
        had_code=outcome["had_code"],
    )


def _is_anything(draft: CallDraft) -> bool:
    """Whether this Visit holds unfinished answers or a return code, even of a call that has closed."""
    return draft.begun or draft.waits.code is not None
