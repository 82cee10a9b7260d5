"""Deleting a booking with all its data (crypto-shredding), from the registrant's own page."""

from flask import render_template, url_for

from webapp import sessions
from webapp.public.drafts.booking_draft import BookingDraft
from webapp.public.events.own_page import OWN
from webapp.public.events.standing import is_in
from webapp.public.shared.blueprint import blueprint
from webapp.services.events import own_registrations, waiting_list
from webapp.web.guards import anyone, works_on_a_full_disk


@blueprint.get(f"{OWN}/delete")
@anyone
def delete(ticket: str) -> str:
    """Explain what deleting means, before it is done."""
    own = own_registrations.find_own(ticket)
    return render_template(
        "public/own_delete.html",
        own=own,
        is_in=is_in(own),
        back=url_for("public.own_page", ticket=ticket),
        in_visit=sessions.current().begun,
    )


@blueprint.post(f"{OWN}/delete")
@anyone
@works_on_a_full_disk
def delete_post(ticket: str) -> str:
    """Delete it. The page answers the POST itself, because after a redirect its address would no longer exist."""
    own = own_registrations.find_own(ticket)
    result = waiting_list.delete_own(own.id)
    if sessions.current().begun:
        BookingDraft(own.event, sessions.current()).forget_if_it_is(ticket)
    return render_template("public/own_deleted.html", complete=result.complete)
