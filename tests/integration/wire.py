"""A visitor's connection to a real, running server: for `tests.visitor.Visitor`, or by hand where speed matters."""

import re
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPException, RemoteDisconnected
from http.cookies import SimpleCookie
from select import select
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.visitor import Visitor
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')
CODE = re.compile(r'<p class="code"[^>]*>(.*?)</p>', re.DOTALL)
CALL = "/en/calls/support-needs"
FORM = "application/x-www-form-urlencoded"


class ServerGone(Exception):
    """The server went away before it had answered."""


@dataclass
class Answered:
    """What came back, with the names that Werkzeug's test response has for it."""

    status_code: int
    headers: Message
    body: bytes
    address: str

    @property
    def mimetype(self) -> str:
        return self.headers.get_content_type()

    @property
    def request(self) -> SimpleNamespace:
        return SimpleNamespace(path=urlsplit(self.address).path, full_path=self.address)

    def get_data(self, as_text: bool = False) -> Any:
        return self.body.decode() if as_text else self.body


class Wire:
    """One browser's connection and cookies. It trusts Secure cookies to this machine, as browsers do."""

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc
        self.cookies: dict[str, str] = {}
        self.connection = HTTPConnection(self.address, timeout=30)

    def get(self, path: str, **options: Any) -> Answered:
        try:
            return self._ask("GET", path)
        except RemoteDisconnected:
            # It lay idle and was hung up: browsers take a new one, too.
            return self._ask("GET", path)

    def post(
        self,
        path: str,
        data: Mapping[str, Any] | None = None,
        headers: Mapping[str, str | None] | None = None,
        **options: Any,
    ) -> Answered:
        return self._ask("POST", path, urlencode(data or {}, doseq=True))

    def close(self) -> None:
        self.connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> Answered:
        headers = {"Sec-Fetch-Site": "same-origin"}
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers["Content-Type"] = FORM
        self._drop_if_hung_up()
        self.connection.request(method, path, body=body, headers=headers)
        response = self.connection.getresponse()
        answered = Answered(response.status, response.msg, response.read(), path)
        for line in response.msg.get_all("Set-Cookie", []):
            for name, cookie in SimpleCookie(line).items():
                self.cookies[name] = cookie.value
        return answered

    def _drop_if_hung_up(self) -> None:
        """An idle connection that has something to read was closed by the server. Take a new one, as browsers do."""
        idle = self.connection.sock
        if idle is not None and select([idle], [], [], 0)[0]:
            self.connection.close()


def visitor_at(url: str) -> Visitor:
    """A visitor at a running server, who presses only what is there."""
    return Visitor(Wire(url), url)  # type: ignore[arg-type]


@contextmanager
def noticing_the_end() -> Iterator[None]:
    """A server that goes away in the middle of an answer is `ServerGone`, however Python names it."""
    try:
        yield
    except (OSError, HTTPException) as error:
        raise ServerGone from error


@dataclass
class Draft:
    """A participant on the last page: everything is answered, only Send is left."""

    wire: Wire
    token: str
    consents: list[str]
    call: str = CALL

    def send(self) -> str:
        """Press Send. Returns the code that the next page shows. Raises `ServerGone`."""
        with closing(self.wire), noticing_the_end():
            data = {"csrf_token": self.token, "consent": self.consents}
            _led_on(self.wire.post(f"{self.call}/agree", data))
            code = shown_code(self.wire.get(f"{self.call}/done").get_data(as_text=True))
        assert code is not None
        return code


def draft(
    url: str,
    form: FormDefinition,
    answers: Mapping[str, Answer],
    *,
    wire: Wire | None = None,
    call: str = CALL,
) -> Draft:
    """Answer every page that one of these answers is on, up to the last one before Send."""
    wire = wire or Wire(url)
    _led_on(wire.post(f"{call}/begin"))
    token = TOKEN.search(wire.get(f"{call}/page/{form.pages[0].key}").get_data(as_text=True))
    assert token is not None
    proof = {"csrf_token": token[1]}
    for page in form.pages:
        said = {question.key: answers.get(question.key, "") for question in page.questions}
        if any(said.values()):
            _led_on(wire.post(f"{call}/page/{page.key}", {**proof, **said}))
    _led_on(wire.post(f"{call}/check", proof))
    # The server would close it soon, which must not be taken for its end.
    wire.close()
    return Draft(wire, token[1], [wording.purpose for wording in form.consents], call)


def shown_code(page: str) -> str | None:
    """The code that a page gives out, if it does."""
    found = CODE.search(page)
    return re.sub("<[^>]+>", "", found[1]).strip() if found else None


def _led_on(answered: Answered) -> None:
    assert answered.status_code == 303, f"{answered.address}: {answered.status_code}"
