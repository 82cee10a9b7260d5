"""The device cookie of the desk: it gives a browser that has signed in here a lane of its own against floods."""

from typing import Final

from flask import Response, after_this_request, request

from webapp.extensions import current_settings
from webapp.services.keys import known_devices
from webapp.services.keys.known_devices import Device

NAME: Final = "hearth-device"


def cookie_name() -> str:
    """`__Host-` over TLS: no other host of the domain can set or read it."""
    return f"__Host-{NAME}" if current_settings().secure else NAME


def recognised(sign_in_name: str) -> Device | None:
    """The browser of this request, if the coordinator of this name has signed in with it."""
    token = request.cookies.get(cookie_name())
    return known_devices.recognise(sign_in_name, token) if token and sign_in_name else None


def give(sign_in_name: str) -> None:
    """Give the browser a new cookie with the answer to this request: the coordinator of this name has signed in."""
    token = known_devices.new_token(sign_in_name)
    if not token:
        return

    @after_this_request
    def set_cookie(response: Response) -> Response:
        response.set_cookie(
            cookie_name(),
            token,
            max_age=known_devices.seconds_kept(),
            path="/",
            secure=current_settings().secure,
            httponly=True,
            samesite="Strict",
        )
        return response
