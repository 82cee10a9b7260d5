"""CSRF recovery: a form without this Visit's token stores nothing, and is shown again with its input.

It may come from a second tab of an expired Visit, whose input exists nowhere else. Submitted again, with the valid
token that the page has now, it is accepted.
"""

from collections.abc import Callable

from flask import request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from webapp.public.calls import equality_questions, questions
from webapp.public.choices import correcting
from webapp.public.events import booking, needs
from webapp.public.shared.blueprint import blueprint
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.web.errors import problem

#: The endpoints of forms with text fields, and the function that shows each again.
SHOWN: dict[str, Callable[..., str | None]] = {
    "public.page_post": questions.refused,
    "public.more_page_post": equality_questions.refused,
    "public.correct_page_post": correcting.refused,
    "public.register_post": booking.refused,
    "public.needs_post": needs.refused,
}


@blueprint.errorhandler(CSRFError)
def show_what_was_written(error: CSRFError) -> Response | tuple[str, int]:
    """Handle a CSRF failure: show the page with its input where it can be recovered, else the error page."""
    show = SHOWN.get(str(request.endpoint))
    if show is None:
        return problem(403)
    try:
        page = show(**(request.view_args or {}))
    except (NotFound, NoSuchRegistration):
        page = None
    except StoreUnavailable:
        return problem(503)
    return problem(403) if page is None else (page, 403)
