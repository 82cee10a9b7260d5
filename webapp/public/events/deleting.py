"""Deleting a booking with all its data (crypto-shredding), from the registrant's own page."""

from flask import render_template, url_for

from webapp import sessions
from webapp.public.drafts.booking_draft import BookingDraft
from webapp.public.events.own_page import OWN
from webapp.public.events.standing import is_in
from webapp.public.shared.blueprint import blueprint
from webapp.services.events import own_registrations, waiting_list
from webapp.services.events.own_registrations import OwnRegistration
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.web.guards import anyone


@blueprint.get(f"{OWN}/delete")
@anyone
def delete(ticket: str) -> str:
    """Explain what deleting means, before it is done."""
    own = _own(ticket)
    return render_template(
        "public/own_delete.html",
        own=own,
        is_in=own is not None and is_in(own),
        back=url_for("public.own_page", ticket=ticket),
        in_visit=sessions.current().begun,
    )


@blueprint.post(f"{OWN}/delete")
@anyone
def delete_post(ticket: str) -> str:
    """Delete it. The page answers the POST itself, because after a redirect its address would no longer exist."""
    own = _own(ticket)
    result = waiting_list.delete_own(own_registrations.id_of(ticket))
    if own is not None and sessions.current().begun:
        BookingDraft(own.event, sessions.current()).forget_if_it_is(ticket)
    return render_template("public/own_deleted.html", complete=result.complete)


def _own(ticket: str) -> OwnRegistration | None:
    """None where Hearth did not write the row: nothing that it says is shown, and it can be deleted all the same."""
    try:
        return own_registrations.find_own(ticket)
    except RowForged:
        own_registrations.id_of(ticket)
        return None
