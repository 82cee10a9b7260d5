"""Post/redirect/get: a GET of an address that only takes a POST is redirected to the page of its form.

A browser asks for such an address when a visitor reloads the answer to a form, restores a tab, or picks the address
from the history. Nothing was sent then, so the answer is a page and not an error. The target comes from our own routes
and never from the request, so this is no open redirect.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

from flask import current_app, request, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from webapp.web.request_target import current_view

View = TypeVar("View", bound=Callable[..., Any])


def page_is(endpoint: str) -> Callable[[View], View]:
    """Mark a view that only takes a POST with its page, where that is not the nearest one above its address."""

    def mark(view: View) -> View:
        view.page = endpoint  # type: ignore[attr-defined]
        return view

    return mark


def address_of_page() -> str | None:
    """The address of the page that belongs to this request; None unless it is a GET of what only takes a POST."""
    addresses = current_app.create_url_adapter(request)
    if request.method not in ("GET", "HEAD") or addresses is None:
        return None
    try:
        endpoint, values = addresses.match(method="POST")
    except HTTPException:
        return None
    page = getattr(current_app.view_functions[endpoint], "page", None)
    return url_for(page, **values) if page else _nearest_page(addresses)


def address_of_form() -> str:
    """The address of the page whose button sent this POST: its own, the one that its view names, or the nearest."""
    addresses = current_app.create_url_adapter(request)
    if addresses is None:
        return "/"
    with suppress(HTTPException):
        endpoint, values = addresses.match(method="GET")
        return url_for(endpoint, **values)
    page = getattr(current_view(), "page", None)
    found = url_for(page, **(request.view_args or {})) if page else _nearest_page(addresses)
    return found or "/"


def _nearest_page(addresses: MapAdapter) -> str | None:
    for address in _above(request.path):
        # Also where only a slash at the end is missing: the same address with one comes next.
        with suppress(HTTPException):
            endpoint, values = addresses.match(address, method="GET")
            return url_for(endpoint, **values)
    return None


def _above(path: str) -> Iterator[str]:
    """The addresses above one, from the nearest to "/", each without a slash at its end and with one."""
    while path := path.rpartition("/")[0]:
        yield path
        yield f"{path}/"
    yield "/"
