"""Read to me: recordings of pages, for visitors who would rather listen. Never of anything that was told us."""

from flask import Response, abort, g, send_file, url_for

from webapp.public.shared.blueprint import blueprint
from webapp.rules.recordings import Slot
from webapp.services.forms import recordings
from webapp.services.forms.recordings import NoSuchRecording
from webapp.web.guards import anyone


@blueprint.get("/<language>/sounds/<name>")
@anyone
def sound(name: str) -> Response:
    """One recording, whole or in ranges, as players ask for it.

    Not stored: in a browser's cache it would still play, and say what this site is, after `/leave`.
    """
    try:
        found = recordings.find(name, g.language)
    except NoSuchRecording:
        abort(404)
    response = send_file(found.path, mimetype=found.mimetype, conditional=True, etag=False)
    response.headers["Cache-Control"] = "no-store"
    return response


def sound_of(slug: str, page: str) -> str | None:
    """The address of a page's recording in the page's language; None when there is none."""
    found = recordings.file_for(Slot(slug, page), g.language)
    return url_for("public.sound", name=found.name) if found else None
