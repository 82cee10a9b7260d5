"""Identity verification before any act for a caller, and what the pages of all acts share.

Where a coordinator cannot be sure who is calling, only the acts that protect the participant are open.
"""

from uuid import UUID

from flask import render_template
from werkzeug.wrappers import Response

from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_forms import ActForm
from webapp.desk.phone_requests.caller_state import WithCaller
from webapp.desk.shared.blueprint import blueprint, see_other
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
