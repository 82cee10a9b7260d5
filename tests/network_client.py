"""A test client over the network: what a `Visitor` does, it does to a server that runs, through its proxy and TLS."""

import http.client
import ssl
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import Client

from tests.visitor import Visitor

#: Headers of one connection, which are not handed on.
OF_THE_CONNECTION = ("connection", "keep-alive", "transfer-encoding")


def visitor(base: str, authority: str | None = None) -> Visitor:
    """A person with a browser at this address; `authority` is the file with the certificate that it trusts."""
    trusted = ssl.create_default_context(cafile=authority)

    def forward(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        return _forward(base, trusted, environ, start)

    return Visitor(Client(forward), base)  # type: ignore[arg-type]  # it has all that a visitor uses


def _forward(
    base: str, trusted: ssl.SSLContext, environ: dict[str, Any], start: Callable[..., Any]
) -> Iterable[bytes]:
    """A WSGI application that asks the server, as a browser on our own pages does, and answers what it answers."""
    there = urlsplit(base)
    assert there.hostname
    connection = http.client.HTTPSConnection(
        there.hostname, there.port or 443, timeout=60, context=trusted
    )
    sent = {
        name.removeprefix("HTTP_").replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    sent |= {"Origin": base, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate"}
    query = environ.get("QUERY_STRING")
    path = environ["PATH_INFO"] + (f"?{query}" if query else "")
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    try:
        connection.request(environ["REQUEST_METHOD"], path, body or None, sent)
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    headers = [one for one in answer.getheaders() if one[0].lower() not in OF_THE_CONNECTION]
    start(f"{answer.status} {answer.reason}", headers)
    return [content]
