"""The page of an event, and finding events by the slug in a URL; a page of its own where nobody can register."""

from functools import partial

from flask import abort, render_template

from webapp.public.shared.audio import sound_of_event
from webapp.public.shared.blueprint import blueprint
from webapp.public.shared.query_marks import after_away
from webapp.rules import clock
from webapp.rules.recordings import START
from webapp.services.events import published_events
from webapp.services.events.published_events import Event, NoSuchEvent, PublishedEvent
from webapp.services.infrastructure.read_cache import recently
from webapp.sessions import WAITING_HOURS
from webapp.ui.fragment_cache import cached_page
from webapp.web.guards import anyone

EVENT = "/<language>/events/<slug>"


class NotBooking(Exception):
    """Registration is closed. `unsent`: there is an unfinished booking in this Visit."""

    def __init__(self, event: PublishedEvent, unsent: bool) -> None:
        super().__init__(event.slug)
        self.event = event
        self.unsent = unsent


def find_event(slug: str) -> Event:
    """The event with this slug, read and counted now; a 404 when there is none."""
    try:
        return recently(("event", slug), partial(published_events.find, slug), counted=True)
    except NoSuchEvent:
        abort(404)


def published_event(slug: str) -> PublishedEvent:
    """The event with this slug as it was two seconds ago at most, for what is asked again under a lock; or a 404."""
    try:
        return recent_event(slug)
    except NoSuchEvent:
        abort(404)


def recent_event(slug: str) -> PublishedEvent:
    """The same without a page for an unknown slug. Raises `NoSuchEvent`, `StoreUnavailable`."""
    return recently(("published event", slug), partial(published_events.find_published, slug))


def open_event(slug: str) -> Event:
    """The event with this slug, open for registration. An unknown one is a 404; a closed one raises `NotBooking`."""
    found = find_event(slug)
    if not found.accepts_registrations(clock.now()):
        raise NotBooking(found, unsent=False)
    return found


@blueprint.get(f"{EVENT}/")
@anyone
def event(slug: str) -> str | tuple[str, int]:
    """What the event is, when, for whom, and what is stored about a registrant."""
    found, now = find_event(slug), clock.now()
    if found.is_cancelled or found.is_over(now):
        return _not_booking(found, unsent=False)
    is_open, news, sound = (
        found.accepts_registrations(now),
        after_away(),
        sound_of_event(slug, START),
    )
    show = partial(
        render_template,
        "public/event.html",
        event=found,
        open=is_open,
        hours=WAITING_HOURS,
        news=news,
        sound=sound,
    )
    # The same for everyone: what its form version says, and what may change besides.
    return cached_page(show, found.form_version, found.time, is_open, found.is_full, news, sound)


@blueprint.get(f"{EVENT}/stop")
@anyone
def event_stop(slug: str) -> str:
    """The stop page (screen-out): this event is not for this visitor, and nothing was stored."""
    stop = published_event(slug).definition.form.only_page.stop
    if stop is None:
        abort(404)
    return render_template("public/stop.html", stop=stop)


def _not_booking(found: PublishedEvent, *, unsent: bool) -> tuple[str, int]:
    return render_template(
        "public/event_closed.html",
        event=found,
        called_off=found.is_cancelled,
        over=found.is_over(clock.now()),
        unsent=unsent,
    ), 410


@blueprint.errorhandler(NotBooking)
def not_booking(error: NotBooking) -> tuple[str, int]:
    """An event that is over, cancelled, or closed for registration."""
    return _not_booking(error.event, unsent=error.unsent)
