"""Process supervisor: one command starts the web server and the worker, restarts them with back-off, and stops both."""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from webapp import resources
from webapp.settings import Settings

READY_SECONDS = 60
STOP_SECONDS = 10
#: A process that dies again within this time is restarted with exponential back-off.
SHORT_LIFE = 10
LONGEST_PAUSE = 30
TICK = 0.2
#: For the worker beside both doors, which has their database role.
UNSEPARATED = "--unseparated"
LAST_PORT = 65_535
#: gunicorn with its configuration, and the folder that `wsgi` is imported from.
SERVE = (
    *(sys.executable, "-m", "gunicorn"),
    *("--config", str(resources.GUNICORN), "--pythonpath", str(resources.ROOT)),
)


class Child:
    """A supervised process, restarted when it dies."""

    def __init__(self, command: list[str], environ: Mapping[str, str]) -> None:
        self.command = command
        self.environ = dict(environ)
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = 0.0

    def keep(self) -> None:
        """Start it, unless it runs or its back-off is not over."""
        if self.process is not None and self.process.poll() is None:
            return
        now = time.monotonic()
        if self.process is not None and now < self.started + self.pause:
            return
        died_young = self.process is not None and now - self.started < SHORT_LIFE + self.pause
        self.pause = min(self.pause * 2 or 1, LONGEST_PAUSE) if died_young else 0.0
        self.started = now
        # Nothing here comes from a visitor: the command is our own.
        self.process = subprocess.Popen(self.command, env=self.environ)  # noqa: S603

    def stop(self) -> None:
        """Send TERM for a graceful shutdown."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def finish(self, deadline: float) -> None:
        """Wait until it has stopped; kill it after the deadline."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def run(settings: Settings, *, web: Mapping[str, str], worker: Mapping[str, str]) -> int:
    """Supervise both until INT, TERM or HUP. Returns 0, or 1 when the port is in use or they never became ready."""
    if _is_taken(settings):
        print(
            f"Port {settings.port} is in use. Try: {_run_with(_another_port(settings.port))}",
            file=sys.stderr,
        )
        return 1
    stopping = False

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        nonlocal stopping
        stopping = True

    # Set, not inherited: a shell that starts a job in the background makes it ignore INT. HUP: the terminal was closed;
    # the web server would load anew and go on, with nobody to stop it.
    for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, ask_to_stop)
    serving = serve_command("wsgi:app", settings.bind)
    children = [Child(serving, web), *_backstage(settings, worker)]
    ready, deadline, result = False, time.monotonic() + READY_SECONDS, 0
    while not stopping:
        for child in children:
            child.keep()
        if not ready and (ready := _answers(settings)):
            print(_block(settings), flush=True)
        if not ready and time.monotonic() > deadline:
            print("Hearth did not become ready within a minute.", file=sys.stderr)
            result = 1
            break
        time.sleep(TICK)
    for child in children:
        child.stop()
    for child in children:
        child.finish(time.monotonic() + STOP_SECONDS + settings.drain_seconds)
    return result


def _backstage(settings: Settings, worker: Mapping[str, str]) -> list[Child]:
    """The worker process; in the demo together with an SMTP sink, which only writes mails to a folder."""
    environ = {"BASE_URL": _address(settings), **worker}
    command = [sys.executable, "-m", "webapp.cli"]
    beside = [*command, "worker", UNSEPARATED]
    if not settings.demo:
        return [Child(beside, environ)]
    port = str(_free_port())
    catcher = [*command, "catch-mail", "--port", port, "--folder", str(settings.instance / "mail")]
    environ = {**environ, "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port}
    return [Child(catcher, worker), Child(beside, environ)]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _address(settings: Settings) -> str:
    return settings.base_url or f"http://{settings.bind}"


def _is_taken(settings: Settings) -> bool:
    """Whether another process listens on the port already: its health check must not be taken for ours."""
    host = settings.host.strip("[]")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        # As the server does: connections of the last run that are still closing take no port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, settings.port))
        except OSError as error:
            # The server reports any other error of the address itself.
            return error.errno == errno.EADDRINUSE
    return False


def _run_with(port: int) -> str:
    return f"PORT={port} hearth run" if resources.IS_INSTALLED else f"make run PORT={port}"


def _another_port(port: int) -> int:
    return port + 1000 if port + 1000 <= LAST_PORT else port - 1000


def serve_command(target: str, bind: str) -> list[str]:
    """The command line of gunicorn for an application like `wsgi:app`, in whatever folder; the bench uses it, too."""
    return [*SERVE, target, "--bind", bind]


def become_server() -> NoReturn:
    """Turn this process into gunicorn, which serves the doors that `DOORS` names where `HOST` and `PORT` say."""
    os.execv(sys.executable, [*SERVE, "wsgi:app"])  # noqa: S606  (our own interpreter, and no shell)


def _answers(settings: Settings) -> bool:
    everywhere = settings.host.strip("[]") in ("0.0.0.0", "::")  # noqa: S104
    where = f"127.0.0.1:{settings.port}" if everywhere else settings.bind
    try:
        with urllib.request.urlopen(f"http://{where}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _block(settings: Settings) -> str:
    address = _address(settings)
    lines = [
        f"{settings.site_name} is ready.",
        "",
        f"  For everybody:     {address}/",
        f"  For coordinators:  {address}/desk/",
        f"  Data:              {settings.instance}",
    ]
    sign_in = settings.instance / "demo-sign-in.json"
    if settings.demo and sign_in.exists():
        lines += [f"  Mails land in:     {settings.instance / 'mail'}"]
        lines += [f"  Demo sign-in:      {sign_in}", *_demo_lines(sign_in)]
    return "\n".join(["", *lines, "", "  Ctrl-C stops everything.", ""])


def _demo_lines(path: Path) -> list[str]:
    known = json.loads(path.read_text(encoding="utf-8"))
    first = {"name": "Ana", "organisation": "host", "role": "owner, coordinator", **known}
    return [line for one in (first, *known.get("people", ())) for line in _person_lines(one)]


def _person_lines(one: Mapping[str, str]) -> list[str]:
    return [
        "",
        f"    {one['name']} ({one['organisation']}): {one['role']}",
        f"      name             {one['sign_in_name']}",
        f"      passphrase       {one['passphrase']}",
        f"      authenticator    {one['totp_secret']}",
    ]
