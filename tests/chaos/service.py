"""The service of a chaos run: web server, two workers and a mail server. What ends by itself is started again."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests import live
from tests.turned import TURNED
from webapp.supervisor import serve_command

COMMAND = [sys.executable, "-m", "webapp.cli"]
WORKER = ["worker", "--unseparated"]
#: A small disk: room for the reserve, for what is kept free, and for the stores.
DISK_MB, KEEP_FREE_MB = 192, 48
READY_SECONDS = 90


class Process:
    """One process and all that it starts, started again when it ends by itself."""

    def __init__(self, command: list[str], environ: dict[str, str], log: Path) -> None:
        self.command, self.environ, self.log = command, environ, log
        self.running: subprocess.Popen[bytes] | None = None
        self.lock = threading.RLock()
        self.ended_by_itself = 0

    def start(self, command: list[str] | None = None) -> None:
        """Start it, with another command if one is given. Nothing where it runs."""
        with self.lock:
            if self.running is None:
                self.command = command or self.command
                with self.log.open("ab") as output:
                    self.running = subprocess.Popen(
                        self.command,
                        cwd=live.ROOT,
                        env=self.environ,
                        stdin=subprocess.DEVNULL,
                        stdout=output,
                        stderr=output,
                        start_new_session=True,
                    )

    def keep(self) -> None:
        """Start it again, as a supervisor does."""
        with self.lock:
            if self.running is not None and self.running.poll() is not None:
                self.ended_by_itself += 1
                self.running = None
                self.start()

    def send(self, sign: signal.Signals) -> None:
        """To it and to all that it started."""
        with self.lock:
            if self.running is not None:
                with suppress(ProcessLookupError):
                    os.killpg(self.running.pid, sign)

    def end(self, sign: signal.Signals = signal.SIGKILL) -> None:
        """End it, at once unless told, until `start`."""
        with self.lock:
            if self.running is not None:
                self.send(sign)
                with suppress(subprocess.TimeoutExpired):
                    self.running.wait(timeout=live.STOP_WITHIN_SECONDS)
                self.send(signal.SIGKILL)
                self.running.wait()
                self.running = None


class Service:
    """A demo instance in a folder, and its processes."""

    def __init__(self, folder: Path, stores: dict[str, str]) -> None:
        self.folder, self.instance = folder, folder / "instance"
        port, mail_port = live.free_port(), live.free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.settings = {
            **stores,
            "LIMIT_FACTOR": "1000000",
            "KEEP_FREE_MB": str(KEEP_FREE_MB),
            "BASE_URL": self.url,
            "MAIL_SERVER": "127.0.0.1",
            "MAIL_PORT": str(mail_port),
        }
        live.make_demo(self.instance, {**stores, "LIMIT_FACTOR": "1000000"})
        environ = live.surroundings(self.instance, **self.settings)
        config = [str(self.instance / "config" / f"{door}.env") for door in ("desk", "public")]
        # What the run looks at is not on the disk that fills up.
        self.mails = folder / "mails"
        catch = ["catch-mail", "--port", str(mail_port), "--folder", str(self.mails)]
        serve = serve_command("wsgi:app", f"127.0.0.1:{port}")
        web_environ = {**environ, "CONFIG": ":".join(config), "PORT": str(port)}
        self.web = Process(serve, web_environ, folder / "web.log")
        self.mail = Process([*COMMAND, *catch], environ, folder / "mail.log")
        self.workers = [
            Process([*COMMAND, *WORKER], environ, folder / f"worker-{number}.log")
            for number in (1, 2)
        ]
        self.over = threading.Event()
        self.keeper = threading.Thread(target=self._keep, daemon=True)

    @property
    def processes(self) -> list[Process]:
        return [self.mail, self.web, *self.workers]

    @property
    def sign_in(self) -> dict[str, Any]:
        """The demo coordinator's sign-in."""
        found: dict[str, Any] = json.loads((self.instance / "demo-sign-in.json").read_text())
        return found

    def start(self) -> None:
        for process in self.processes:
            process.start()
        self.keeper.start()
        self.wait_until_ready()

    def stop(self) -> None:
        """End everything but the mail server in an orderly way."""
        self.over.set()
        for process in self.processes[1:]:
            process.end(signal.SIGTERM)

    def kill(self) -> None:
        self.over.set()
        for process in self.processes:
            process.send(signal.SIGCONT)
            process.end()

    def wait_until_ready(self) -> None:
        """Until the web server answers."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=2):
                return
            time.sleep(0.1)
        raise live.ServerDidNotStart((self.folder / "web.log").read_text(errors="replace"))

    def turn(self, number: int, moment: str) -> None:
        """Start a worker anew at this moment of its clock; with none, at the right one."""
        turned = [sys.executable, "-c", TURNED, moment, *WORKER]
        self.workers[number].end()
        self.workers[number].start(turned if moment else [*COMMAND, *WORKER])

    def _keep(self) -> None:
        while not self.over.wait(0.5):
            for process in self.processes:
                process.keep()
