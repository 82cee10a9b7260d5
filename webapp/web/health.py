"""Health checks for a load balancer: liveness (the process answers) and readiness (its stores do, with our tables).

They are open to strangers, so they say one word, set no cookie, open no Visit and write nothing to the log: a monitor
asks every few seconds.
"""

import threading
from collections.abc import Callable
from typing import Final

from flask import Flask, Response, current_app

from webapp import long_lived
from webapp.services.infrastructure import stores
from webapp.web.guards import machine

ALIVE: Final = "alive"
READY: Final = "healthz"
#: Set while the checks of this door's start could not be made yet (`start_checks`).
UNCHECKED: Final = "hearth_start_checks_wait"
PROBE: Final = "hearth_readiness_probe"
#: A load balancer gives up on a check after two seconds or later; a database that hangs takes minutes to say so.
PATIENCE_SECONDS: Final = 1.5


class Probe:
    """A look at the stores in a thread of its own, with a bound on the time that anyone waits for it.

    Those who ask while a look is under way wait for the same one: however many ask, and however long a database hangs,
    there is one thread and one connection to each store.
    """

    def __init__(self, look: Callable[[], bool], patience: float = PATIENCE_SECONDS) -> None:
        self._look, self._patience = look, patience
        self._lock = threading.Lock()
        self._current: _Answer | None = None

    def is_well(self) -> bool:
        """Whether the look came to its end in time, and found all well."""
        with self._lock:
            if self._current is None or self._current.is_there.is_set():
                self._current = _Answer()
                # A daemon: a process that stops does not wait for a database that hangs.
                threading.Thread(target=self._ask, args=(self._current,), daemon=True).start()
            current = self._current
        return current.is_there.wait(self._patience) and current.is_well

    def _ask(self, answer: "_Answer") -> None:
        try:
            answer.is_well = self._look()
        finally:
            answer.is_there.set()


class _Answer:
    def __init__(self) -> None:
        self.is_there, self.is_well = threading.Event(), False


@machine
def alive() -> Response:
    """Liveness: the process answers, whatever is wrong with its databases. Restart it when this fails."""
    return _say("ok", 200)


@machine
def ready() -> Response:
    """Readiness: send visitors here. Not while a store is lost, its tables are too old, or we stop."""
    if long_lived.is_stopping() or current_app.extensions.get(UNCHECKED):
        return not_ready()
    probe: Probe = current_app.extensions[PROBE]
    return _say("ok", 200) if probe.is_well() else not_ready()


def not_ready() -> Response:
    """The answer that takes this process out of the balance. It does not say why: `check` and the log do."""
    return _say("not ready", 503)


def _say(word: str, status: int) -> Response:
    return Response(f"{word}\n", status, mimetype="text/plain")


def init_app(app: Flask) -> None:
    """Add both addresses. `secure_headers` makes every answer `no-store`."""

    def look() -> bool:
        try:
            with app.app_context():
                return stores.are_ready()
        except stores.StoreUnavailable:
            return False

    app.extensions[PROBE] = Probe(look)
    app.add_url_rule("/livez", ALIVE, alive)
    app.add_url_rule("/healthz", READY, ready)
