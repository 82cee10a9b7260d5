"""The session cookie: 256 random bits, HttpOnly, SameSite, `__Host-` and Secure over TLS, no expiry date."""

import base64
import binascii
from typing import Any

from flask import Request, Response

from webapp.extensions import current_settings
from webapp.sessions.states import Begun, Ended
from webapp.sessions.visit import Visit, current
from webapp.vault.visits import Door

COOKIES = {"public": "hearth", "desk": "hearth-desk"}
SAME_SITE = {"public": "Lax", "desk": "Strict"}
#: What the public cookie says after `/leave`: every page then shows nothing, until the visitor comes back in.
LEFT = "left"
#: A cookie that the script sets when a visitor leaves without a network, so that the server cannot be told. All it can
#: do is to end a Visit, at the next request; then it goes. An attacker who could set it would gain nothing more.
CLOSED_NAME, CLOSED = "page", "closed"


def cookie_name(door: Door) -> str:
    """`__Host-` over TLS: no other host of the domain can set or read it."""
    return f"__Host-{COOKIES[door]}" if current_settings().secure else COOKIES[door]


def secret_from(request: Request, door: Door) -> bytes | None:
    """The secret that a request brings for this door; None unless it has the form of one."""
    return secret_in(request.cookies.get(cookie_name(door), ""))


def secret_in(cookie: str) -> bytes | None:
    """The secret in a cookie's value; None unless it has the form of one."""
    try:
        secret = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
    except (ValueError, binascii.Error):
        return None
    return secret if len(secret) == 32 else None


def left_offline(request: Request) -> bool:
    """Whether the script noted that this browser left without a network."""
    return request.cookies.get(CLOSED_NAME) == CLOSED


def has_left(request: Request) -> bool:
    """Whether this browser left, by `/leave` or without a network, and has not come back in."""
    return current().left_offline or request.cookies.get(cookie_name("public")) == LEFT


def set_cookie(visit: Visit, response: Response) -> None:
    """Give the browser the cookie of a new secret, or take the cookie of an ended session away."""
    value = _new_value(visit)
    if value is None:
        return
    options: dict[str, Any] = {
        "path": "/",
        "secure": current_settings().secure,
        "httponly": True,
        "samesite": SAME_SITE[visit.door],
    }
    if visit.left_offline:
        response.delete_cookie(CLOSED_NAME, **options)
    if value:
        response.set_cookie(cookie_name(visit.door), value, **options)
    else:
        response.delete_cookie(cookie_name(visit.door), **options)


def _new_value(visit: Visit) -> str | None:
    """What the cookie is to say; empty when it is to go, None when it stays as it is."""
    match visit.state:
        case Begun(secret=secret):
            return base64.urlsafe_b64encode(secret).decode().rstrip("=")
        case Ended(left=left):
            return LEFT if left else ""
    return None
