"""The cases that go through the web server."""

import gzip
import re
import urllib.request
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flask import Flask
from sqlalchemy import select

from bench import load, visitors
from bench.house import HEARTH, HELLO, House, Server, serving
from bench.load import Load
from bench.visitors import Ready
from webapp import sessions
from webapp.models import Event as EventRow
from webapp.models import Registration, Submission
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


def hello(house: House, pace: Pace, server: str) -> Measured:
    """The yardstick."""
    with serving(house, HELLO, server=server) as running:
        _warm(running, visitors.get("/"))
        _, figures = _measured(running, [visitors.get("/")] * pace.clients, pace, pace.seconds)
        return Measured("hello", {**figures, "megabytes": running.megabytes()})


def hearth(house: House, app: Flask, pace: Pace, server: str) -> list[Measured]:
    """Every page case, one after the other, under one server."""
    with serving(house, HEARTH, server=server) as running:
        return [
            *_looking(running, app, pace),
            _sending(running, app, pace),
            _rush(running, app, pace),
            Measured("memory of the web processes", {"megabytes": running.megabytes()}),
        ]


def _looking(running: Server, app: Flask, pace: Pace) -> list[Measured]:
    people = visitors.many(pace.clients, _begun, running.port)
    page = f"/en/calls/{CALL}/page/{PAGE}"
    cold = _cold_load(running, page, people[0])
    static = next(path for path in cold.figures.pop("paths") if path.startswith("/static/"))
    measured = [cold]
    for name, requests in (
        ("question page", [visitors.get(page, one) for one in people]),
        ("home page", [visitors.get("/en/")] * pace.clients),
        ("static file", [visitors.get(static)] * pace.clients),
    ):
        _warm(running, requests[0])
        measured.append(Measured(name, _measured(running, requests, pace, pace.seconds)[1]))
    return measured


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


def _sending(running: Server, app: Flask, pace: Pace) -> Measured:
    with app.app_context():
        form = published_calls.find_call(CALL).form
    people = visitors.many(pace.people, visitors.ready_to_send, running.port, form, CALL)
    promised = [_promised(app, one, f"sending:{CALL}", "submission_id") for one in people]
    boxes = [("consent", "contact_me"), ("consent", "quote"), ("do", "send")]
    path = f"/en/calls/{CALL}/agree"
    requests = [visitors.post(path, one, boxes, leads_to=f"/calls/{CALL}/done") for one in people]
    seen, figures = _measured(running, requests, pace)
    acknowledged = {promised[answer.number] for answer in seen.good}
    lost = len(acknowledged - _stored(app, Submission.id))
    return Measured("submission, the final post", {**figures, "lost": lost})


def _rush(running: Server, app: Flask, pace: Pace) -> Measured:
    """Three people want each seat."""
    seats = max(1, pace.people // 3)
    with app.app_context():
        definition = published_events.find(EVENT).definition
        with stores.writing() as main:
            # By the ORM: the row is signed anew.
            main.scalars(select(EventRow).where(EventRow.slug == EVENT)).one().seats = seats
    people = visitors.many(pace.people, visitors.ready_to_register, running.port, EVENT)
    promised = [_promised(app, one, f"booking:{EVENT}", "registration_id") for one in people]
    fields = visitors.fill_in(definition.form.only_page)
    path = f"/en/events/{EVENT}/register"
    requests = [
        visitors.post(path, one, fields, leads_to=f"/events/{EVENT}/registered") for one in people
    ]
    seen, figures = _measured(running, requests, pace)
    checked = _check_order(app, seen, promised, seats)
    return Measured("registration rush", {**figures, "seats": seats, **checked})


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


def _warm(running: Server, request: load.Request) -> None:
    load.once(running.port, [request] * 64, clients=16)


def _measured(
    running: Server, requests: list[load.Request], pace: Pace, seconds: float | None = None
) -> tuple[Load, dict[str, Any]]:
    """Send every request once, or all again and again for so many seconds; what came of it."""
    before = running.cpu_seconds()
    if seconds:
        seen = load.again_and_again(running.port, requests, clients=pace.clients, seconds=seconds)
    else:
        seen = load.once(running.port, requests, clients=pace.clients)
    # The server's processor time for an answer hardly depends on what else this machine does meanwhile.
    cpu = running.cpu_seconds() - before
    return seen, {
        "cpu ms": 1000 * cpu / max(1, len(seen.answers)),
        "per second": seen.per_second,
        "p50 ms": seen.milliseconds(0.50),
        "p99 ms": seen.milliseconds(0.99),
        "sent": len(seen.answers),
        "failed": seen.failures,
    }
