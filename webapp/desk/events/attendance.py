"""The attendance list, opened in one audited act, and who came; and the list of participants who agreed to be named."""

from uuid import UUID

from flask import request
from werkzeug.wrappers import Response

from webapp.desk.events.event import MARKS, event_page, to_event
from webapp.desk.shared.blueprint import blueprint, see_other, signed_in
from webapp.rules.roles import Act
from webapp.rules.states import RegistrationState
from webapp.services.events import attendance_lists, desk_registrations, published_events
from webapp.services.events.desk_registrations import NotNow, RegistrationRow
from webapp.services.events.registrations import NoSuchRegistration
from webapp.web.guards import may


@blueprint.post("/events/<slug>/list")
@may(Act.OPEN_REGISTRATIONS, fresh=True)
def event_open_attendance(slug: str) -> str:
    """Open and show the registrants with a seat, by their display names."""
    found = published_events.find(slug)
    people = desk_registrations.open_list(signed_in(), found)
    return event_page("attendance", found, people=people, marks=MARKS)


@blueprint.post("/events/<slug>/attendance")
@may(Act.OPEN_REGISTRATIONS)
def event_note_attendance(slug: str) -> Response:
    """Note who attended and who did not. A registrant without a mark stays as they are."""
    found = published_events.find(slug)
    actor = signed_in().coordinator_id
    for row in desk_registrations.list_registrations(found):
        mark = next(
            (mark for mark in MARKS if request.form.get(f"came-{row.id.hex}") == mark), None
        )
        if mark and mark != row.state and not _mark(row, mark, actor):
            return to_event(slug, "too-late")
    return to_event(slug, "marked")


def _mark(row: RegistrationRow, mark: RegistrationState, actor: UUID) -> bool:
    try:
        desk_registrations.mark(row.id, mark, actor=actor)
    except NotNow:
        return False
    except NoSuchRegistration:
        # Erased while the list was open: there is nothing left to note.
        return True
    return True


@blueprint.post("/events/<slug>/participants")
@may(Act.OPEN_REGISTRATIONS, fresh=True)
def event_open_participants(slug: str) -> Response | str:
    """Open and show the registrants who consented to be named to the others."""
    found = published_events.find(slug)
    if not found.definition.lists_people:
        return see_other("event", slug=slug)
    people = attendance_lists.open_participants(signed_in(), found)
    return event_page("event_participants", found, people=people, others=found.taken - len(people))
