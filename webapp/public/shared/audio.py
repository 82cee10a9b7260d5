"""Audio recordings of pages ("Read to me"), for visitors who prefer to listen. They contain no participants' data."""

from flask import Response, abort, g, send_file, url_for

from webapp.public.shared.blueprint import blueprint
from webapp.rules.recordings import Slot
from webapp.services.calls.published_calls import Call
from webapp.services.forms import recordings
from webapp.services.forms.recordings import NoSuchRecording
from webapp.web.guards import anyone


@blueprint.get("/<language>/sounds/<name>")
@anyone
def sound(name: str) -> Response:
    """Serve one recording, whole or by HTTP range requests.

    With no-store: from a browser's cache it would still play after `/leave`, and tell what this site is.
    """
    try:
        found = recordings.find(name, g.language)
    except NoSuchRecording:
        abort(404)
    response = send_file(found.path, mimetype=found.mimetype, conditional=True, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response


def sound_of(call: Call, page: str) -> str | None:
    """The URL of the recording of a page of a call, in its version and the page's language; None without one."""
    return _url(recordings.slot_of(call, page, g.language))


def sound_of_event(slug: str, page: str) -> str | None:
    """The same of a page of an event."""
    return _url(Slot(slug, page))


def _url(slot: Slot) -> str | None:
    found = recordings.file_for(slot, g.language)
    return url_for("public.sound", name=found.name) if found else None
