"""A Hearth of the bench's own: a demo instance in a folder that is thrown away, and the servers in front of it."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from flask import Flask

from webapp import create_app
from webapp.settings import Settings
from webapp.supervisor import serve_command

ROOT = Path(__file__).parent.parent
READY_SECONDS = 30
HELLO, HEARTH = "bench.hello:app", "wsgi:app"
SERVERS = ("gunicorn", "granian")


@dataclass(frozen=True)
class House:
    """One instance: its folder and the environment of its processes."""

    folder: Path
    stores: dict[str, str]

    def environ(self, *processes: str, **changes: str) -> dict[str, str]:
        """The environment of a process that holds these processes' keys."""
        config = ":".join(str(self.folder / "config" / f"{name}.env") for name in processes)
        machine = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        ours = {"INSTANCE": str(self.folder), "CONFIG": config, "LIMIT_FACTOR": "1000000"}
        return {**machine, **ours, **self.stores, **changes}

    def app(self, **changes: str) -> Flask:
        """The application with every key, in this process: for preparing, checking, exports and mail."""
        environ = self.environ("public", "desk", "worker", DOORS="public,desk,worker", **changes)
        return create_app(Settings.from_environment(environ))


def build(folder: Path, stores: dict[str, str]) -> House:
    """Found a demo, with its call and its events."""
    house = House(folder, stores)
    environ = {**house.environ(), "CONFIG": ""}
    del environ["CONFIG"]
    subprocess.run([sys.executable, "-m", "webapp.cli", "demo"], cwd=ROOT, env=environ, check=True)
    return house


@dataclass(frozen=True)
class Server:
    """One running server."""

    port: int
    process: "subprocess.Popen[bytes]"

    def megabytes(self) -> float:
        """The memory of all its processes; what they share is counted once (PSS)."""
        return sum(_pss(pid) for pid in _family(self.process.pid)) / 1024

    def cpu_seconds(self) -> float:
        """The processor time that all its processes have used so far."""
        return sum(_cpu_ticks(pid) for pid in _family(self.process.pid)) / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(house: House, target: str, *, server: str = "gunicorn") -> Iterator[Server]:
    """Hello or Hearth, under the server and the options that `make run` uses, or under the other server."""
    port = free_port()
    process = subprocess.Popen(
        _command(target, port, server),
        cwd=ROOT,
        env=house.environ("public", "desk"),
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait(port, "/healthz" if target == HEARTH else "/", process)
        yield Server(port, process)
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
        if process.poll() is None:
            process.kill()
            process.wait()


def _command(target: str, port: int, server: str) -> list[str]:
    if server == "gunicorn":
        return serve_command(target, f"127.0.0.1:{port}")
    options = "--interface wsgi --workers 2 --blocking-threads 4 --no-ws --no-log"
    address = ["--host", "127.0.0.1", "--port", str(port)]
    return [sys.executable, "-m", "granian", *options.split(), *address, target]


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, path: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with (
            suppress(urllib.error.URLError, OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2),
        ):
            return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    found = [int(child) for child in children.read_text().split()] if children.exists() else []
    return [pid, *(one for child in found for one in _family(child))]


def _pss(pid: int) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1])
    return 0


def _cpu_ticks(pid: int) -> int:
    with suppress(OSError):
        # After the name, which may hold anything: user time is the 12th value, system time the 13th.
        values = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return int(values[11]) + int(values[12])
    return 0
