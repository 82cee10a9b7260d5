"""Cross-site request forgery (CSRF): a change must come from a page of ours, and inside a Visit carry its token.

The origin is checked by Sec-Fetch-Site, or in older browsers by Origin or Referer. The token, Flask-WTF's, cannot stand
alone: before a Visit has begun there is none. `guards` asks for both, and no view can leave them out.
"""

from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import HTTPException

from webapp.extensions import csrf

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


class NotFromOurPage(HTTPException):
    """A change that another site asked for, or a program that does not say where from."""

    code = 403


def check_origin() -> None:
    """Raise `NotFromOurPage` unless one of our pages sent this. Old browsers send no Sec-Fetch-Site, some no Origin."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site != "same-origin":
            raise NotFromOurPage
        return
    try:
        source = urlsplit(request.headers.get("Origin") or request.headers.get("Referer") or "")
    except ValueError:
        raise NotFromOurPage from None
    if f"{source.scheme}://{source.netloc}/" != request.host_url:
        raise NotFromOurPage


def check_token() -> None:
    """Raise Flask-WTF's `CSRFError` unless the form carries the token of this Visit, compared in constant time."""
    csrf.protect()
