"""A page without this Visit's token is refused: nothing is stored, nothing is changed.

It may be a second tab of a Visit that has ended, whose words are nowhere else. Then the answer is the same page with
those words and a token that is good; pressing the button once more keeps them.
"""

from collections.abc import Callable

from flask import request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from webapp.public.events import booking, own_page
from webapp.public.shared.blueprint import blueprint
from webapp.public.steps import question_page
from webapp.services.events.registrations import NoSuchRegistration
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.web.errors import problem

#: Where somebody writes, and what shows it again.
SHOWN: dict[str, Callable[..., str | None]] = {
    "public.answer": question_page.refused,
    "public.book": booking.refused,
    "public.change_needs": own_page.refused,
}


@blueprint.errorhandler(CSRFError)
def show_what_was_written(error: CSRFError) -> Response | tuple[str, int]:
    """The page with its words, or that it was refused."""
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
