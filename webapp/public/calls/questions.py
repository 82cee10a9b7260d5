"""The question pages of a new submission. `check_and_send` has what follows the last one."""

from functools import partial

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.calls.call_lookup import CALL, draft_for, take_up
from webapp.public.drafts.call_draft import CallDraft, version_read
from webapp.public.drafts.late_input import belongs_to
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import set_flash
from webapp.public.shared.form_navigation import chosen_language, wants_to_turn
from webapp.public.shared.query_marks import from_check
from webapp.public.shared.quick_exit_notice import TOLD
from webapp.public.shared.rate_limit import admit_beginning
from webapp.public.shared.refusals import Closed
from webapp.public.steps import late_page, question_page
from webapp.public.steps.addresses import Addresses
from webapp.rules import clock
from webapp.rules.forms.form_definition import NoSuchPage
from webapp.rules.forms.questions import Page
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.services.calls import form_versions
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, in_visit, takes_words


def addresses(slug: str) -> Addresses:
    """The addresses of a new submission's pages."""
    return Addresses(
        page="page",
        autosave="page_autosave",
        check="check",
        before=url_for("public.start", slug=slug),
        more=None,
        values={"slug": slug},
    )


def page_of(draft: CallDraft, key: str) -> Page:
    """The page with this key: a 404 for an unknown one, a redirect for one about equality, which comes after Send."""
    try:
        return draft.form.page(key)
    except NoSuchPage:
        if key in {page.key for page in draft.call.form.asked_after_sending}:
            abort(addresses(draft.call.slug).to_check())
        abort(404)


@blueprint.get(f"{CALL}/page/<key>")
@in_visit
def page(slug: str, key: str) -> Response | str:
    """One page of questions."""
    draft = take_up(slug)
    return question_page.show(draft, addresses(slug), page_of(draft, key))


def most_bytes(slug: str, key: str) -> int:
    """The size limit of a page's request body: the size with every box full, in any script, and some room."""
    try:
        pages = form_versions.recent_pages(slug, key)
    except (NoSuchCall, StoreUnavailable):
        return SMALL_BODY
    return max((body_taken([page]) for page in pages), default=SMALL_BODY)


@blueprint.post(f"{CALL}/page/<key>")
@anyone
@takes_words(most_bytes, asked_on="public.page")
def page_post(slug: str, key: str) -> Response:
    """Save one page's answers and go on. After the Visit expired, the input is retained in a new one.

    A form that says whose it is corrects what was sent: a page that was open when corrections had no addresses of their
    own. Its input waits for its own receipt, and never becomes part of another participant's draft.
    """
    if belongs_to():
        return late_page.keep_for_later(slug, key)
    if not sessions.current().begun:
        return _after_expiry(slug, key)
    draft = take_up(slug)
    asked = page_of(draft, key)
    if wants_to_stop():
        question_page.keep_so_far(draft, asked)
        return _stop_or_end(draft, asked)
    kept = draft.waits.until is not None
    return question_page.receive(
        draft,
        addresses(slug),
        asked,
        stopped=partial(_screen_out, draft, asked),
        emptied="page-emptied-waiting" if kept else "page-emptied",
    )


def _stop_or_end(draft: CallDraft, asked: Page) -> Response:
    if draft.answers.stop:
        return _screen_out(draft, asked)
    return offer_return_code(draft, "page", key=asked.key, **from_check())


def _screen_out(draft: CallDraft, asked: Page) -> Response:
    """A stop (screen-out): nothing is stored, no return code either, and no empty Visit is left."""
    draft.throw_away()
    if draft.visit.keys() <= {"csrf_token", TOLD}:
        sessions.end()
    return see_other("stop", slug=draft.call.slug, page=asked.key)


def wants_to_stop() -> bool:
    """Whether the button "Stop for now" was pressed, the third on every page."""
    return request.form.get("do") == "break"


def offer_return_code(draft: CallDraft, step: str, **where: str) -> Response:
    """Note the step where the participant stops, and redirect to the page about save and return."""
    draft.waits.stop_at(step, **where)
    return see_other("pause", slug=draft.call.slug)


def _after_expiry(slug: str, key: str) -> Response:
    draft = _begin_anew(slug)
    asked = page_of(draft, key)
    if wants_to_turn():
        draft.pages.keep_unsent(asked, question_page.submitted())
    elif request.form.get("do") != "delete":
        question_page.keep(draft, asked)
    if draft.answers.stop:
        return _screen_out(draft, asked)
    if wants_to_stop():
        set_flash("waited-too-long", "pause", slug=slug)
        return offer_return_code(draft, "page", key=key, **from_check())
    first = draft.first_page.key
    set_flash("waited-too-long", "page", slug=slug, key=first)
    return see_other("page", slug=slug, key=first, language=chosen_language())


def _begin_anew(slug: str) -> CallDraft:
    """Begin a draft in a new Visit, for the input of one that expired, on the version of its page. Raises `Closed`."""
    call = draft_for(slug).call
    call = form_versions.at_or_newest(call, version_read())
    if not call.accepts_answers(clock.today()):
        raise Closed(call, unsent=True)
    admit_beginning()
    draft = CallDraft(call, sessions.begin())
    draft.begin()
    draft.note_expired()
    if "helped" in request.form:
        draft.note_helped()
    return draft


def refused(slug: str, key: str) -> str | None:
    """CSRF recovery: the page with the input of a POST that had no valid token. None for a call not begun here."""
    if belongs_to():
        return late_page.show_again(slug, key, addresses(slug).of_page(key))
    draft = draft_for(slug)
    try:
        asked = draft.form.page(key)
    except NoSuchPage:
        return None
    if not draft.begun or not draft.call.accepts_answers(clock.today()):
        return None
    told = words_for("waited-too-long" if draft.after_expiry else "not-taken-yet")
    frame = question_page.frame_of(draft, addresses(slug), asked, told)
    return question_page.show_again(asked, frame)
