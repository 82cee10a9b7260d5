"""What the log says when something breaks: enough to mend it, and nothing about any person."""

import re
import socket
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.logging import default_handler
from flask.testing import FlaskClient

from tests.integration.public.steps import START
from tests.live import ROOT, free_port, surroundings
from tests.people import begin
from tests.visitor import Visitor
from webapp import sessions
from webapp.services.events import own_registrations
from webapp.services.infrastructure import stores
from webapp.sessions import store
from webapp.vault.tickets import new_ticket

SAID = "ana.k@example.org"
TIME_OF_DAY = re.compile(r"[0-9]:[0-9]{2}")


def log_of(caplog: pytest.LogCaptureFixture) -> str:
    """What lands where Flask writes its log, and what any other handler would be given."""
    return "\n".join([*map(default_handler.format, caplog.records), caplog.text])


def breaks(*args: object) -> None:
    try:
        {}[SAID]
    except KeyError as error:
        raise ValueError(f"{SAID} cannot be read") from error


def test_what_breaks_is_named_and_whom_it_happened_to_is_not(
    page_app: Flask, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a mistake in our code, and a registrant who opens their own page
    monkeypatch.setattr(own_registrations, "find_own", breaks)
    ticket, visitor = new_ticket(), Visitor(page_app.test_client())
    with time_machine.travel(datetime(2026, 12, 1, 13, 47, 59, tzinfo=UTC), tick=False):
        visitor.get(f"/en/r/{ticket}")
    assert visitor.status == 500
    # Then the log has the route, the kinds, the place and the day
    log = log_of(caplog)
    for told in ("GET /<language>/r/<ticket>", "ValueError", "KeyError", "in breaks", "2026-12-01"):
        assert told in log
    # And not the ticket, not what was said, not the time
    for hidden in (ticket, "/en/r/", SAID, "127.0.0.1"):
        assert hidden not in log
    assert not TIME_OF_DAY.search("\n".join(map(default_handler.format, caplog.records)))


def test_what_breaks_while_a_problem_is_answered_is_told_no_further(
    page_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a mistake in our code that meets the page of 500, too
    page_app.after_request(breaks)
    FlaskClient(page_app, page_app.response_class).get("/en/")
    # Then what was said is not in the log
    assert "ValueError" in log_of(caplog)
    assert SAID not in log_of(caplog)


@pytest.mark.parametrize("problem", [sessions.VisitFull(SAID), stores.StoreUnavailable("volatile")])
def test_a_visit_that_cannot_be_saved_is_one_line(
    page_app: Flask,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    problem: Exception,
) -> None:
    # Given a participant whose Visit is full, or cannot be reached
    visitor = Visitor(page_app.test_client())
    begin(visitor)

    def cannot(*args: object) -> None:
        raise problem

    monkeypatch.setattr(store, "write", cannot)
    # When they come to a call's page
    visitor.get(START)
    assert visitor.status in (413, 503)
    # Then one line says which kind of thing it was
    (line,) = log_of(caplog).splitlines()[:1]
    assert type(problem).__name__ in line
    assert "Traceback" not in log_of(caplog)
    assert SAID not in log_of(caplog)
    assert START not in log_of(caplog)


BREAKS = """
def app(environ, start):
    raise ValueError("@".join({said!r}))
"""


def ask(port: int, address: str) -> None:
    """Ask for a page as soon as a server answers on this port."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=20) as asking:
            asking.sendall(f"GET {address} HTTP/1.0\r\n\r\n".encode())
            if asking.recv(4096):
                return
        time.sleep(0.1)
    raise AssertionError("the server did not answer")


def test_the_server_is_as_quiet(tmp_path: Path) -> None:
    # Given an application that breaks before Flask could answer for it
    (tmp_path / "breaking.py").write_text(BREAKS.format(said=SAID.split("@")))
    port, log = free_port(), tmp_path / "log"
    bind = ("-c", str(ROOT / "gunicorn.conf.py"), "--bind", f"127.0.0.1:{port}")
    with log.open("wb") as written:
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "breaking:app", *bind],
            cwd=tmp_path,
            env=surroundings(tmp_path),
            stdout=written,
            stderr=written,
        )
    # When a registrant opens their own page there
    try:
        ask(port, f"/en/r/{new_ticket()}")
    finally:
        server.terminate()
        server.wait(timeout=30)
    # Then its log has the kind and the place, and neither the address, nor the words, nor the time
    said = log.read_text()
    assert "ValueError" in said
    assert "breaking.py" in said
    assert "/en/r/" not in said
    assert SAID not in said
    assert not TIME_OF_DAY.search(said)
