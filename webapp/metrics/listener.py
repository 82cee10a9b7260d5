"""The socket that a monitor reads metrics from: loopback or Unix, never the door's port, and one word of HTTP.

No visitor reaches it, and what answers here is no application: it reads a request's first lines, and knows one address.
"""

import os
import select
import socket
import stat
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from webapp.metrics import exposition
from webapp.metrics.process import Measured

#: A client has so long for its whole request.
PATIENCE_SECONDS: Final = 3.0
LONGEST_REQUEST: Final = 8192
#: So often it is looked whether there is something new to tell.
EVERY_SECONDS: Final = 5.0
#: For the owner and the group alone.
MODE: Final = 0o660


class CannotListen(Exception):
    """The address of metrics cannot be listened on; the message says why, for the operator."""


def listen(address: str) -> socket.socket:
    """Bind the address from `METRICS_ADDRESS`. Non-blocking: of several processes one is handed each connection.

    Raises `CannotListen`.
    """
    try:
        listening = _unix(address) if address.startswith("/") else _loopback(address)
        listening.listen(8)
    except OSError as error:
        raise CannotListen(f"METRICS_ADDRESS cannot be listened on ({error.strerror})") from None
    listening.setblocking(False)
    return listening


def _loopback(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _bind(listening, (host.strip("[]"), int(port)))
    return listening


def _unix(path: str) -> socket.socket:
    _remove_left_over(path)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o777 & ~MODE)
    try:
        _bind(listening, path)
    finally:
        os.umask(before)
    return listening


def _bind(listening: socket.socket, address: str | tuple[str, int]) -> None:
    try:
        listening.bind(address)
    except OSError:
        listening.close()
        raise


def _remove_left_over(path: str) -> None:
    """Take away the socket of a process that is gone; not one that is listened on, nor any other file."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(Path(path).stat().st_mode):
            return
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(path) != 0:
                Path(path).unlink()


def serve(listening: socket.socket, measured: Measured) -> threading.Thread:
    """Answer a monitor in a thread of its own, for as long as this process lives."""

    def go_on() -> None:
        while True:
            serve_once(listening, measured, EVERY_SECONDS)

    thread = threading.Thread(target=go_on, daemon=True, name="metrics")
    thread.start()
    return thread


def serve_once(listening: socket.socket, measured: Measured, seconds: float) -> None:
    """Wait so long for a monitor, answer it, and tell what may be told by now."""
    ready, _, _ = select.select([listening], [], [], seconds)
    measured.meter.tell()
    if ready:
        # Another process of this server was faster, or the monitor hung up: there is nobody to tell.
        with suppress(OSError), listening.accept()[0] as connection:
            _answer(connection, measured)


def _answer(connection: socket.socket, measured: Measured) -> None:
    head = _read_head(connection)
    method, _, rest = head.partition(b" ")
    path = rest.partition(b" ")[0].partition(b"?")[0]
    if method not in (b"GET", b"HEAD") or path != b"/metrics":
        connection.sendall(_response("404 Not Found", "text/plain", b"See /metrics.\n"))
        return
    body = exposition.written(measured).encode()
    answer = _response("200 OK", exposition.CONTENT_TYPE, body)
    connection.sendall(answer if method == b"GET" else answer[: -len(body)])


def _read_head(connection: socket.socket) -> bytes:
    """The request line and its headers. Raises `OSError` where they do not come in time, or have no end."""
    until, head = time.monotonic() + PATIENCE_SECONDS, b""
    while b"\r\n\r\n" not in head:
        left = until - time.monotonic()
        if left <= 0 or len(head) > LONGEST_REQUEST:
            raise TimeoutError
        connection.settimeout(left)
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionError
        head += piece
    return head


def _response(status: str, kind: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
        "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + body
