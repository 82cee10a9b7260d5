"""Leave now: the way out, the way back in, and what somebody is told about it before the first question.

The telling comes after Begin and not before it: until then there is no cookie to remember it by, and nothing typed
to hide. It is a page, not a lock: who opens a question by its address is not sent back.
"""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.extensions import current_settings
from webapp.public.events import booking
from webapp.public.events.booking import EVENT
from webapp.public.shared.blueprint import TOLD, blueprint, see_other
from webapp.public.steps import question_page
from webapp.public.steps.question_page import CALL
from webapp.ui.page_language import preferred_language
from webapp.web.guards import anyone, in_visit, works_after_leaving


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


@blueprint.get(f"{CALL}/leaving")
@in_visit
def leaving(slug: str) -> str:
    """Before the first question: what "Leave now" does, and what it cannot hide."""
    question_page.take_up(slug)
    return render_template("public/leaving.html", back=url_for("public.start", slug=slug))


@blueprint.post(f"{CALL}/leaving")
@in_visit
def told(slug: str) -> Response:
    """Read; on to the first question. It is not shown again in this Visit."""
    answering = question_page.take_up(slug)
    answering.visit[TOLD] = True
    if "helping" in request.args:
        return see_other("helped", slug=slug)
    return see_other("page", slug=slug, key=answering.first_page.key)


@blueprint.get(f"{EVENT}/leaving")
@in_visit
def leaving_event(slug: str) -> str:
    """The same before a booking."""
    booking.take_up(slug)
    return render_template("public/leaving.html", back=url_for("public.event", slug=slug))


@blueprint.post(f"{EVENT}/leaving")
@in_visit
def told_event(slug: str) -> Response:
    """Read; on to the booking."""
    registering = booking.take_up(slug)
    registering.visit[TOLD] = True
    return see_other("register", slug=slug)
