"""Which forwarded headers are believed, and what a visitor's address is behind the operator's reverse proxies.

Of what a proxy may say, only the client's address and the scheme are taken, from as many proxies as `PROXY_HOPS` says.
The host is the one in `Host`: a second header for it (`X-Forwarded-Host`) would be one more that a client could set.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import Flask, current_app, request
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.extensions import current_settings
from webapp.rules import clock
from webapp.services.infrastructure import shared_network, stores
from webapp.web.csrf import UNSAFE

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: As some proxies write an address: `203.0.113.9:51234`, `[2001:db8::1]:443`.
WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([0-9.]+):\d+")
#: What a reverse proxy adds to a request, and a browser does not.
SIGNS_OF_A_PROXY = ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "Via")
#: The day on which this process said so in the log, and the day on which it noted it for `check`.
SAID = "hearth_shared_network_said"
NOTED = "hearth_shared_network_noted"


class BareAddresses:
    """WSGI middleware: the client's address without a port, so that the limits know its network."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        environ["REMOTE_ADDR"] = bare(environ.get("REMOTE_ADDR", ""))
        return self.app(environ, start)


def bare(address: str) -> str:
    """An address without its port; any other text as it is."""
    found = WITH_PORT.fullmatch(address.strip())
    return (found[1] or found[2]) if found else address.strip()


def init_app(app: Flask) -> None:
    """Believe as many proxies as the settings say, and note where they leave all visitors one address."""
    hops = app.extensions["hearth_settings"].proxy_hops
    if hops:
        plain = BareAddresses(app.wsgi_app)
        app.wsgi_app = ProxyFix(plain, x_for=hops, x_proto=hops, x_host=0, x_port=0, x_prefix=0)  # type: ignore[method-assign]
    app.before_request(_note_shared_network)


def is_one_network_for_all() -> bool:
    """Whether this request shows that all visitors count as one network: the proxy's address stands for theirs.

    No visitor is looked at for this: only which headers are there, and whether the address is one.
    """
    settings = current_settings()
    if settings.demo:
        return False
    if not settings.proxy_hops:
        return _is_near(request.remote_addr or "") and any(
            name in request.headers for name in SIGNS_OF_A_PROXY
        )
    said = [one for one in request.headers.get("X-Forwarded-For", "").split(",") if one.strip()]
    return len(said) < settings.proxy_hops or not _is_address(request.remote_addr or "")


def _note_shared_network() -> None:
    """Log it and note it for `check`, once a day each; on a change alone, since a GET writes nothing."""
    if request.method not in UNSAFE or _is_noted_today() or not is_one_network_for_all():
        return
    _say_once_a_day()
    with suppress(stores.StoreUnavailable):
        # What a person does must not wait for a note to the operator: the next request tries again.
        shared_network.note()
        current_app.extensions[NOTED] = clock.today()


def _is_noted_today() -> bool:
    return bool(current_app.extensions.get(NOTED) == clock.today())


def _say_once_a_day() -> None:
    if current_app.extensions.get(SAID) != clock.today():
        current_app.extensions[SAID] = clock.today()
        current_app.logger.warning("%s", shared_network.WORDS)


def _is_near(address: str) -> bool:
    """Whether a proxy of the operator's may be there: an address that the internet does not route."""
    return _is_address(address) and ip_address(address.partition("%")[0]).is_private


def _is_address(text: str) -> bool:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return True
