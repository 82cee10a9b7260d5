"""Leave now (quick exit): the exit itself, the way back in, and its explanation before the first question.

The explanation comes after Begin and not before: until then there is no cookie to remember it by, and no input to hide.
It is not enforced: a visitor who opens a question by its address is not sent back.
"""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.extensions import current_settings
from webapp.public.calls.call_lookup import CALL, take_up
from webapp.public.events import booking
from webapp.public.events.event_page import EVENT
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.quick_exit_notice import note_exit_notice_seen
from webapp.ui.page_language import preferred_language
from webapp.web.after_leaving import neutral_page_refused
from webapp.web.guards import anyone, in_visit, works_after_leaving
from webapp.web.own_navigation import is_ahead_of_time, is_from_elsewhere


@blueprint.get("/leave")
@anyone
@works_after_leaving
def leave() -> Response:
    """End the Visit at once and redirect to a neutral site. The only GET that changes state, as a plain link.

    Everyone is shown something neutral. But unsent answers are not lost to a link on another site, nor to a browser
    that fetches ahead of time; that one is refused, so that it asks again when the person leaves.
    """
    if is_ahead_of_time():
        return neutral_page_refused()
    response = redirect(current_settings().leave_url, 303)
    if is_from_elsewhere():
        return response
    sessions.end(left=True)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@blueprint.post("/back-in")
@anyone
@works_after_leaving
def leave_back_in() -> Response:
    """Let a visitor who left return, with a new state and nothing of before."""
    sessions.end()
    return see_other("home", language=preferred_language())


@blueprint.get(f"{CALL}/leaving")
@in_visit
def leaving(slug: str) -> str:
    """Before the first question: explain what "Leave now" does, and what it cannot hide."""
    take_up(slug)
    return render_template("public/leaving.html", back=url_for("public.start", slug=slug))


@blueprint.post(f"{CALL}/leaving")
@in_visit
def leaving_post(slug: str) -> Response:
    """It was read: go on to the first question. It is not shown again in this Visit."""
    draft = take_up(slug)
    note_exit_notice_seen()
    if "helping" in request.args:
        return see_other("helped", slug=slug)
    return see_other("page", slug=slug, key=draft.first_page.key)


@blueprint.get(f"{EVENT}/leaving")
@in_visit
def event_leaving(slug: str) -> str:
    """The same explanation before a registration."""
    booking.take_up(slug)
    return render_template("public/leaving.html", back=url_for("public.event", slug=slug))


@blueprint.post(f"{EVENT}/leaving")
@in_visit
def event_leaving_post(slug: str) -> Response:
    """It was read: go on to the registration form."""
    booking.take_up(slug)
    note_exit_notice_seen()
    return see_other("register", slug=slug)
