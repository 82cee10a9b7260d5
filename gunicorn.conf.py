"""How gunicorn serves Hearth, for `run` and for a real instance alike."""

import os
import socket
import sys
import threading
import time
import traceback
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from gunicorn.glogging import Logger
from gunicorn.http.wsgi import Response
from gunicorn.workers.gthread import ThreadWorker

# Wherever gunicorn was started: this file lies beside the package.
sys.path.insert(0, str(Path(__file__).resolve().parent))
from webapp import core_dumps, long_lived, metrics
from webapp.settings import Listening, WrongSetting, listening

#: A whole request, its reading included, takes no longer than this: an old phone on a slow network needs a minute for
#: the largest form, and nobody else needs a thread for longer. A long list, which is sent while it is made, says with
#: each piece that it goes on.
LONGEST_SECONDS = 60


class BoundedWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """A threaded worker that hangs up on whoever sends a request too slowly.

    gunicorn waits for ever for the rest of a request that has begun; a few sockets that say nothing more would
    otherwise keep every thread.
    """

    def init_process(self) -> None:
        """Start the watch beside the worker, and answer without saying which program does."""
        Response.default_headers = headers_without_server
        begin_to_measure(self)
        self.deadlines: dict[int, tuple[float, socket.socket]] = {}
        threading.Thread(target=self._watch, daemon=True).start()
        super().init_process()

    def load_wsgi(self) -> None:
        """The application, which can say that an answer goes on; and what was loaded is here to stay."""
        super().load_wsgi()
        self.wsgi = partial(self._serve, self.wsgi)
        long_lived.settle()

    def _serve(self, application: Any, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        environ["hearth.goes_on"] = partial(self._goes_on, environ["gunicorn.socket"])
        answer: Iterable[bytes] = application(environ, start)
        return answer

    def _goes_on(self, sock: socket.socket) -> None:
        for key, (_, known) in list(self.deadlines.items()):
            if known is sock:
                self.deadlines[key] = (time.monotonic() + LONGEST_SECONDS, sock)

    def handle(self, conn: Any) -> Any:
        """One request, under a deadline."""
        self.deadlines[id(conn)] = (time.monotonic() + LONGEST_SECONDS, conn.sock)
        try:
            return super().handle(conn)
        finally:
            self.deadlines.pop(id(conn), None)

    def handle_exit(self, sig: int, frame: Any) -> None:
        """TERM (graceful shutdown): say "not ready", and go on serving until a load balancer has heard it."""
        long_lived.begin_to_stop()
        if not HERE.drain_seconds:
            super().handle_exit(sig, frame)
            return
        later = threading.Timer(HERE.drain_seconds, super().handle_exit, (sig, frame))
        later.daemon = True
        later.start()

    def _watch(self) -> None:
        while True:
            time.sleep(1)
            now = time.monotonic()
            for deadline, sock in list(self.deadlines.values()):
                if deadline < now:
                    hang_up(sock)


ALL_HEADERS = Response.default_headers


def headers_without_server(response: Response) -> list[str]:
    """gunicorn's own headers of an answer, but for the one that says which program serves it (fingerprinting)."""
    return [line for line in ALL_HEADERS(response) if not line.startswith("Server:")]


class QuietLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's log, which knows the day and no address."""

    datefmt = "[%Y-%m-%d]"

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Kind and place of what went wrong with a request. Its address, and what the exception says, may tell who.

        What goes wrong at the start, in the main thread, is told whole: it is about settings.
        """
        error = sys.exc_info()[1]
        if error is None or threading.current_thread() is threading.main_thread():
            super().exception(msg, *args, **kwargs)
            return
        place = "".join(traceback.format_tb(error.__traceback__))
        self.error("A request went wrong:\n%s%s", place, type(error).__name__)


def on_starting(server: Any) -> None:
    """gunicorn's hook, before it forks: what holds for this process holds for its workers."""
    core_dumps.forbid()
    if HERE.metrics_address:
        try:
            METRICS["socket"] = metrics.listen(HERE.metrics_address)
        except metrics.CannotListen as problem:
            sys.exit(f"Hearth does not start: {problem}.")


def pre_fork(server: Any, worker: Any) -> None:
    """gunicorn's hook: a new worker takes over the place that one which ended had among the metrics."""
    taken = {other.metrics_place for other in server.WORKERS.values()}
    worker.metrics_place = next((place for place in range(PLACES) if place not in taken), 0)


def begin_to_measure(worker: Any) -> None:
    """Metrics of this process, where they are told: each worker counts for itself, and any of them answers for all."""
    if listening := METRICS.get("socket"):
        metrics.serve(listening, metrics.begin(cells=CELLS, place=worker.metrics_place))


def hang_up(sock: socket.socket) -> None:
    """End a connection from another thread; its reader then finds the end."""
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def settings() -> Listening:
    """What is set about this server. A wrong setting ends the start in one line, and not a wrong address."""
    try:
        return listening(os.environ)
    except WrongSetting as wrong:
        sys.exit(f"Hearth does not start: {wrong}.")


HERE = settings()
# Said here because gunicorn's own default, with PORT in the environment, is every interface of the machine.
bind = HERE.bind
worker_class = BoundedWorker
logger_class = QuietLogger
workers = 2
# While one stops, the next one may be there already.
PLACES = 2 * workers
CELLS = metrics.SharedCells(PLACES)
METRICS: dict[str, socket.socket] = {}
# A worker may be handed every slow connection there is, while the other has none: so many for each.
threads = 64
graceful_timeout = 8 + HERE.drain_seconds
# At the level of warnings gunicorn writes the addresses of broken requests; there is no access log either.
loglevel = "error"
accesslog = None
# A socket in somebody's home folder that steers the server is one thing more to protect.
control_socket_disable = True
# Who is in front is said with PROXY_HOPS, and nowhere else.
forwarded_allow_ips = ""
forwarder_headers = ""
limit_request_line = 2048
limit_request_fields = 60
limit_request_field_size = 8190
if Path("/dev/shm").is_dir():  # noqa: S108
    # The heartbeat file, in memory.
    worker_tmp_dir = "/dev/shm"  # noqa: S108
