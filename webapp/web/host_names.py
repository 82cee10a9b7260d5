"""The Host header: which names and ports are ours (against host header injection, RFC 9112, section 3.2).

Flask compares the name with `TRUSTED_HOSTS`, whatever its port; here the port is compared, and that there is a name.
"""

from urllib.parse import urlsplit

from flask import request
from werkzeug.exceptions import SecurityError

from webapp.extensions import current_settings
from webapp.settings import LOCAL

NEEDS_HOST = "HTTP/1.1"
USUAL_PORT = {"https": 443, "http": 80}


def check_host() -> None:
    """Raise `SecurityError` where a request of HTTP/1.1 names no host, or ours with a port that is not ours."""
    if "Host" not in request.headers and request.environ.get("SERVER_PROTOCOL") == NEEDS_HOST:
        raise SecurityError
    ours = urlsplit(current_settings().base_url)
    asked = urlsplit(f"//{request.host}")
    if asked.hostname != ours.hostname or asked.hostname in LOCAL:
        # This machine's own names are asked by the supervisor and through tunnels, on any port.
        return
    usual = USUAL_PORT.get(ours.scheme)
    if (asked.port or usual) != (ours.port or usual):
        raise SecurityError


def on_this_host(address: str) -> str:
    """An address of ours without scheme and host, so that a redirect repeats nothing that a client said."""
    parts = urlsplit(address)
    # One slash alone: two would name another host.
    path = "/" + parts.path.lstrip("/")
    return parts._replace(scheme="", netloc="", path=path).geturl()
