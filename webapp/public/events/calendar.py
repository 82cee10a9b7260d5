"""A booking as an iCalendar file, which contains no more than "Meeting" and when."""

from flask import Response as FlaskResponse
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp.public.events.own_page import OWN
from webapp.public.events.standing import is_called_off
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.rules import clock
from webapp.rules.events.calendar_file import (
    FILE_NAME,
    MIME_TYPE,
    Entry,
    calendar_file,
    cancellation_file,
)
from webapp.services.events import own_registrations
from webapp.services.events.own_registrations import OwnRegistration
from webapp.web.guards import anyone


@blueprint.get(f"{OWN}/calendar")
@anyone
def calendar(ticket: str) -> Response:
    """An iCalendar file with "Meeting" and its time, or one that removes that entry."""
    own = own_registrations.find_own(ticket)
    cancelled = own.is_cancelled or is_called_off(own)
    if own.state.is_pending or (own.waits and not cancelled):
        return see_other("own_page", ticket=ticket)
    response = FlaskResponse(_calendar_file(own, cancelled=cancelled), mimetype=MIME_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response


def _calendar_file(own: OwnRegistration, *, cancelled: bool) -> bytes:
    event = own.event
    # The UID is this booking's own. The event's sequence only grows, and cancelling comes last, so it never falls.
    later = 1 if cancelled else 0
    entry = Entry(
        uid=own_registrations.calendar_uid(own.id),
        sequence=event.calendar_sequence + later,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        changed_at=clock.now_minute(),
        # Some calendars keep a cancelled entry, and show nothing but its summary.
        summary=gettext("Cancelled: Meeting") if cancelled else gettext("Meeting"),
    )
    return cancellation_file(entry) if cancelled else calendar_file(entry)
