"""Pages that say how things are here, and the way out."""

from datetime import date

from flask import redirect, render_template
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.extensions import current_settings
from webapp.http import anyone, works_after_leaving
from webapp.public.door import WAITING_HOURS, blueprint, see_other
from webapp.rules.form_definition import PartName
from webapp.rules.retention import due_on
from webapp.services import calls, events
from webapp.services.calls import Call
from webapp.ui.page_language import preferred_language


@blueprint.get("/<language>/safety")
@anyone
def safety() -> str:
    """What keeps somebody safe here, and what cannot."""
    return render_template("public/safety.html")


@blueprint.get("/<language>/support")
@anyone
def support() -> str:
    """Someone to talk to."""
    return render_template("public/support.html")


@blueprint.get("/<language>/privacy")
@anyone
def privacy() -> str:
    """What is kept, by whom, for how long."""
    return render_template(
        "public/privacy.html",
        calls=calls.open_calls(),
        events=events.coming(),
        hours=WAITING_HOURS,
        due_on=_due_on,
    )


def _due_on(call: Call, part: PartName) -> date:
    return due_on(call.closes_on, call.form.parts[part].keep_months)


@blueprint.get("/<language>/accessibility")
@anyone
def accessibility() -> str:
    """Who can use this, and what to do when it does not work."""
    return render_template("public/accessibility.html", hours=WAITING_HOURS)


@blueprint.get("/leave")
@anyone
@works_after_leaving
def leave() -> Response:
    """End the Visit at once and go to a neutral site. The one GET that changes something: it must be a plain link."""
    sessions.end(left=True)
    response = redirect(current_settings().leave_url, 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.post("/back-in")
@anyone
@works_after_leaving
def back_in() -> Response:
    """Somebody left and wants to come back: show pages again, with nothing of before."""
    sessions.end()
    return see_other("home", language=preferred_language())
