"""The index page of calls: open ones first."""

from flask import render_template

from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.role_guard import grants
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.desk_home import overview
from webapp.web.guards import may


@blueprint.get("/calls")
@may(Act.SEE_CALLS)
def calls() -> str:
    """Every call with its counts: open ones first, by their last day; then closed ones, the latest first."""
    day = clock.today()
    counted = overview.count_calls()
    scopes = grants().scopes(Act.SEE_CALLS)
    mine = [row for row in counted.calls if scopes is None or row.call.id in scopes]
    return render_template(
        "desk/calls.html",
        left_out=counted.left_out,
        open=[row for row in mine if row.call.accepts_answers(day)],
        closed=[row for row in reversed(mine) if not row.call.accepts_answers(day)],
    )
