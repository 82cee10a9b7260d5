"""Guards: who may use a view, enforced before it runs. Deny by default: a view without a guard is not served.

Every view carries exactly one guard. A change must also come from a page of ours and, once a Visit has begun, carry its
CSRF token (`csrf`).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import make_response, redirect, render_template, request
from werkzeug.exceptions import NotFound, UnsupportedMediaType
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from webapp import sessions
from webapp.rules.roles import Act
from webapp.services.infrastructure import disk_space, stores
from webapp.sessions import Visit, VisitExpired
from webapp.ui import draft_previews
from webapp.web import post_redirect_get, refused_cookies
from webapp.web.after_leaving import has_left, neutral_page
from webapp.web.csrf import UNSAFE, check_origin, check_token
from webapp.web.errors import problem
from webapp.web.host_names import check_host, on_this_host
from webapp.web.own_navigation import page_instead
from webapp.web.request_bodies import read_body
from webapp.web.request_target import at_desk, current_view

View = TypeVar("View", bound=Callable[..., Any])


class Guard(StrEnum):
    """Who may use a view, and whether a change needs a CSRF token."""

    ANYONE = "anyone"
    OPENS_VISIT = "opens_visit"
    IN_VISIT = "in_visit"
    COORDINATOR = "coordinator"
    MACHINE = "machine"


def _marked(what: str, value: object = True) -> Callable[[View], View]:
    def mark(view: View) -> View:
        setattr(view, what, value)
        return view

    return mark


#: Every visitor may look; nothing is changed, no Visit is needed.
anyone = _marked("guard", Guard.ANYONE)
#: A POST that opens a Visit: it cannot carry a token yet.
opens_visit = _marked("guard", Guard.OPENS_VISIT)
#: Only inside a Visit.
in_visit = _marked("guard", Guard.IN_VISIT)
#: For programs: no Visit, no page.
machine = _marked("guard", Guard.MACHINE)
#: A view that is served even to a browser that has left.
works_after_leaving = _marked("after_leaving")
#: A view that protects a person, so that it must work on a full disk: the reserve is given up for it (`disk_space`).
works_on_a_full_disk = _marked("on_full_disk")
#: A view of the desk that rotates the session's secret, and may get a double submit: it takes the old cookie once more.
comes_twice = _marked("comes_twice")
#: A page that loads a script although no coordinator is signed in yet (`headers`).
runs_script = _marked("runs_script")
#: A view that answers with a file: the page on which its button was pressed then stays where it is.
answers_with_a_file = _marked("answers_with_a_file")


def may(act: Act, *, fresh: bool = False) -> Callable[[View], View]:
    """Only a signed-in coordinator, one of whose roles allows this act (role-based access control).

    `fresh`: and only within five minutes of a confirmed second factor (step-up authentication). The desk asks for one
    where it is older, and goes on with what was sent (`desk.shared.step_up`).
    """

    def mark(view: View) -> View:
        view.guard, view.act = Guard.COORDINATOR, act  # type: ignore[attr-defined]
        view.fresh = fresh  # type: ignore[attr-defined]
        return view

    return mark


def asked_for_on(page: str) -> Callable[[View], View]:
    """A view that hands out a file on a GET: only to a person who asks for it, as on this page (`own_navigation`)."""
    return _marked("asked_for_on", page)


def takes_words(most_bytes: Callable[..., int], *, asked_on: str) -> Callable[[View], View]:
    """A view whose form may be long. `most_bytes` takes what the address says; `asked_on` is the page with the form.

    Every other view takes `SMALL_BODY` bytes at most.
    """

    def mark(view: View) -> View:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        view.asked_on = asked_on  # type: ignore[attr-defined]
        return view

    return mark


def guard() -> Response | None:
    """Enforce the view's guard before anything else happens."""
    check_host()
    view = current_view()
    _settle_visit(view)
    if "\0" in request.path or b"%00" in request.query_string:
        # No address of ours has one, and PostgreSQL refuses to look for it.
        raise NotFound
    name = getattr(view, "guard", None)
    if name is None:
        return _not_served()
    if request.mimetype == "multipart/form-data":
        # No form of ours sends one; a large one would be written to the disk while it is read.
        raise UnsupportedMediaType
    if answer := _refuse_or_divert(view, name):
        return answer
    _admit(view, name, sessions.current())
    return None


def _settle_visit(view: Any) -> None:
    """End or hide a Visit that this view may not use. Raises `StoreUnavailable` where it could not be read."""
    visit = sessions.current()
    if visit.door == "desk" and visit.is_copy and not _takes_a_copy(view):
        sessions.look_away()
    if visit.left_offline:
        # Whatever is asked for: they left while there was no network to say so.
        sessions.end(left=True)
    if visit.is_unsavable and not _works_after_leaving(view):
        raise stores.StoreUnavailable("volatile")


def _takes_a_copy(view: Any) -> bool:
    """Whether this may be the second press of a button whose first press rotated the secret, as step-up does."""
    is_step_up = getattr(view, "fresh", False) and request.method in UNSAFE
    return bool(is_step_up or getattr(view, "comes_twice", False))


def _works_after_leaving(view: Any) -> bool:
    return bool(getattr(view, "after_leaving", False))


def _not_served() -> Response:
    """No view with a guard has this address and method."""
    if page := post_redirect_get.address_of_page():
        return neutral_page() if has_left() else redirect(page, 303)
    if isinstance(request.routing_exception, RequestRedirect):
        # A slash that is missing at the end, or one too many.
        return redirect(on_this_host(request.routing_exception.new_url), 308)
    # A method that an address does not take, or no such page.
    raise request.routing_exception or NotFound


def _refuse_or_divert(view: Any, name: Guard) -> Response | None:
    """The answer to a request that its view must not see: from a preview, after leaving, or without a cookie.

    Raises `NotFromOurPage`.
    """
    if name is not Guard.MACHINE and request.method in UNSAFE:
        check_origin()
        if draft_previews.is_preview():
            return problem(405)
    if request.blueprint == "public" and has_left() and not _works_after_leaving(view):
        return neutral_page()
    if (page := getattr(view, "asked_for_on", None)) and (answer := page_instead(page)):
        return answer
    if refused_cookies.is_marked() and name is not Guard.MACHINE:
        return refused_cookies.without_mark() if refused_cookies.came_back() else _no_cookie()
    return None


def _no_cookie() -> Response:
    """A Visit has begun, and the browser did not keep the cookie that leads to it."""
    page = render_template("desk/no_cookie.html" if at_desk() else "public/no_cookie.html")
    return make_response(page, 403)


def _admit(view: Any, name: Guard, visit: Visit) -> None:
    """Let the request through to its view. Raises `VisitExpired`, `CSRFError` and `RequestEntityTooLarge`."""
    if request.method in UNSAFE:
        read_body(view)
        if at_desk() or getattr(view, "on_full_disk", False):
            # Coordinators protect people, too; what they enter for others has a brake of its own.
            disk_space.give_up_reserve_if_full()
    if name in (Guard.IN_VISIT, Guard.COORDINATOR) and not visit.begun:
        raise VisitExpired
    if name is Guard.COORDINATOR and "coordinator_id" not in visit:
        raise VisitExpired
    if name not in (Guard.MACHINE, Guard.OPENS_VISIT) and request.method in UNSAFE and visit.begun:
        check_token()
