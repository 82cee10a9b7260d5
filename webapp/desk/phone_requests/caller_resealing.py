"""Correcting a caller's contact details, and a new code for them: acts that open and seal again.

The form with the details is the answer to a POST, as every opening is; what is typed in it is kept nowhere but in the
page itself, so a refused one comes back with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_acts import act_page, back, with_caller
from webapp.desk.phone_requests.caller_forms import USED_UP, ActForm, CodeForm
from webapp.desk.shared.blueprint import blueprint, limit, see_other, signed_in
from webapp.http import comes_twice, coordinator, takes_words
from webapp.rules.contact.questions import tells_of_helper
from webapp.rules.contact.safe_channels import contact_gaps
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.services.answers.corrections import ChangedMeanwhile, NothingLeft
from webapp.services.keys.coordinators import WrongCode
from webapp.services.opening.disclosure import Erased
from webapp.services.phone_requests import caller_acts, caller_corrections, receipt_reissue
from webapp.services.phone_requests.caller_corrections import (
    CallerCorrection,
    NoCopyKey,
    NothingChanged,
)
from webapp.sessions import VisitExpired
from webapp.ui.forms import PageForm, form_for, keep_typed
from webapp.ui.messages import words_for


@dataclass(frozen=True)
class Asked:
    """One page of the questions about contact, with its fields."""

    page: Page
    form: PageForm


def _plain(page: Page) -> Page:
    """Without hints for the coordinator's browser: it would offer their own name and address."""
    questions = tuple(one.model_copy(update={"autocomplete": None}) for one in page.questions)
    return page.model_copy(update={"questions": questions})


@blueprint.get("/submissions/<uuid:submission_id>/caller/correct")
@coordinator
def correct_for(submission_id: UUID) -> str:
    """Why the details are to be opened."""
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    return act_page("correct", who, ActForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/correct")
@coordinator
def open_to_correct(submission_id: UUID) -> str | Response | tuple[str, int]:
    """Open the details in a form."""
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    form = ActForm(now.known)
    if not form.validate():
        return act_page("correct", who, form), 400
    try:
        held = caller_corrections.open_contact(signed_in(), submission_id, form.reason)
    except NoCopyKey:
        return back(submission_id, "older")
    asked = [Asked(page, form_for(_plain(page), stored=held.answers)) for page in held.form.pages]
    return _details_page(
        submission_id,
        asked,
        seen=held.seen.hex,
        helped=tells_of_helper(_keys(held.form)),
        form=form,
    )


def _keys(form: FormDefinition) -> Iterable[str]:
    return (question.key for question in form.questions)


def _details_page(
    submission_id: UUID,
    asked: list[Asked],
    *,
    seen: str,
    helped: bool,
    form: ActForm,
    gaps: tuple[str, ...] = (),
    nothing: str | None = None,
) -> str:
    problems = [problem for one in asked for problem in one.form.problems]
    return render_template(
        "desk/caller_details.html",
        submission_id=submission_id,
        asked=asked,
        seen=seen,
        helped=helped,
        form=form,
        gaps=[words_for(gap) for gap in gaps],
        nothing=nothing,
        problems=problems,
    )


def most_bytes(submission_id: UUID) -> int:
    """How long the form may be with every box full, in any script."""
    try:
        form = caller_corrections.contact_form(
            caller_acts.find(submission_id).form, typed_by="helper", answers={}
        )
    except Erased:
        return SMALL_BODY
    return body_taken(form.pages) + SMALL_BODY


@blueprint.post("/submissions/<uuid:submission_id>/caller/save")
@coordinator
@takes_words(most_bytes, asked_on="desk.correct_for")
def save_corrected(submission_id: UUID) -> str | Response | tuple[str, int]:
    """Keep the corrected details, or say what is missing. What the person changed meanwhile wins."""
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    form, seen = ActForm(now.known), _id(request.form.get("seen", ""))
    if seen is None or not form.validate():
        return back(submission_id, "meanwhile")
    helped = "helped" in request.form
    asked = _typed(who.form, helped=helped)
    answers = _answers(asked)
    again = {"seen": seen.hex, "helped": helped, "form": form}
    if answers is None:
        return _details_page(submission_id, asked, **again), 400  # type: ignore[arg-type]
    gaps = contact_gaps(answers)
    if gaps and "anyway" not in request.form:
        # Asked once, as on the public pages: nobody should wait for a message that cannot come.
        return _details_page(submission_id, asked, gaps=gaps, **again)  # type: ignore[arg-type]
    correction = CallerCorrection(now.once, seen, answers)
    try:
        done = caller_corrections.correct(signed_in(), submission_id, correction, form.reason)
    except (NothingLeft, AnswersMissing, Stopped):
        words = gettext("Fill in at least one answer. To stop all contact, mark “do not contact”")
        return _details_page(submission_id, asked, nothing=words, **again), 400  # type: ignore[arg-type]
    except NothingChanged:
        return back(submission_id, "same")
    except ChangedMeanwhile:
        return back(submission_id, "meanwhile")
    except NoCopyKey:
        return back(submission_id, "older")
    caller_state.next_act()
    return back(submission_id, "corrected" if done else "correcting")


def _id(typed: str) -> UUID | None:
    try:
        return UUID(hex=typed)
    except ValueError:
        return None


def _typed(form: FormDefinition, *, helped: bool) -> list[Asked]:
    asked = caller_corrections.contact_form(
        form, typed_by="helper" if helped else "self", answers={}
    )
    sent = list(request.form.items(multi=True))
    return [
        Asked(page, form_for(_plain(page), stored={}, typed=keep_typed(page, sent)))
        for page in asked.pages
    ]


def _answers(asked: list[Asked]) -> dict[str, Answer] | None:
    """What was typed, once every answer is one; None where something must be put right."""
    fine = [one.form.validate() for one in asked]
    if not all(fine):
        return None
    return {key: answer for one in asked for key, answer in one.form.answers.items()}


# A new code


@blueprint.get("/submissions/<uuid:submission_id>/caller/new-code")
@coordinator
def new_code_for(submission_id: UUID) -> str | Response:
    """What a new code means."""
    if caller_state.code_for(submission_id):
        return see_other("code_for_caller", submission_id=submission_id)
    now = with_caller(submission_id)
    return act_page("new_code", caller_acts.find(submission_id), CodeForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/new-code")
@coordinator
@comes_twice
def new_code_now(submission_id: UUID) -> Response | tuple[str, int]:
    """Give them a new code. Pressed twice, it is one."""
    if sessions.current().is_copy:
        return _pressed_twice(submission_id)
    if caller_state.code_for(submission_id):
        return see_other("code_for_caller", submission_id=submission_id)
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    form = CodeForm(now.known)
    if not receipt_reissue.is_code_of(submission_id, now.receipt):
        if not form.validate():
            return act_page("new_code", who, form), 400
        limit("second-factor")
        try:
            receipt_reissue.new_code(
                signed_in(), submission_id, now.receipt, code=form.code.data, reason=form.reason
            )
        except WrongCode:
            form.code.errors = [str(USED_UP)]
            return act_page("new_code", who, form), 400
        except ChangedMeanwhile:
            return back(submission_id, "meanwhile")
    caller_state.note_code(submission_id, now.receipt, digits=form.code.data)
    # The answer to a first press is thrown away when the button is pressed again, and its cookie with it.
    sessions.renew_leaving_a_copy()
    return see_other("code_for_caller", submission_id=submission_id)


def _pressed_twice(submission_id: UUID) -> Response:
    """The second of two presses: it comes with the cookie of before, and needs the digits of the first one.

    Raises `VisitExpired` for an attacker who has the old cookie alone.
    """
    limit("second-factor")
    if not caller_state.made_with(submission_id, request.form.get("code", "")):
        raise VisitExpired
    sessions.renew_leaving_a_copy()
    return see_other("code_for_caller", submission_id=submission_id)


@blueprint.get("/submissions/<uuid:submission_id>/caller/code")
@coordinator
def code_for_caller(submission_id: UUID) -> str | Response:
    """The code, until it was passed on."""
    code = caller_state.code_for(submission_id)
    if code is None:
        return see_other("caller", submission_id=submission_id)
    return render_template("desk/caller_code.html", submission_id=submission_id, code=code)


@blueprint.get("/submissions/<uuid:submission_id>/caller/code/sheet")
@coordinator
def code_sheet(submission_id: UUID) -> str | Response:
    """The code on a sheet of its own, to be printed: nothing on it says what it is for."""
    code = caller_state.code_for(submission_id)
    if code is None:
        return see_other("caller", submission_id=submission_id)
    return render_template("desk/caller_sheet.html", submission_id=submission_id, code=code)


@blueprint.post("/submissions/<uuid:submission_id>/caller/code")
@coordinator
def code_passed_on(submission_id: UUID) -> Response:
    """The person has it: it is nowhere here any more."""
    caller_state.forget_code(submission_id)
    return back(submission_id, "passed-on")
