"""What is done for a caller: each act with a page of its own that says what it means, a reason, and a redirect.

No act is open before the coordinator said how they know that it is them; if they cannot be sure, only what protects
the person is.
"""

from uuid import UUID

from flask import render_template
from werkzeug.wrappers import Response

from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_forms import USED_UP, ActForm, CodeForm, TakeBackForm
from webapp.desk.phone_requests.caller_state import WithCaller
from webapp.desk.shared.blueprint import blueprint, limit, see_other, signed_in
from webapp.desk.shared.words import purpose_words
from webapp.http import coordinator
from webapp.services.keys import second_factor
from webapp.services.keys.second_factor import WrongCode
from webapp.services.opening.disclosure import Erased
from webapp.services.phone_requests import caller_acts
from webapp.services.phone_requests.caller_acts import Caller


class NotMadeSure(Exception):
    """This act wants to know first, or wants to be sure."""

    def __init__(self, submission_id: UUID, why: str) -> None:
        super().__init__(why)
        self.submission_id, self.why = submission_id, why


@blueprint.errorhandler(NotMadeSure)
def ask_first(error: NotMadeSure) -> Response:
    """Back to the page that asks."""
    return back(error.submission_id, error.why)


def with_caller(submission_id: UUID, *, protects: bool = False) -> WithCaller:
    """The caller that this Visit is with. Raises `NotMadeSure`; what only `protects` them needs no certainty."""
    now = caller_state.now_with(submission_id)
    if now is None:
        raise NotMadeSure(submission_id, "make-sure")
    if not (protects or now.is_sure):
        raise NotMadeSure(submission_id, "not-sure")
    return now


def back(submission_id: UUID, done: str) -> Response:
    """To the caller's page, with what was done."""
    return see_other("caller", submission_id=submission_id, done=done)


def act_page(act: str, who: Caller, form: ActForm, **values: object) -> str:
    """What an act means, and why it is done."""
    return render_template(
        f"desk/caller_{act}.html", who=who, form=form, problems=form.problems, **values
    )


def _take_back_form(who: Caller, now: WithCaller) -> TakeBackForm:
    form = TakeBackForm(now.known)
    form.purposes.choices = [(one.purpose, purpose_words(one.purpose)) for one in who.standing]
    return form


@blueprint.get("/submissions/<uuid:submission_id>/caller/take-back")
@coordinator
def take_back_for(submission_id: UUID) -> str | Response:
    """Which permissions stand."""
    now, who = with_caller(submission_id, protects=True), caller_acts.find(submission_id)
    return act_page("take_back", who, _take_back_form(who, now))


@blueprint.post("/submissions/<uuid:submission_id>/caller/take-back")
@coordinator
def take_back_now(submission_id: UUID) -> Response | tuple[str, int]:
    """Take them back. One that the person took back meanwhile stays as it is."""
    now, who = with_caller(submission_id, protects=True), caller_acts.find(submission_id)
    form = _take_back_form(who, now)
    if not who.standing:
        return back(submission_id, "was-taken-back")
    if not form.validate():
        return act_page("take_back", who, form), 400
    taken = caller_acts.take_back(signed_in(), submission_id, form.purposes.data, form.reason)
    return back(submission_id, "taken-back" if taken else "was-taken-back")


@blueprint.get("/submissions/<uuid:submission_id>/caller/no-contact")
@coordinator
def leave_alone(submission_id: UUID) -> str:
    """What *do not contact* means."""
    now = with_caller(submission_id, protects=True)
    return act_page("no_contact", caller_acts.find(submission_id), ActForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/no-contact")
@coordinator
def leave_alone_now(submission_id: UUID) -> Response | tuple[str, int]:
    """Mark it."""
    now = with_caller(submission_id, protects=True)
    form = ActForm(now.known)
    if not form.validate():
        return act_page("no_contact", caller_acts.find(submission_id), form), 400
    caller_acts.do_not_contact(signed_in(), submission_id, form.reason)
    return back(submission_id, "no-contact")


@blueprint.get("/submissions/<uuid:submission_id>/caller/delete")
@coordinator
def delete_for(submission_id: UUID) -> str:
    """What deleting means, and what it cannot reach."""
    now = with_caller(submission_id)
    return act_page("delete", caller_acts.find(submission_id), CodeForm(now.known))


@blueprint.post("/submissions/<uuid:submission_id>/caller/delete")
@coordinator
def delete_for_now(submission_id: UUID) -> Response | tuple[str, int]:
    """Delete everything that names them, with a fresh second factor; the page says "deleted" only when it is."""
    now = with_caller(submission_id)
    form = CodeForm(now.known)
    if not form.validate():
        return act_page("delete", caller_acts.find(submission_id), form), 400
    try:
        who = caller_acts.find(submission_id)
        limit("second-factor")
        second_factor.confirm_second_factor(signed_in(), form.code.data)
    except WrongCode:
        form.code.errors = [str(USED_UP)]
        return act_page("delete", who, form), 400
    except Erased:
        # The button was pressed twice, or they did it themselves: there is nothing left to be sure of.
        pass
    result = caller_acts.delete(signed_in(), submission_id, form.reason)
    caller_state.forget_code(submission_id)
    return see_other("find_callers", done="deleted" if result.complete else "deleting")
