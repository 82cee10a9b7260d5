"""Changes to an event: how people come in, another time, closing registration, calling it off.

Each is confirmed on a page that says what it means, enters the audit log, and redirects to the event.
"""

from flask import request
from werkzeug.wrappers import Response

from webapp.desk.events.event import can_change, event_page, to_event
from webapp.desk.events.event_forms import CALLING_OFF, MOVING, MoveForm
from webapp.desk.events.joining_form import JoiningForm
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.desk.shared.reason_form import WithReason
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.events import event_changes, published_events
from webapp.services.events.event_changes import AlreadyOver, CannotMove
from webapp.web.guards import may


@blueprint.get("/events/<slug>/link")
@may(Act.RUN_EVENTS)
def event_link(slug: str) -> Response | str:
    """The form for how people come in. A link or a number that is set is not shown."""
    found = published_events.find(slug)
    if not can_change(found):
        return to_event(slug, "too-late")
    was = published_events.joining_details(found.id)
    form = JoiningForm.filled(found.definition, was, found.link_opens_minutes)
    return event_page("event_link", found, form=form, problems=[])


@blueprint.post("/events/<slug>/link")
@may(Act.RUN_EVENTS)
def event_link_post(slug: str) -> Response | tuple[str, int]:
    """Set how people come in, and from when link and number are shown."""
    found = published_events.find(slug)
    if not can_change(found):
        return to_event(slug, "too-late")
    was = published_events.joining_details(found.id)
    form = JoiningForm(found.definition, was)
    if not form.validate():
        return event_page("event_link", found, form=form, problems=form.problems), 400
    published_events.set_joining_details(
        found.id,
        form.details,
        opens_minutes=form.opens_minutes(found.link_opens_minutes),
        actor=signed_in().coordinator_id,
    )
    return to_event(slug, _set_now(form))


def _set_now(form: JoiningForm) -> str:
    """The flash message: it says nothing of what is not set."""
    if form.moves:
        return "place-changed"
    if form.details.place:
        return "place"
    return "link" if form.details.link else "number"


@blueprint.get("/events/<slug>/move")
@may(Act.RUN_EVENTS)
def event_move(slug: str) -> Response | str:
    """The form for another day and time."""
    found = published_events.find(slug)
    if not can_change(found):
        return to_event(slug, "too-late")
    form = MoveForm(MOVING, found)
    start = found.time.local_start
    form.day.data, form.month.data, form.year.data = map(str, (start.day, start.month, start.year))
    form.time.data = f"{start:%H:%M}"
    return event_page("event_move", found, form=form, problems=[])


@blueprint.post("/events/<slug>/move")
@may(Act.RUN_EVENTS)
def event_move_post(slug: str) -> Response | str | tuple[str, int]:
    """Preview the new time in words; move the event once the coordinator has confirmed."""
    found = published_events.find(slug)
    if not can_change(found):
        return to_event(slug, "too-late")
    form = MoveForm(MOVING, found)
    if not form.validate() or form.moved_to is None:
        return event_page("event_move", found, form=form, problems=form.problems), 400
    if "sure" not in request.form:
        return event_page("event_moving", found, form=form, moved_to=form.moved_to)
    try:
        event_changes.move(
            found.id,
            form.moved_to.starts_at,
            actor=signed_in().coordinator_id,
            reason=form.reason,
        )
    except CannotMove:
        return to_event(slug, "too-late")
    return to_event(slug, "moved")


@blueprint.get("/events/<slug>/close")
@may(Act.RUN_EVENTS)
def event_close(slug: str) -> Response | str:
    """What closing registration means, before it is done."""
    found = published_events.find(slug)
    if not found.is_open or clock.now() >= found.starts_at:
        return to_event(slug, "too-late")
    return event_page("event_close", found)


@blueprint.post("/events/<slug>/close")
@may(Act.RUN_EVENTS)
def event_close_post(slug: str) -> Response:
    """Take no more registrations."""
    found = published_events.find(slug)
    if not found.is_open:
        return see_other("event", slug=slug)
    event_changes.close(found.id, actor=signed_in().coordinator_id)
    return to_event(slug, "closed")


@blueprint.get("/events/<slug>/call-off")
@may(Act.RUN_EVENTS)
def event_call_off(slug: str) -> Response | str:
    """What happens when the event is called off, before it is."""
    found = published_events.find(slug)
    if not can_change(found):
        return to_event(slug, "too-late")
    return event_page("event_call_off", found, form=WithReason(CALLING_OFF), problems=[])


@blueprint.post("/events/<slug>/call-off")
@may(Act.RUN_EVENTS)
def event_call_off_post(slug: str) -> Response | tuple[str, int]:
    """Cancel the event. All registrants get a mail."""
    found = published_events.find(slug)
    form = WithReason(CALLING_OFF)
    if not form.validate():
        return event_page("event_call_off", found, form=form, problems=form.problems), 400
    try:
        event_changes.call_off(found.id, actor=signed_in().coordinator_id, reason=form.reason)
    except AlreadyOver:
        return to_event(slug, "too-late")
    return to_event(slug, "called-off")
