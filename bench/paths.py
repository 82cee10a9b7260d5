"""What each path costs the processor, beside a bare Flask hello: one process, no server, in turn.

Processor time hardly depends on what else a machine does, so two states of the code can be held against each other in
a minute. Every round asks hello and then each path once, so that a slow minute is shared by all.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from flask import Flask
from werkzeug.test import run_wsgi_app

from bench import backstage, visitors
from bench.hello import app as hello
from bench.house import House
from bench.pages import CALL, EVENT, PAGE, Measured
from bench.visitors import SENDS_FORM, Fields, NotAsExpected, Person, fill_in, in_process
from webapp.rules.forms.form_definition import Form
from webapp.services.calls import published_calls
from webapp.services.events import published_events

#: Rounds that are not counted: caches fill, and statements are put together for the first time.
WARM = 8
QUESTIONS = f"/en/calls/{CALL}/page/{PAGE}"
BOXES = [("consent", "contact_me"), ("consent", "quote"), ("do", "send")]


@dataclass(frozen=True)
class Visitor:
    """One participant or registrant, who is brought to a path by real requests."""

    app: Flask
    form: Form
    number: int
    person: Person

    def get(self, path: str) -> dict[str, Any]:
        """A GET, ready to be handed to the application."""
        headers = {**self.person.headers, "Accept-Encoding": "gzip"}
        return visitors.environ_of("GET", path, headers, [])

    def post(self, path: str, token: str, fields: Fields) -> dict[str, Any]:
        """A POST, ready to be handed to the application."""
        headers = {**self.person.headers, **SENDS_FORM, "Accept-Encoding": "gzip"}
        return visitors.environ_of("POST", path, headers, [("csrf_token", token), *fields])

    def at(self, last: str) -> str:
        """Go as far as the page of the call whose address ends so. Returns its form token."""
        return visitors.go_to(self.person, self.form, CALL, last).token


def _home(one: Visitor) -> dict[str, Any]:
    return one.get("/en/")


def _question_page(one: Visitor) -> dict[str, Any]:
    one.at(QUESTIONS)
    return one.get(QUESTIONS)


def _answered_page(one: Visitor) -> dict[str, Any]:
    token = one.at(QUESTIONS)
    one.person.post(QUESTIONS, [("csrf_token", token), *_answers(one)])
    return one.get(QUESTIONS)


def _continue(one: Visitor) -> dict[str, Any]:
    return one.post(QUESTIONS, one.at(QUESTIONS), _answers(one))


def _answers(one: Visitor) -> Fields:
    return [("do", "continue"), *fill_in(one.form.page(PAGE))]


def _check(one: Visitor) -> dict[str, Any]:
    one.at("/check")
    return one.get(f"/en/calls/{CALL}/check")


def _final_post(one: Visitor) -> dict[str, Any]:
    return one.post(f"/en/calls/{CALL}/agree", one.at("/agree"), BOXES)


def _event_page(one: Visitor) -> dict[str, Any]:
    return one.get(f"/en/events/{EVENT}/")


def _event_form(one: Visitor) -> dict[str, Any]:
    visitors.go_to_booking(one.person, EVENT)
    return one.get(f"/en/events/{EVENT}/register")


def _registration(one: Visitor) -> dict[str, Any]:
    token = visitors.go_to_booking(one.person, EVENT).token
    with one.app.app_context():
        fields = dict(fill_in(published_events.find(EVENT).definition.form.only_page))
    # A place is kept for one address once.
    fields["registrant_email"] = f"person-{one.number}@example.org"
    return one.post(f"/en/events/{EVENT}/register", token, list(fields.items()))


@dataclass(frozen=True)
class Path:
    """One row: how a browser comes there, and how the answer must begin."""

    name: str
    arrive: Callable[[Visitor], dict[str, Any]]
    #: Where a POST must lead; empty for a page.
    leads_to: str = ""


PATHS = (
    Path("home page", _home),
    Path("question page", _question_page),
    Path("question page, answered", _answered_page),
    Path("Continue", _continue, "/page/"),
    Path("check your answers", _check),
    Path("final post", _final_post, f"/calls/{CALL}/done"),
    Path("event page", _event_page),
    Path("event form", _event_form),
    Path("registration", _registration, f"/events/{EVENT}/registered"),
)


def shares(house: House, rounds: int) -> list[Measured]:
    """A row for each path: hello's processor time over its own, and both."""
    return backstage._apart(_all, house, rounds)


def _all(house: House, rounds: int) -> list[Measured]:
    app = house.app()
    with app.app_context():
        form = published_calls.find_call(CALL).form
    hellos: list[float] = []
    taken: dict[str, list[float]] = {path.name: [] for path in PATHS}
    warm = min(WARM, rounds)
    for number in range(rounds + warm):
        for path in PATHS:
            environ = path.arrive(Visitor(app, form, number, Person(in_process(app))))
            bare = _cost(hello, visitors.environ_of("GET", "/", {}, []), "")
            cost = _cost(app, environ, path.leads_to)
            if number >= warm:
                hellos.append(bare)
                taken[path.name].append(cost)
    least = median(hellos)
    return [
        Measured(
            f"processor: {name}",
            {"cpu ms": median(costs), "hello/path": least / median(costs), "hello ms": least},
        )
        for name, costs in taken.items()
    ]


def _cost(app: Flask, environ: dict[str, Any], leads_to: str) -> float:
    """Milliseconds of the processor for one answer."""
    started = time.process_time()
    _, status, headers = run_wsgi_app(app, environ)
    taken = 1000 * (time.process_time() - started)
    if leads_to not in headers.get("Location", "") or not status.startswith(("200", "303")):
        raise NotAsExpected(f"{environ['PATH_INFO']}: {status} {headers.get('Location')}")
    if bool(leads_to) != status.startswith("303"):
        raise NotAsExpected(f"{environ['PATH_INFO']}: {status}")
    return taken
