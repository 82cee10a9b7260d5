"""Error pages: what happened, that nothing is lost or what is, and what to do next."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.wrappers import Response as AnyResponse

from webapp.services.infrastructure import stores
from webapp.services.infrastructure.limits import TooMany
from webapp.sessions import VisitExpired, VisitFull
from webapp.web.after_leaving import has_left, neutral_page
from webapp.web.csrf import NotFromOurPage
from webapp.web.request_target import at_desk, current_view

#: Statuses with a page of their own; every other one gets the page of 400 or of 500.
STATUSES = {400, 403, 404, 405, 413, 415, 429, 500, 503}
#: Raised also while the Visit is saved, where Flask asks for no handler of our own.
STATUS_OF: dict[type, int] = {stores.StoreUnavailable: 503, VisitFull: 413, TooMany: 429}


def problem(status: int, name: str | None = None) -> AnyResponse:
    """The error page for a status. `name`: the page for one cause of several that share the status."""
    if has_left():
        # These pages say whose site this is.
        return neutral_page()
    known = status if status in STATUSES else 400 if status < 500 else 500
    page = f"errors/{name or known}.html"
    said = SAID_BY_STATUS.get(status, dict)()
    return make_response(render_template(f"desk/{page}" if at_desk() else page, **said), status)


def _about_length() -> dict[str, Any]:
    """For the page about too long a text: the page on which it was written, from the route and never from a header."""
    asked_on, values = getattr(current_view(), "asked_on", None), dict(request.view_args or {})
    if asked_on is None:
        return {"question": None}
    if request.args.get("from") == "check":
        values["from"] = "check"
    return {"question": url_for(asked_on, **values)}


def _about_waiting() -> dict[str, Any]:
    """For the page about too many requests: only the pages of a call have a Continue button that saves."""
    rule = request.url_rule.rule if request.url_rule is not None else ""
    return {"of_a_call": "/calls/" in rule}


SAID_BY_STATUS: dict[int, Callable[[], dict[str, Any]]] = {
    413: _about_length,
    429: _about_waiting,
}


def _http_error(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, SecurityError):
        # Called by a host name that is not ours: Flask can then make no address of ours, and we do not repeat it.
        return Response("There is nothing here.\n", 400, mimetype="text/plain")
    original = getattr(error, "original_exception", None)
    return problem(
        next((STATUS_OF[one] for one in type(original).mro() if one in STATUS_OF), error.code)
    )


def _visit_expired(error: VisitExpired) -> AnyResponse:
    if at_desk():
        return redirect(url_for("desk.sign_in"), 303)
    return problem(403)


def init_app(app: Flask) -> None:
    """Answer every exception that a request may raise with a page."""
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(NotFromOurPage, lambda error: problem(403, "not_from_here"))
    app.register_error_handler(CSRFError, lambda error: problem(403))
    app.register_error_handler(VisitExpired, _visit_expired)
    for kind, status in STATUS_OF.items():
        app.register_error_handler(kind, lambda error, status=status: problem(status))
