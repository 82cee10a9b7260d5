"""A registrant gives their seat, or their place in the waiting list, back."""

from contextlib import suppress

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.events.own_page import OWN
from webapp.public.events.standing import can_cancel
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.services.events import own_registrations, waiting_list
from webapp.web.guards import anyone


@blueprint.get(f"{OWN}/cancel")
@anyone
def cancel(ticket: str) -> Response | str:
    """What cancelling means, before it is done."""
    own = own_registrations.find_own(ticket)
    back = url_for("public.own_page", ticket=ticket)
    if not can_cancel(own):
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
def cancel_post(ticket: str) -> Response:
    """Give the seat or the place back. A second time, or too late, changes nothing; the page says how it stands."""
    own = own_registrations.find_own(ticket)
    if can_cancel(own):
        # It may begin after this request has looked.
        with suppress(waiting_list.TooLate):
            waiting_list.cancel(own.id)
    return see_other("own_page", ticket=ticket)
