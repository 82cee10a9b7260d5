"""The questions about equality: their explanation, from the receipt or from "My choices", and sending them.

After sending they are a small step of their own: the answers join what was just sent, by the code that is still on the
page. Nobody is asked before Send, so nobody who is tired by then leaves with nothing sent.
"""

from flask import abort, g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.correction_draft import EQUALITY, Correction
from webapp.public.drafts.equality_draft import AboutYou
from webapp.public.drafts.held_answers import note_gone
from webapp.public.drafts.sent_answers import forget_sent
from webapp.public.shared.blueprint import AlreadySent, CannotBeSent, blueprint, limit, see_other
from webapp.public.steps.question_page import CALL, answering_for
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.rules.retention import due_on
from webapp.services.answers import corrections
from webapp.services.answers.own_copies import NothingHeld
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.sessions import VisitExpired
from webapp.web.guards import in_visit


def _asked_more(slug: str) -> AboutYou | Correction:
    """Who may be asked. Raises `AlreadySent` where it is too late or done; before Send, it leads to the check."""
    visit = sessions.current()
    if Correction.under_way(slug, visit):
        correction = Correction.take_up(slug, visit)
        if not correction.asks_for_more:
            abort(see_other("check", slug=slug))
        return correction
    answering = answering_for(slug)
    if answering.begun:
        abort(see_other("check", slug=slug))
    about = AboutYou.find(answering.call, visit)
    if about is None:
        raise VisitExpired
    if not about.may_be_asked:
        raise AlreadySent(slug)
    return about


@blueprint.get(f"{CALL}/more")
@in_visit
def more(slug: str) -> str:
    """Why there are questions about equality, before any is asked."""
    answering = _asked_more(slug)
    rules = answering.call.form.parts["equality"]
    return render_template(
        "public/more.html",
        rules=rules,
        due_on=due_on(answering.call.closes_on, rules.keep_months),
        after_sending=isinstance(answering, AboutYou),
        holds_something=answering.holds_something_in(EQUALITY),
        helped=answering.helped,
        back=_before(answering),
    )


def _before(answering: Answering) -> str:
    slug = answering.call.slug
    if isinstance(answering, Correction):
        last = answering.last_page
        return url_for("public.page", slug=slug, key=last.key) if last else _check(slug)
    return url_for("public.done", slug=slug)


def _check(slug: str) -> str:
    return url_for("public.check", slug=slug)


@blueprint.post(f"{CALL}/more")
@in_visit
def choose_more(slug: str) -> Response:
    """Answer the questions about equality, leave them all, or delete what was answered, because its button says so.

    A page of before they were answered has no such button: leaving them all keeps what is there now.
    """
    answering = _asked_more(slug)
    choice = request.form.get("do")
    if choice == "answer":
        return _first_question(answering)
    if choice == "delete" or not answering.holds_something_in(EQUALITY):
        _drop(answering)
    to_look_at = isinstance(answering, Correction) or answering.under_way
    return see_other("check" if to_look_at else "done", slug=slug)


def _first_question(answering: AboutYou | Correction) -> Response:
    if isinstance(answering, Correction):
        answering.choose_more("answer")
    else:
        answering.begin()
    first = next(page for page in answering.route if page.section == EQUALITY)
    return see_other("page", slug=answering.call.slug, key=first.key)


def _drop(answering: AboutYou | Correction) -> None:
    if isinstance(answering, Correction):
        answering.choose_more("skip")
    else:
        answering.forget()


def send(about: AboutYou) -> Response:
    """Store them with what was sent before. A second post finds them stored and shows the same page."""
    slug = about.call.slug
    if about.kept:
        limit("send")
        try:
            corrections.add_equality(about.joins.receipt, about.id, about.kept, g.language)
        except NothingHeld:
            # Erased meanwhile, in another tab or on another device; or a new code took the place of this one.
            note_gone(about.visit, about.joins.whose)
            forget_sent(about.visit)
            return see_other("erased")
        except NOT_TO_SEAL_TO as error:
            raise CannotBeSent(about.call) from error
        except (AnswersMissing, Stopped, EditConflict):
            return see_other("check", slug=slug)
        about.note_given()
    else:
        about.forget()
    return see_other("done", slug=slug)
