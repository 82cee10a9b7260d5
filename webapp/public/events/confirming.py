"""Confirming the e-mail address of a booking (double opt-in), from the page that the mail leads to.

A button, because a GET changes nothing: mail scanners follow links.
"""

from contextlib import suppress

from werkzeug.wrappers import Response

from webapp.public.events.own_page import OWN
from webapp.public.events.standing import can_confirm, can_confirm_address
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.services.events import booking_confirming, own_registrations
from webapp.services.events.waiting_list import TooLate
from webapp.web.guards import anyone


@blueprint.post(f"{OWN}/confirm")
@anyone
def own_page_confirm(ticket: str) -> Response:
    """Confirm. Idempotent: a second post, or a late one, changes nothing; the page shows the current state."""
    own = own_registrations.find_own(ticket)
    if can_confirm(own) or can_confirm_address(own):
        # It may lapse, or the event begin, after this request has checked.
        with suppress(TooLate):
            booking_confirming.confirm_own(own.id, ticket)
    return see_other("own_page", ticket=ticket)
