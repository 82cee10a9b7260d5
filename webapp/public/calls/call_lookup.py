"""Lookup of a call by its slug, and of this visitor's draft of it."""

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
    """The open call with this slug. An unknown one is a 404; a closed one raises `Closed`."""
    call = published_call(slug)
    if not call.accepts_answers(clock.today()):
        raise Closed(call, unsent=False)
    return call


def draft_for(slug: str) -> CallDraft:
    """This visitor's draft for a call, begun or not, on the version that it was begun on. An unknown call is a 404."""
    return CallDraft.of(published_call(slug), sessions.current())


def take_up(slug: str) -> CallDraft:
    """This visitor's draft, already begun. Raises `AlreadySent`, `VisitExpired` before Begin was pressed, `Closed`."""
    draft = draft_for(slug)
    if not draft.begun:
        raise AlreadySent(slug) if draft.sent else VisitExpired
    if not draft.call.accepts_answers(clock.today()):
        raise Closed(draft.call, unsent=True)
    return draft


def published_call(slug: str) -> Call:
    """The call with this slug, open or closed. An unknown one is a 404."""
    try:
        return published_calls.recent_call(slug)
    except NoSuchCall:
        abort(404)
