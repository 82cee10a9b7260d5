"""What a request asks for: the view, and the door that the view belongs to."""

from typing import Any

from flask import current_app, request

from webapp.extensions import current_settings


def current_view() -> Any:
    """The view function of this request, which carries its guard and its marks; None where no route leads."""
    return current_app.view_functions.get(request.endpoint or "")


def at_desk() -> bool:
    """Whether this request is for the desk. A process without the desk has no page of it, and never says so."""
    doors = current_settings().doors
    return "desk" in doors and (request.path.startswith("/desk") or "public" not in doors)
