"""Erasing everything that is stored under a receipt (crypto-shredding), and its confirmation page."""

from flask import render_template, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.held_answers import (
    REPLACED,
    AlreadyErased,
    erasing_outcome,
    held_now,
    note_erased,
)
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import flash_message
from webapp.services.answers import erasing, shared_with
from webapp.services.sealed import shredding
from webapp.sessions import VisitExpired
from webapp.web.guards import in_visit, works_on_a_full_disk


@blueprint.errorhandler(AlreadyErased)
def say_it_is_erased(error: AlreadyErased) -> Response:
    """Redirect to the confirmation page, because nothing is left to change."""
    return see_other("erased")


@blueprint.get("/<language>/choices/erase")
@in_visit
def erase() -> str:
    """Explain what erasing means, before it is done."""
    found = held_now()
    return render_template(
        "public/erase.html",
        has_about_you=found.equality is not None,
        lost_about_you="equality" in found.unreadable,
        about_you_until=found.due_on.get("equality"),
        was_shared=bool(shared_with.told(found.submission_id)),
        news=flash_message(),
        back=url_for("public.held"),
    )


@blueprint.post("/<language>/choices/erase")
@in_visit
@works_on_a_full_disk
def erase_post() -> Response:
    """Erase everything. Idempotent: a second post finds nothing left and says the same."""
    visit = sessions.current()
    if visit.get("code"):
        note_erased(visit, _erase_all())
    return see_other("erased")


def _erase_all() -> str:
    """Erase what is stored under this Visit's code. Returns the outcome for the confirmation page."""
    try:
        complete = erasing.erase_held(held_now()).complete
    except AlreadyErased:
        if sessions.current().get("erased") == REPLACED:
            return REPLACED
        # A second press, or another device, was first. Complete the erasing here if it is not complete yet.
        complete = shredding.finish_now()
    return "complete" if complete else "going on"


@blueprint.get("/<language>/choices/erased")
@in_visit
def erased() -> str:
    """Erasing is complete, or still in progress; the page never claims more than is true."""
    outcome = erasing_outcome()
    if outcome is None:
        raise VisitExpired
    return render_template(
        "public/erased.html",
        complete=outcome == "complete",
        meanwhile=outcome == "meanwhile",
        replaced=outcome == REPLACED,
    )
