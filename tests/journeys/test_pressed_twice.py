"""Pressing a button twice on a slow network, without scripts: the browser throws the first answer away.

Measured here with the system's Chromium: the second press goes off with the cookie of before, and the cookie in the
answer to the first one is never seen.
"""

import re
import socket
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, expect

from tests import browser as browsers
from tests.browser import PATIENCE, Person
from tests.journeys.leaving import GROUP, NAME, SECRET, at_a_question
from tests.journeys.steps import CALL, fill, page_address, path, press
from tests.live import Server

SLOW_SECONDS = 0.5
BETWEEN_SECONDS = 0.12
CHUNK = 65_536


class SlowNetwork(socketserver.ThreadingTCPServer):
    """Passes everything on to a server. While it is `slow`, what the server says comes late."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, server: Server) -> None:
        super().__init__(("127.0.0.1", 0), Wire)
        self.beyond = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.slow = False


class Wire(socketserver.BaseRequestHandler):
    """One connection."""

    server: SlowNetwork

    def handle(self) -> None:
        beyond = socket.create_connection(self.server.beyond)
        answers = threading.Thread(target=self._pass, args=(beyond, self.request), daemon=True)
        answers.start()
        self._pass(self.request, beyond)
        # The browser hung up. The server answers all the same.
        answers.join(SLOW_SECONDS * 4)
        beyond.close()

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        from_server = other is self.request
        try:
            while data := one.recv(CHUNK):
                if from_server and self.server.slow:
                    time.sleep(SLOW_SECONDS)
                other.sendall(data)
        except OSError:
            # Either end may go at any moment.
            pass
        if from_server:
            # Else the browser would use a connection again that the server has closed.
            with suppress(OSError):
                other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def network(live_server: Server) -> Iterator[SlowNetwork]:
    slow = SlowNetwork(live_server)
    threading.Thread(target=slow.serve_forever, daemon=True).start()
    yield slow
    slow.shutdown()
    slow.server_close()


@pytest.fixture
def person(browser: Browser, network: SlowNetwork) -> Iterator[Person]:
    """A participant without scripts, behind that network."""
    with browsers.person_at(browser, network.url, scripts=False) as one:
        yield one


def press_twice(person: Person, network: SlowNetwork, leads_to: str) -> None:
    """Press the page's main button twice, before anything can have come back; end at an address with these words."""
    button = person.page.locator("main form button").first
    button.scroll_into_view_if_needed()
    box = button.bounding_box()
    assert box is not None
    network.slow = True
    person.page.mouse.click(box["x"] + 5, box["y"] + 5)
    time.sleep(BETWEEN_SECONDS)
    person.page.mouse.click(box["x"] + 5, box["y"] + 5)
    # Asked again and again: waiting for a navigation would fail with the first press, which the browser gives up.
    expect(person.page).to_have_url(re.compile(re.escape(leads_to)), timeout=PATIENCE)
    person.page.wait_for_load_state()
    network.slow = False


def test_begin_pressed_twice_loses_no_answer(person: Person, network: SlowNetwork) -> None:
    # Given a participant who answers a call, and has come back to its beginning
    at_a_question(person)
    press(person, "Continue")
    person.go(f"/en/calls/{CALL}/")
    cookie = person.context.cookies(person.base)[0]["value"]
    # When they press Begin twice
    press_twice(person, network, "/page/first")
    # Then the cookie is a new one, and what they wrote is there
    assert person.context.cookies(person.base)[0]["value"] != cookie
    person.go(page_address("change"))
    assert person.page.input_value("textarea") == SECRET


def test_everything_pressed_twice_books_one_seat(person: Person, network: SlowNetwork) -> None:
    # Given a participant who answers a call, and books a seat with two presses on every button
    at_a_question(person)
    press(person, "Continue")
    person.go(f"{GROUP}/")
    press_twice(person, network, "/register")
    fill(person, adult="yes", display_name=NAME)
    press_twice(person, network, "/registered")
    # Then there is one booking, with its link, and the answers are there
    assert person.page.locator("p.link").count() == 1
    assert path(person) == f"{GROUP}/registered"
    person.go(page_address("change"))
    assert person.page.input_value("textarea") == SECRET
