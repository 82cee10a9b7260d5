"""A new code for a caller, after step-up authentication; it is shown until the coordinator has passed it on."""

from uuid import UUID

from flask import render_template
from werkzeug.wrappers import Response

from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_forms import ActForm
from webapp.desk.phone_requests.identity_check import act_page, back, with_caller
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.rules.roles import Act
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.phone_requests import caller_acts, receipt_reissue
from webapp.web.guards import may


@blueprint.get("/submissions/<uuid:submission_id>/caller/new-code")
@may(Act.HELP_CALLERS)
def caller_new_code(submission_id: UUID) -> str | Response:
    """What a new code means, before it is made."""
    if caller_state.code_for(submission_id):
        return see_other("caller_code", submission_id=submission_id)
    now = with_caller(submission_id)
    return act_page("new_code", caller_acts.find(submission_id), ActForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/new-code")
@may(Act.HELP_CALLERS, fresh=True)
def caller_new_code_post(submission_id: UUID) -> Response | tuple[str, int]:
    """Make a new code. Idempotent: two presses make one."""
    if caller_state.code_for(submission_id):
        return see_other("caller_code", submission_id=submission_id)
    now, who = with_caller(submission_id), caller_acts.find(submission_id)
    form = ActForm(now.known)
    if not receipt_reissue.is_code_of(submission_id, now.receipt):
        if not form.validate():
            return act_page("new_code", who, form), 400
        try:
            receipt_reissue.new_code(signed_in(), submission_id, now.receipt, reason=form.reason)
        except EditConflict:
            return back(submission_id, "meanwhile")
    caller_state.note_code(submission_id, now.receipt)
    return see_other("caller_code", submission_id=submission_id)


@blueprint.get("/submissions/<uuid:submission_id>/caller/code")
@may(Act.HELP_CALLERS)
def caller_code(submission_id: UUID) -> str | Response:
    """The code, until it is passed on."""
    code = caller_state.code_for(submission_id)
    if code is None:
        return see_other("caller", submission_id=submission_id)
    return render_template("desk/caller_code.html", submission_id=submission_id, code=code)


@blueprint.get("/submissions/<uuid:submission_id>/caller/code/sheet")
@may(Act.HELP_CALLERS)
def caller_code_sheet(submission_id: UUID) -> str | Response:
    """The code on a sheet of its own, to be printed: nothing on it says what it is for."""
    code = caller_state.code_for(submission_id)
    if code is None:
        return see_other("caller", submission_id=submission_id)
    return render_template("desk/caller_sheet.html", submission_id=submission_id, code=code)


@blueprint.post("/submissions/<uuid:submission_id>/caller/code")
@may(Act.HELP_CALLERS)
def caller_code_post(submission_id: UUID) -> Response:
    """The caller has the code: it leaves the session."""
    caller_state.forget_code(submission_id)
    return back(submission_id, "passed-on")
