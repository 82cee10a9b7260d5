"""An event's page, and its registration form on one page."""

from functools import partial

from flask import abort, g, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.booking_draft import BookingDraft
from webapp.public.drafts.shared_device import open_visit
from webapp.public.shared.audio import sound_of
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.bot_check import looks_automated
from webapp.public.shared.flash import flash_message, set_flash
from webapp.public.shared.form_navigation import chosen_language, turn, wants_to_turn
from webapp.public.shared.query_marks import after_away
from webapp.public.shared.quick_exit_notice import has_seen_exit_notice
from webapp.public.shared.rate_limit import admit_beginning, count_booking
from webapp.rules import clock
from webapp.rules.forms.kinds import Answers
from webapp.rules.forms.routing import parts_of, stopped_by
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.rules.recordings import START
from webapp.services.events import published_events, registrations
from webapp.services.events.published_events import Event, NoSuchEvent, PublishedEvent
from webapp.services.events.registrations import EventClosed
from webapp.services.infrastructure.read_cache import recently
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.sessions import WAITING_HOURS, VisitExpired
from webapp.ui.forms import PageForm, form_for, keep_typed
from webapp.ui.fragment_cache import cached_page
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, in_visit, opens_visit, takes_words

EVENT = "/<language>/events/<slug>"


class NotBooking(Exception):
    """Registration is closed. `unsent`: there is an unfinished booking in this Visit."""

    def __init__(self, event: PublishedEvent, unsent: bool) -> None:
        super().__init__(event.slug)
        self.event = event
        self.unsent = unsent


class CannotBeBooked(Exception):
    """No public key to seal a registration to has a valid MAC (key substitution): no input may leave the Visit."""

    def __init__(self, event: PublishedEvent, begun: bool) -> None:
        super().__init__(event.slug)
        self.event = event
        self.begun = begun


class AlreadyBooked(Exception):
    """This Visit has made a booking, and still holds its link and codes."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


def find_event(slug: str) -> Event:
    """The event with this slug, read and counted now; a 404 when there is none."""
    try:
        return recently(("event", slug), partial(published_events.find, slug), counted=True)
    except NoSuchEvent:
        abort(404)


def published_event(slug: str) -> PublishedEvent:
    """The event with this slug as it was two seconds ago at most, for what is asked again under a lock; or a 404."""
    try:
        return _published(slug)
    except NoSuchEvent:
        abort(404)


def _published(slug: str) -> PublishedEvent:
    return recently(("published event", slug), partial(published_events.find_published, slug))


def open_event(slug: str) -> Event:
    """The event with this slug, open for registration. An unknown one is a 404; a closed one raises `NotBooking`."""
    found = find_event(slug)
    if not found.accepts_registrations(clock.now()):
        raise NotBooking(found, unsent=False)
    return found


def take_up(slug: str) -> BookingDraft:
    """This visitor's draft. Raises `AlreadyBooked`, `VisitExpired` before Begin was pressed, `NotBooking`."""
    draft = BookingDraft(published_event(slug), sessions.current())
    if draft.booked:
        raise AlreadyBooked(slug)
    _must_be_open(draft)
    if not draft.begun:
        raise VisitExpired
    return draft


def _must_be_open(draft: BookingDraft) -> None:
    if not draft.event.accepts_registrations(clock.now()):
        raise NotBooking(draft.event, unsent=draft.begun)


@blueprint.get(f"{EVENT}/")
@anyone
def event(slug: str) -> str | tuple[str, int]:
    """What the event is, when, for whom, and what is stored about a registrant."""
    found, now = find_event(slug), clock.now()
    if found.is_cancelled or found.is_over(now):
        return _not_booking(found, unsent=False)
    is_open, news, sound = found.accepts_registrations(now), after_away(), sound_of(slug, START)
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


@blueprint.post(f"{EVENT}/begin")
@opens_visit
def event_begin(slug: str) -> Response:
    """Open a Visit. An existing one is retained: a second tab must not cost a registrant their input.

    On a shared device another registrant may begin, so links and room codes of earlier bookings are closed.
    """
    draft = BookingDraft(find_event(slug), sessions.current())
    _must_be_open(draft)
    admit_beginning()
    if not registrations.can_be_booked(draft.event):
        raise CannotBeBooked(draft.event, draft.begun)
    # Not again once it is stored: a double press would come with the old cookie, and make a second booking.
    open_visit()
    draft.begin()
    return see_other("register" if has_seen_exit_notice() else "event_leaving", slug=slug)


@blueprint.get(f"{EVENT}/register")
@in_visit
def register(slug: str) -> str:
    """The registration form."""
    draft = take_up(slug)
    form = form_for(draft.page, stored={}, typed=draft.typed)
    if draft.unsent.was_refused:
        form.validate()
    return _ask(draft, form, flash_message())


def _ask(draft: BookingDraft, form: PageForm, told: str | None) -> str:
    slug = draft.event.slug
    return render_template(
        "public/event_register.html",
        event=find_event(slug),
        page=draft.page,
        form=form,
        booking=draft.name,
        problems=form.problems,
        news=told,
        sound=sound_of(slug, draft.page.key),
        keep=url_for("public.register_autosave", slug=slug),
        back=url_for("public.event", slug=slug),
    )


def refused(slug: str) -> str | None:
    """CSRF recovery: the page with the input of a POST that had no valid token. None for a booking not begun here."""
    draft = BookingDraft(published_event(slug), sessions.current())
    open_here = draft.begun and draft.event.accepts_registrations(clock.now())
    typed = keep_typed(draft.page, request.form.items(multi=True))
    if draft.booked or not open_here or not any(value for _, value in typed):
        return None
    form = form_for(draft.page, stored={}, typed=typed)
    if form.was_cut:
        form.validate()
    return _ask(draft, form, words_for("not-taken-yet"))


def most_bytes(slug: str) -> int:
    """The size limit of a registration form's body: the size with every box full, in any script, and some room."""
    try:
        found = _published(slug)
    except (NoSuchEvent, StoreUnavailable):
        return SMALL_BODY
    return body_taken(found.definition.form.pages)


@blueprint.post(f"{EVENT}/register")
@anyone
@takes_words(most_bytes, asked_on="public.register")
def register_post(slug: str) -> Response:
    """Register for a seat or the waiting list. After the Visit expired, the input is retained in a new one.

    Idempotent: a second post finds it stored (by the id that Begin generated) and shows the same page.
    """
    if not sessions.current().begun:
        return _after_expiry(slug)
    draft = take_up(slug)
    sent = list(request.form.items(multi=True))
    if wants_to_turn():
        draft.keep_unsent(sent)
        return turn("register", back=url_for("public.event", slug=slug), slug=slug)
    # Retained first, so that no error makes a registrant type it twice. Deleted once it is registered.
    draft.keep_typed(sent)
    if not draft.is_meant_by(request.form):
        # A stale tab: its booking may have been made already, and another one begun since.
        return _show_again(draft, "not-taken-yet")
    form = form_for(draft.page, stored={}, typed=keep_typed(draft.page, sent))
    if not form.validate():
        return see_other("register", slug=slug)
    if stopped_by(draft.event.definition.form, form.answers):
        draft.forget()
        return see_other("event_stop", slug=slug)
    if notice := looks_automated(draft.seconds, "-booking"):
        return _show_again(draft, notice)
    count_booking()
    return _store(draft, form.answers)


def _show_again(draft: BookingDraft, notice: str) -> Response:
    """Nothing is registered yet: show the form again, with its input and the reason."""
    set_flash(notice, "register", slug=draft.event.slug)
    return see_other("register", slug=draft.event.slug)


def _store(draft: BookingDraft, answers: Answers) -> Response:
    found = draft.event
    by_part = parts_of(found.definition.form, answers)
    try:
        registrations.register(
            found, draft.prepared, by_part, g.language, request.remote_addr or ""
        )
    except EventClosed:
        # Registration closed after this request had checked.
        raise NotBooking(published_events.find_published(found.slug), unsent=True) from None
    except NOT_TO_SEAL_TO as error:
        raise CannotBeBooked(found, begun=True) from error
    draft.note_booked(draft.prepared, by_part.get("registrant", {}))
    return see_other("registered", slug=found.slug)


def _after_expiry(slug: str) -> Response:
    found = published_event(slug)
    if not found.accepts_registrations(clock.now()):
        raise NotBooking(found, unsent=True)
    admit_beginning()
    draft = BookingDraft(found, sessions.begin())
    draft.begin()
    sent = list(request.form.items(multi=True))
    (draft.keep_unsent if wants_to_turn() else draft.keep_typed)(sent)
    set_flash("waited-with-booking", "register", slug=slug)
    return see_other("register", slug=slug, language=chosen_language())


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


@blueprint.errorhandler(CannotBeBooked)
def cannot_be_booked(error: CannotBeBooked) -> tuple[str, int]:
    """Nothing was submitted or lost: the input stays in the Visit."""
    page = render_template(
        "public/cannot_be_booked.html", event=error.event, begun=error.begun, hours=WAITING_HOURS
    )
    return page, 503


@blueprint.errorhandler(AlreadyBooked)
def show_way_back(error: AlreadyBooked) -> Response:
    """Booked already in this Visit: the room code must not be lost to a second booking."""
    return see_other("registered", slug=error.slug)
