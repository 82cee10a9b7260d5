"""Where a visitor is in one call: the call at an address, and their draft of it."""

from flask import abort

from webapp import sessions
from webapp.public.drafts.call_draft import CallDraft
from webapp.public.shared.refusals import AlreadySent, Closed
from webapp.rules import clock
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.sessions import VisitExpired

CALL = "/<language>/calls/<slug>"


def open_call(slug: str) -> Call:
    """The call at this address. No such call is a 404; one that is over raises `Closed`."""
    call = _call_at(slug)
    if not call.accepts_answers(clock.today()):
        raise Closed(call, unsent=False)
    return call


def draft_for(slug: str) -> CallDraft:
    """What this visitor's Visit holds about a call. No such call is a 404."""
    return CallDraft(_call_at(slug), sessions.current())


def take_up(slug: str) -> CallDraft:
    """The draft that was begun here. Raises `AlreadySent`, `VisitExpired` before Begin was pressed, `Closed`."""
    draft = draft_for(slug)
    if not draft.begun:
        raise AlreadySent(slug) if draft.sent else VisitExpired
    if not draft.call.accepts_answers(clock.today()):
        raise Closed(draft.call, unsent=True)
    return draft


def _call_at(slug: str) -> Call:
    try:
        return published_calls.recent_call(slug)
    except NoSuchCall:
        abort(404)
