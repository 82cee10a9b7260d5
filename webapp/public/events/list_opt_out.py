"""Withdrawing consent to the list of participants, as easily as it was given (GDPR, article 7(3)): by link alone."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.events.own_page import OWN
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.services.events import own_registrations
from webapp.web.guards import anyone, works_on_a_full_disk


@blueprint.get(f"{OWN}/list")
@anyone
def off_list(ticket: str) -> Response | str:
    """Explain what it means, before it is done."""
    own = own_registrations.find_own(ticket)
    if not own.listed:
        return see_other("own_page", ticket=ticket)
    return render_template(
        "public/own_off_list.html",
        back=url_for("public.own_page", ticket=ticket),
        in_visit=sessions.current().begun,
    )


@blueprint.post(f"{OWN}/list")
@anyone
@works_on_a_full_disk
def off_list_post(ticket: str) -> Response:
    """Withdraw from the list. Idempotent."""
    own_registrations.take_off_list(own_registrations.find_own(ticket))
    return see_other("own_page", ticket=ticket, done="off-list")
