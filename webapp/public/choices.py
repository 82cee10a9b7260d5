"""My choices: with the code alone somebody sees what is held, changes consent, takes a copy, erases it all."""

from flask import Response as FlaskResponse
from flask import g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.http import anyone, in_visit, opens_visit
from webapp.public import returning
from webapp.public.door import blueprint, limit, news, see_other
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT
from webapp.services import consents, erasure, own_copies, return_drafts
from webapp.services.own_copies import Held, MistypedCode, NothingHeld
from webapp.sessions import VisitExpired
from webapp.ui.messages import words_for
from webapp.ui.reading_back import read_back

#: More of a mistyped code is not shown again.
LONGEST_TYPED_CODE = 60


@blueprint.get("/<language>/choices")
@anyone
def choices() -> str:
    """Hand in the code."""
    refused = sessions.current().get("refused-code")
    problems = [("code", words_for(refused["problem"]))] if refused else []
    return render_template(
        "public/choices_enter.html", problems=problems, typed=refused["typed"] if refused else ""
    )


@blueprint.post("/<language>/choices")
@opens_visit
def enter() -> Response:
    """Look the code up. A slip of the pen is found by the code's own check character, without looking."""
    limit("code")
    typed = request.form.get("code", "")[:LONGEST_TYPED_CODE]
    waiting = None
    try:
        code = own_copies.read_code(typed)
        # A receipt or a return code: always looked up as both, so that the answer tells nothing by its time.
        waiting = return_drafts.find(code)
        own_copies.find_held(code)
    except MistypedCode as mistyped:
        return _refuse(typed, f"code-{mistyped.problem}")
    except NothingHeld:
        return returning.go_on(code, waiting) if waiting else _refuse(typed, "code-nothing-held")
    _open_with(code)
    return see_other("held")


def _open_with(code: str) -> None:
    """A fresh secret, so that whoever knew the Visit before does not come along; unsent answers do."""
    waiting = dict(sessions.current())
    visit = sessions.begin()
    visit.update(waiting)
    visit["code"] = code
    for done_with in ("refused-code", "notice", "erased"):
        visit.pop(done_with, None)


def _refuse(typed: str, problem: str) -> Response:
    visit = sessions.current() if sessions.current().begun else sessions.begin()
    visit["refused-code"] = {"typed": typed, "problem": problem}
    return see_other("choices")


class AlreadyErased(Exception):
    """Everything was erased in this Visit, perhaps in another tab."""


@blueprint.errorhandler(AlreadyErased)
def say_it_is_erased(error: AlreadyErased) -> Response:
    """Whatever else was pressed: there is nothing left for it to change."""
    return see_other("erased")


def held_now() -> Held:
    """What is held under this Visit's code. Raises `AlreadyErased`, or `VisitExpired` when there is no such code."""
    visit = sessions.current()
    code = visit.get("code")
    if not code:
        raise AlreadyErased if "erased" in visit else VisitExpired
    try:
        return own_copies.find_held(code)
    except NothingHeld:
        raise VisitExpired from None


@blueprint.get("/<language>/choices/held")
@in_visit
def held() -> str:
    """Everything that is held, what was agreed, and until when it is kept."""
    found = held_now()
    # What somebody may still say yes to is in the language of the page: those exact words are kept.
    wordings = {wording.purpose: wording.text for wording in found.form.consents}
    return render_template(
        "public/choices_held.html",
        held=found,
        # A confirmation was for the moment of sending: nobody can say yes to it afterwards.
        consents=[
            consent
            for consent in found.consents
            if consent.granted or consent.purpose != CONFIRMATION_CONSENT
        ],
        wordings=wordings,
        sections=_sections(found),
        news=news(),
    )


def _sections(found: Held) -> list[object]:
    pages = [
        page
        for page in found.form.pages
        if any(question.key in found.answers for question in page.questions)
    ]
    return list(read_back(pages, found.answers, due_on=found.due_on))


@blueprint.post("/<language>/choices/consent")
@in_visit
def consent() -> Response:
    """Take one consent back, or give it (again)."""
    found = held_now()
    granted = "say-yes" in request.form
    purpose = request.form.get("say-yes") or request.form.get("take-back") or ""
    subject = consents.Subject(found.submission_id, found.call_id, found.form, g.language)
    try:
        consents.change(subject, purpose, granted)
    except consents.NoSuchConsent:
        return see_other("held")
    sessions.current()["notice"] = "consent-given" if granted else "consent-taken-back"
    return see_other("held")


@blueprint.get("/<language>/choices/copy")
@in_visit
def copy() -> FlaskResponse:
    """A machine-readable copy, in a file whose name says nothing."""
    response = FlaskResponse(own_copies.machine_readable(held_now()), mimetype="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="copy.json"'
    return response


@blueprint.get("/<language>/choices/erase")
@in_visit
def erase() -> str:
    """What erasing means, before it is done."""
    held_now()
    return render_template("public/erase.html", back=url_for("public.held"))


@blueprint.post("/<language>/choices/erase")
@in_visit
def erase_everything() -> Response:
    """Erase all of it. A second post finds nothing left and says the same."""
    visit = sessions.current()
    if visit.get("code"):
        result = erasure.erase_held(held_now())
        visit.pop("code", None)
        visit["erased"] = "complete" if result.complete else "going on"
    return see_other("erased")


@blueprint.get("/<language>/choices/erased")
@in_visit
def erased() -> str:
    """It is erased, or on its way; this page never says more than is so."""
    outcome = sessions.current().get("erased")
    if outcome is None:
        raise VisitExpired
    return render_template("public/erased.html", complete=outcome == "complete")


@blueprint.post("/<language>/choices/close")
@in_visit
def close() -> Response:
    """Finished: the Visit ends, and the code with it."""
    sessions.end()
    return see_other("home", finished="")
