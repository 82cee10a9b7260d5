"""The receipt page after submission: the code, a file that contains nothing else, and a try at typing it.

The code is a bearer capability: with it alone a participant sees, changes and erases what they sent.
"""

from typing import Literal

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.calls.call_lookup import CALL, published_call
from webapp.public.drafts.draft import EQUALITY
from webapp.public.drafts.equality_draft import EqualityDraft
from webapp.public.drafts.sent_answers import SentAnswers
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.query_marks import NO_CODE
from webapp.rules.consent import lets_reach
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.rules.retention import due_on
from webapp.services.answers import own_copies
from webapp.services.answers.own_copies import MistypedCode
from webapp.services.calls import form_versions, tell_backs
from webapp.services.calls.published_calls import Call
from webapp.sessions import VisitExpired
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, asked_for_on, in_visit
from webapp.web.post_redirect_get import page_is

#: The download's name reveals nothing in a list of files.
FILE_NAME = "note.txt"
#: The states of the paragraph about contact.
Reaching = Literal["agreed", "only-mail", "no-permission", "no-way", "not-wanted"]


def take_sent(slug: str) -> tuple[Call, SentAnswers]:
    """The call, with the version that was answered, and the submission of this Visit.

    Raises `VisitExpired` before there is one.
    """
    call, sent = published_call(slug), SentAnswers.find(sessions.current(), slug)
    if sent is None:
        raise VisitExpired
    return form_versions.at_or_newest(call, sent.form_version), sent


@blueprint.get(f"{CALL}/done")
@in_visit
def done(slug: str) -> str:
    """The code, ways to keep it safe, what happens next, and the optional questions about equality."""
    call, sent = take_sent(slug)
    form, closes_on = call.form, call.closes_on
    about = EqualityDraft(call, sessions.current(), sent)
    key, params = sent.tried
    tried = words_for(key, **params) if key else None
    right = key == "code-right"
    return render_template(
        "public/done.html",
        slug=slug,
        receipt=sent.receipt,
        problems=[("code", tried)] if tried and not right else [],
        news=tried if right else None,
        readers=form.start.readers,
        helped=sent.was_helped,
        reaching=_reaching(form, sent),
        told=tell_backs.recent_line(call.id),
        may_say_more=about.may_be_asked,
        unsent=about.under_way and about.holds_something_in(EQUALITY),
        said_more=about.given,
        too_late=about.under_way and not about.may_be_asked,
        due_on=max(due_on(closes_on, part.keep_months) for part in form.parts.values()),
    )


def _reaching(form: FormDefinition, sent: SentAnswers) -> Reaching:
    """Decide what is true about contact, by what they wanted, the safe channels they gave, and their consents."""
    agreed = [wording for wording in form.consents if wording.purpose in sent.agreed]
    if any(lets_reach(wording) for wording in agreed):
        return "agreed"
    if CONFIRMATION_CONSENT in sent.agreed:
        return "only-mail"
    if sent.has_way:
        return "no-permission"
    return "no-way" if sent.wanted_contact else "not-wanted"


@blueprint.post(f"{CALL}/done")
@in_visit
def done_post(slug: str) -> Response:
    """The participant has noted the code: erase it from the Visit."""
    sessions.end()
    return see_other("finished")


@blueprint.get("/<language>/finished")
@anyone
def finished() -> str:
    """The end, a page that can be closed. Not the home page, which would offer the same call again."""
    return render_template("public/finished.html", has_code=NO_CODE not in request.args)


@blueprint.get(f"{CALL}/note")
@in_visit
@asked_for_on("public.done")
def note(slug: str) -> FlaskResponse:
    """The code as a file, without this site's address: a finder of the file must not learn what the code opens."""
    _, sent = take_sent(slug)
    response = FlaskResponse(f"{sent.receipt}\n", mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename={FILE_NAME}"
    return response


@blueprint.post(f"{CALL}/try")
@in_visit
@page_is("public.done")
def done_practise(slug: str) -> Response:
    """Compare the typed code with the receipt. Only the result is stored, until this page closes."""
    _, sent = take_sent(slug)
    sent.note_tried(*_compare(request.form.get("code", ""), sent.receipt))
    return see_other("done", slug=slug)


def _compare(typed: str, receipt: str) -> tuple[str, dict[str, int]]:
    """The result, as a message key with its parameters."""
    try:
        part = own_copies.part_that_differs(typed, receipt)
    except MistypedCode as mistyped:
        return f"code-{mistyped.problem}", {}
    return ("code-right", {}) if part is None else ("code-part", {"part": part})
