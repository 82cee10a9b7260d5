"""What an attacker tried, and what became of it. Each test is one of their ways in, closed."""

import base64
import importlib.util
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from uuid import UUID, uuid4

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import Table, delete, insert, select, update

from tests import people
from tests.conftest import MakeApp
from tests.factories import DEMO_CALL, code_for, signed_in, submit_one
from tests.integration.desk.worker import PASSWORD, Someone, Worker
from tests.integration.public.steps import START, page_address, value_of
from tests.integration.tables import everything
from tests.live import ROOT, Server, free_port, surroundings
from tests.visitor import Visitor
from webapp import sessions
from webapp.models import AuditNote, Coordinator, ErasureSecret, OwnCopy, Part, Tombstone
from webapp.rules import clock
from webapp.services import (
    audit,
    calls,
    chores,
    contacts,
    coordinators,
    disclosure,
    erasure,
    founding,
    limits,
    own_copies,
    stores,
)
from webapp.services.coordinators import Holder, NotSignedIn, WrongCode
from webapp.services.disclosure import Erased
from webapp.services.founding import Founded
from webapp.services.limits import LIMITS_FOR_ONE, TooMany
from webapp.settings import WrongSetting
from webapp.vault import stretching
from webapp.vault.contexts import TOTP_SECRET, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.labels import Label
from webapp.vault.sealing import seal_for_holder
from webapp.vault.symmetric import seal_keyed

PARTS: Table = Part.__table__  # type: ignore[assignment]
OURS = "https://take-part.example.org"


@pytest.fixture(autouse=True)
def _early_in_a_step() -> Iterator[None]:
    """A six-digit code changes every 30 seconds: no test begins just before it does."""
    now = datetime.now(UTC)
    with time_machine.travel(now.replace(second=now.second // 30 * 30 + 1, microsecond=0)):
        yield


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def real_limits(make_app: MakeApp) -> Iterator[Flask]:
    """An instance with the limits of production."""
    app = make_app(LIMIT_FACTOR="1")
    with app.app_context():
        yield app


# Somebody who can write to the database


@pytest.mark.parametrize("purpose", ["contact", "testimony"])
def test_nobody_is_handed_somebody_elses_part(
    inside: Flask, founded: Founded, purpose: str
) -> None:
    # Given two people, and a coordinator who may open both
    one, other, third = submit_one(), submit_one(), submit_one()
    holder = signed_in(founded)
    opening = {"contact": disclosure.open_contact, "testimony": disclosure.open_testimony}[purpose]
    opening(holder, one.submission_id, "to ask")
    # When somebody exchanges their parts in the database
    exchange_parts(purpose, one.submission_id, other.submission_id)
    # Then neither opens, and nothing of either leaves in a list
    for submission_id in (one.submission_id, other.submission_id):
        with pytest.raises(DoesNotOpen):
            opening(holder, submission_id, "to ask")
    if purpose == "contact":
        with pytest.raises(DoesNotOpen):
            export(holder, code_for(founded, 1))
    # And the third person is not concerned
    opening(holder, third.submission_id, "to ask")


def exchange_parts(purpose: str, one: UUID, other: UUID) -> None:
    """Give each the other's part, without touching anything else in it."""
    with stores.writing() as main:
        found = select(PARTS).where(
            PARTS.c.submission_id.in_([one, other]), PARTS.c.purpose == purpose
        )
        rows = [dict(row) for row in main.execute(found).mappings()]
        assert len(rows) == 2
        main.execute(delete(PARTS).where(PARTS.c.id.in_([row["id"] for row in rows])))
        swapped = {one: other, other: one}
        for row in rows:
            row["submission_id"] = swapped[row["submission_id"]]
        main.execute(insert(PARTS), rows)


def export(holder: Holder, code: str) -> contacts.ContactFile:
    return contacts.export_consented(
        holder,
        calls.find_call(DEMO_CALL),
        purpose="contact_me",
        reason="to invite",
        code=code,
        file_format="csv",
        password=PASSWORD,
    )


def test_a_second_factor_of_ones_own_opens_nothing(inside: Flask, founded: Founded) -> None:
    # Given somebody who found the passphrase, and can write to the database, but does not know the key
    owner, own_secret = founded.owner, pyotp.random_base32()
    with stores.reading() as main:
        row = main.scalars(select(Coordinator)).one()
    context = Context(TOTP_SECRET, owner_id=row.id, row_id=row.id)
    forged = [
        seal_keyed(own_secret.encode(), key=key, label=Label.TOTP_CONTENT, context=context)
        for key in (row.public_key[:32], row.public_key_mac, bytes(32))
    ]
    # When they seal a secret of their own under everything that they have, then it is not even made for a public key
    with pytest.raises(ValueError, match=r"\w"):
        seal_for_holder(own_secret.encode(), public_key=row.public_key, context=context)
    for envelope in forged:
        with stores.writing() as main:
            main.execute(update(Coordinator).values(totp_envelope=envelope, totp_last_step=0))
        # And with none of them a code of theirs opens the desk
        with pytest.raises(NotSignedIn):
            coordinators.sign_in(
                owner.sign_in_name,
                owner.passphrase,
                pyotp.TOTP(own_secret).at(int(clock.now().timestamp())),
            )
    # And with what stood there before, hers does
    with stores.writing() as main:
        main.execute(update(Coordinator).values(totp_envelope=row.totp_envelope))
    assert signed_in(founded).coordinator_id == row.id


def test_a_planted_tombstone_destroys_nothing(inside: Flask, founded: Founded) -> None:
    # Given somebody whose parts are all said to be erased, and are not
    sent = submit_one()
    holder = signed_in(founded)
    secrets = set(secret_ids())
    with stores.writing() as main:
        for table in (Part, OwnCopy):
            for row in main.scalars(select(table)):
                main.add(planted(row.id, row.secret_id))
        main.add(planted(uuid4(), main.scalars(select(Part.secret_id)).first()))
        main.add(planted(sent.submission_id, None))
    # When the worker finishes erasures and sweeps
    assert chores.do_all()
    # Then no secret is gone, and everything opens
    assert set(secret_ids()) == secrets
    disclosure.open_testimony(holder, sent.submission_id, "to read")
    assert own_copies.find_held(sent.receipt).answers
    # And whoever wants to be erased still is, whole
    assert erasure.erase_held(own_copies.find_held(sent.receipt)).complete
    assert secret_ids() == []
    with pytest.raises(Erased):
        disclosure.open_testimony(holder, sent.submission_id, "to read")


def planted(row_id: UUID, secret_id: UUID | None) -> Tombstone:
    return Tombstone(id=row_id, erased_on=clock.today(), secret_id=secret_id, done=False)


def secret_ids() -> list[UUID]:
    with stores.reading("erasure") as erased:
        return list(erased.scalars(select(ErasureSecret.id)))


def test_only_what_happens_at_the_public_door_enters_the_record(inside: Flask) -> None:
    # Given notes that the public door never leaves, beside one that it does
    today, someone = clock.today(), uuid4()
    before = audit.verify()
    notes = [
        ("contacts exported, invite", today),
        ("signed in", today),
        (audit.GIVEN.upper(), today),
        (audit.WITHDRAWN, today + timedelta(days=1)),
        (audit.ERASED, today),
    ]
    with stores.writing() as main:
        main.add_all(AuditNote(id=uuid4(), on=on, tag=tag, subject_id=someone) for tag, on in notes)
    # When the worker links them
    # Then only that one is in the record
    assert audit.link_notes() == 1
    assert audit.link_notes() == 0
    assert audit.verify() == before + 1
    assert audit.recent(1)[0].tag == audit.ERASED
    # And one of tomorrow waits for its day
    with time_machine.travel(clock.now() + timedelta(days=1)):
        assert audit.link_notes() == 1
    assert audit.recent(1)[0].tag == audit.WITHDRAWN


def test_many_false_notes_do_not_keep_a_true_one_out(inside: Flask) -> None:
    with stores.writing() as main:
        main.add_all(
            AuditNote(id=UUID(int=n), on=clock.today(), tag="false", subject_id=uuid4())
            for n in range(audit.BATCH + 1)
        )
        audit.note(main, audit.GIVEN, uuid4())
    assert audit.link_notes() == 1


# Somebody who guesses, or found a desk open


def test_wrong_codes_are_in_the_record_and_limited_wherever_they_come_from(
    make_app: MakeApp, founded: Founded
) -> None:
    # Given the limits of production, and somebody who has the passphrase
    app = make_app(LIMIT_FACTOR="1")
    most = LIMITS_FOR_ONE["six-digit-code"].burst
    wrong = next(
        code for code in ("000000", "111111", "222222", "333333") if is_wrong(founded, code)
    )
    # When they guess six digits, each time from another network
    statuses = []
    for network in range(most + 1):
        guesser = Worker(app, founded)
        guesser.client.environ_base["REMOTE_ADDR"] = f"198.51.{network}.7"
        guesser.sign_in(code=wrong)
        statuses.append(guesser.status)
    # Then they are stopped, and so is whoever has the right ones
    assert statuses == [HTTPStatus.BAD_REQUEST] * most + [HTTPStatus.TOO_MANY_REQUESTS]
    owner = Worker(app, founded)
    owner.client.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    owner.sign_in()
    assert owner.status == HTTPStatus.TOO_MANY_REQUESTS
    # And every wrong one is in the record
    assert owner.tags().count("wrong six-digit code") == most
    assert "signed in" not in owner.tags()
    # And after some minutes one more may be tried
    with owner.later(minutes=11):
        owner.sign_in()
        assert owner.path == "/desk/"


def is_wrong(founded: Founded, code: str) -> bool:
    return code not in {code_for(founded, steps) for steps in range(-3, 4)}


def test_a_wrong_passphrase_is_no_guess_at_the_digits(real_limits: Flask, founded: Founded) -> None:
    # Given somebody without the passphrase, who tries as often as they like
    before = everything()["audit_entries"]
    for _ in range(LIMITS_FOR_ONE["six-digit-code"].burst + 1):
        with pytest.raises(NotSignedIn):
            coordinators.sign_in(founded.owner.sign_in_name, "wrong", "000000")
    # Then they do not fill the record, nor shut the coordinator out
    assert everything()["audit_entries"] == before
    assert signed_in(founded)


def test_digits_are_limited_at_the_desk_too(real_limits: Flask, founded: Founded) -> None:
    # Given a desk that was found open
    holder = signed_in(founded)
    # When somebody guesses the digits that a list wants
    wrong = next(
        code for code in ("000000", "111111", "222222", "333333") if is_wrong(founded, code)
    )
    for _ in range(LIMITS_FOR_ONE["six-digit-code"].burst - 1):
        with pytest.raises(WrongCode):
            export(holder, wrong)
    # Then they cannot go on
    with pytest.raises(TooMany):
        export(holder, wrong)
    # Another coordinator is not concerned
    limits.take_for("six-digit-code", uuid4().hex)


def test_a_desk_left_open_does_not_give_everybody_away(
    real_limits: Flask, founded: Founded
) -> None:
    # Given somebody at a desk that was left open
    person, holder = submit_one().submission_id, signed_in(founded)
    most = LIMITS_FOR_ONE["opening"].burst
    with time_machine.travel(clock.now(), tick=False) as turned:
        # When they open one thing after the other, answers and contacts
        for turn in range(most):
            opening = disclosure.open_contact if turn % 2 else disclosure.open_testimony
            opening(holder, person, "to read")
        # Then there comes an end to it, for both, and nothing more is in the record
        written = audit.verify()
        for opening in (disclosure.open_contact, disclosure.open_testimony):
            with pytest.raises(TooMany):
                opening(holder, person, "to read")
        assert audit.verify() == written
        # And the next one opens a minute later
        turned.shift(timedelta(minutes=1, seconds=1))
        disclosure.open_testimony(holder, person, "to read")


def test_too_many_openings_get_a_kind_page(
    make_page_app: MakeApp, page_founded: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = Worker(make_page_app(LIMIT_FACTOR="1"), page_founded)
    someone: Someone = worker.answered_by("contact_me")
    monkeypatch.setitem(limits.LIMITS_FOR_ONE, "opening", limits.Limit(1, 1))
    worker.sign_in()
    worker.open_answers(someone)
    assert worker.status == HTTPStatus.OK
    worker.open_contact(someone)
    assert worker.status == HTTPStatus.TOO_MANY_REQUESTS


@contextmanager
def both_places_taken() -> Iterator[None]:
    """Two others try their passphrases, and take for ever."""
    with ExitStack() as taken:
        for _ in range(stretching.AT_ONCE):
            taken.enter_context(stretching._turnstile)
        yield


@pytest.mark.parametrize("name", ["ana", "nobody"])
def test_a_flood_of_sign_ins_holds_up_nobody_else(
    app: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Given both places taken for longer than anybody waits
    monkeypatch.setattr(stretching, "LONGEST_WAIT_SECONDS", 0.2)
    worker, visitor = Worker(app, founded), Visitor(app.test_client())
    visitor.get("/en/")
    with both_places_taken():
        # When somebody signs in, with a name that is there or not
        worker.sign_in(sign_in_name=name)
        # Then both are asked to come back, and neither is told which it is
        assert worker.status == HTTPStatus.TOO_MANY_REQUESTS
        # And other pages do not wait
        begun = time.monotonic()
        visitor.get("/en/")
        people.begin(visitor)
        assert visitor.status == HTTPStatus.OK
        assert time.monotonic() - begun < 2
    # And when a place is free the same words open the desk
    worker.sign_in()
    assert worker.path == "/desk/"


# Somebody who sends what no page of ours sends


def test_a_public_process_never_reads_a_visit_of_the_desk(
    make_app: MakeApp, founded: Founded
) -> None:
    # Given a signed-in coordinator, whose cookie comes to a process of the public door as well
    both = make_app()
    worker = Worker(both, founded)
    worker.sign_in()
    cookie = worker.client.get_cookie("hearth-desk")
    assert cookie is not None
    public = make_app(DOORS="public")
    headers = {"Cookie": f"hearth-desk={cookie.value}"}
    with both.app_context():
        before = everything()
    for address in ("/desk/", "/desk/record", "/desk/contacts"):
        # When it is sent to an address of the desk
        with public.test_request_context(address, headers=headers):
            # Then nothing of it is read
            assert not sessions.current().begun
            assert dict(sessions.current()) == {}
        # (where the desk is, it is)
        with both.test_request_context(address, headers=headers):
            assert sessions.current()["coordinator_id"]
        stranger = public.test_client(use_cookies=False)
        assert stranger.get(address, headers=headers).status_code == HTTPStatus.NOT_FOUND
    # And nothing of it was changed or ended
    with both.app_context():
        assert everything() == before
    assert worker.get("/desk/").h1.endswith("Ana")


def begin_address(visitor: Visitor) -> str:
    """Where the start page's form goes."""
    (main,) = visitor.page.all("main")
    form = next(main.iter("form"))
    assert form.get("method", "").lower() == "post"
    return form.get("action") or visitor.path


@pytest.mark.parametrize("name", ["Origin", "Referer"])
@pytest.mark.parametrize("value", ["http://[::1", "http://[", "//[", "http://[x]/", "null"])
def test_a_broken_origin_is_refused_without_a_fuss(
    page_visitor: Visitor, caplog: pytest.LogCaptureFixture, name: str, value: str
) -> None:
    headers = {"Sec-Fetch-Site": None, "Origin": None, name: value}
    page_visitor.get(START)
    page_visitor.post(begin_address(page_visitor), **headers)
    assert page_visitor.status == HTTPStatus.FORBIDDEN
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_only_our_own_name_is_answered(
    make_page_app: MakeApp, caplog: pytest.LogCaptureFixture
) -> None:
    # Given an instance that knows its address
    client = make_page_app(BASE_URL=OURS).test_client()
    # When it is called by another name, then it does not answer to it
    for host in (
        "evil.example",
        "take-part.example.org.evil.example",
        "x@take-part.example.org",
        "",
    ):
        for address in (
            "/",
            "/en/",
            "/desk/sign-in",
            "/healthz",
            "/en/nothing/",
            "/static/nothing",
        ):
            answer = client.get(address, headers={"Host": host})
            assert answer.status_code == HTTPStatus.BAD_REQUEST, (host, address)
            assert "evil" not in answer.text
            assert "evil" not in answer.headers.get("Location", "")
    # And by its own, and for the supervisor, it does
    for host in (
        "take-part.example.org",
        "take-part.example.org:443",
        "127.0.0.1:8000",
        "localhost",
    ):
        answer = client.get("/healthz", headers={"Host": host})
        assert answer.status_code == HTTPStatus.OK, host
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_begin_moves_a_visit_away_from_an_older_cookie(app: Flask) -> None:
    # Given somebody who has begun on a shared phone, with a cookie that another has noted down
    visitor = Visitor(app.test_client())
    people.begin(visitor)
    visitor.press("Continue", adult="yes")
    noted = cookie_of(visitor)
    # When they begin once more
    people.begin(visitor)
    # Then what they said is there, under a new secret
    assert cookie_of(visitor) != noted
    visitor.get(page_address("first"))
    assert value_of(visitor, "adult") == ["yes"]
    # And the old cookie opens nothing, and brings nothing back
    other = Visitor(app.test_client())
    other.client.set_cookie("hearth", noted)
    other.get(page_address("first"))
    assert not other.path.endswith("/page/first")
    with app.app_context():
        assert len(everything()["public_visits"]) == 1


def cookie_of(visitor: Visitor) -> str:
    cookie = visitor.client.get_cookie("hearth")
    assert cookie is not None
    assert len(base64.urlsafe_b64decode(cookie.value + "=")) == 32
    return cookie.value


# The worker, and operators' commands


def test_one_broken_chore_stops_no_other(
    inside: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    # Given chores that break in every way, and somebody who waits to be erased
    def breaks() -> None:
        raise ValueError("ana.k@example.org")

    def cannot() -> None:
        raise stores.StoreUnavailable("main")

    sent = submit_one()
    with stores.writing() as main:
        erasure.shred_parts(
            main, main.scalars(select(Part).where(Part.submission_id == sent.submission_id)).all()
        )
    monkeypatch.setattr(chores, "CHORES", (breaks, cannot, *chores.CHORES, breaks))
    # When the worker does its round
    # Then it is not done, but everything else is
    assert not chores.do_all()
    with stores.reading() as main:
        assert main.scalars(select(Tombstone).where(Tombstone.done.is_(False))).all() == []
    # And the log names the kind of failure and nothing else
    assert "ValueError" in caplog.text
    assert "ana.k" not in caplog.text


def run(folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    """One of the operators' commands, as an operator starts it."""
    return subprocess.run(
        [sys.executable, "-m", "webapp.cli", *words],
        cwd=ROOT,
        env=surroundings(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_the_demo_leaves_a_real_instance_alone(tmp_path: Path) -> None:
    # Given a real instance, configured
    folder = tmp_path / "instance"
    founding.write_config(folder / "config", {"ORGANISATION": "A charity", "BASE_URL": OURS})
    before = files_under(folder)
    # When somebody starts the demo there
    done = run(folder, "demo")
    # Then it refuses, and has changed nothing
    assert done.returncode == 1
    assert "real instance" in done.stderr
    assert "Traceback" not in done.stderr
    assert files_under(folder) == before


def files_under(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("line_break", ["\n", "\r", "\x0b", "\x0c", "\x1c", "\x85", "\u2028"])
def test_an_answer_cannot_add_a_setting(tmp_path: Path, line_break: str) -> None:
    # Given an answer that would be two lines of a configuration file
    answer = f"A charity{line_break}DEMO=yes"
    # When it is to be written down, then nothing is
    with pytest.raises(WrongSetting) as refused:
        founding.write_config(tmp_path / "config", {"ORGANISATION": answer, "BASE_URL": OURS})
    assert "charity" not in str(refused.value)
    assert files_under(tmp_path) == {}


def test_init_says_so_in_one_line(tmp_path: Path) -> None:
    done = run(
        tmp_path,
        "init",
        *("--organisation", "A charity\nDEMO=yes", "--name", "Ana", "--sign-in-name", "ana"),
        *("--base-url", OURS),
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Hearth does not start: ")
    assert done.stderr.count("\n") == 1
    assert files_under(tmp_path) == {}


# The web server


def test_half_requests_do_not_stop_the_others(live_server: Server) -> None:
    # Given forty sockets with half a header
    with ExitStack() as open_sockets:
        for _ in range(40):
            half = open_sockets.enter_context(closing(connect(live_server)))
            half.sendall(b"GET /en/ HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        time.sleep(0.5)
        # When others come, then they are answered
        for _ in range(5):
            with urllib.request.urlopen(f"{live_server.url}/healthz", timeout=15) as answer:
                assert answer.status == HTTPStatus.OK


def test_a_broken_request_leaves_no_address_in_the_log(live_server: Server) -> None:
    # Given what is in the log
    before = live_server.log.stat().st_size
    # When requests come that are none, from an address of their own
    for sent in (
        b"nonsense\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
        b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n",
        b"POST /en/choices HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(60),
        b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
    ):
        with closing(connect(live_server, "127.0.0.77")) as odd:
            odd.sendall(sent)
            odd.shutdown(socket.SHUT_WR)
            while odd.recv(4096):
                pass
    # Then the log says nothing of who it was, nor what
    written = live_server.log.read_bytes()[before:]
    assert b"127.0.0.77" not in written
    assert b"nonsense" not in written
    assert b"Traceback" not in written


def connect(server: Server, source: str = "127.0.0.1") -> socket.socket:
    port = int(server.url.rpartition(":")[2])
    return socket.create_connection(("127.0.0.1", port), timeout=15, source_address=(source, 0))


SHORTER = """
import importlib.util
spec = importlib.util.spec_from_file_location("bounded", {conf!r})
bounded = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bounded)
bounded.LONGEST_SECONDS = 1
worker_class, workers, threads = bounded.BoundedWorker, 1, 2
"""
ANSWERS = """
def app(environ, start):
    environ["wsgi.input"].read()
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[int]:
    """gunicorn with our worker, two threads and a second of patience. Gives its port."""
    (tmp_path / "conf.py").write_text(SHORTER.format(conf=str(ROOT / "gunicorn.conf.py")))
    (tmp_path / "answers.py").write_text(ANSWERS)
    port = free_port()
    bind = ("-c", "conf.py", "--bind", f"127.0.0.1:{port}", "--log-level", "error")
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "answers:app", "--no-control-socket", *bind],
        cwd=tmp_path,
        env=surroundings(tmp_path),
        start_new_session=True,
    )
    try:
        wait_for(lambda: ask(port, b"GET / HTTP/1.0\r\n\r\n").endswith(b"ok"))
        yield port
    finally:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=10)


def wait_for(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if happens():
                return
        except OSError:
            pass
        time.sleep(0.2)
    raise AssertionError("it did not happen")


def ask(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as asking:
        asking.sendall(sent)
        return b"".join(iter(lambda: asking.recv(4096), b""))


@pytest.mark.parametrize(
    "half",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf",
    ],
    ids=["header", "body"],
)
def test_whoever_is_too_slow_is_hung_up_on(hasty: int, half: bytes) -> None:
    # Given both threads held by somebody who does not go on
    with ExitStack() as slow:
        held = [
            slow.enter_context(socket.create_connection(("127.0.0.1", hasty), timeout=20))
            for _ in range(2)
        ]
        for one in held:
            one.sendall(half)
        time.sleep(0.3)
        # When somebody else comes, then they wait, but not for ever
        assert ask(hasty, b"GET / HTTP/1.0\r\n\r\n").endswith(b"ok")
        # And the slow ones get no page: their line is dead
        for one in held:
            assert b"200 OK" not in one.recv(4096)


def test_a_line_that_is_dead_already_is_no_error() -> None:
    conf = configuration()
    one, other = socket.socketpair()
    with one, other:
        conf.hang_up(one)
        assert other.recv(1) == b""
        conf.hang_up(one)
    conf.hang_up(one)


def test_the_server_is_told_to_be_quiet_and_quick() -> None:
    conf = configuration()
    assert conf.worker_class is conf.BoundedWorker
    assert conf.accesslog is None
    assert conf.loglevel == "error"
    assert conf.threads > 40
    assert conf.LONGEST_SECONDS <= 60
    # It counts because it lies where the server is started
    assert re.search(r"gunicorn wsgi:app", (ROOT / "docs" / "operating.md").read_text())


def configuration():  # type: ignore[no-untyped-def]
    """gunicorn.conf.py, as gunicorn reads it."""
    spec = importlib.util.spec_from_file_location("gunicorn_conf", ROOT / "gunicorn.conf.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
