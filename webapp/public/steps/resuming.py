"""Save and return: resuming a draft, in this Visit or in a new one that a return code opens."""

from typing import Any

from flask import g, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.call_draft import CallDraft
from webapp.public.drafts.draft_serialization import resume
from webapp.public.drafts.shared_device import open_visit
from webapp.public.shared.blueprint import see_other
from webapp.rules import clock
from webapp.services.answers.return_drafts import Waiting
from webapp.services.calls import form_versions, published_calls
from webapp.ui.page_language import offered_languages


def go_on(code: str, waiting: Waiting) -> Response:
    """Open a Visit with the draft that is stored under this return code, and redirect to where they stopped.

    The stored draft is not deleted until it is submitted, replaced, erased or due: a browser that crashes now loses
    nothing. Raises `VisitFull` where it does not fit beside the state of this browser's Visit, which then stays as it
    was; `TooMany` where it is far too long, was opened several times today, and others have just used up the quota for
    such drafts.
    """
    visit, stored = open_visit(), waiting.draft
    call = published_calls.find_call(stored.slug)
    # The version that they stopped on: its questions and its permissions are those that they have read.
    draft = CallDraft(form_versions.at_or_newest(call, stored.form_version), visit)
    # The draft's language; it may differ from that of the page where the code was typed.
    language = stored.language if stored.language in _offered() else g.language
    if not draft.call.accepts_answers(clock.today()):
        draft.waits.note_waiting(code, waiting.until)
        return see_other("start", slug=stored.slug, language=language)
    resume(draft, stored)
    draft.waits.note_waiting(code, waiting.until)
    sessions.ensure_room(code)
    return see_other(**_going_on(draft), language=language)


def _offered() -> set[str]:
    return {language.code for language in offered_languages()}


def next_step(draft: CallDraft) -> dict[str, Any]:
    """The step to resume at: the first unanswered page on the route, or "check your answers" after the last."""
    slug, page = draft.call.slug, draft.unfinished
    if page is None:
        return {"endpoint": "check", "slug": slug}
    return {"endpoint": "page", "slug": slug, "key": page.key}


def _going_on(draft: CallDraft) -> dict[str, Any]:
    """The step on which they stopped; where that no longer exists, the first unanswered page."""
    stopped = draft.waits.stopped_at
    return {**stopped, "slug": draft.call.slug} if stopped else next_step(draft)


def carry_on(draft: CallDraft) -> str:
    """The URL of the step on which they stopped."""
    step = _going_on(draft)
    return url_for(f"public.{step.pop('endpoint')}", **step)
