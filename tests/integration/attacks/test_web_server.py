"""What was tried on the web server. Each test is one way in, closed."""

import importlib.util
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from http import HTTPStatus
from pathlib import Path
from types import ModuleType

import pytest

from tests.live import ROOT, Server, free_port, surroundings


def test_half_requests_do_not_stop_the_others(live_server: Server) -> None:
    # Given forty sockets with half a header
    with ExitStack() as open_sockets:
        for _ in range(40):
            half = open_sockets.enter_context(closing(connect(live_server)))
            half.sendall(b"GET /en/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        time.sleep(0.5)
        # When others come, then they are answered
        for _ in range(5):
            with urllib.request.urlopen(f"{live_server.url}/healthz", timeout=15) as answer:
                assert answer.status == HTTPStatus.OK


def test_a_broken_request_leaves_no_address_in_the_log(live_server: Server) -> None:
    # Given what is in the log
    before = live_server.log.stat().st_size
    # When requests come that are none, from an address of their own
    for sent in (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n",
        b"POST /en/choices HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60),
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    ):
        with closing(connect(live_server, "127.0.0.77")) as odd:
            odd.sendall(sent)
            odd.shutdown(socket.SHUT_WR)
            while odd.recv(4096):
                pass
    # Then the log says nothing of who it was, nor what
    written = live_server.log.read_bytes()[before:]
    assert b"127.0.0.77" not in written
    assert b"nonsense" not in written
    assert b"Traceback" not in written


def connect(server: Server, source: str = "127.0.0.1") -> socket.socket:
    port = int(server.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=15, source_address=(source, 0))


SHORTER = """
import importlib.util
spec = importlib.util.spec_from_file_location("bounded", {conf!r})
bounded = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bounded)
bounded.LONGEST_SECONDS = 1
worker_class, workers, threads = bounded.BoundedWorker, 1, 2
"""
ANSWERS = """
import time

def slowly(goes_on):
    for _ in range(6):
        time.sleep(0.5)
        goes_on()
        yield b"more "
    yield b"all"

def app(environ, start):
    if environ["PATH_INFO"] == "/list":
        start("200 OK", [])
        return slowly(environ["hearth.goes_on"])
    if environ["PATH_INFO"] == "/stuck":
        start("200 OK", [])
        return slowly(lambda: None)
    environ["wsgi.input"].read()
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[int]:
    """gunicorn with our worker, two threads and a second of patience. Gives its port."""
    (tmp_path / "conf.py").write_text(SHORTER.format(conf=str(ROOT / "gunicorn.conf.py")))
    (tmp_path / "answers.py").write_text(ANSWERS)
    port = free_port()
    bind = ("-c", "conf.py", "--bind", f"127.0.0.1:{port}", "--log-level", "error")
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "answers:app", "--no-control-socket", *bind],
        cwd=tmp_path,
        env=surroundings(tmp_path),
        start_new_session=True,
    )
    try:
        wait_for(lambda: ask(port, b"GET / HTTP/1.0\r\n\r\n").endswith(b"ok"))
        yield port
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=10)


def wait_for(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if happens():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not happen")


def ask(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as asking:
        asking.sendall(sent)
        return b"".join(iter(lambda: asking.recv(4096), b""))


@pytest.mark.parametrize(
    "half",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
    ],
    ids=["header", "body"],
)
def test_a_client_that_is_too_slow_is_hung_up_on(hasty: int, half: bytes) -> None:
    # Given both threads held by a client that does not go on
    with ExitStack() as slow:
        held = [
            slow.enter_context(socket.create_connection(("127.0.0.1", hasty), timeout=20))
            for _ in range(2)
        ]
        for one in held:
            one.sendall(half)
        time.sleep(0.3)
        # When a visitor comes, then they wait, but not for ever
        assert ask(hasty, b"GET / HTTP/1.0\r\n\r\n").endswith(b"ok")
        # And the slow ones get no page: their line is dead
        for one in held:
            assert b"200 OK" not in one.recv(4096)


def test_an_answer_that_says_that_it_goes_on_may_take_longer(hasty: int) -> None:
    # Given a second of patience, and a list that takes three
    # When it says with each piece that it goes on, then it comes whole
    assert ask(hasty, b"GET /list HTTP/1.0\r\n\r\n").endswith(b"more all")
    # And where nothing says so, the line is cut
    assert not ask(hasty, b"GET /stuck HTTP/1.0\r\n\r\n").endswith(b"all")


def test_a_line_that_is_dead_already_is_no_error() -> None:
    conf = configuration()
    one, other = socket.socketpair()
    with one, other:
        conf.hang_up(one)
        assert other.recv(1) == b""
        conf.hang_up(one)
    conf.hang_up(one)


def test_the_server_is_told_to_be_quiet_and_quick() -> None:
    conf = configuration()
    assert conf.worker_class is conf.BoundedWorker
    assert conf.accesslog is None
    assert conf.loglevel == "error"
    assert conf.threads > 40
    assert conf.LONGEST_SECONDS <= 60
    # It counts because it lies where the server is started
    assert re.search(r"gunicorn wsgi:app", (ROOT / "docs" / "operating.md").read_text())


def configuration() -> ModuleType:
    """gunicorn.conf.py, as gunicorn reads it."""
    spec = importlib.util.spec_from_file_location("gunicorn_conf", ROOT / "gunicorn.conf.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
