"""Once everything is sent: the code, a file that holds nothing else, and a try at typing it for whoever wants one."""

from flask import Response as FlaskResponse
from flask import render_template, request
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.http import in_visit
from webapp.posted import page_is
from webapp.public.answering import Answering
from webapp.public.door import blueprint, see_other
from webapp.public.participate import CALL, answering_for
from webapp.rules.retention import due_on
from webapp.services import own_copies
from webapp.services.own_copies import MistypedCode
from webapp.sessions import VisitExpired
from webapp.ui.messages import words_for

#: In a list of downloads it could be anything.
FILE_NAME = "note.txt"


def take_sent(slug: str) -> Answering:
    """Where this visitor is once everything is sent. Raises `VisitExpired` before that."""
    answering = answering_for(slug)
    if answering.sent is None:
        raise VisitExpired
    return answering


@blueprint.get(f"{CALL}/done")
@in_visit
def done(slug: str) -> str:
    """The code, ways to keep it, and what happens now."""
    answering = take_sent(slug)
    form, closes_on = answering.form, answering.call.closes_on
    key, params = answering.tried
    tried = words_for(key, **params) if key else None
    right = key == "code-right"
    contact_purposes = {wording.purpose for wording in form.consents if wording.uses_contact}
    return render_template(
        "public/done.html",
        slug=slug,
        receipt=answering.receipt,
        problems=[("code", tried)] if tried and not right else [],
        news=tried if right else None,
        readers=form.start.readers,
        helped=answering.was_helped,
        may_contact=bool(contact_purposes.intersection(answering.agreed)),
        due_on=max(due_on(closes_on, part.keep_months) for part in form.parts.values()),
    )


@blueprint.post(f"{CALL}/done")
@in_visit
def kept(slug: str) -> Response:
    """The code is kept: nothing of it stays here."""
    sessions.end()
    return see_other("home", finished="")


@blueprint.get(f"{CALL}/note")
@in_visit
def note(slug: str) -> FlaskResponse:
    """The code as a file. Not the address of this site: whoever finds the file must not know what it opens."""
    response = FlaskResponse(f"{take_sent(slug).receipt}\n", mimetype="text/plain")
    response.headers["Content-Disposition"] = f"attachment; filename={FILE_NAME}"
    return response


@blueprint.post(f"{CALL}/try")
@in_visit
@page_is("public.done")
def practise(slug: str) -> Response:
    """Compare what somebody typed with their code. Only how it went is kept, until this page closes."""
    answering = take_sent(slug)
    answering.note_tried(*_compare(request.form.get("code", ""), answering.receipt))
    return see_other("done", slug=slug)


def _compare(typed: str, receipt: str) -> tuple[str, dict[str, int]]:
    """How it went, as a message key with its parameters."""
    try:
        part = own_copies.part_that_differs(typed, receipt)
    except MistypedCode as mistyped:
        return f"code-{mistyped.problem}", {}
    return ("code-right", {}) if part is None else ("code-part", {"part": part})
