"""What is open, and what somebody must know before the first question."""

from collections.abc import Hashable
from datetime import date
from functools import partial
from operator import itemgetter

from flask import abort, render_template, request
from werkzeug.wrappers import Response

from webapp.public.drafts.call_draft import Answering
from webapp.public.drafts.shared_device import open_visit
from webapp.public.shared.audio import sound_of
from webapp.public.shared.blueprint import (
    CannotBeSent,
    Closed,
    after_away,
    blueprint,
    limit,
    see_other,
    told_of_leaving,
)
from webapp.rules import clock
from webapp.rules.recordings import START
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call, NoSuchCall
from webapp.services.events import published_events
from webapp.services.events.published_events import Event
from webapp.services.infrastructure.read_cache import recently
from webapp.sessions import WAITING_HOURS
from webapp.ui.fragment_cache import prepared_page
from webapp.ui.page_language import preferred_language
from webapp.web.guards import anyone, opens_visit


@blueprint.get("/")
@anyone
def front() -> Response:
    """The bare address leads to the language that the visitor's device asks for, where we offer it."""
    return see_other("home", language=preferred_language())


@blueprint.get("/<language>/")
@anyone
def home() -> str:
    """The calls and events that are open today, whichever comes first."""
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
    show = partial(render_template, "public/home.html", cards=cards, finished=finished)
    return prepared_page(show, finished, *(_shown(day, one) for day, _, one in cards))


def _shown(day: date, one: Call | Event) -> Hashable:
    """What a card says besides the words of a form version, which never change."""
    seats = (one.time, one.is_full) if isinstance(one, Event) else None
    return day, one.slug, one.form_version, seats


@blueprint.get("/<language>/calls/<slug>/")
@anyone
def start(slug: str) -> str:
    """Who asks, what, who reads it, and what it can and cannot bring."""
    return render_template(
        "public/start.html",
        call=open_call(slug),
        hours=WAITING_HOURS,
        days=DRAFT_DAYS,
        news=after_away(),
        sound=sound_of(slug, START),
    )


@blueprint.post("/<language>/calls/<slug>/begin")
@opens_visit
def begin(slug: str) -> Response:
    """Open a Visit. One that is there is kept: a second tab must not cost anybody their answers.

    Begin means anew: what is held must not be shown to whoever begins on a shared phone.
    """
    call = open_call(slug)
    limit("begin")
    if not published_calls.can_be_sent(call):
        raise CannotBeSent(call)
    answering = Answering(call, open_visit())
    answering.begin()
    helping = {"helping": "yes"} if "helping" in request.form else {}
    if not told_of_leaving():
        return see_other("leaving", slug=slug, **helping)
    if helping:
        return see_other("helped", slug=slug)
    return see_other("page", slug=slug, key=answering.first_page.key)


def open_call(slug: str) -> Call:
    """The call at this address. No such call is a 404; one that is over raises `Closed`."""
    try:
        call = published_calls.recent_call(slug)
    except NoSuchCall:
        abort(404)
    if not call.accepts_answers(clock.today()):
        raise Closed(call, unsent=False)
    return call


@blueprint.get("/<language>/calls/<slug>/stop")
@anyone
def stop(slug: str) -> str:
    """A kind end: this call is not for this person, and nothing was kept."""
    call = open_call(slug)
    stops = {page.key: page.stop for page in call.form.pages if page.stop}
    found = stops.get(request.args.get("page", "")) or next(iter(stops.values()), None)
    if found is None:
        abort(404)
    return render_template("public/stop.html", stop=found)
