"""Flash messages: what one page has to tell about the last step. They are kept in the Visit, by their key.

A message belongs to one page. No other page shows it, and the next button that is pressed removes it.
"""

from flask import g, request

from webapp import sessions
from webapp.public.shared.blueprint import blueprint
from webapp.ui.messages import words_for

#: The Visit's key for the message.
NEWS = "news"


def note_news(key: str, endpoint: str, /, **values: str) -> None:
    """Let one page tell what this step brought."""
    sessions.current()[NEWS] = {"key": key, "endpoint": f"public.{endpoint}", "values": values}


def news(endpoint: str | None = None) -> str | None:
    """What the last step has to tell on this page, in words; None when there is nothing to tell.

    An answer to a post that shows the page of another `endpoint` names it.
    """
    told = sessions.current().get(NEWS)
    if not told or told["values"] != _values():
        return None
    shown = f"public.{endpoint}" if endpoint else request.endpoint
    return words_for(told["key"]) if told["endpoint"] == shown else None


@blueprint.before_request
def take_down_news() -> None:
    """A participant who presses a button has read what was told."""
    if request.method == "POST":
        g.told = sessions.current().pop(NEWS, None)


def tell_again() -> None:
    """A button that changed nothing, because it was pressed twice or refused: what was told before is still true."""
    if told := g.get("told"):
        sessions.current()[NEWS] = told


def was_told(key: str) -> bool:
    """Whether this was the message, on whatever page, until this button was pressed."""
    told = g.get("told")
    return bool(told) and told["key"] == key


def was_told_here(key: str) -> bool:
    """The same, on the page of this very address."""
    return was_told(key) and g.told["values"] == _values()


def _values() -> dict[str, str]:
    """What the address of this page says beside its language."""
    return dict(request.view_args or {})
