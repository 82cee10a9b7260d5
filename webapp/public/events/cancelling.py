"""Cancelling a registration: the registrant gives up their seat or their place in the waiting list."""

from contextlib import suppress

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.events.own_page import OWN
from webapp.public.events.room_code import Problems, problems_with_code, typed_code
from webapp.public.events.standing import can_cancel
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.services.events import own_registrations, waiting_list
from webapp.services.events.own_registrations import OwnRegistration
from webapp.web.guards import anyone, works_on_a_full_disk


@blueprint.get(f"{OWN}/cancel")
@anyone
def cancel(ticket: str) -> Response | str:
    """Explain what cancelling means, before it is done."""
    own = own_registrations.find_own(ticket)
    if not can_cancel(own):
        return redirect(url_for("public.own_page", ticket=ticket), 303)
    return _ask(own, ticket)


def _ask(own: OwnRegistration, ticket: str, problems: Problems | None = None) -> str:
    return render_template(
        "public/own_cancel.html",
        own=own,
        ticket=ticket,
        back=url_for("public.own_page", ticket=ticket),
        problems=problems or [],
        typed=typed_code(),
        in_visit=sessions.current().begun,
    )


@blueprint.post(f"{OWN}/cancel")
@anyone
@works_on_a_full_disk
def cancel_post(ticket: str) -> Response | tuple[str, int]:
    """Cancel, with the room code where there is one.

    Idempotent: a second post, or a late one, changes nothing; the page shows the current state.
    """
    own = own_registrations.find_own(ticket)
    if can_cancel(own):
        if problems := problems_with_code(own, ticket):
            return _ask(own, ticket, problems), 400
        # The event may begin after this request has checked.
        with suppress(waiting_list.TooLate):
            waiting_list.cancel(own.id)
    return see_other("own_page", ticket=ticket)
