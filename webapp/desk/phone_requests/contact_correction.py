"""Rectification by phone (UK GDPR article 16): a coordinator corrects a caller's contact details.

The form with the details is the answer to a POST, as every opening is; what is typed in it is stored nowhere but in
the page itself, which comes back with it when something must be put right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from flask import render_template, request
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_forms import ActForm
from webapp.desk.phone_requests.identity_check import act_page, back, with_caller
from webapp.desk.shared.autofill import without_autofill
from webapp.desk.shared.blueprint import blueprint, signed_in
from webapp.desk.shared.form_ids import id_in
from webapp.rules.contact.questions import tells_of_helper
from webapp.rules.contact.safe_channels import contact_gaps
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds.kind import Answer
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import AnswersMissing, Stopped
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.rules.roles import Act
from webapp.services.answers.corrections import NothingLeft
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.opening.disclosure import Erased
from webapp.services.phone_requests import caller_acts, caller_corrections
from webapp.services.phone_requests.caller_corrections import (
    CallerCorrection,
    NoCopyKey,
    NothingChanged,
)
from webapp.ui.forms import PageForm, form_for, keep_typed
from webapp.ui.messages import words_for
from webapp.web.guards import may, takes_words


@dataclass(frozen=True)
class Asked:
    """One page of the questions about contact, with its fields."""

    page: Page
    form: PageForm


@blueprint.get("/submissions/<uuid:submission_id>/caller/correct")
@may(Act.HELP_CALLERS)
def caller_correct(submission_id: UUID) -> str:
    """Ask for the reason before the details are opened."""
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    return act_page("correct", who, ActForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/correct")
@may(Act.HELP_CALLERS)
def caller_correct_post(submission_id: UUID) -> str | Response | tuple[str, int]:
    """Open the details in a form."""
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    form = ActForm(now.known)
    if not form.validate():
        return act_page("correct", who, form), 400
    try:
        held = caller_corrections.open_contact(signed_in(), submission_id, form.reason)
    except NoCopyKey:
        return back(submission_id, "older")
    asked = [
        Asked(page, form_for(without_autofill(page), stored=held.answers))
        for page in held.form.pages
    ]
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
    """The largest request body of the form: every field full, in any script."""
    try:
        form = caller_corrections.contact_form(
            caller_acts.form_of(caller_acts.find(submission_id)), typed_by="helper", answers={}
        )
    except Erased:
        return SMALL_BODY
    return body_taken(form.pages) + SMALL_BODY


@blueprint.post("/submissions/<uuid:submission_id>/caller/save")
@may(Act.HELP_CALLERS)
@takes_words(most_bytes, asked_on="desk.caller_correct")
def caller_correct_save(submission_id: UUID) -> str | Response | tuple[str, int]:
    """Store the corrected details. Optimistic locking: what the participant changed meanwhile wins."""
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    form, seen = ActForm(now.known), id_in(request.form.get("seen"))
    if seen is None or not form.validate():
        return back(submission_id, "meanwhile")
    helped = "helped" in request.form
    asked = _typed(caller_acts.form_of(who), helped=helped)
    answers = _answers(asked)
    again = {"seen": seen.hex, "helped": helped, "form": form}
    if answers is None:
        return _details_page(submission_id, asked, **again), 400  # type: ignore[arg-type]
    gaps = contact_gaps(answers)
    if gaps and "anyway" not in request.form:
        # Asked once, as on the public pages: a participant should not wait for a message that cannot come.
        return _details_page(submission_id, asked, gaps=gaps, **again)  # type: ignore[arg-type]
    correction = CallerCorrection(now.once, seen, answers)
    try:
        done = caller_corrections.correct(signed_in(), submission_id, correction, form.reason)
    except (NothingLeft, AnswersMissing, Stopped):
        words = gettext("Fill in at least one answer. To stop all contact, mark “do not contact”")
        return _details_page(submission_id, asked, nothing=words, **again), 400  # type: ignore[arg-type]
    except NothingChanged:
        return back(submission_id, "same")
    except EditConflict:
        return back(submission_id, "meanwhile")
    except NoCopyKey:
        return back(submission_id, "older")
    caller_state.next_act()
    return back(submission_id, "corrected" if done else "correcting")


def _typed(form: FormDefinition, *, helped: bool) -> list[Asked]:
    asked = caller_corrections.contact_form(
        form, typed_by="helper" if helped else "self", answers={}
    )
    sent = list(request.form.items(multi=True))
    return [
        Asked(page, form_for(without_autofill(page), stored={}, typed=keep_typed(page, sent)))
        for page in asked.pages
    ]


def _answers(asked: list[Asked]) -> dict[str, Answer] | None:
    """The answers, once all are valid; None where one is not."""
    fine = [one.form.validate() for one in asked]
    if not all(fine):
        return None
    return {key: answer for one in asked for key, answer in one.form.answers.items()}
