"""Error handlers of the public door: expired Visit, closed call, answers already submitted, unusable encryption key,
rows that were changed by hand."""

from flask import render_template, request
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.public.drafts.call_draft import CallDraft
from webapp.public.shared.blueprint import blueprint, see_other
from webapp.public.shared.query_marks import AWAY
from webapp.public.shared.refusals import AlreadySent, CannotBeSent, Closed
from webapp.services.calls import tell_backs
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.sessions import VisitExpired
from webapp.web.errors import problem


@blueprint.errorhandler(VisitExpired)
def start_again(error: VisitExpired) -> Response:
    """Without a Visit, a form page redirects to its start page."""
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
    """Submitted already, by Back or in another tab: redirect to the receipt."""
    return see_other("done", slug=error.slug)


@blueprint.errorhandler(Closed)
def closed(error: Closed) -> tuple[str, int]:
    """The call has closed."""
    waiting = CallDraft(error.call, sessions.current()).waits.until
    page = render_template(
        "public/closed.html",
        call=error.call,
        unsent=error.unsent,
        waiting=waiting,
        told=tell_backs.recent_line(error.call.id),
    )
    return page, 410


@blueprint.errorhandler(CannotBeSent)
def cannot_be_sent(error: CannotBeSent) -> tuple[str, int]:
    """Nothing was submitted or lost: the answers stay in the Visit, and can be stored under a return code."""
    begun = CallDraft(error.call, sessions.current()).begun
    return render_template("public/cannot_be_sent.html", call=error.call, begun=begun), 503


@blueprint.errorhandler(RowForged)
def not_ours(error: RowForged) -> Response:
    """An integrity check failed: what the page is about was not written by us. None of its words are shown."""
    return problem(503, "row_forged")
