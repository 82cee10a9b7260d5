"""Asked to stop (TERM, HUP, Ctrl-C), every process ends with status 0 within seconds, and nothing is half done.

systemd sends TERM and kills after TimeoutStopSec; a terminal that is closed sends HUP to all that was started in it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from click.testing import CliRunner
from sqlalchemy import func, select

from tests import live
from tests.conftest import MakeApp
from tests.factories import environment, publish_demo_event, register_some
from tests.integration.house import make_house
from tests.integration.mail.postbox import Postbox
from tests.stores import Stores
from webapp import cli, long_lived, supervisor
from webapp.cli import worker
from webapp.models import OutboxMessage
from webapp.services.infrastructure import stores
from webapp.services.worker import chores, delivery, mail_rounds
from webapp.settings import Settings

#: As the units in deploy/ allow.
STOP_SECONDS = 20
#: Long enough for a server to hear what was sent.
A_MOMENT = 0.3
MAILS = 7


@pytest.fixture
def signals_of_before() -> Iterator[None]:
    """A command that was run in this process leaves nothing behind; one that is deaf to a signal fails its test."""

    def unheard(*_: object) -> None:
        raise AssertionError("nobody listens to this signal")

    kinds = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {kind: signal.signal(kind, unheard) for kind in kinds}
    yield
    for kind, handler in before.items():
        signal.signal(kind, handler)
    long_lived._STOPPING.clear()


class AskedToStop(Postbox):
    """A mail server in whose hands is the first mail when somebody stops the worker."""

    kind = signal.SIGTERM

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if not self.mails:
            os.kill(os.getpid(), self.kind)
        return await super().handle_DATA(server, session, envelope)


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_worker_finishes_the_mails_in_hand_and_begins_no_more(
    kind: signal.Signals,
    make_page_app: MakeApp,
    signals_of_before: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given more mails that wait than a worker takes in hand at once
    with AskedToStop().open() as postbox:
        postbox.kind = kind
        house = make_house(make_page_app, postbox.port)
        with house.app_context():
            people = register_some(publish_demo_event(seats=MAILS), MAILS)
        monkeypatch.setattr(worker, "application", lambda door: house)
        monkeypatch.setattr(worker, "MAIL_EVERY", 1)
        monkeypatch.setattr(mail_rounds, "random_gap", mail_rounds.no_gap)
        # When it is asked to stop while the first is on its way
        done = CliRunner().invoke(cli.command("worker"), ["--unseparated"])
        # Then it ends in order, and only what it had begun has left
        assert done.exit_code == 0, done.output
        assert 0 < len(postbox.mails) < MAILS
        with house.app_context(), stores.reading() as main:
            unfinished = OutboxMessage.state == "claimed"
            assert main.scalar(select(func.count()).where(unfinished)) == 0
        # And the next worker sends the rest, and nothing twice
        long_lived._STOPPING.clear()
        with house.app_context():
            delivery.send_waiting()
        assert postbox.addresses == sorted(one.address for one in people)


def test_a_worker_that_is_asked_to_stop_begins_no_further_chore(
    make_page_app: MakeApp, signals_of_before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a worker that is asked to stop in the middle of a round
    began: list[str] = []

    def first() -> None:
        began.append("first")
        long_lived.begin_to_stop()

    monkeypatch.setattr(chores, "CHORES", (first, lambda: began.append("second")))
    # When the round goes on, then what was begun is whole, and the rest is not called done
    with make_page_app().app_context():
        assert not chores.do_all()
    assert began == ["first"]


#: As gunicorn in a terminal that is closed: HUP asks it to load anew, and TERM to end.
GOES_ON = """
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
os.kill(os.getppid(), signal.SIGHUP)
signal.pause()
"""


def test_a_terminal_that_is_closed_ends_what_run_has_started(
    tmp_path: Path, signals_of_before: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given a web server that HUP does not end, started by `run`
    began: list[supervisor.Child] = []

    class Remembered(supervisor.Child):
        def __init__(self, command: list[str], environ: dict[str, str]) -> None:
            super().__init__(command, environ)
            began.append(self)

    monkeypatch.setattr(supervisor, "Child", Remembered)
    monkeypatch.setattr(supervisor, "_backstage", lambda *of: [])
    monkeypatch.setattr(supervisor, "serve_command", lambda *of: [sys.executable, "-c", GOES_ON])
    settings = Settings.from_environment(environment(tmp_path, PORT=str(live.free_port())))
    # When the terminal is closed
    begun = time.monotonic()
    assert supervisor.run(settings, web=os.environ, worker={}) == 0
    # Then nothing is left that nobody could stop any more
    (server,) = began
    assert server.process is not None
    assert server.process.returncode == -signal.SIGTERM
    assert time.monotonic() - begun < STOP_SECONDS


def test_a_door_answers_whoever_it_is_listening_to_and_ends(
    sqlite_demo_stores: Stores, tmp_path: Path
) -> None:
    # Given a public door as a unit starts it, and a person whose words are half there
    address = ("127.0.0.1", live.free_port())
    settings = environment(
        tmp_path, **sqlite_demo_stores.environment(), DOORS="public", PORT=str(address[1])
    )
    with serving(settings) as door:
        client = until_it_listens(address)
        with client:
            client.sendall(
                b"POST /en/ HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 8\r\n\r\na=1&"
            )
            time.sleep(A_MOMENT)
            # When it is asked to stop
            begun = time.monotonic()
            door.send_signal(signal.SIGTERM)
            time.sleep(A_MOMENT)
            # Then it takes in the rest, and answers
            client.sendall(b"b=22")
            assert client.recv(65_536).startswith(b"HTTP/1.1 4")
        # And ends in order, within seconds
        assert door.wait(STOP_SECONDS) == 0
        assert time.monotonic() - begun < STOP_SECONDS


@contextmanager
def serving(settings: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """`serve` in a group of its own, which is ended with all that it started."""
    process = subprocess.Popen(
        [sys.executable, "-m", "webapp.cli", "serve"],
        cwd=live.ROOT,
        env=live.surroundings(Path(settings["INSTANCE"]), **settings),
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_SECONDS)


def until_it_listens(address: tuple[str, int]) -> socket.socket:
    """A connection, whose request waits until a worker of the server has loaded."""
    deadline = time.monotonic() + live.READY_WITHIN_SECONDS
    while time.monotonic() < deadline:
        with suppress(ConnectionError), socket.create_connection(address, STOP_SECONDS) as asked:
            asked.settimeout(live.READY_WITHIN_SECONDS)
            asked.sendall(b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
            if asked.recv(65_536):
                return socket.create_connection(address, STOP_SECONDS)
        time.sleep(0.1)
    raise AssertionError("it did not start")
