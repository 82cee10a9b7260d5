"""The page of one caller: identity verification first, then the acts that are open to a coordinator."""

from uuid import UUID

from flask import render_template
from werkzeug.wrappers import Response

from webapp.desk.phone_requests import caller_state
from webapp.desk.phone_requests.caller_flash import CALLER_FLASHES
from webapp.desk.phone_requests.caller_forms import SureForm
from webapp.desk.shared.blueprint import blueprint, see_other
from webapp.desk.shared.flash import flash_in
from webapp.rules.languages.site_languages import LANGUAGES
from webapp.rules.roles import Act
from webapp.services.phone_requests import caller_acts
from webapp.web.guards import may


@blueprint.get("/submissions/<uuid:submission_id>/caller")
@may(Act.HELP_CALLERS)
def caller(submission_id: UUID) -> str:
    """How the coordinator verified who is calling; then what can be done for them."""
    return _caller_page(submission_id, SureForm())


def _caller_page(submission_id: UUID, form: SureForm) -> str:
    found = caller_acts.find(submission_id)
    return render_template(
        "desk/caller.html",
        who=found,
        language=LANGUAGES[found.language],
        form=form,
        problems=form.problems,
        now=caller_state.now_with(submission_id),
        code_waits=caller_state.code_for(submission_id) is not None,
        done=flash_in(CALLER_FLASHES),
    )


@blueprint.post("/submissions/<uuid:submission_id>/caller")
@may(Act.HELP_CALLERS)
def caller_post(submission_id: UUID) -> Response | tuple[str, int]:
    """Keep how the coordinator verified who is calling: it goes into the audit log with each act."""
    caller_acts.find(submission_id)
    form = SureForm()
    if not form.validate():
        return _caller_page(submission_id, form), 400
    caller_state.begin(submission_id, form.sure.data)
    return see_other("caller", submission_id=submission_id)


@blueprint.post("/submissions/<uuid:submission_id>/caller/finish")
@may(Act.HELP_CALLERS)
def caller_finish(submission_id: UUID) -> Response:
    """End this verification when the phone call ends: the next caller is verified anew."""
    caller_state.finish()
    return see_other("caller_search")
