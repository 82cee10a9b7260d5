"""The index page of events: those to come first."""

from dataclasses import dataclass

from flask import render_template

from webapp.desk.events.timetable import Timetable, timetable
from webapp.desk.shared.blueprint import blueprint
from webapp.desk.shared.role_guard import within
from webapp.rules.roles import Act
from webapp.services.events import published_events
from webapp.services.events.published_events import Event
from webapp.web.guards import may


@dataclass(frozen=True)
class EventRow:
    """An event and its times in words."""

    event: Event
    times: Timetable


@blueprint.get("/events")
@may(Act.SEE_EVENTS)
def events() -> str:
    """Every event with its seats: those to come first, the next one at the top; then those over or called off."""
    listed = published_events.listed()
    rows = [EventRow(event, timetable(event)) for event in within(listed.events, Act.SEE_EVENTS)]
    past = [row for row in rows if row.times.over or row.event.is_cancelled]
    return render_template(
        "desk/events.html",
        left_out=listed.left_out,
        coming=[row for row in rows if row not in past],
        past=list(reversed(past)),
    )
