"""The registration form of an event: Begin, its one page, and registering (idempotent)."""

from flask import g, render_template, request, url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.booking_draft import BookingDraft
from webapp.public.drafts.shared_device import open_visit
from webapp.public.events.event_page import (
    EVENT,
    NotBooking,
    find_event,
    published_event,
    recent_event,
)
from webapp.public.shared.audio import sound_of_event
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.bot_check import looks_automated
from webapp.public.shared.flash import flash_message, set_flash
from webapp.public.shared.form_navigation import chosen_language, turn, wants_to_turn
from webapp.public.shared.quick_exit_notice import has_seen_exit_notice
from webapp.public.shared.rate_limit import admit_beginning, count_booking
from webapp.rules import clock
from webapp.rules.forms.kinds import Answers
from webapp.rules.forms.routing import parts_of, stopped_by
from webapp.rules.forms.size_limits import SMALL_BODY, body_taken
from webapp.services.events import published_events, registrations
from webapp.services.events.published_events import Event, NoSuchEvent, PublishedEvent
from webapp.services.events.registrations import EventClosed
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.sessions import WAITING_HOURS, VisitExpired
from webapp.ui.forms import PageForm, form_for, keep_typed
from webapp.ui.fragment_cache import cached_page
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, in_visit, opens_visit, takes_words


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
    draft, told, found = take_up(slug), flash_message(), find_event(slug)
    sound = sound_of_event(slug, draft.page.key)

    def show() -> str:
        form = form_for(draft.page, stored={}, typed=draft.typed)
        if draft.unsent.was_refused:
            form.validate()
        return _ask(draft, found, form, told)

    if draft.typed is not None:
        return show()
    # The same for everyone but for its two hidden fields.
    own = [generate_csrf(), draft.name]
    return cached_page(show, found.form_version, found.time, found.is_full, told, sound, own=own)


def _ask(draft: BookingDraft, found: Event, form: PageForm, told: str | None) -> str:
    slug = found.slug
    return render_template(
        "public/event_register.html",
        event=found,
        page=draft.page,
        form=form,
        booking=draft.name,
        problems=form.problems,
        news=told,
        sound=sound_of_event(slug, draft.page.key),
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
    return _ask(draft, find_event(slug), form, words_for("not-taken-yet"))


def most_bytes(slug: str) -> int:
    """The size limit of a registration form's body: the size with every box full, in any script, and some room."""
    try:
        found = recent_event(slug)
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
