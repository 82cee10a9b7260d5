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
    """The caller's identity is not verified yet, or not surely enough for this act."""

    def __init__(self, submission_id: UUID, why: str) -> None:
        super().__init__(why)
        self.submission_id, self.why = submission_id, why


@blueprint.errorhandler(NotMadeSure)
def ask_first(error: NotMadeSure) -> Response:
    """To the page on which the caller is verified."""
    return back(error.submission_id, error.why)


def with_caller(submission_id: UUID, *, protects: bool = False) -> WithCaller:
    """The caller that this session has verified. Raises `NotMadeSure`; acts that only `protects` need no certainty."""
    now = caller_state.now_with(submission_id)
    if now is None:
        raise NotMadeSure(submission_id, "make-sure")
    if not (protects or now.is_sure):
        raise NotMadeSure(submission_id, "not-sure")
    return now


def back(submission_id: UUID, done: str) -> Response:
    """Post/redirect/get: to the caller's page, with a flash message."""
    return see_other("caller", submission_id=submission_id, done=done)


def act_page(act: str, who: Caller, form: ActForm, **values: object) -> str:
    """The page of one act: what it means, and the form that asks for a reason."""
    return render_template(
        f"desk/caller_{act}.html", who=who, form=form, problems=form.problems, **values
    )
