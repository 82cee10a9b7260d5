"""People who do not exist, as far as the last button: everything before it is done by real requests, unmeasured."""

import base64
import http.client
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import urlencode

from flask import Flask
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.load import Request
from webapp.rules.forms.form_definition import Form
from webapp.rules.forms.questions import Page

Fields = list[tuple[str, str]]
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')
SAID = {"email": "ana.k@example.org", "phone": "07700 900 123"}
SHORT = "A quiet room and a good interpreter."
LONG = "What helped me was somebody who stayed the same from the first day on. " * 8
SENDS_FORM = {
    "Sec-Fetch-Site": "same-origin",
    "Content-Type": "application/x-www-form-urlencoded",
}


class NotAsExpected(RuntimeError):
    """A page did not lead where it leads a person."""


@dataclass(frozen=True)
class Ready:
    """A participant before the last button."""

    cookie: str
    token: str

    @property
    def secret(self) -> bytes:
        """What opens this Visit: the bench wants to know afterwards whether exactly this was stored."""
        return base64.urlsafe_b64decode(self.cookie + "=" * (-len(self.cookie) % 4))


@dataclass(frozen=True)
class Answer:
    """What came back to a browser."""

    status: int
    headers: Message | Headers
    text: str

    @property
    def leads_to(self) -> str:
        """Where a redirect goes, without its fragment."""
        return str(self.headers["Location"]).partition("#")[0]


#: Sends one request (method, path, headers, fields) and returns its answer.
Ask = Callable[[str, str, dict[str, str], Fields], Answer]


def over_http(port: int) -> Ask:
    """Through the web server on this port, on one connection."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def ask(method: str, path: str, headers: dict[str, str], fields: Fields) -> Answer:
        link.request(method, path, urlencode(fields) if fields else None, headers)
        answer = link.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())

    return ask


def in_process(app: Flask) -> Ask:
    """Into the application itself, without a server."""

    def ask(method: str, path: str, headers: dict[str, str], fields: Fields) -> Answer:
        body, status, answered = run_wsgi_app(app, environ_of(method, path, headers, fields))
        return Answer(int(status.split()[0]), answered, b"".join(body).decode())

    return ask


def environ_of(method: str, path: str, headers: dict[str, str], fields: Fields) -> dict[str, Any]:
    """A request as a server hands it to an application."""
    data = urlencode(fields) if fields else None
    return EnvironBuilder(path, method=method, headers=Headers(headers), data=data).get_environ()


class Person:
    """One browser."""

    def __init__(self, ask: Ask, name: str = "hearth") -> None:
        self.ask = ask
        #: Of the cookie, which each door has of its own.
        self.name = name
        self.cookie = ""

    @property
    def headers(self) -> dict[str, str]:
        """What this browser sends with every request."""
        return {"Cookie": f"{self.name}={self.cookie}"} if self.cookie else {}

    def get(self, path: str) -> tuple[str, str]:
        """The page at this address or where it leads, which must be there: its address, and itself."""
        answer = self._asked("GET", path, self.headers, [])
        while answer.status == 303:
            path = answer.leads_to
            answer = self._asked("GET", path, self.headers, [])
        if answer.status != 200:
            raise NotAsExpected(f"{path}: {answer.status}")
        return path, answer.text

    def post(self, path: str, fields: Fields) -> str:
        """Send a form; the path that it leads to."""
        answer = self._asked("POST", path, {**SENDS_FORM, **self.headers}, fields)
        if answer.status != 303:
            raise NotAsExpected(f"{path}: {answer.status}")
        return answer.leads_to

    def _asked(self, method: str, path: str, headers: dict[str, str], fields: Fields) -> Answer:
        answer = self.ask(method, path, headers, fields)
        for value in answer.headers.get_all("Set-Cookie") or []:
            name, _, cookie = value.partition(";")[0].partition("=")
            if name == self.name:
                self.cookie = cookie
        return answer


def fill_in(page: Page) -> Fields:
    """An answer to every question of a page, as a form sends it."""
    fields = []
    for question in page.asked:
        if question.kind == "choices":
            fields.append((question.key, question.choices[0].key))
        elif question.choice_keys:
            fields.append((question.key, question.choice_keys[0]))
        else:
            words = LONG if question.kind == "long_text" else SHORT
            fields.append((question.key, SAID.get(question.kind, words)))
    return fields


def go_to(person: Person, form: Form, call: str, last: str) -> Ready:
    """Begin a call and answer each page, up to the one whose address ends so."""
    where = person.post(f"/en/calls/{call}/begin", [])
    while True:
        where, page = person.get(where)
        token = token_in(page)
        if where.endswith(last):
            return Ready(person.cookie, token)
        fields = [
            ("csrf_token", token),
            ("do", "answer" if where.endswith("/more") else "continue"),
        ]
        if "/page/" in where:
            fields += fill_in(form.page(where.rpartition("/")[2]))
        after = person.post(where, fields)
        if after == where:
            raise NotAsExpected(f"{where} accepts no answer")
        where = after


def ready_to_send(port: int, form: Form, call: str) -> Ready:
    """Answer every page of a call, as far as the page with the button "Send"."""
    return go_to(Person(over_http(port)), form, call, "/agree")


def go_to_booking(person: Person, event: str) -> Ready:
    """As far as an event's form."""
    where, page = person.get(person.post(f"/en/events/{event}/begin", []))
    if where.endswith("/leaving"):
        page = person.get(person.post(where, [("csrf_token", token_in(page))]))[1]
    return Ready(person.cookie, token_in(page))


def ready_to_register(port: int, event: str) -> Ready:
    """The same, through the web server."""
    return go_to_booking(Person(over_http(port)), event)


def many(number: int, make: object, *arguments: object, at_once: int = 4) -> list[Ready]:
    """So many people, a few at a time."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda _: make(*arguments), range(number)))  # type: ignore[operator]


def token_in(page: str) -> str:
    """The form token of this page."""
    found = TOKEN.search(page)
    if found is None:
        raise NotAsExpected("a page without a form")
    return found[1]


def get(path: str, ready: Ready | None = None) -> Request:
    """One GET, as a browser sends it."""
    return Request(_head("GET", path, ready).encode() + b"\r\n")


def post(path: str, ready: Ready, fields: Fields, *, leads_to: str) -> Request:
    """One POST, good when it leads where it should."""
    body = urlencode([("csrf_token", ready.token), *fields]).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in SENDS_FORM.items())
    head = f"{_head('POST', path, ready)}{lines}Content-Length: {len(body)}\r\n\r\n"
    return Request(head.encode() + body, 303, leads_to.encode())


def _head(method: str, path: str, ready: Ready | None) -> str:
    cookie = f"Cookie: hearth={ready.cookie}\r\n" if ready else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{cookie}"
