"""The blueprint of the public door, and what its views share."""

from typing import Any

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.extensions import current_settings
from webapp.public.drafts.call_draft import Answering
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure.limits import take
from webapp.sessions import VisitExpired
from webapp.ui.messages import words_for
from webapp.web.errors import problem

blueprint = Blueprint("public", __name__)
#: The Visit's key for somebody who was told what "Leave now" does.
TOLD = "told-of-leaving"
#: The Visit's key for what one page has to tell.
NEWS = "news"
#: In the address of a beginning to which somebody was led because their Visit was over.
AWAY = "away"
#: Nobody reads, ticks and sends a whole form in less than this. Tests that turn the limits up turn this down.
FASTEST_SECONDS = 3


class Closed(Exception):
    """The call takes no answers any more. `unsent`: somebody was in the middle of answering."""

    def __init__(self, call: Call, unsent: bool) -> None:
        super().__init__(call.slug)
        self.call = call
        self.unsent = unsent


class CannotBeSent(Exception):
    """There is no key that answers to this call could be sealed to, or it is not ours: none may leave the Visit."""

    def __init__(self, call: Call) -> None:
        super().__init__(call.slug)
        self.call = call


class AlreadySent(Exception):
    """The answers to this call were sent in this Visit; their code is still there to be seen."""

    def __init__(self, slug: str) -> None:
        super().__init__(slug)
        self.slug = slug


def see_other(endpoint: str, **values: Any) -> Response:
    """Post, redirect, get: going back or loading again never sends anything twice.

    Whoever pressed a button goes on where the next page's content begins: a keyboard need not pass the top of every
    page again. Whoever followed a link starts at the top, where "Leave now" is first.
    """
    pressed = request.method == "POST"
    address = url_for(f"public.{endpoint}", _anchor="content" if pressed else None, **values)
    return redirect(address, 303)


def limit(name: str) -> None:
    """Count this request against its network's share. Raises `TooMany`. The address is not kept."""
    take(name, request.remote_addr or "")


def like_a_program(seconds: int, about: str = "") -> str | None:
    """Why this post, so many seconds after the beginning, looks like a program's; None when it does not.

    The key of news, which ends in `about`. A person only presses once more, and is believed when their browser fills in
    the hidden box again; how often anybody may press, `limit` counts all the same.
    """
    hidden_box = f"hidden-box{about}"
    if request.form.get("website") and not _was_told_here(hidden_box):
        return hidden_box
    fastest = round(FASTEST_SECONDS / current_settings().limit_factor)
    return f"very-fast{about}" if seconds < fastest else None


def told_of_leaving() -> bool:
    """Whether this visitor was shown what "Leave now" does. Noted in the Visit: before that there is no cookie."""
    return TOLD in sessions.current()


def note_news(key: str, endpoint: str, /, **values: str) -> None:
    """Let one page tell what this step brought. No other page tells it, and the next button takes it down."""
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
    """Whoever presses a button has read what was told."""
    if request.method == "POST":
        g.told = sessions.current().pop(NEWS, None)


def tell_again() -> None:
    """A button that changed nothing, because it was pressed twice or refused: what was told before is still true."""
    if told := g.get("told"):
        sessions.current()[NEWS] = told


def was_told(key: str) -> bool:
    """Whether this was the news, on whatever page, until this button was pressed."""
    told = g.get("told")
    return bool(told) and told["key"] == key


def _was_told_here(key: str) -> bool:
    return was_told(key) and g.told["values"] == _values()


def _values() -> dict[str, str]:
    """What the address of this page says beside its language."""
    return dict(request.view_args or {})


def after_away() -> str | None:
    """What somebody reads whose page had closed while they were away. By the address: a GET opens no Visit."""
    return words_for("away-too-long") if AWAY in request.args else None


@blueprint.errorhandler(VisitExpired)
def start_again(error: VisitExpired) -> Response:
    """A form page without a Visit leads to its beginning."""
    if request.method not in ("GET", "HEAD"):
        return problem(403)
    slug = (request.view_args or {}).get("slug")
    away = {AWAY: ""} if sessions.current().over else {}
    if slug is None:
        return see_other("choices", **away)
    beginning = "event" if "/events/" in str(request.url_rule) else "start"
    return see_other(beginning, slug=slug, **away)


@blueprint.errorhandler(AlreadySent)
def show_code(error: AlreadySent) -> Response:
    """Back from the code, or something pressed in another tab: it was sent, so say that and nothing else."""
    return see_other("done", slug=error.slug)


@blueprint.errorhandler(Closed)
def closed(error: Closed) -> tuple[str, int]:
    """A call that has closed, kindly."""
    waiting = Answering(error.call, sessions.current()).waits_until
    page = render_template(
        "public/closed.html", call=error.call, unsent=error.unsent, waiting=waiting
    )
    return page, 410


@blueprint.errorhandler(CannotBeSent)
def cannot_be_sent(error: CannotBeSent) -> tuple[str, int]:
    """Nothing is lost and nothing was sent: what was answered stays in the Visit, and can wait under a return code."""
    answering = Answering(error.call, sessions.current())
    page = render_template("public/cannot_be_sent.html", call=error.call, begun=answering.begun)
    return page, 503
