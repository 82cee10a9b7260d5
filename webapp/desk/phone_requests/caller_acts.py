"""Acts for a caller that only take away: permissions, contact, everything. Each has a page, a reason and a redirect."""

from uuid import UUID

from werkzeug.wrappers import Response

from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_forms import ActForm, TakeBackForm
from webapp.desk.phone_requests.caller_state import WithCaller
from webapp.desk.phone_requests.identity_check import act_page, back, with_caller
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.words import purpose_words
from webapp.rules.roles import Act
from webapp.services.phone_requests import caller_acts
from webapp.services.phone_requests.caller_acts import Caller
from webapp.web.guards import may


def _take_back_form(who: Caller, now: WithCaller) -> TakeBackForm:
    form = TakeBackForm(now.known)
    form.purposes.choices = [(one.purpose, purpose_words(one.purpose)) for one in who.standing]
    return form


@blueprint.get("/submissions/<uuid:submission_id>/caller/take-back")
@may(Act.HELP_CALLERS)
def caller_take_back(submission_id: UUID) -> str | Response:
    """Which consents stand, to choose from."""
    now, who = with_caller(submission_id, protects=True), caller_acts.find(submission_id)
    return act_page("take_back", who, _take_back_form(who, now))


@blueprint.post("/submissions/<uuid:submission_id>/caller/take-back")
@may(Act.HELP_CALLERS)
def caller_take_back_post(submission_id: UUID) -> Response | tuple[str, int]:
    """Withdraw consents. Idempotent: one that the participant withdrew meanwhile stays as it is."""
    now, who = with_caller(submission_id, protects=True), caller_acts.find(submission_id)
    form = _take_back_form(who, now)
    if not who.standing:
        return back(submission_id, "was-taken-back")
    if not form.validate():
        return act_page("take_back", who, form), 400
    taken = caller_acts.take_back(signed_in(), submission_id, form.purposes.data, form.reason)
    return back(submission_id, "taken-back" if taken else "was-taken-back")


@blueprint.get("/submissions/<uuid:submission_id>/caller/no-contact")
@may(Act.HELP_CALLERS)
def caller_no_contact(submission_id: UUID) -> str:
    """What *do not contact* means."""
    now = with_caller(submission_id, protects=True)
    return act_page("no_contact", caller_acts.find(submission_id), ActForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/no-contact")
@may(Act.HELP_CALLERS)
def caller_no_contact_post(submission_id: UUID) -> Response | tuple[str, int]:
    """Mark the participant as not to be contacted. Idempotent."""
    now = with_caller(submission_id, protects=True)
    form = ActForm(now.known)
    if not form.validate():
        return act_page("no_contact", caller_acts.find(submission_id), form), 400
    caller_acts.do_not_contact(signed_in(), submission_id, form.reason)
    return back(submission_id, "no-contact")


@blueprint.get("/submissions/<uuid:submission_id>/caller/delete")
@may(Act.HELP_CALLERS)
def caller_delete(submission_id: UUID) -> str:
    """What erasure means, and what it cannot reach."""
    now = with_caller(submission_id)
    return act_page("delete", caller_acts.find(submission_id), ActForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/delete")
@may(Act.HELP_CALLERS, fresh=True)
def caller_delete_post(submission_id: UUID) -> Response | tuple[str, int]:
    """Right to erasure. The page says "deleted" only when it is."""
    now = with_caller(submission_id)
    form = ActForm(now.known)
    if not form.validate():
        return act_page("delete", caller_acts.find(submission_id), form), 400
    result = caller_acts.delete(signed_in(), submission_id, form.reason)
    caller_state.forget_code(submission_id)
    return see_other("caller_search", done="deleted" if result.complete else "deleting")
