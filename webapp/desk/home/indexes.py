"""Index pages: every call and every event, the ones that need work first."""

from flask import render_template

from webapp.desk.events.event import timetable
from webapp.desk.home.today import EventRow
from webapp.desk.shared.blueprint import blueprint
from webapp.http import coordinator
from webapp.rules import clock
from webapp.services.desk_home import overview
from webapp.services.events import published_events


@blueprint.get("/calls")
@coordinator
def calls() -> str:
    """Every call with its counts: open ones first, by their last day; then closed ones, the latest first."""
    day = clock.today()
    counted = overview.count_calls()
    return render_template(
        "desk/calls.html",
        open=[row for row in counted if row.call.accepts_answers(day)],
        closed=[row for row in reversed(counted) if not row.call.accepts_answers(day)],
    )


@blueprint.get("/events")
@coordinator
def all_events() -> str:
    """Every event with its seats: those to come first, the next one at the top; then those over or called off."""
    rows = [EventRow(event, timetable(event)) for event in published_events.all_events()]
    past = [row for row in rows if row.times.over or row.event.is_cancelled]
    return render_template(
        "desk/events.html",
        coming=[row for row in rows if row not in past],
        past=list(reversed(past)),
    )
