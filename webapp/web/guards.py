"""What every request passes: guards, languages, security headers and kind error pages.

Every view carries exactly one guard, and a view without one is not served. Whatever changes something must come
from a page of ours (Sec-Fetch-Site, Origin or Referer) and, once a Visit has begun, carry its token.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urlsplit

from flask import (
    Flask,
    Response,
    current_app,
    g,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.exceptions import (
    HTTPException,
    NotFound,
    RequestEntityTooLarge,
    SecurityError,
    UnsupportedMediaType,
)
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.wrappers import Response as AnyResponse

from webapp import sessions
from webapp.extensions import csrf, current_settings
from webapp.rules.forms.size_limits import SMALL_BODY
from webapp.rules.urlencoded import TooManyFields, read_form
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.limits import TooMany
from webapp.services.languages import language_offers
from webapp.sessions import VisitExpired, VisitFull
from webapp.settings import SupportContact
from webapp.ui import draft_previews
from webapp.ui.fragment_cache import prepared
from webapp.ui.page_language import (
    is_draft_language,
    keep_language,
    language_url,
    offered_languages,
    offers_come_from,
    previewed,
    speak_preferred,
    take_language,
)
from webapp.web import post_redirect_get, refused_cookies, static_files

View = TypeVar("View", bound=Callable[..., Any])
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    # "no-referrer" would make browsers send "Origin: null" with our own forms.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=(), "
    "browsing-topics=(), clipboard-write=(self), publickey-credentials-get=(self)",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}

#: What the public door may load beside that: its one script, which may reach nobody but us, and recordings of its
#: words. The desk loads neither.
PUBLIC_POLICY = "script-src 'self'; media-src 'self'; connect-src 'self'"
#: What the few pages of the desk may load on which somebody types for an hour: a script that keeps it (`runs_script`).
DESK_SCRIPT_POLICY = "script-src 'self'; connect-src 'self'"

#: Problems with a page of their own; every other one gets the page of 400 or of 500.
PROBLEMS = {400, 403, 404, 405, 413, 415, 429, 500, 503}


@dataclass(frozen=True)
class Site:
    """What every page says about whose site it is."""

    name: str
    organisation: str
    support: tuple[SupportContact, ...]
    #: None until somebody has said it.
    support_checked_on: date | None
    demo: bool
    #: How people reach us by other ways than this site; empty when nobody has said it.
    reach_us: str
    #: Our address as a browser's history shows it; empty while it is not set.
    host: str


class NotFromOurPage(HTTPException):
    """A change that another site, or nobody knows who, asked for."""

    code = 403


def _guarded(name: str) -> Callable[[View], View]:
    return _marked("guard", name)


def _marked(what: str, value: object = True) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, what, value)
        return view

    return mark


#: Anybody may look; nothing is changed, no Visit is needed.
anyone = _guarded("anyone")
#: A POST that opens a Visit: it cannot carry a token yet.
opens_visit = _guarded("opens_visit")
#: Only inside a Visit.
in_visit = _guarded("in_visit")
#: Only a signed-in coordinator.
coordinator = _guarded("coordinator")
#: For machines: no Visit, no page.
machine = _guarded("machine")
#: A view that is served even to a browser that has left.
works_after_leaving = _marked("after_leaving")
#: A view that renews the desk's Visit, and whose button may be pressed twice: it takes the old cookie once more.
comes_twice = _marked("comes_twice")
#: A page of the desk that loads its one script. Every other page there loads none.
runs_script = _marked("runs_script")


def takes_words(most_bytes: Callable[..., int], *, asked_on: str) -> Callable[[View], View]:
    """A view whose form may be long. `most_bytes` takes what the address says; `asked_on` is the page with the form.

    Every other view takes `SMALL_BODY` bytes at most.
    """

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        view.asked_on = asked_on  # type: ignore[attr-defined]
        return view

    return mark


def guard() -> AnyResponse | None:
    """Enforce the view's guard before anything else happens."""
    visit = sessions.current()
    view = _view()
    if visit.door == "desk" and visit.is_copy and not getattr(view, "comes_twice", False):
        sessions.look_away()
    always = getattr(view, "after_leaving", False)
    if visit.left_offline:
        # Whatever is asked for: they left while there was no network to say so.
        sessions.end(left=True)
    if visit.is_unsavable and not always:
        raise stores.StoreUnavailable("volatile")
    name = getattr(view, "guard", None)
    if "\0" in request.path or b"%00" in request.query_string:
        # No address of ours has one, and PostgreSQL refuses to look for it.
        raise NotFound
    if name is None:
        if page := post_redirect_get.address_of_page():
            return _nothing_open() if _left() else redirect(page, 303)
        # A missing slash at the end, a method that an address does not take, or no such page.
        raise request.routing_exception or NotFound
    if request.mimetype == "multipart/form-data":
        # No form of ours sends one; a large one would be written to the disk while it is read.
        raise UnsupportedMediaType
    if name != "machine" and request.method in UNSAFE:
        _check_origin()
        if draft_previews.is_preview():
            return problem(405)
    if request.blueprint == "public" and _left() and not always:
        return _nothing_open()
    if refused_cookies.is_marked() and name != "machine":
        return refused_cookies.without_mark() if refused_cookies.came_back() else _no_cookie()
    if request.method in UNSAFE:
        _read_form(view)
    return _admit(name, visit)


def _admit(name: str, visit: sessions.Visit) -> AnyResponse | None:
    if name in ("in_visit", "coordinator") and not visit.begun:
        raise VisitExpired
    if name == "coordinator" and "coordinator_id" not in visit:
        raise VisitExpired
    if name != "machine" and name != "opens_visit" and request.method in UNSAFE and visit.begun:
        csrf.protect()
    return None


#: One long form is read apart at a time in a process, so that 64 threads cannot fill the memory.
_reading = threading.Lock()
#: So much more than is taken is read and dropped before it is refused.
MOST_DROPPED = 8 * 1024 * 1024


def _read_form(view: Any) -> None:
    """Read what was sent, as far as this view takes it. Raises RequestEntityTooLarge before anything larger is read."""
    if most_bytes := getattr(view, "most_bytes", None):
        request.max_content_length = most_bytes(**(request.view_args or {}))
    if request.content_length is None or request.content_length > SMALL_BODY:
        # First all of it, however slowly it comes; only then is there anything to wait for.
        try:
            body = request.get_data(cache=False)
        except RequestEntityTooLarge:
            _drop_the_rest()
            raise
        with _reading:
            request.form, request.files = _form_in(body), ImmutableMultiDict()


def _form_in(body: bytes) -> ImmutableMultiDict[str, str]:
    if request.mimetype != "application/x-www-form-urlencoded":
        return ImmutableMultiDict()
    try:
        return ImmutableMultiDict(read_form(body))
    except TooManyFields:
        raise RequestEntityTooLarge from None


def _drop_the_rest() -> None:
    """Read what is refused to its end and keep none of it: a browser that is hung up on shows a page of its own."""
    body, left = request.environ["wsgi.input"], MOST_DROPPED
    while left > 0 and (piece := body.read(SMALL_BODY)):
        left -= len(piece)


def _view() -> Any:
    return current_app.view_functions.get(request.endpoint or "")


def _check_origin() -> None:
    """Refuse what did not come from a page of ours. Old browsers send no Sec-Fetch-Site, some no Origin."""
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


def _left() -> bool:
    return sessions.has_left(request) and not _at_desk()


def _at_desk() -> bool:
    """Whether whoever asks is at the desk. A process without the desk has no page of it, and never says so."""
    doors = current_settings().doors
    return "desk" in doors and (request.path.startswith("/desk") or "public" not in doors)


def _nothing_open() -> AnyResponse:
    """What Back shows after `/leave`: a page that says nothing about anybody, at an address that says nothing."""
    if request.path != "/" or request.method in UNSAFE:
        # With a place on the page: without one, a browser would carry the one of the old address along.
        return redirect("/#content", 303)
    speak_preferred()
    return make_response(render_template("public/neutral.html"))


def _no_cookie() -> AnyResponse:
    """A Visit has begun, and the browser did not keep the cookie that leads to it."""
    page = render_template("desk/no_cookie.html" if _at_desk() else "public/no_cookie.html")
    return make_response(page, 403)


@machine
def healthz() -> Response:
    """Answers "ready" once all three stores do."""
    stores.check()
    return Response("ready\n", mimetype="text/plain")


def secure_headers(response: Response) -> Response:
    """The headers of every answer. Pages are never stored, so that Back shows nothing after `/leave`."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if not _at_desk():
        policy = f"{HEADERS['Content-Security-Policy']}; {PUBLIC_POLICY}"
        response.headers["Content-Security-Policy"] = policy
    elif getattr(_view(), "runs_script", False):
        policy = f"{HEADERS['Content-Security-Policy']}; {DESK_SCRIPT_POLICY}"
        response.headers["Content-Security-Policy"] = policy
    response.headers.setdefault("Cache-Control", "no-store")
    if response.mimetype == "text/html" and "language_tag" in g:
        response.headers.setdefault("Content-Language", g.language_tag)
    if current_settings().secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return response


def problem(status: int, name: str | None = None) -> AnyResponse:
    """The kind page for a problem: what happened, that nothing is lost or what is, and what to do.

    `name`: the page for one cause of several that share the status.
    """
    if _left():
        # These pages say whose site this is.
        return _nothing_open()
    known = status if status in PROBLEMS else 400 if status < 500 else 500
    page = f"errors/{name or known}.html"
    said = _about_length() if status == 413 else {}
    return make_response(render_template(f"desk/{page}" if _at_desk() else page, **said), status)


def _about_length() -> dict[str, Any]:
    """For the page about too long a text: the page on which it was written, from the route and never from a header."""
    asked_on, values = getattr(_view(), "asked_on", None), dict(request.view_args or {})
    if asked_on is None:
        return {"question": None}
    if request.args.get("from") == "check":
        values["from"] = "check"
    return {"question": url_for(asked_on, **values)}


def _http_problem(error: HTTPException) -> AnyResponse:
    if error.code is None or error.code < 400:
        return error.get_response()
    if isinstance(error, SecurityError):
        # Called by a name that is not ours: Flask can then make no address of ours, and we do not say it back.
        return Response("There is nothing here.\n", 400, mimetype="text/plain")
    original = getattr(error, "original_exception", None)
    # Raised while the Visit was saved, where Flask asks for no handler of our own.
    if isinstance(original, stores.StoreUnavailable):
        return problem(503)
    if isinstance(original, VisitFull):
        return problem(413)
    if isinstance(original, TooMany):
        return problem(429)
    return problem(error.code)


def _visit_expired(error: VisitExpired) -> AnyResponse:
    if _at_desk():
        return redirect(url_for("desk.sign_in"), 303)
    return problem(403)


def init_app(app: Flask) -> None:
    """Put all of this around the application's views."""
    settings = app.extensions["hearth_settings"]
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]
    offers_come_from(app, language_offers.offers)
    app.url_value_preprocessor(take_language)
    app.url_defaults(keep_language)
    app.before_request(guard)
    app.after_request(refused_cookies.mark)
    app.after_request(secure_headers)
    app.after_request(static_files.zip_page)
    app.add_url_rule("/static/<name>", "static_file", machine(static_files.send))
    app.add_url_rule("/healthz", "healthz", healthz)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(NotFromOurPage, lambda error: problem(403, "not_from_here"))
    app.register_error_handler(CSRFError, lambda error: problem(403))
    app.register_error_handler(VisitExpired, _visit_expired)
    app.register_error_handler(TooMany, lambda error: problem(429))
    app.register_error_handler(VisitFull, lambda error: problem(413))
    app.register_error_handler(stores.StoreUnavailable, lambda error: problem(503))
    app.context_processor(_for_templates)


def _for_templates() -> dict[str, Any]:
    settings = current_settings()
    site = Site(
        settings.site_name,
        settings.organisation,
        settings.support_contacts,
        settings.support_checked_on,
        settings.demo,
        settings.reach_us,
        urlsplit(settings.base_url).netloc,
    )
    return {
        "site": site,
        "asset_url": static_files.asset_url,
        "prepared": prepared,
        "offered_languages": offered_languages,
        "language_url": language_url,
        "is_draft_language": is_draft_language,
        "previewed": previewed,
    }
