"""The question pages of a correction, opened with the receipt alone. `saving` has what follows them."""

from functools import partial

from flask import abort, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.correction_draft import CorrectionDraft
from webapp.public.drafts.draft import EQUALITY
from webapp.public.drafts.held_answers import held_now
from webapp.public.drafts.late_input import belongs_to
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import retain_flash, set_flash
from webapp.public.shared.query_marks import from_check
from webapp.public.steps import equality_page, late_page, question_page
from webapp.public.steps.addresses import Addresses
from webapp.rules.forms.form_definition import NoSuchPage
from webapp.rules.forms.questions import Page
from webapp.rules.forms.size_limits import LARGEST_BODY
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, in_visit, takes_words
from webapp.web.post_redirect_get import page_is

CORRECT = "/<language>/choices/correct"


class NotCorrecting(Exception):
    """No correction is in progress in this Visit: it is finished, or the request comes from Back or a stale
    tab."""


@blueprint.errorhandler(NotCorrecting)
def show_what_is_held(error: NotCorrecting) -> Response:
    """Show what is stored now, because the correction was saved or discarded already."""
    retain_flash()
    return see_other("held")


def addresses() -> Addresses:
    """The addresses of a correction's pages. They do not name the call, so a browser's history reveals none."""
    return Addresses(
        page="correct_page",
        autosave="correct_page_autosave",
        check="correct_check",
        before=url_for("public.held"),
        more="correct_more",
        values={},
    )


def take_up() -> CorrectionDraft:
    """The correction in progress in this Visit. Raises `NotCorrecting`."""
    draft = CorrectionDraft.find(sessions.current())
    if draft is None:
        raise NotCorrecting
    return draft


def page_of(draft: CorrectionDraft, key: str) -> Page:
    """The page with this key; a 404 for an unknown one."""
    try:
        return draft.form.page(key)
    except NoSuchPage:
        abort(404)


@blueprint.post(CORRECT)
@in_visit
@page_is("public.held")
def held_correct() -> Response:
    """Begin or continue a correction, on the page of the button that was pressed."""
    draft = CorrectionDraft.begin_with(held_now(), sessions.current())
    if "take-out" in request.form:
        draft.choose_more("skip")
        return addresses().to_check()
    if (waiting := draft.waiting) is not None:
        return addresses().to_change(waiting.key)
    return _go_to(draft, request.form.get("page", ""), request.form.get("section", ""))


def _go_to(draft: CorrectionDraft, key: str, section: str) -> Response:
    if section == EQUALITY and draft.asks_for_more:
        return addresses().to_more()
    try:
        page = draft.first_of(section) or draft.form.page(key)
    except NoSuchPage:
        return addresses().to_check()
    return addresses().to_change(page.key)


@blueprint.get(f"{CORRECT}/page/<key>")
@in_visit
def correct_page(key: str) -> Response | str:
    """One page of questions."""
    draft = take_up()
    return question_page.show(draft, addresses(), page_of(draft, key))


def most_bytes(key: str) -> int:
    """The size limit of any form: which call the page is of stands in the form, which is not read yet.

    A page with one long answer may send nearly as much, so this lets no client send more than it can elsewhere.
    """
    return LARGEST_BODY


@blueprint.post(f"{CORRECT}/page/<key>")
@anyone
@takes_words(most_bytes, asked_on="public.correct_page")
def correct_page_post(key: str) -> Response:
    """Save one page's answers and go on. Late input, after the Visit ended, is retained for its own receipt."""
    if _comes_late():
        return late_page.keep_for_later(request.form.get("call", ""), key)
    draft = take_up()
    return question_page.receive(
        draft,
        addresses(),
        page_of(draft, key),
        stopped=partial(_refuse, draft),
        emptied="page-emptied-held",
    )


def _comes_late() -> bool:
    """Whether the submitted form belongs to a correction that is neither in progress nor finished in this Visit."""
    visit, tag = sessions.current(), belongs_to()
    if not visit.begun:
        return True
    under_way = CorrectionDraft.find(visit)
    if not tag or (under_way and under_way.belongs_to == tag):
        return False
    slug = request.form.get("call", "")
    of_this_call = under_way is not None and under_way.call.slug == slug
    return of_this_call or not CorrectionDraft.is_finished(slug, visit)


def _refuse(draft: CorrectionDraft) -> Response:
    """Refuse an answer that leads to a stop: what is stored stays until the participant erases it."""
    draft.forget()
    set_flash("changes-stopped", "erase")
    return see_other("erase")


def refused(key: str) -> str | None:
    """CSRF recovery: the page with the input of a POST that had no valid token, for the submission in its tag."""
    draft = CorrectionDraft.find_of(belongs_to(), sessions.current())
    if draft is None:
        action = addresses().of_page(key, **from_check())
        return late_page.show_again(request.form.get("call", ""), key, action)
    page = page_of(draft, key)
    frame = question_page.frame_of(draft, addresses(), page, words_for("not-taken-yet"))
    return question_page.show_again(page, frame)


@blueprint.get(f"{CORRECT}/more")
@in_visit
def correct_more() -> Response | str:
    """The explanation of the questions about equality, before any is asked."""
    draft = take_up()
    if not draft.asks_for_more:
        return addresses().to_check()
    last = draft.last_page
    back = addresses().of_page(last.key) if last else addresses().of_check()
    return equality_page.show(draft, back=back, after_sending=False)


@blueprint.post(f"{CORRECT}/more")
@in_visit
def correct_more_post() -> Response:
    """Start the questions about equality, skip them, or delete the answers, as the pressed button says.

    A stale page from before they were answered has no delete button, so skipping never deletes.
    """
    draft = take_up()
    choice = request.form.get("do")
    if not draft.asks_for_more:
        return addresses().to_check()
    if choice == "answer":
        draft.choose_more("answer")
        return addresses().to_page(equality_page.first_question(draft).key)
    if choice == "delete" or not draft.holds_something_in(EQUALITY):
        draft.choose_more("skip")
    return addresses().to_check()
