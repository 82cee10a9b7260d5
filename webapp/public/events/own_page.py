"""A registrant's own page: whoever has its link sees where a booking stands, changes what they need, or cancels.

There is no Visit behind it and none is needed: the ticket in the address is the key. What somebody told us cannot be
seen here, because no key to it comes out of a ticket.
"""

from contextlib import suppress

from flask import Response as FlaskResponse
from flask import redirect, render_template, request, url_for
from flask_babel import gettext
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.unsent_input import Unsent
from webapp.public.shared.blueprint import blueprint, limit, see_other
from webapp.public.shared.form_navigation import turn, wants_to_turn
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.calendar_file import (
    FILE_NAME,
    MIME_TYPE,
    Entry,
    calendar_file,
    cancellation_file,
)
from webapp.rules.events.event_definition import RegistrationForm
from webapp.rules.forms.questions import Page
from webapp.rules.forms.routing import parts_of
from webapp.rules.forms.size_limits import LARGEST_BODY
from webapp.rules.references import reference
from webapp.services.events import (
    event_messages,
    own_registrations,
    waiting_list,
)
from webapp.services.events.own_registrations import MistypedCode, OwnRegistration, WrongRoomCode
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure.limits import TooMany
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.keys.purpose_keys import NOT_TO_SEAL_TO
from webapp.ui.event_time_text import moment_words
from webapp.ui.forms import PageForm, Typed, differs, form_for, keep_typed
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, takes_words

OWN = "/<language>/r/<ticket>"
#: What the page may say about the last step, by the word in its address.
NEWS = {"needs": "needs-changed", "off-list": "off-the-list"}
#: More of a mistyped code is not shown again.
LONGEST_TYPED_CODE = 200
#: For people without an e-mail address, who have one code for all.
WORDS_OF_CODE = {"length": "code-length", "characters": "code-characters", "check": "code-check"}
WORDS_OF_PROBLEM = {
    "length": "room-code-length",
    "characters": "code-characters",
    "check": "code-check",
}


@blueprint.errorhandler(NoSuchRegistration)
def no_such_link(error: NoSuchRegistration) -> tuple[str, int]:
    """A mistyped link, one that never was, or one whose booking was erased: nobody is told which."""
    return render_template("public/own_gone.html"), 404


def is_called_off(own: OwnRegistration) -> bool:
    """Whether there is nothing to come to: the whole event was cancelled."""
    return own.event.is_cancelled


def is_in(own: OwnRegistration) -> bool:
    """Whether this booking holds a seat until the event is over, or waits for one until it begins."""
    now = clock.now()
    if is_called_off(own) or own.event.is_over(now):
        return False
    return own.state.is_seated or (own.waits and now < own.event.starts_at)


def _can_cancel(own: OwnRegistration) -> bool:
    return not is_called_off(own) and seats.can_cancel(own.state, clock.now(), own.event.starts_at)


def _reads_news(own: OwnRegistration) -> bool:
    """Whether this page shows what was written to everyone: to people with a seat, afterwards too, and who wait."""
    return not is_called_off(own) and (own.state.is_seated or own.waits)


def _needs_form(own: OwnRegistration) -> RegistrationForm | None:
    return own.event.definition.form.asking_only("needs") if is_in(own) else None


@blueprint.get(OWN)
@anyone
def own_page(ticket: str) -> str:
    """Where this booking stands."""
    own = own_registrations.find_own(ticket)
    done = NEWS.get(request.args.get("done", ""))
    return _show(own, ticket, news=words_for(done) if done else None)


def _show(
    own: OwnRegistration,
    ticket: str,
    *,
    news: str | None = None,
    joining_link: str | None = None,
    typed: str = "",
    problem: str | None = None,
) -> str:
    now, event = clock.now(), own.event
    can_book, can_cancel = event.accepts_registrations(now), _can_cancel(own)
    opens_at, _ = seats.link_window(event.starts_at, event.ends_at, event.link_opens_minutes)
    window_open = seats.link_may_be_seen(
        own.state, now, event.starts_at, event.ends_at, event.link_opens_minutes
    )
    if window_open and not own.asks_room_code:
        joining_link = own_registrations.room(own, ticket)
    return render_template(
        "public/own_page.html",
        own=own,
        ticket=ticket,
        news=news,
        is_in=is_in(own),
        called_off=is_called_off(own),
        over=event.is_over(now),
        begun=now >= event.starts_at,
        opens=moment_words(opens_at, event.definition.zone),
        window_open=window_open,
        joining_link=joining_link,
        can_cancel=can_cancel,
        can_book_again=own.is_cancelled and can_book,
        can_book_anew=can_cancel and can_book,
        asks_needs=_needs_form(own) is not None,
        typed=typed,
        problems=[("code", problem)] if problem else [],
        number=reference(own.id),
        messages=event_messages.standing(event.id) if _reads_news(own) else (),
        in_visit=sessions.current().begun,
    )


@blueprint.post(f"{OWN}/room")
@anyone
def enter_room(ticket: str) -> Response | str | tuple[str, int]:
    """Show the joining link to somebody who has the room code too.

    The page answers the post itself: in no Visit, and in no page that Back could load again, is the joining link kept.
    """
    own = own_registrations.find_own(ticket)
    typed = request.form.get("code", "")[:LONGEST_TYPED_CODE]
    try:
        joining_link = own_registrations.room(own, ticket, typed)
    except MistypedCode as mistyped:
        words = WORDS_OF_PROBLEM if own.gets_mail else WORDS_OF_CODE
        problem = words[mistyped.problem]
    except WrongRoomCode:
        problem = "room-code-wrong"
    else:
        if joining_link is None:
            return see_other("own_page", ticket=ticket)
        return _show(own, ticket, joining_link=joining_link)
    return _show(own, ticket, typed=typed, problem=words_for(problem)), 400


@blueprint.get(f"{OWN}/needs")
@anyone
def needs(ticket: str) -> Response | str:
    """Say anew what would help. What was said before cannot be shown: only the organisers can open it."""
    own = own_registrations.find_own(ticket)
    asked = _needs_form(own)
    if asked is None:
        return see_other("own_page", ticket=ticket)
    form = form_for(asked.only_page, stored={}, typed=_unsent(own).words)
    if _unsent(own).was_refused:
        form.validate()
    return _ask_needs(ticket, form)


def refused(ticket: str) -> str | None:
    """What was sent without this Visit's token, to be sent once more. None where nothing is asked, or was written."""
    asked = _needs_form(own_registrations.find_own(ticket))
    if asked is None:
        return None
    typed = keep_typed(asked.only_page, request.form.items(multi=True))
    if not any(value for _, value in typed):
        return None
    form = form_for(asked.only_page, stored={}, typed=typed)
    if form.was_cut:
        form.validate()
    return _ask_needs(ticket, form, words_for("not-taken-yet"))


def _ask_needs(ticket: str, form: PageForm, news: str | None = None) -> str:
    return render_template(
        "public/own_needs.html",
        ticket=ticket,
        form=form,
        problems=form.problems,
        news=news,
        in_visit=sessions.current().begun,
        keep=url_for("public.keep_needs", ticket=ticket) if sessions.current().begun else None,
        back=url_for("public.own_page", ticket=ticket),
    )


def most_bytes(ticket: str) -> int:
    """As much as any form may send: looking for the one that belongs to a ticket would ask the store once more."""
    return LARGEST_BODY


@blueprint.post(f"{OWN}/needs")
@anyone
@takes_words(most_bytes, asked_on="public.needs")
def change_needs(ticket: str) -> Response | tuple[str, int]:
    """Replace what somebody needs. What cannot be accepted is kept in a Visit, as it was typed.

    What could not be stored just now comes back in the answer itself: there may be no Visit, and none is opened for it.
    """
    own = own_registrations.find_own(ticket)
    asked = _needs_form(own)
    if asked is None:
        return see_other("own_page", ticket=ticket)
    page, sent = asked.only_page, list(request.form.items(multi=True))
    if wants_to_turn():
        _keep_unsent(own, page, sent)
        return turn("needs", back=url_for("public.own_page", ticket=ticket), ticket=ticket)
    form = form_for(page, stored={}, typed=keep_typed(page, sent))
    if not form.validate():
        _keep(own, page, sent)
        return see_other("needs", ticket=ticket)
    try:
        limit("send")
        own_registrations.change_needs(own, dict(parts_of(asked, form.answers).get("needs", {})))
    except (TooMany, StoreUnavailable) as failed:
        status = 429 if isinstance(failed, TooMany) else 503
        return _ask_needs(ticket, form, words_for("not-taken-yet")), status
    except NOT_TO_SEAL_TO:
        return _ask_needs(ticket, form, words_for("lock-is-wrong")), 503
    _unsent(own).drop()
    return see_other("own_page", ticket=ticket, done="needs")


def _keep(own: OwnRegistration, page: Page, sent: Typed) -> None:
    _begin_if_needed()
    _unsent(own).keep_refused(keep_typed(page, sent))


def _keep_unsent(own: OwnRegistration, page: Page, sent: Typed) -> None:
    worth_it = differs(page, sent, {})
    if worth_it:
        _begin_if_needed()
    _unsent(own).keep(keep_typed(page, sent), worth_it=worth_it)


def _begin_if_needed() -> None:
    if not sessions.current().begun:
        limit("begin")
        sessions.begin()


def keep_unsent(ticket: str, sent: Typed) -> None:
    """Keep what somebody is writing about their needs, in their Visit, unless something newer is there."""
    own = own_registrations.find_own(ticket)
    asked = _needs_form(own)
    if asked is not None and not _unsent(own).is_old_news:
        _keep_unsent(own, asked.only_page, sent)


def _unsent(own: OwnRegistration) -> Unsent:
    return Unsent(sessions.current(), lambda kind: f"{kind}:needs:{own.id.hex}")


@blueprint.get(f"{OWN}/cancel")
@anyone
def confirm_cancel(ticket: str) -> Response | str:
    """What cancelling means, before it is done."""
    own = own_registrations.find_own(ticket)
    back = url_for("public.own_page", ticket=ticket)
    if not _can_cancel(own):
        return redirect(back, 303)
    return render_template(
        "public/own_cancel.html",
        own=own,
        ticket=ticket,
        back=back,
        in_visit=sessions.current().begun,
    )


@blueprint.post(f"{OWN}/cancel")
@anyone
def cancel(ticket: str) -> Response:
    """Give the seat or the place back. A second time, or too late, changes nothing; the page says how it stands."""
    own = own_registrations.find_own(ticket)
    if _can_cancel(own):
        # It may begin after this request has looked.
        with suppress(waiting_list.TooLate):
            waiting_list.cancel(own.id)
    return see_other("own_page", ticket=ticket)


@blueprint.get(f"{OWN}/calendar")
@anyone
def calendar(ticket: str) -> Response:
    """A calendar file that says "Meeting" and when; or one that takes that out again."""
    own = own_registrations.find_own(ticket)
    cancelled = own.is_cancelled or is_called_off(own)
    if own.waits and not cancelled:
        return see_other("own_page", ticket=ticket)
    response = FlaskResponse(_calendar_file(own, cancelled=cancelled), mimetype=MIME_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{FILE_NAME}"'
    return response


def _calendar_file(own: OwnRegistration, *, cancelled: bool) -> bytes:
    event = own.event
    # The entry is this booking's own. The event's number only grows, and cancelling comes last: it never falls.
    later = 1 if cancelled else 0
    entry = Entry(
        uid=own_registrations.calendar_uid(own.id),
        sequence=event.calendar_sequence + later,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        changed_at=clock.now_minute(),
        # Some calendars keep a cancelled entry, and show nothing but its summary.
        summary=gettext("Cancelled: Meeting") if cancelled else gettext("Meeting"),
    )
    return cancellation_file(entry) if cancelled else calendar_file(entry)
