"""A registrant's own page: the booking's state, the joining link, and what its registrant can do.

It needs no Visit: the ticket in the address is a bearer capability. The registrant's data cannot be shown here, because
no key to it can be derived from a ticket.
"""

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.events import standing
from webapp.public.events.room_code import Problems, refused_code, typed_code
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.joining_details import JoiningDetails
from webapp.rules.references import reference
from webapp.services.events import (
    event_messages,
    own_registrations,
)
from webapp.services.events.own_registrations import MistypedCode, OwnRegistration, WrongRoomCode
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.ui.event_time_text import moment_words
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, works_on_a_full_disk

OWN = "/<language>/r/<ticket>"
#: Flash messages by the query parameter that a redirect sets.
NEWS = {"needs": "needs-changed", "off-list": "off-the-list"}


@blueprint.errorhandler(NoSuchRegistration)
def no_such_link(error: NoSuchRegistration) -> tuple[str, int]:
    """A mistyped link, an unknown one, or one of an erased booking: the response does not tell which."""
    return render_template("public/own_gone.html"), 404


@blueprint.get(OWN)
@anyone
def own_page(ticket: str) -> str | tuple[str, int]:
    """The booking's current state. Of a row that Hearth did not write nothing is shown; it can be deleted."""
    try:
        own = own_registrations.find_own(ticket)
    except RowForged:
        return render_template("public/own_false.html", ticket=ticket), 503
    done = NEWS.get(request.args.get("done", ""))
    return _show(own, ticket, news=words_for(done) if done else None)


def _show(
    own: OwnRegistration,
    ticket: str,
    *,
    news: str | None = None,
    joining: JoiningDetails | None = None,
    typed: str = "",
    problems: Problems | None = None,
) -> str:
    now, event = clock.now(), own.event
    can_book, can_cancel = event.accepts_registrations(now), standing.can_cancel(own)
    opens_at, _ = seats.link_window(event.starts_at, event.ends_at, event.link_opens_minutes)
    window_open = seats.link_may_be_seen(
        own.state, now, event.starts_at, event.ends_at, event.link_opens_minutes
    )
    there_is = own_registrations.details_for_now(own)
    if not own.asks_room_code:
        joining = there_is
    return render_template(
        "public/own_page.html",
        own=own,
        ticket=ticket,
        news=news,
        is_in=standing.is_in(own),
        called_off=standing.is_called_off(own),
        over=event.is_over(now),
        begun=now >= event.starts_at,
        opens=moment_words(opens_at, event.definition.zone),
        window_open=window_open,
        joining=joining or JoiningDetails(),
        behind_code=there_is if joining is None else JoiningDetails(),
        can_cancel=can_cancel,
        can_confirm=standing.can_confirm(own),
        can_confirm_address=standing.can_confirm_address(own),
        is_undecided=standing.is_undecided(own),
        can_book_again=(own.is_cancelled or own.has_lapsed) and can_book,
        asks_needs=standing.needs_form(own) is not None,
        typed=typed,
        problems=problems or [],
        number=reference(own.id),
        messages=event_messages.standing(event.id) if standing.reads_news(own) else (),
        in_visit=sessions.current().begun,
    )


@blueprint.post(f"{OWN}/room")
@anyone
@works_on_a_full_disk
def own_page_room(ticket: str) -> Response | str | tuple[str, int]:
    """Show how to come in to a registrant who also has the room code (second bearer secret).

    The page answers the POST itself, so that link and address are in no Visit and in no page that Back could reload.
    """
    own = own_registrations.find_own(ticket)
    typed = typed_code()
    try:
        joining = own_registrations.way_in(own, ticket, typed)
    except (MistypedCode, WrongRoomCode) as error:
        return _show(own, ticket, typed=typed, problems=refused_code(own, error)), 400
    if not joining:
        return see_other("own_page", ticket=ticket)
    return _show(own, ticket, joining=joining)
