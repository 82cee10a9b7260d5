"""WSGI middleware that measures requests: how long each took, by group of routes, method and class of status."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from flask import Flask

from webapp import metrics
from webapp.metrics import Measured
from webapp.metrics.layout import Route
from webapp.web.guards import Guard

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]
STATIC: Final = "static_file"
#: What the application leaves in the environment of a request: it knows its route.
REQUEST: Final = "werkzeug.request"


def init_app(app: Flask) -> None:
    """Measure this application, where its process is measured. The outermost middleware: waiting for a turn counts."""
    measured = metrics.current()
    if measured is not None:
        measured.name = ",".join(app.extensions["hearth_settings"].doors)
        app.wsgi_app = Measuring(app, app.wsgi_app, measured)  # type: ignore[method-assign]


class Measuring:
    """Counts a request when its answer is there, as a turn ends (`turns`); not when a slow client has read it."""

    def __init__(self, app: Flask, inner: WsgiApp, measured: Measured) -> None:
        self._app, self._inner, self._meter = app, inner, measured.meter
        self._routes: Mapping[str, Route] = {}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        status, route = 500, Route.UNKNOWN

        def note(line: str, *more: Any) -> Any:
            nonlocal status, route
            # The request is taken out of the environment at its end.
            status, route = int(line[:3]), self._route(environ)
            return start_response(line, *more)

        began = self._meter.begin()
        try:
            return self._inner(environ, note)
        finally:
            self._meter.end(began, route, environ["REQUEST_METHOD"], status)

    def _route(self, environ: Mapping[str, Any]) -> Route:
        rule = getattr(environ.get(REQUEST), "url_rule", None)
        if not self._routes:
            # The doors are registered after the middleware.
            self._routes = {name: route_of(self._app, name) for name in self._app.view_functions}
        return Route.UNKNOWN if rule is None else self._routes.get(rule.endpoint, Route.UNKNOWN)


def route_of(app: Flask, endpoint: str) -> Route:
    """The group of an endpoint, by its door and its guard: a new page is in a group without being listed anywhere."""
    guard = getattr(app.view_functions[endpoint], "guard", None)
    if endpoint == STATIC:
        return Route.STATIC
    if guard is Guard.MACHINE:
        return Route.MACHINE
    if endpoint.startswith("desk."):
        return Route.DESK if guard is Guard.COORDINATOR else Route.SIGN_IN
    return Route.PUBLIC
