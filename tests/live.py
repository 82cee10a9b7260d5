"""Live server fixtures: the real service, started as `make run` starts it, and a browser in front of it."""

import atexit
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from tests import browser as browsers
from tests import fork_server, in_memory

ROOT = Path(__file__).parents[1]
READY_WITHIN_SECONDS = 120
STOP_WITHIN_SECONDS = 60
OpenBrowser = Callable[..., browsers.Person]
Done = subprocess.CompletedProcess[str]


class ServerDidNotStart(RuntimeError):
    """The service did not answer in time; the message ends with what it printed."""


@dataclass
class Server:
    """One running Hearth on a port of its own."""

    url: str
    instance: Path
    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def sign_in(self) -> dict[str, Any]:
        """The demo coordinator's sign-in."""
        found: dict[str, Any] = json.loads((self.instance / "demo-sign-in.json").read_text())
        return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop, as an operator does; returns its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.wait(timeout=STOP_WITHIN_SECONDS)

    def kill(self) -> None:
        """End it and all it started, at once, as a power cut does."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=STOP_WITHIN_SECONDS)


def free_port() -> int:
    """A free port that no other process is given before our server listens on it.

    Not one of those that the kernel hands out (32768 and up on Linux): it could give it to another worker of the
    tests, or to any connection, while ours still starts. Every worker has a thousand of its own.
    """
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = 12_000 + worker % 20 * 1_000
    while True:
        port = first + secrets.randbelow(1_000)
        with suppress(OSError), socket.socket() as listener:
            listener.bind(("127.0.0.1", port))
            return port


def surroundings(instance: Path, **settings: str) -> dict[str, str]:
    """The environment of a command: this machine's, with these settings and no others of ours."""
    kept = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "COVERAGE_PROCESS_START")
    machine = {name: os.environ[name] for name in kept if name in os.environ}
    return {**machine, "INSTANCE": str(instance), "PYTHONUNBUFFERED": "1", **settings}


def give(instance: Path, *words: str, typed: str = "", **settings: str) -> Done:
    """Give one of the operators' commands, with these lines on its standard input, as from a script."""
    return subprocess.run(
        [fork_server.python(), "-m", "webapp.cli", *words],
        cwd=ROOT,
        env=surroundings(instance, **settings),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def command(instance: Path, *words: str, typed: str = "", **settings: str) -> str:
    """A command that comes to its end; returns what it printed."""
    done = give(instance, *words, typed=typed, **settings)
    assert done.returncode == 0, f"{words}: {done.stdout}\n{done.stderr}"
    return done.stdout


def sheets_in(printed: str) -> list[str]:
    """The words of each recovery sheet, as `init` and `renew-recovery` print them."""
    pages = printed.split("Recovery sheet ")[1:]
    return [" ".join(re.findall(r"(?<!\S)\d+ ([a-z]{3,8})\b", page)[:24]) for page in pages]


def rehearse(instance: Path, sheets: list[str], **settings: str) -> str:
    """Prove every pair of these sheets, as an operator does before the first call is published."""
    lines = "".join(f"{words}\n" for words in sheets)
    return command(instance, "rehearse-recovery", typed=lines, **settings)


def start(
    instance: Path, *, demo: bool = True, python: str | None = None, **settings: str
) -> Server:
    """Start Hearth on a free port and wait until it says it is ready. Raises `ServerDidNotStart`.

    It is a copy of what the fork server has imported, unless a program of its own is given: `sys.executable`.
    """
    settings.setdefault("PORT", str(free_port()))
    settings.setdefault("LIMIT_FACTOR", "1000000")
    instance.mkdir(parents=True, exist_ok=True)
    if demo:
        make_demo(instance, settings)
    log = instance.with_name(f"{instance.name}.log")
    with log.open("ab") as output:
        process = subprocess.Popen(
            [python or fork_server.python(), "-m", "webapp.cli", "run"],
            cwd=ROOT,
            env=surroundings(instance, **settings),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    server = Server(f"http://127.0.0.1:{settings['PORT']}", instance, process, log)
    wait_until_ready(server)
    return server


_DEMOS: dict[tuple[tuple[str, str], ...], Path] = {}


def make_demo(instance: Path, settings: dict[str, str]) -> None:
    """What the command `demo` makes. On SQLite it is made once in a run for the same settings, and copied: nothing in
    it names its folder or its port, and making it takes six seconds of a processor."""
    same = tuple(sorted((name, value) for name, value in settings.items() if name != "PORT"))
    if "DATABASE_URL" in settings or any(instance.iterdir()):
        command(instance, "demo", **settings)
        return
    if same not in _DEMOS:
        folder = in_memory.new_folder("demo")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        command(folder / "instance", "demo", **settings)
        _DEMOS[same] = folder / "instance"
    shutil.copytree(_DEMOS[same], instance, dirs_exist_ok=True)


def wait_until_ready(server: Server) -> None:
    """Return when /healthz answers. Raises `ServerDidNotStart`."""
    deadline = time.monotonic() + READY_WITHIN_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        with (
            suppress(urllib.error.URLError, ConnectionError, TimeoutError),
            urllib.request.urlopen(f"{server.url}/healthz", timeout=2) as answer,
        ):
            if answer.status == 200:
                return
        time.sleep(0.1)
    server.kill()
    raise ServerDidNotStart(server.log.read_text(errors="replace"))


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


@pytest.fixture(scope="session")
def live_server(elsewhere: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The demo, as `make run` starts it, for every journey that leaves it usable for the next."""
    server = start(tmp_path_factory.mktemp("live") / "instance", LEAVE_URL=elsewhere)
    yield server
    try:
        server.stop()
    finally:
        server.kill()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives browsers."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for the run; people in it share nothing."""
    running = browsers.launch(playwright)
    yield running
    running.close()


@pytest.fixture(scope="session")
def whole_browser(playwright: Playwright) -> Iterator[Browser]:
    """The same with all that people have around its engine."""
    running = browsers.launch(playwright, whole=True)
    yield running
    running.close()


@pytest.fixture
def open_browser(browser: Browser, live_server: Server) -> Iterator[OpenBrowser]:
    """Opens browsers: `open_browser(scripts=False, phone=True)`. None of them may have been sent to another host."""
    with ExitStack() as stack:
        people: list[browsers.Person] = []

        def arrive(base: str = live_server.url, **how: Any) -> browsers.Person:
            people.append(stack.enter_context(browsers.person_at(browser, base, **how)))
            return people[-1]

        yield arrive
        outside = [address for person in people for address in person.outside]
    assert not outside, f"requests left our host: {outside}"
