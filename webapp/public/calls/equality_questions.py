"""Optional equality monitoring questions, after Send: their explanation, the questions, a check, and sending them.

They are a short form of their own: the answers are added to the submission, by the receipt that is still on the page.
They are never asked before Send, so that no participant who tires of them leaves with nothing submitted.
"""

from functools import partial

from flask import abort, g, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.calls.call_lookup import CALL, draft_for
from webapp.public.calls.questions import most_bytes
from webapp.public.drafts.draft import EQUALITY
from webapp.public.drafts.equality_draft import EqualityDraft
from webapp.public.drafts.held_answers import note_gone
from webapp.public.drafts.late_input import belongs_to
from webapp.public.drafts.sent_answers import SentAnswers, forget_sent
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.query_marks import from_check
from webapp.public.shared.rate_limit import limit_one
from webapp.public.shared.refusals import AlreadySent, CannotBeSent
from webapp.public.steps import check_page, equality_page, late_page, question_page
from webapp.public.steps.addresses import Addresses
from webapp.rules.forms.form_definition import NoSuchPage
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.services.answers import corrections
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.sessions import VisitExpired
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, in_visit, takes_words

MORE = f"{CALL}/more"


def addresses(slug: str) -> Addresses:
    """The addresses of these pages."""
    return Addresses(
        page="more_page",
        autosave="more_page_autosave",
        check="more_check",
        before=url_for("public.more", slug=slug),
        more="more",
        values={"slug": slug},
    )


def may_be_asked(slug: str) -> EqualityDraft:
    """The draft of these answers. Raises `AlreadySent` where they are late or submitted already; before Send, it
    redirects to "check your answers"."""
    draft = draft_for(slug)
    if draft.begun:
        abort(see_other("check", slug=slug))
    found = EqualityDraft.find(draft.call, sessions.current())
    if found is None:
        raise VisitExpired
    if not found.may_be_asked:
        raise AlreadySent(slug)
    return found


def take_up(slug: str) -> EqualityDraft:
    """Like `may_be_asked`, for pages that come after the explanation; before it, it redirects there."""
    draft = may_be_asked(slug)
    if not draft.under_way:
        raise AlreadySent(slug)
    return draft


def page_of(draft: EqualityDraft, key: str) -> Page:
    """The page with this key; redirects to the receipt for any other."""
    try:
        return draft.form.page(key)
    except NoSuchPage:
        raise AlreadySent(draft.call.slug) from None


@blueprint.get(MORE)
@in_visit
def more(slug: str) -> str:
    """Why there are questions about equality, before any is asked."""
    return equality_page.show(
        may_be_asked(slug), back=url_for("public.done", slug=slug), after_sending=True
    )


@blueprint.post(MORE)
@in_visit
def more_post(slug: str) -> Response:
    """Start the questions about equality, skip them, or delete the answers, as the pressed button says.

    A stale page from before they were answered has no delete button, so skipping never deletes.
    """
    draft = may_be_asked(slug)
    choice = request.form.get("do")
    if choice == "answer":
        draft.begin()
        return addresses(slug).to_page(equality_page.first_question(draft).key)
    if choice == "delete" or not draft.holds_something_in(EQUALITY):
        draft.forget()
    return addresses(slug).to_check() if draft.under_way else see_other("done", slug=slug)


@blueprint.get(f"{MORE}/page/<key>")
@in_visit
def more_page(slug: str, key: str) -> Response | str:
    """One page of questions."""
    draft = take_up(slug)
    return question_page.show(draft, addresses(slug), page_of(draft, key))


@blueprint.post(f"{MORE}/page/<key>")
@anyone
@takes_words(most_bytes, asked_on="public.more_page")
def more_page_post(slug: str, key: str) -> Response:
    """Save one page's answers and go on. Late input, after the Visit ended, is retained for its own receipt."""
    tag, visit = belongs_to(), sessions.current()
    if not visit.begun or (tag and not _is_of(tag, slug)):
        return late_page.keep_for_later(slug, key)
    draft = take_up(slug)
    return question_page.receive(
        draft,
        addresses(slug),
        page_of(draft, key),
        stopped=partial(_screen_out, draft),
        emptied="page-emptied",
    )


def _is_of(tag: str, slug: str) -> bool:
    """Whether a form with this submission tag belongs to what was submitted in this Visit."""
    sent = SentAnswers.find(sessions.current(), slug)
    return sent is not None and sent.belongs_to == tag


def _screen_out(draft: EqualityDraft) -> Response:
    """An answer leads to a stop (screen-out). The submission itself stays, until the participant erases it."""
    draft.forget()
    return see_other("done", slug=draft.call.slug)


def refused(slug: str, key: str) -> str | None:
    """CSRF recovery: the page with the input of a POST that had no valid token."""
    draft = EqualityDraft.find(draft_for(slug).call, sessions.current())
    # Only with the matching tag: on a shared device the input may be another participant's.
    if draft is None or draft.belongs_to != belongs_to():
        return late_page.show_again(slug, key, addresses(slug).of_page(key, **from_check()))
    try:
        asked = draft.form.page(key)
    except NoSuchPage:
        return None
    told = words_for("not-taken-yet")
    frame = question_page.frame_of(draft, addresses(slug), asked, told)
    return question_page.show_again(asked, frame)


@blueprint.get(f"{MORE}/check")
@in_visit
def more_check(slug: str) -> str:
    """Check these answers alone, with a way to change each."""
    draft = take_up(slug)
    at, pages = addresses(slug), draft.answers.route
    back = at.of_page(pages[-1].key)
    return check_page.show("public/check_more.html", draft, at, pages, back=back, slug=slug)


@blueprint.post(f"{MORE}/check")
@in_visit
def more_check_post(slug: str) -> Response:
    """Add them to the submission. Idempotent: a second post finds them stored and shows the same page."""
    draft = take_up(slug)
    if elsewhere := check_page.not_ready(draft, addresses(slug)):
        return elsewhere
    if not draft.answers.kept:
        draft.forget()
        return see_other("done", slug=slug)
    limit_one("send", draft.joins.receipt)
    try:
        corrections.add_equality(draft.joins.receipt, draft.id, draft.answers.kept, g.language)
    except NothingHeld:
        # Erased meanwhile, in another tab or on another device, or the receipt was replaced by a new one.
        note_gone(draft.visit, draft.joins.whose)
        forget_sent(draft.visit)
        return see_other("erased")
    except NOT_TO_SEAL_TO as error:
        raise CannotBeSent(draft.call) from error
    except (AnswersMissing, Stopped, EditConflict):
        return addresses(slug).to_check()
    draft.note_given()
    return see_other("done", slug=slug)
