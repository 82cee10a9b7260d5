"""Admission control: a process works on a few requests at a time, first come, first served (a fair semaphore).

Sixty-four threads stay for clients that send slowly. Once a request is here whole, more than two threads that work at
once only take the interpreter's lock and the store's from each other: every answer comes later, and the last one much
later. So each request waits for its turn.
"""

import io
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from webapp.rules.forms.size_limits import SMALL_BODY

#: Requests of one process that are worked on at once: while one waits for the store, another can compute.
AT_ONCE: Final = 2
#: Nobody waits longer for a turn, in seconds: a request that takes long holds up no one for ever.
PATIENCE: Final = 1.0
#: Health checks: a process that is busy is not a process that is lost.
UNQUEUED: Final = frozenset({"/livez", "/healthz"})
#: A body of this size is read before the turn; of a larger one the view decides how much is read at all.
READ_FIRST: Final = SMALL_BODY

WsgiApp = Callable[[dict[str, Any], Any], Iterable[bytes]]


class Turns:
    """So many at once; who comes later is let in in the order of their coming, or after `patience` in any case."""

    def __init__(self, at_once: int = AT_ONCE, patience: float = PATIENCE) -> None:
        self.patience = patience
        self._free = at_once
        self._lock = threading.Lock()
        self._waiting: deque[threading.Lock] = deque()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a turn, and hand it on at the end."""
        is_held = self._take()
        try:
            yield
        finally:
            if is_held:
                self._hand_on()

    def _take(self) -> bool:
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            mine = threading.Lock()
            mine.acquire()
            self._waiting.append(mine)
        if mine.acquire(timeout=self.patience):
            return True
        with self._lock:
            if mine in self._waiting:
                self._waiting.remove(mine)
                return False
        # It was handed over in this very moment.
        return True

    def _hand_on(self) -> None:
        with self._lock:
            if self._waiting:
                self._waiting.popleft().release()
            else:
                self._free += 1


def in_turn(app: WsgiApp, turns: Turns) -> WsgiApp:
    """WSGI middleware: read a small body whole, then let the application answer in turn.

    The turn ends when the answer is there, not when it is sent: a client that reads slowly holds up nobody. A large
    body has no turn, because it may come slowly; such forms are parsed one at a time (`request_bodies`). Nor has the
    desk: it has few visitors, and what takes long there, a passphrase or an export, must not hold up the public door of
    a process that serves both (denial of service).
    """

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = _length(environ)
        path = environ["PATH_INFO"]
        has_no_turn = path in UNQUEUED or path.startswith("/desk")
        if has_no_turn or length is None or length > READ_FIRST:
            return app(environ, start_response)
        if length:
            environ["wsgi.input"] = io.BytesIO(environ["wsgi.input"].read(length))
        with turns.turn():
            return app(environ, start_response)

    return answer


def _length(environ: dict[str, Any]) -> int | None:
    """How long the body is; None where that is not said, or nonsense."""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    said = environ.get("CONTENT_LENGTH") or "0"
    # Python refuses to read a number of thousands of digits.
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else None
