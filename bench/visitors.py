"""People who do not exist, as far as the last button: everything before it is done by real requests, unmeasured."""

import base64
import http.client
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from urllib.parse import urlencode

from bench.load import Request
from webapp.rules.forms.form_definition import Form
from webapp.rules.forms.questions import Page

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


class Person:
    """One browser."""

    def __init__(self, port: int) -> None:
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookie = ""

    def get(self, path: str) -> str:
        """The page at this address, which must be there."""
        self.link.request("GET", path, headers={"Cookie": f"hearth={self.cookie}"})
        answer = self.link.getresponse()
        body = answer.read().decode()
        if answer.status != 200:
            raise NotAsExpected(f"{path}: {answer.status}")
        return body

    def post(self, path: str, fields: list[tuple[str, str]]) -> str:
        """Send a form; the path that it leads to."""
        headers = {**SENDS_FORM, **({"Cookie": f"hearth={self.cookie}"} if self.cookie else {})}
        self.link.request("POST", path, urlencode(fields), headers)
        answer = self.link.getresponse()
        answer.read()
        if answer.status != 303:
            raise NotAsExpected(f"{path}: {answer.status}")
        for value in answer.headers.get_all("Set-Cookie") or []:
            self.cookie = value.partition(";")[0].partition("=")[2]
        return answer.headers["Location"].partition("#")[0]


def fill_in(page: Page) -> list[tuple[str, str]]:
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


def ready_to_send(port: int, form: Form, call: str) -> Ready:
    """Answer every page of a call, as far as the page with the button "Send"."""
    person = Person(port)
    where = person.post(f"/en/calls/{call}/begin", [])
    while True:
        token = _token(person.get(where))
        if where.endswith("/agree"):
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


def ready_to_register(port: int, event: str) -> Ready:
    """As far as an event's form."""
    person = Person(port)
    where = person.post(f"/en/events/{event}/begin", [])
    return Ready(person.cookie, _token(person.get(where)))


def many(number: int, make: object, *arguments: object, at_once: int = 4) -> list[Ready]:
    """So many people, a few at a time."""
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda _: make(*arguments), range(number)))  # type: ignore[operator]


def _token(page: str) -> str:
    found = TOKEN.search(page)
    if found is None:
        raise NotAsExpected("a page without a form")
    return found[1]


def get(path: str, ready: Ready | None = None) -> Request:
    """One GET, as a browser sends it."""
    return Request(_head("GET", path, ready).encode() + b"\r\n")


def post(path: str, ready: Ready, fields: list[tuple[str, str]], *, leads_to: str) -> Request:
    """One POST, good when it leads where it should."""
    body = urlencode([("csrf_token", ready.token), *fields]).encode()
    lines = "".join(f"{name}: {value}\r\n" for name, value in SENDS_FORM.items())
    head = f"{_head('POST', path, ready)}{lines}Content-Length: {len(body)}\r\n\r\n"
    return Request(head.encode() + body, 303, leads_to.encode())


def _head(method: str, path: str, ready: Ready | None) -> str:
    cookie = f"Cookie: hearth={ready.cookie}\r\n" if ready else ""
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{cookie}"
