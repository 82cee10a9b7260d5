"""The cases that go through the web server, each beside a bare hello under the same server, second by second."""

import gzip
import re
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from bench import load, visitors
from bench.house import HEARTH, HELLO, House, Server, serving
from bench.load import Answered, Load
from bench.visitors import Ready
from webapp import sessions
from webapp.models import Event as EventRow
from webapp.models import Registration, Submission
from webapp.rules.forms.form_definition import Form
from webapp.services.calls import published_calls
from webapp.services.events import published_events
from webapp.services.infrastructure import stores
from webapp.sessions import store as visit_store

CALL, EVENT = "support-needs", "round-table"
#: The page whose questions are neither the fewest nor the most.
PAGE = "the-people"
LINKED = re.compile(r'<(?:link|script|img)\b[^>]*?\b(?:href|src)="(/[^"]+)"')


@dataclass
class Measured:
    """One row of the table."""

    name: str
    figures: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pace:
    """How hard and how long."""

    clients: int
    seconds: float
    people: int


@dataclass
class Spells:
    """Some spells of load on one server, taken together."""

    answers: list[Answered] = field(default_factory=list)
    seconds: float = 0.0
    cpu_seconds: float = 0.0

    def add(self, server: Server, work: Callable[[], Load]) -> Load:
        """One more spell, with the processor time that the server used in it."""
        before = server.cpu_seconds()
        seen = work()
        self.merge(seen, server.cpu_seconds() - before)
        return seen

    def merge(self, seen: Load, cpu_seconds: float) -> None:
        """Add what was seen and spent."""
        self.cpu_seconds += cpu_seconds
        self.seconds += seen.seconds
        self.answers += seen.answers

    @property
    def load(self) -> Load:
        """All spells as one."""
        return Load(self.answers, self.seconds)

    @property
    def cpu_ms(self) -> float:
        """The server's processor time for an answer: it hardly depends on what else this machine does meanwhile."""
        return 1000 * self.cpu_seconds / max(1, len(self.answers))

    def figures(self) -> dict[str, Any]:
        """What is told of any server."""
        return {
            "cpu ms": self.cpu_ms,
            "per second": self.load.per_second,
            "p50 ms": self.load.milliseconds(0.50),
            "p99 ms": self.load.milliseconds(0.99),
            "sent": len(self.answers),
            "failed": self.load.failures,
        }


@dataclass(frozen=True)
class Track:
    """Hearth and the yardstick, each under a server of its own. A slow minute of the machine is shared by both."""

    bare: Server
    running: Server
    pace: Pace
    hello: Spells = field(default_factory=Spells)

    def again(self, name: str, requests: list[load.Request]) -> Measured:
        """Send these again and again for `pace.seconds`, and hello in between, second by second."""
        load.once(self.running.port, [requests[0]] * 64, clients=16)
        turns = max(1, round(self.pace.seconds))
        spell = self.pace.seconds / turns
        bare, own = Spells(), Spells()
        for _ in range(turns):
            self._say_hello(bare, spell)
            own.add(self.running, partial(self._again, self.running.port, requests, spell))
        return _beside(name, own, bare)

    def once(self, name: str, requests: list[load.Request]) -> tuple[Load, Measured]:
        """Send each of these once, and hello for a while before and after."""
        bare, own = Spells(), Spells()
        self._say_hello(bare, self.pace.seconds / 4)
        clients = self.pace.clients
        own.add(self.running, partial(load.once, self.running.port, requests, clients=clients))
        self._say_hello(bare, self.pace.seconds / 4)
        return own.load, _beside(name, own, bare)

    def _say_hello(self, bare: Spells, seconds: float) -> None:
        requests = [visitors.get("/")] * self.pace.clients
        say = partial(self._again, self.bare.port, requests, seconds)
        before = bare.cpu_seconds
        seen = bare.add(self.bare, say)
        self.hello.merge(seen, bare.cpu_seconds - before)

    def _again(self, port: int, requests: list[load.Request], seconds: float) -> Load:
        return load.again_and_again(port, requests, clients=self.pace.clients, seconds=seconds)


def _beside(name: str, own: Spells, bare: Spells) -> Measured:
    shares = {
        "over hello": own.load.per_second / bare.load.per_second,
        "hello/path": bare.cpu_ms / own.cpu_ms,
    }
    return Measured(name, {**own.figures(), **shares})


def hearth(house: House, app: Flask, pace: Pace, server: str) -> list[Measured]:
    """Every page case, one after the other, under one server."""
    with (
        serving(house, HELLO, server=server) as bare,
        serving(house, HEARTH, server=server) as running,
    ):
        track = Track(bare, running, pace)
        measured = [
            *_looking(track, app),
            _sending(track, app),
            _rush(track, app),
            Measured("memory of the web processes", {"megabytes": running.megabytes()}),
        ]
        yardstick = {**track.hello.figures(), "megabytes": bare.megabytes()}
        return [Measured("hello", yardstick), *measured]


def _looking(track: Track, app: Flask) -> list[Measured]:
    port, number = track.running.port, track.pace.clients
    page = f"/en/calls/{CALL}/page/{PAGE}"
    with app.app_context():
        form = published_calls.find_call(CALL).form
    begun = visitors.many(number, _begun, port)
    cold = _cold_load(track.running, page, begun[0])
    static = next(path for path in cold.figures.pop("paths") if path.startswith("/static/"))
    asked = visitors.many(number, _at_page, port, form, page)
    answers = [("do", "continue"), *visitors.fill_in(form.page(PAGE))]
    done = visitors.many(number, _at_check, port, form)
    booking = visitors.many(number, visitors.ready_to_register, port, EVENT)
    event = f"/en/events/{EVENT}/"
    cases = {
        "home page": [visitors.get("/en/")] * number,
        "question page": [visitors.get(page, one) for one in begun],
        "Continue": [visitors.post(page, one, answers, leads_to="/page/") for one in asked],
        "question page, answered": [visitors.get(page, one) for one in asked],
        "check your answers": [visitors.get(f"/en/calls/{CALL}/check", one) for one in done],
        "event page": [visitors.get(event)] * number,
        "event form": [visitors.get(f"{event}register", one) for one in booking],
        "static file": [visitors.get(static)] * number,
    }
    return [cold, *(track.again(name, requests) for name, requests in cases.items())]


def _at_page(port: int, form: Form, page: str) -> Ready:
    return visitors.go_to(visitors.Person(visitors.over_http(port)), form, CALL, page)


def _at_check(port: int, form: Form) -> Ready:
    return visitors.go_to(visitors.Person(visitors.over_http(port)), form, CALL, "/check")


def _begun(port: int) -> Ready:
    person = visitors.Person(visitors.over_http(port))
    person.get(person.post(f"/en/calls/{CALL}/begin", []))
    return Ready(person.cookie, "")


def _cold_load(running: Server, page: str, ready: Ready) -> Measured:
    body = _bytes(running, page, ready)
    linked = LINKED.findall(gzip.decompress(body).decode())
    sizes = [len(body), *(len(_bytes(running, path, ready)) for path in linked)]
    # An icon is asked for by browsers alone, and not counted as a request.
    asked = 1 + sum(not path.endswith(".svg") for path in linked)
    figures = {"bytes": sum(sizes), "requests": asked, "paths": linked}
    return Measured("cold load of a question page", figures)


def _bytes(running: Server, path: str, ready: Ready) -> bytes:
    headers = {"Cookie": f"hearth={ready.cookie}", "Accept-Encoding": "gzip"}
    request = urllib.request.Request(f"http://127.0.0.1:{running.port}{path}", headers=headers)
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        content: bytes = answer.read()
        return content


def _sending(track: Track, app: Flask) -> Measured:
    with app.app_context():
        form = published_calls.find_call(CALL).form
    port, number = track.running.port, track.pace.people
    people = visitors.many(number, visitors.ready_to_send, port, form, CALL)
    promised = [_promised(app, one, f"sending:{CALL}", "submission_id") for one in people]
    boxes = [("consent", "contact_me"), ("consent", "quote"), ("do", "send")]
    path = f"/en/calls/{CALL}/agree"
    requests = [visitors.post(path, one, boxes, leads_to=f"/calls/{CALL}/done") for one in people]
    seen, measured = track.once("submission, the final post", requests)
    acknowledged = {promised[answer.number] for answer in seen.good}
    measured.figures["lost"] = len(acknowledged - _stored(app, Submission.id))
    return measured


def _rush(track: Track, app: Flask) -> Measured:
    """Three people want each seat."""
    port, number = track.running.port, track.pace.people
    seats = max(1, number // 3)
    with app.app_context():
        definition = published_events.find(EVENT).definition
        with stores.writing() as main:
            # By the ORM: the row is signed anew.
            main.scalars(select(EventRow).where(EventRow.slug == EVENT)).one().seats = seats
    people = visitors.many(number, visitors.ready_to_register, port, EVENT)
    promised = [_promised(app, one, f"booking:{EVENT}", "registration_id") for one in people]
    fields = visitors.fill_in(definition.form.only_page)
    path = f"/en/events/{EVENT}/register"
    requests = [
        visitors.post(path, one, fields, leads_to=f"/events/{EVENT}/registered") for one in people
    ]
    seen, measured = track.once("registration rush", requests)
    measured.figures |= {"seats": seats, **_check_order(app, seen, promised, seats)}
    return measured


def _check_order(app: Flask, seen: Load, promised: list[UUID], seats: int) -> dict[str, int]:
    """Whether all are there, no seat twice, and no registrant overtook another who was answered before they asked."""
    with app.app_context(), stores.reading() as main:
        rows = {row.id: row for row in main.scalars(select(Registration))}
    stored = [(answer, rows.get(promised[answer.number])) for answer in seen.good]
    there = [(answer, row) for answer, row in stored if row is not None]
    held = [row.seat for _, row in there if row.seat is not None]
    # A seat is before every place in the list.
    turns = sorted(
        (answer.came, answer.asked, -1 if row.place is None else row.place) for answer, row in there
    )
    overtaken, latest = 0, -1
    by_asked = sorted(turns, key=lambda turn: turn[1])
    done = 0
    for _, asked, turn in by_asked:
        while done < len(turns) and turns[done][0] < asked:
            latest = max(latest, turns[done][2])
            done += 1
        # Seats among themselves have no order that a registrant would notice.
        overtaken += turn < latest
    return {
        "lost": len(stored) - len(there),
        "sold twice": len(held) - len(set(held)) + max(0, len(held) - seats),
        "overtaken": overtaken,
    }


def _promised(app: Flask, ready: Ready, key: str, name: str) -> UUID:
    """The id that was made for this person before the last button, read from their Visit with their cookie."""
    with app.app_context():
        visit = sessions.Visit("public")
        visit_store.read(visit, ready.secret)
        return UUID(hex=visit[key][name])


def _stored(app: Flask, column: Any) -> set[UUID]:
    with app.app_context(), stores.reading() as main:
        return set(main.scalars(select(column)))
