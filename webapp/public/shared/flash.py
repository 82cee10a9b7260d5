"""Flash messages: what a page tells about the last step. They are stored in the Visit, by their message key.

A message belongs to one page. No other page shows it, and the next POST removes it.
"""

from flask import g, request

from webapp import sessions
from webapp.public.shared.blueprint import blueprint
from webapp.ui.messages import words_for

#: The Visit's key for the message.
NEWS = "news"


def set_flash(key: str, endpoint: str, /, **values: str) -> None:
    """Set the flash message for one page."""
    sessions.current()[NEWS] = {"key": key, "endpoint": f"public.{endpoint}", "values": values}


def flash_message(endpoint: str | None = None) -> str | None:
    """The flash message for this page, in words; None when there is none.

    A response to a POST that shows the page of another `endpoint` passes that.
    """
    told = sessions.current().get(NEWS)
    if not told or told["values"] != _values():
        return None
    shown = f"public.{endpoint}" if endpoint else request.endpoint
    return words_for(told["key"]) if told["endpoint"] == shown else None


@blueprint.before_request
def pop_flash() -> None:
    """Remove the flash message: a participant who presses a button has read it."""
    if request.method == "POST":
        g.told = sessions.current().pop(NEWS, None)


def retain_flash() -> None:
    """Retain the flash message for the next page: the POST changed nothing, because it was a repeat or was refused."""
    if told := g.get("told"):
        sessions.current()[NEWS] = told


def was_flashed(key: str) -> bool:
    """Whether this was the flash message, on any page, until this POST."""
    told = g.get("told")
    return bool(told) and told["key"] == key


def was_flashed_here(key: str) -> bool:
    """Whether this was the flash message of the page at this very address, until this POST."""
    return was_flashed(key) and g.told["values"] == _values()


def _values() -> dict[str, str]:
    """The arguments of this page's URL besides its language."""
    return dict(request.view_args or {})
