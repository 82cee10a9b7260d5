"""What the journeys need beside a browser: six-digit codes, and a place to leave to."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pyotp
import pytest

from tests import live
from tests.live import Server

STEP = 30
NextCode = Callable[[], str]


def codes(server: Server) -> NextCode:
    """Six-digit codes of the demo coordinator, each one once."""
    totp = pyotp.TOTP(server.sign_in["totp_secret"])
    used = 0

    def next_code() -> str:
        nonlocal used
        used = max(used + 1, int(time.time()) // STEP)
        # One step ahead is taken, as a phone's clock may be wrong; further ahead only time helps.
        time.sleep(max(0.0, (used - 1) * STEP - time.time()))
        return totp.at(used * STEP)

    return next_code


@pytest.fixture(scope="session")
def next_code(live_server: Server) -> NextCode:
    """The next unused code at the server of all journeys."""
    return codes(live_server)


class NeutralPage(BaseHTTPRequestHandler):
    """Some other site, about the weather."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(b"<!doctype html><html lang=en><title>Weather</title><h1>It is sunny</h1>")

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def elsewhere() -> Iterator[str]:
    """The address of another site, which "Leave now" leads to."""
    site = HTTPServer(("127.0.0.1", 0), NeutralPage)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://localhost:{site.server_port}/"
    site.shutdown()
    site.server_close()


@pytest.fixture(scope="module")
def own_server(elsewhere: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh demo for the journeys of one module alone."""
    server = live.start(tmp_path_factory.mktemp("own") / "instance", LEAVE_URL=elsewhere)
    yield server
    try:
        server.stop()
    finally:
        server.kill()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):  # type: ignore[no-untyped-def]
    """When a journey fails, say what the servers said."""
    report = yield
    servers = [one for one in getattr(item, "funcargs", {}).values() if isinstance(one, Server)]
    if report.failed:
        report.sections += [("log of the server", one.log.read_text()) for one in servers]
    return report
