"""What the journeys need beside a browser: six-digit codes, and a server of their own."""

import time
from collections.abc import Callable, Iterator

import pyotp
import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from tests import browser as browsers
from tests import live
from tests.browser import Person
from tests.live import Server
from tests.meetings import beside
from tests.rows import change
from webapp.models import Coordinator
from webapp.services.infrastructure import stores

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


@pytest.fixture(scope="module")
def own_server(elsewhere: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A fresh demo for the journeys of one module alone."""
    server = live.start(tmp_path_factory.mktemp("own") / "instance", LEAVE_URL=elsewhere)
    yield server
    try:
        server.stop()
    finally:
        server.kill()


@pytest.fixture
def next_own_code(own_server: Server) -> NextCode:
    """A six-digit code that works at once: no test waits half a minute for the next one."""

    def code() -> str:
        with beside(own_server) as meetings, meetings.app.app_context(), stores.writing() as main:
            change(main, select(Coordinator), {"totp_last_step": 0})
        return pyotp.TOTP(own_server.sign_in["totp_secret"]).now()

    return code


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def person(
    request: pytest.FixtureRequest, browser: Browser, own_server: Server
) -> Iterator[Person]:
    """A person at that server; a test that takes it runs with scripts and without."""
    with browsers.person_at(browser, own_server.url, scripts=request.param) as one:
        yield one


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item):  # type: ignore[no-untyped-def]
    """When a journey fails, say what the servers said."""
    report = yield
    servers = [one for one in getattr(item, "funcargs", {}).values() if isinstance(one, Server)]
    if report.failed:
        report.sections += [("log of the server", one.log.read_text()) for one in servers]
    return report
