"""The home page: the calls and events that are open today."""

from collections.abc import Hashable
from datetime import date
from functools import partial
from operator import itemgetter

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.public.shared.blueprint import blueprint, see_other
from webapp.rules import clock
from webapp.services.calls import published_calls, tell_backs
from webapp.services.calls.published_calls import Call
from webapp.services.events import published_events
from webapp.services.events.published_events import Event
from webapp.services.infrastructure.read_cache import recently
from webapp.ui.fragment_cache import cached_page
from webapp.ui.page_language import preferred_language
from webapp.web.guards import anyone


@blueprint.get("/")
@anyone
def front() -> Response:
    """Redirect the bare address to the home page in the language of the Accept-Language header, if offered."""
    return see_other("home", language=preferred_language())


@blueprint.get("/<language>/")
@anyone
def home() -> str:
    """The calls and events that are open today, the earliest date first; and what became of calls of before."""
    today, now = clock.today(), clock.now()
    cards: list[tuple[date, int, Call | Event]] = [
        *(
            (call.closes_on, 0, call)
            for call in recently("open calls", published_calls.open_calls)
            if call.accepts_answers(today)
        ),
        *(
            (event.time.local_start.date(), 1, event)
            for event in recently("coming events", published_events.coming)
            if event.accepts_registrations(now)
        ),
    ]
    cards.sort(key=itemgetter(0, 1))
    finished = "finished" in request.args
    told = recently("told back", tell_backs.written)
    show = partial(render_template, "public/home.html", cards=cards, finished=finished, told=told)
    listed = tuple((call.slug, call.form_version) for call in told)
    return cached_page(show, finished, listed, *(_shown(day, one) for day, _, one in cards))


def _shown(day: date, one: Call | Event) -> Hashable:
    """The cache key of a card, besides the texts of its form version, which never change."""
    seats = (one.time, one.is_full) if isinstance(one, Event) else None
    return day, one.slug, one.form_version, seats
