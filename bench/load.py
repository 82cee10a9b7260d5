"""A load generator: raw keep-alive sockets in a process of its own, so that it shares no lock with what it measures.

Each client sends one request, waits for the whole answer, and sends the next. It does not understand pages: what is
sent was written before the clock starts.
"""

import multiprocessing
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

LONGEST_WAIT = 60.0


@dataclass(frozen=True)
class Request:
    """One request as it goes over the wire, and how its answer must begin to count as good."""

    content: bytes = field(repr=False)
    status: int = 200
    #: The start of the answer's Location, for a redirect that could also lead to an error.
    location: bytes = b""


@dataclass(frozen=True)
class Answered:
    """One answer: when it was asked and when it had come, in seconds of one clock, and whether it was good."""

    number: int
    asked: float
    came: float
    good: bool


@dataclass
class Client:
    """One connection, with what it waits for."""

    link: socket.socket
    requests: Iterator[tuple[int, Request]]
    number: int = -1
    request: Request | None = None
    asked: float = 0.0
    received: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Load:
    """What one run of the generator saw."""

    answers: list[Answered]
    seconds: float

    @property
    def good(self) -> list[Answered]:
        return [answer for answer in self.answers if answer.good]

    @property
    def failures(self) -> int:
        return sum(not answer.good for answer in self.answers)

    @property
    def per_second(self) -> float:
        return len(self.good) / self.seconds if self.seconds else 0.0

    def milliseconds(self, share: float) -> float:
        """The time within which this share of the good answers came."""
        times = sorted(answer.came - answer.asked for answer in self.good)
        return 1000 * times[min(len(times) - 1, int(len(times) * share))] if times else 0.0


def once(port: int, requests: Sequence[Request], *, clients: int) -> Load:
    """Send every request once, `clients` at a time."""
    return _apart(port, requests, clients, None)


def again_and_again(
    port: int, requests: Sequence[Request], *, clients: int, seconds: float
) -> Load:
    """Send the requests in turn, again and again, for so many seconds."""
    return _apart(port, requests, clients, seconds)


def _apart(port: int, requests: Sequence[Request], clients: int, seconds: float | None) -> Load:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_generate, args=(theirs, port, requests, clients, seconds))
    process.start()
    theirs.close()
    result: Load = ours.recv()
    process.join()
    return result


def _generate(
    report: object, port: int, requests: Sequence[Request], clients: int, seconds: float | None
) -> None:
    report.send(_run(port, requests, clients, seconds))  # type: ignore[attr-defined]


def _run(port: int, requests: Sequence[Request], clients: int, seconds: float | None) -> Load:
    numbered = list(enumerate(requests))
    shared = iter(numbered)
    selector = selectors.DefaultSelector()
    answers: list[Answered] = []
    started = time.perf_counter()
    until = started + seconds if seconds else float("inf")
    waiting = 0
    for place in range(clients):
        # Each client has a Visit of its own where requests are sent again and again.
        own = cycle(islice(numbered, place, None, clients)) if seconds else shared
        client = Client(_connect(port), own)
        if _send_next(client, port, until):
            selector.register(client.link, selectors.EVENT_READ, client)
            waiting += 1
    while waiting:
        ready = selector.select(LONGEST_WAIT)
        if not ready:
            break
        for key, _ in ready:
            client = key.data
            if not _receive(client, answers):
                continue
            old = client.link
            more = _send_next(client, port, until)
            if client.link is not old or not more:
                selector.unregister(old)
            if not more:
                waiting -= 1
            elif client.link is not old:
                selector.register(client.link, selectors.EVENT_READ, client)
    lost = [key.data for key in selector.get_map().values()] if waiting else []
    now = time.perf_counter()
    answers += [Answered(client.number, client.asked, now, good=False) for client in lost]
    return Load(answers, max((answer.came for answer in answers), default=now) - started)


def _connect(port: int) -> socket.socket:
    link = socket.create_connection(("127.0.0.1", port), timeout=LONGEST_WAIT)
    link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return link


def _send_next(client: Client, port: int, until: float) -> bool:
    if time.perf_counter() >= until:
        return False
    client.number, client.request = next(client.requests, (-1, None))
    if client.request is None:
        return False
    client.received.clear()
    client.asked = time.perf_counter()
    try:
        client.link.sendall(client.request.content)
    except OSError:
        # A server may close a connection between two requests; a browser opens another.
        client.link = _connect(port)
        client.link.sendall(client.request.content)
    return True


def _receive(client: Client, answers: list[Answered]) -> bool:
    """Take what has come; True once the answer is whole, or the connection is gone."""
    try:
        piece = client.link.recv(65536)
    except OSError:
        piece = b""
    client.received += piece
    if piece and not _is_whole(client.received):
        return False
    good = bool(piece) and client.request is not None and _is_good(client.received, client.request)
    answers.append(Answered(client.number, client.asked, time.perf_counter(), good))
    return True


def _is_whole(received: bytearray) -> bool:
    head, gap, body = received.partition(b"\r\n\r\n")
    if not gap:
        return False
    _, found, rest = bytes(head).lower().partition(b"content-length:")
    return len(body) >= (int(rest.partition(b"\r\n")[0]) if found else 0)


def _is_good(received: bytearray, request: Request) -> bool:
    head = bytes(received.partition(b"\r\n\r\n")[0])
    if int(head.split(b" ", 2)[1]) != request.status:
        return False
    _, _, rest = head.lower().partition(b"location:")
    return request.location in rest.partition(b"\r\n")[0]
