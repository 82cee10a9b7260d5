"""Index pages: every call and every event, the ones that need work first."""

from flask import render_template

from webapp.desk.door import blueprint
from webapp.desk.events import timetable
from webapp.desk.today import EventRow
from webapp.http import coordinator
from webapp.rules import clock
from webapp.services import events, overview


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
    rows = [EventRow(event, timetable(event)) for event in events.all_events()]
    past = [row for row in rows if row.times.over or row.event.state == events.CANCELLED]
    return render_template(
        "desk/events.html",
        coming=[row for row in rows if row not in past],
        past=list(reversed(past)),
    )
