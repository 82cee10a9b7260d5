"""Detection of refused cookies: a browser that keeps none is found at the first redirect after a Visit began.

Post, redirect, get: the answer to the POST sets the cookie, and its Location carries a neutral mark. When the browser
follows it with a cookie, the mark goes by one more redirect, so that it never stays in an address or in the history.
Without a cookie, every page inside a Visit would only lead back to the beginning.
"""

from urllib.parse import quote, urlencode, urlsplit, urlunsplit

from flask import redirect, request
from werkzeug.wrappers import Response

from webapp import sessions

#: A neutral word without personal data: an address may be seen by others.
MARK = "first"


def came_back() -> bool:
    """Whether this browser sent one of our cookies along, whatever it says."""
    return sessions.cookie_name(sessions.current().door) in request.cookies


def mark(response: Response) -> Response:
    """Mark the redirect of a browser that gets its first cookie with this answer. Known browsers need no mark."""
    new = sessions.current().has_new_secret
    if new and response.status_code == 303 and not came_back():
        parts = urlsplit(response.location or "")
        query = f"{parts.query}&{MARK}" if parts.query else MARK
        response.location = urlunsplit(parts._replace(query=query))
    return response


def is_marked() -> bool:
    """Whether this request comes from such a redirect."""
    return request.method in ("GET", "HEAD") and MARK in request.args


def without_mark() -> Response:
    """Redirect to the same page at its own address. It is built from the path alone, so this is no open redirect."""
    others = [(name, value) for name, value in request.args.items(multi=True) if name != MARK]
    query = f"?{urlencode(others)}" if others else ""
    return redirect(f"{quote(request.path)}{query}#content", 303)
