"""Late input: a question page whose Visit has expired, or whose receipt was replaced; its input waits for that receipt.

The submitted form carries the tag of its submission. On a shared device, another participant's receipt does not
show the input.
"""

from flask import abort, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.public.drafts.held_answers import held_now
from webapp.public.drafts.late_input import belongs_to, keep_late
from webapp.public.shared.audio import sound_of
from webapp.public.shared.blueprint import see_other
from webapp.public.shared.flash import set_flash, was_flashed
from webapp.public.shared.query_marks import FROM_CHECK
from webapp.public.shared.rate_limit import admit_beginning
from webapp.public.steps.question_page import Frame, submitted
from webapp.public.steps.question_page import show_again as show_page_again
from webapp.rules.forms.progress import number_of
from webapp.rules.forms.questions import Page
from webapp.services.answers import corrections
from webapp.services.calls import form_versions, published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.sessions import Visit
from webapp.ui.forms import keep_typed
from webapp.ui.messages import words_for

EXPIRED = "expired-changes"


def keep_for_later(slug: str, key: str) -> Response:
    """Retain the submitted input until its receipt is entered again; where it is here already, go on with it."""
    page = _page_at(slug, key)[1]
    visit, tag = sessions.current(), belongs_to()
    expired = visit.over or was_flashed(EXPIRED)
    if not visit.begun:
        admit_beginning()
        sessions.begin()
    keep_late(visit, slug, page, keep_typed(page, submitted()), tag)
    if _receipt_is_here(visit, tag):
        CorrectionDraft.begin_with(held_now(), visit)
        return see_other("correct_page", key=key, **FROM_CHECK)
    set_flash(EXPIRED if expired else "late-changes", "choices")
    return see_other("choices")


def _receipt_is_here(visit: Visit, tag: str) -> bool:
    return "code" in visit and corrections.tag_of(held_now().submission_id) == tag


def show_again(slug: str, key: str, action: str) -> str | None:
    """CSRF recovery: the page with its input; submitted again, it waits for its receipt.

    It shows nothing of a receipt that is open here, which may be another participant's.
    """
    call, page = _page_at(slug, key)
    frame = Frame(
        # A number, because the name of the section would be visible in the browser's history.
        place=number_of(call.form, {}, page),
        nth=call.form.number_in_section(key),
        back=url_for("public.choices"),
        action=action,
        keep=None,
        sound=sound_of(call, key),
        news=words_for("not-taken-yet"),
        hidden=(("belongs-to", belongs_to()), ("call", slug)),
    )
    return show_page_again(page, frame)


def _page_at(slug: str, key: str) -> tuple[Call, Page]:
    """The page of a call that was sent, with the call in its version: of all versions that have the page, the one that
    keeps most of what was sent. A 404 for an unknown call or page."""
    try:
        calls = list(form_versions.calls_of(published_calls.recent_call(slug)))
    except NoSuchCall:
        abort(404)
    found = [(call, page) for call in calls for page in call.form.pages if page.key == key]
    if not found:
        abort(404)
    sent = submitted()
    return max(found, key=lambda one: len(keep_typed(one[1], sent)))
