"""The index page of calls: open ones first."""

from flask import render_template

from webapp.desk.shared.blueprint import blueprint
from webapp.rules import clock
from webapp.services.desk_home import overview
from webapp.web.guards import coordinator


@blueprint.get("/calls")
@coordinator
def calls() -> str:
    """Every call with its counts: open ones first, by their last day; then closed ones, the latest first."""
    day = clock.today()
    counted = overview.count_calls()
    return render_template(
        "desk/calls.html",
        left_out=counted.left_out,
        open=[row for row in counted.calls if row.call.accepts_answers(day)],
        closed=[row for row in reversed(counted.calls) if not row.call.accepts_answers(day)],
    )
