"""The QR code of a call or an event as a file to download, for a poster or a message."""

from typing import Final

from flask import Response

from webapp.desk.shared.blueprint import NotHere, blueprint
from webapp.desk.sharing.share_links import Sharing, share_call, share_event
from webapp.rules import clock
from webapp.rules.roles import Act
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.ui.qr_code import picture
from webapp.web.guards import may

#: Neutral: the file name stays in a list of downloads.
FILE_NAME: Final = "square.png"


def _picture(sharing: Sharing | None) -> Response:
    if sharing is None:
        raise NotHere
    answer = Response(picture(sharing.address), mimetype="image/png")
    answer.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return answer


@blueprint.get("/calls/<slug>/square")
@may(Act.SEE_CALLS)
def call_square(slug: str) -> Response:
    """The QR code of a call as a picture, for a poster or a message."""
    call = published_calls.find_call(slug)
    return _picture(share_call(call) if call.accepts_answers(clock.today()) else None)


@blueprint.get("/events/<slug>/square")
@may(Act.SEE_EVENTS)
def event_square(slug: str) -> Response:
    """The QR code of an event as a picture."""
    return _picture(share_event(published_events.find(slug)))
