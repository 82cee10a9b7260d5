"""Quick exit, afterwards: a browser that has left sees a neutral page at every address, until it comes back in."""

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.ui.page_language import speak_preferred
from webapp.web.csrf import UNSAFE
from webapp.web.request_target import at_desk


def has_left() -> bool:
    """Whether this request comes from a browser that has left, and is not for the desk."""
    return sessions.has_left(request) and not at_desk()


def neutral_page() -> Response:
    """What Back shows after `/leave`: a page that tells nothing about any visitor, at an address that tells nothing."""
    if request.path != "/" or request.method in UNSAFE:
        # With a place on the page: without one, a browser would carry the one of the old address along.
        return redirect("/#content", 303)
    return _neutral(200)


def neutral_page_refused() -> Response:
    """The same as an error: a browser that fetched it ahead of time throws it away, and asks again."""
    return _neutral(503)


def _neutral(status: int) -> Response:
    speak_preferred()
    return make_response(render_template("public/neutral.html"), status)
