"""A day at an instance set up as in production: everyone who uses one comes, and types what no attacker may find."""

import csv
import io
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import msoffcrypto
import openpyxl
from flask import Flask
from sqlalchemy import select

from tests import live, passkeys, people
from tests.factories import (
    CONTENT,
    DEMO_CALL,
    WHO_WE_ARE,
    answers_for,
    days_of_call,
    demo_event,
    demo_form,
    publish_demo_event,
)
from tests.integration.canaries import Canaries
from tests.integration.wire import Wire, visitor_at
from tests.pages import FIELDS, words
from tests.rows import change
from tests.stores import Stores
from tests.visitor import Visitor
from webapp import create_app
from webapp.extensions import db
from webapp.models import Coordinator
from webapp.rules import clock
from webapp.rules.forms.kinds import Answer
from webapp.services.infrastructure import stores
from webapp.services.keys import authentication, session_keyrings
from webapp.settings import Settings

EVENT = "small-group"


@dataclass
class Robbed:
    """An instance after a day's work, and what only its people know."""

    kind: str
    folder: Path
    instance: Path
    settings: dict[str, str]
    stores: Stores
    told: Canaries = field(default_factory=Canaries)
    kept: Canaries = field(default_factory=Canaries)
    printed: list[str] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    #: Attempts of thieves that failed: see `Thief`.
    failed: set[tuple[str, int, bytes | str]] = field(default_factory=set)

    @property
    def config(self) -> Path:
        return self.instance / "config"

    @contextmanager
    def opened(self) -> Iterator[Flask]:
        """The stolen stores, under the stolen configuration."""
        config = ":".join(str(path) for path in sorted(self.config.iterdir()))
        environ = {"INSTANCE": str(self.instance), "CONFIG": config, **self.settings}
        app = create_app(Settings.from_environment({**environ, "DOORS": "public,desk,worker"}))
        with app.app_context():
            try:
                yield app
            finally:
                for engine in db.engines.values():
                    engine.dispose()


# A day at the instance


def set_up(scene: Robbed) -> None:
    """As `docs/operating.md` says: init, rehearse, publish. What is shown once is what no attacker may find again."""
    shown = live.command(
        scene.instance,
        "init",
        *("--organisation", "A charity", "--name", "Ana", "--sign-in-name", "ana"),
        *("--base-url", "https://take-part.example.org"),
        *("--reach-us", WHO_WE_ARE["REACH_US"]),
        **scene.settings,
    )
    scene.kept.person = "Ana"
    for name, pattern in {
        "passphrase": r"^Passphrase: +(.+)$",
        "recovery code": r"^Recovery code: +(\S+)",
        "authenticator": r"^Authenticator: +(\S+)",
    }.items():
        found = re.search(pattern, shown, re.MULTILINE)
        assert found is not None, name
        scene.kept.plant(name, found[1].strip())
    code = scene.kept.typed["Ana: recovery code"]
    scene.kept.plant("recovery code without hyphens", code.replace("-", ""))
    sheets = live.sheets_in(shown)
    for number, words_of_sheet in enumerate(sheets, start=1):
        scene.kept.plant(f"sheet {number}", words_of_sheet)
    live.rehearse(scene.instance, sheets, **scene.settings)
    days = days_of_call(clock.today() + timedelta(days=60))
    form = CONTENT / f"{DEMO_CALL}.json"
    command = ("publish", str(form), "--slug", DEMO_CALL, *days)
    live.command(scene.instance, *command, **scene.settings)
    with scene.opened():
        publish_demo_event(EVENT)


def use(scene: Robbed, url: str) -> None:
    """Everybody comes: two who send, two who stop half-way, one who mistypes, a program, a coordinator."""
    confirmed = (*people.ALL_BOXES, "mail_confirmation")
    with_it = participant_sends(scene, url, "one", confirmed, had_assessment="yes")
    participant_sends(scene, url, "two", people.ALL_BOXES, had_assessment="no")
    comes_back(scene, url, with_it)
    registers(scene, url)
    stops_half_way(scene, url)
    takes_a_return_code(scene, url)
    mistypes_a_code(scene, url)
    sends_odd_things(scene, url)
    works_at_the_desk(scene, url)


def arrive(scene: Robbed, url: str) -> Visitor:
    visitor = visitor_at(url)
    scene.wires.append(visitor.client)  # type: ignore[arg-type]
    return visitor


def answer_page(visitor: Visitor, answers: dict[str, Answer]) -> None:
    asked = {element.get("name", "") for element in visitor.page.all(*FIELDS)}
    visitor.press_first(**{name: answers[name] for name in asked & set(answers)})


def participant_sends(
    scene: Robbed, url: str, person: str, boxes: tuple[str, ...], **choices: str
) -> str:
    """Answer every page with words that are nowhere else. Returns the code."""
    scene.told.person = person
    answers = answers_for(demo_form(), scene.told.for_question, **choices)
    visitor = arrive(scene, url)
    people.begin(visitor)
    while not visitor.path.endswith("/check"):
        answer_page(visitor, answers)
    # Every word is on the page now, apart from those of pages that are not on this person's way.
    code = people.send(visitor, boxes)
    visitor.follow(people.MORE)
    visitor.press_first()
    while "/page/" in visitor.path:
        answer_page(visitor, answers)
    visitor.press_first()
    scene.told.plant("code", code)
    scene.told.plant("code without hyphens", code.replace("-", ""))
    return code


def comes_back(scene: Robbed, url: str, code: str) -> None:
    visitor = arrive(scene, url)
    people.come_back(visitor, code)
    visitor.get("/en/choices/answers")
    assert scene.told.typed["one: change_words"] in visitor.page.html
    assert visitor.download("/en/choices/copy").status_code == 200
    # They begin to change something, and leave the page open.
    visitor.press("See all the questions")
    assert scene.told.typed["one: change_words"] in visitor.page.html


def registers(scene: Robbed, url: str) -> None:
    """A seat at an event, with needs; the mails that it asks for are not sent, so they wait."""
    scene.told.person = "registered"
    answers = answers_for(demo_event(EVENT).form, scene.told.for_question)
    visitor = arrive(scene, url)
    visitor.get(f"/en/events/{EVENT}/")
    visitor.press_first()
    people.go_on_from_leaving(visitor)
    answer_page(visitor, answers)
    assert visitor.path.endswith("/registered"), visitor.page.text
    shown = {one.get("class", ""): words(one) for one in visitor.page.all("p")}
    scene.told.plant("link", shown["link"].rpartition("/")[2])
    scene.told.plant("room code", shown["code"])


def stops_half_way(scene: Robbed, url: str) -> None:
    scene.told.person = "half-way"
    visitor = arrive(scene, url)
    people.begin(visitor)
    visitor.press_first(adult="yes")
    visitor.get(f"/en/calls/{DEMO_CALL}/page/change")
    visitor.press_first(change_words=scene.told.plant("an answer that was never sent"))
    visitor.get(f"/en/calls/{DEMO_CALL}/page/contact")
    visitor.press_first(contact_wanted="yes")
    visitor.press_first(safe_ways=["email"], name_to_use=scene.told.plant("a name"))
    wrong = scene.told.plant("an address with a mistake")
    visitor.press_first(email=f"{wrong} at example.org")
    assert wrong in visitor.page.html


def takes_a_return_code(scene: Robbed, url: str) -> None:
    """Words that were accepted, an address that was not, and a code under which both wait."""
    scene.told.person = "pausing"
    visitor = arrive(scene, url)
    people.begin(visitor)
    visitor.press_first(adult="yes")
    visitor.get(f"/en/calls/{DEMO_CALL}/page/change")
    visitor.press_first(change_words=scene.told.plant("an answer that waits"))
    visitor.get(f"/en/calls/{DEMO_CALL}/page/contact")
    visitor.press_first(contact_wanted="yes")
    visitor.press_first(safe_ways=["email"])
    wrong = scene.told.plant("an address with a mistake that waits")
    visitor.press("Stop for now", email=f"{wrong} at example.org")
    visitor.press("Give me a return code")
    code = scene.told.plant("return code", people.shown_code(visitor))
    scene.told.plant("return code without hyphens", code.replace("-", ""))
    visitor.press("I have kept it")


def mistypes_a_code(scene: Robbed, url: str) -> None:
    scene.told.person = "mistyping"
    visitor = arrive(scene, url)
    typed = scene.told.plant("not a code")
    people.come_back(visitor, typed)
    assert typed in visitor.page.html


def sends_odd_things(scene: Robbed, url: str) -> None:
    """Where a participant's words may end up by mistake: an address, a body that is refused, no HTTP at all."""
    scene.told.person = "odd"
    wire = Wire(url)
    scene.wires.append(wire)
    for path in ("/en/{}", "/en/calls/{}/", "/en/?q={}", "/{}/", "/static/{}", "/desk/{}"):
        assert wire.get(path.format(scene.told.plant(f"in {path}"))).status_code in (200, 303, 404)
    assert (
        wire.post("/en/choices", {"code": scene.told.plant("in a large body") * 9000}).status_code
        == 413
    )
    wire.close()
    address = urlsplit(url)
    for request in (
        "GET /{} HTTP/9.9\r\n\r\n",
        "{} / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n{}\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: {}\r\n\r\n",
        "{}",
    ):
        with socket.create_connection((address.hostname, address.port), timeout=5) as raw:
            raw.sendall(request.format(scene.told.plant(f"no HTTP: {request!r}")).encode())
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(65536):
                pass


def works_at_the_desk(scene: Robbed, url: str) -> None:
    secret = scene.kept.typed["Ana: authenticator"]
    desk = arrive(scene, url)
    desk.get("/desk/sign-in")
    wrong = scene.kept.plant("a passphrase with a mistake")
    form = {"sign_in_name": "ana", "passphrase": wrong, "code": people.code_now(secret)}
    desk.press("Sign in", **form)  # type: ignore[arg-type]
    assert desk.status == 400
    use_code_again(scene)
    form["passphrase"] = scene.kept.typed["Ana: passphrase"]
    desk.press("Sign in", **form | {"code": people.code_now(secret)})  # type: ignore[arg-type]
    assert desk.path == "/desk/"
    desk.get(f"/desk/calls/{DEMO_CALL}")
    for submission in people.submissions_listed(desk):
        desk.get(f"/desk/submissions/{submission}")
        desk.press("Open the answers", **{"answers-why": "report"})
        assert "canary" in desk.page.html
        desk.get(f"/desk/submissions/{submission}")
        desk.press("Open the contact details", **{"contact-why": "danger"})
        assert "canary" in desk.page.html
    desk.get(f"/desk/events/{EVENT}/link")
    scene.kept.plant("the joining link", f"https://meet.example.net/{token_hex(8)}")
    desk.press("Save", link=scene.kept.typed["Ana: the joining link"])
    assert desk.status == 200
    scene.kept.plant("a message to everyone")
    desk.get(f"/desk/events/{EVENT}/write")
    desk.press("Continue", words=scene.kept.typed["Ana: a message to everyone"])
    desk.press("Yes, send it")
    assert desk.path == f"/desk/events/{EVENT}"
    desk.get("/desk/me")
    desk.press("Save", often="1", address=f"{scene.kept.plant('own address')}@example.org")
    assert "An e-mail is on its way" in desk.page.text
    password = scene.kept.plant("the password of a file")
    for file_format in ("xlsx", "csv"):
        use_code_again(scene)
        desk.get("/desk/contacts")
        file = desk.press_for_file(
            "Download the list",
            who=f"{DEMO_CALL}:contact_me",
            file_format={"xlsx": "own", "csv": "csv"}[file_format],
            password=password,
        )
        assert file.status_code == 200, file.get_data(as_text=True)
        rows = cells(file.get_data(), password if file_format == "xlsx" else None)
        read = {cell for row in rows for cell in row}
        assert {
            f"{scene.told.typed[f'{who}: email']}@example.org" for who in ("one", "two")
        } <= read
    desk.get(f"/desk/calls/{DEMO_CALL}/on-behalf")
    language = scene.told.plant("entered: language")
    desk.press("Begin", how="phone", spoken=language)
    desk.get(desk.path.replace("/page/first", "/page/change"))
    desk.press("Continue", change_words=scene.told.plant("entered: words by phone"))
    adds_a_passkey(scene)
    # She leaves the desk open, and a draft half entered.


def adds_a_passkey(scene: Robbed) -> None:
    """In a session of its own, which ends with it: passkeys are for a host with a name, and this one has a number."""
    use_code_again(scene)
    code = people.code_now(scene.kept.typed["Ana: authenticator"])
    with scene.opened():
        holder = authentication.sign_in("ana", scene.kept.typed["Ana: passphrase"], code)
        passkeys.add(holder)
        session_keyrings.throw_away(holder)


def use_code_again(scene: Robbed) -> None:
    """No test wants to wait half a minute for the next one."""
    with scene.opened(), stores.writing() as main:
        change(main, select(Coordinator), {"totp_last_step": 0})


def cells(content: bytes, password: str | None) -> list[list[str]]:
    """What a coordinator reads in a contact file."""
    if password is None:
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    plain, locked = io.BytesIO(), msoffcrypto.OfficeFile(io.BytesIO(content))
    locked.load_key(password=password)
    locked.decrypt(plain)
    sheet = openpyxl.load_workbook(plain).active
    return [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
