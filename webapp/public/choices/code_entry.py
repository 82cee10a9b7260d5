"""Code entry for My choices: a receipt, a return code and a booking code are typed in the same field."""

import re

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp.public.drafts.shared_device import open_for
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.flash import flash_message, retain_flash
from webapp.public.shared.query_marks import after_away
from webapp.public.shared.rate_limit import limit_one
from webapp.public.steps import resuming
from webapp.rules.retention import DRAFT_DAYS
from webapp.services.answers import own_copies, return_drafts
from webapp.services.answers.own_copies import MistypedCode, NothingHeld
from webapp.services.answers.return_drafts import Waiting
from webapp.services.events import own_registrations
from webapp.sessions import VisitFull
from webapp.ui.messages import words_for
from webapp.web.guards import anyone, opens_visit, works_on_a_full_disk

#: A mistyped code is shown again up to this length.
LONGEST_TYPED_CODE = 200
#: A booking's link, which is accepted in place of a code.
BOOKING_LINK = re.compile(r"/r/([0-9a-z]{32})\b", re.ASCII | re.IGNORECASE)


@blueprint.get("/<language>/choices")
@anyone
def choices() -> str:
    """Ask for the code."""
    return _ask_for_code()


def _ask_for_code(typed: str = "", problem: str | None = None) -> str:
    # A mistyped code changes nothing: the previous flash message is still true.
    retain_flash()
    return render_template(
        "public/choices_enter.html",
        problems=[("code", words_for(problem))] if problem else [],
        typed=typed,
        news=flash_message("choices") or after_away(),
        days=DRAFT_DAYS,
    )


@blueprint.post("/<language>/choices")
@opens_visit
@works_on_a_full_disk
def choices_post() -> Response | tuple[str, int]:
    """Look up the code. A typing error is found by its check character, without a query.

    A refused code may be nearly right, so the page answers the POST itself and does not store it. All three kinds of
    code are always looked up, so that response times do not tell them apart (timing attack).

    There is no limit for a network (denial of service): wrong codes cost what two pages cost and store nothing. A code
    that opens something is counted for itself.
    """
    typed = request.form.get("code", "")[:LONGEST_TYPED_CODE]
    waiting = booking = None
    try:
        code = own_copies.read_code(typed)
        waiting, booking = return_drafts.find(code), own_registrations.find_ticket(code)
        held = own_copies.find_held(code)
    except MistypedCode as mistyped:
        if link := BOOKING_LINK.search(typed):
            return see_other("own_page", ticket=link[1].lower())
        return _ask_for_code(typed, f"code-{mistyped.problem}"), 400
    except NothingHeld:
        if waiting:
            limit_one("code", code)
            return _go_on(code, waiting)
        if booking:
            # Its page needs no Visit: on a shared device, nothing stays open for the next visitor.
            return see_other("own_page", ticket=booking)
        return _ask_for_code(typed, "code-nothing-held"), 400
    limit_one("code", code)
    open_for(code, held.submission_id)
    return see_other("held")


def _go_on(code: str, waiting: Waiting) -> Response | tuple[str, int]:
    try:
        return resuming.go_on(code, waiting)
    except VisitFull:
        return _ask_for_code(code, "code-no-room"), 413
