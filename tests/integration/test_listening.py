"""Where Hearth listens: where `HOST` and `PORT` say, however it is started, and on this machine alone unless told."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import fork_server
from tests.factories import WHO_WE_ARE
from tests.live import ROOT, free_port, surroundings
from webapp.services.keys import bootstrap

LOOPBACK = "0100007F"
LISTEN = "0A"


def listeners(port: int) -> set[str]:
    """The addresses on which something listens at this port, in the kernel's own hex."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    lines += Path("/proc/net/tcp6").read_text().splitlines()[1:]
    found = (line.split() for line in lines)
    return {
        where[1].split(":")[0]
        for where in found
        if where[3] == LISTEN and int(where[1].split(":")[1], 16) == port
    }


@pytest.fixture
def instance(tmp_path: Path) -> Path:
    """A configured instance; nothing is asked of its stores here."""
    common = {**WHO_WE_ARE, "BASE_URL": "http://localhost"}
    bootstrap.write_config(tmp_path / "instance" / "config", common)
    return tmp_path / "instance"


@contextmanager
def serving(instance: Path, door: str, **settings: str) -> Iterator["subprocess.Popen[str]"]:
    """`gunicorn wsgi:app`, started as the manual says, with no address on its command line."""
    config = str(instance / "config" / f"{door}.env")
    process = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app"],
        cwd=ROOT,
        env=surroundings(instance, DOORS=door, CONFIG=config, **settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=10)


def listening(process: "subprocess.Popen[str]", port: int) -> set[str]:
    """The same, as soon as there is something to see."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if found := listeners(port):
            return found
        time.sleep(0.05)
    raise AssertionError(f"nothing listens at {port}")


def test_a_port_in_the_environment_does_not_open_the_server_to_the_world(instance: Path) -> None:
    # Given an operator who sets PORT, as both doors need ports of their own
    port = free_port()
    # When the door is started with gunicorn
    with serving(instance, "public", PORT=str(port)) as process:
        # Then it listens there on this machine alone
        assert listening(process, port) == {LOOPBACK}


def test_two_doors_started_from_their_files_have_two_addresses(instance: Path) -> None:
    # Given ports in the doors' own files
    ports = {"public": free_port(), "desk": free_port()}
    for door, port in ports.items():
        with (instance / "config" / f"{door}.env").open("a") as file:
            file.write(f"PORT={port}\n")
    # When both are started, then neither is in the other's way
    with serving(instance, "public") as public, serving(instance, "desk") as desk:
        assert listening(public, ports["public"]) == {LOOPBACK}
        assert listening(desk, ports["desk"]) == {LOOPBACK}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"PORT": "eighty"}, "PORT must be a whole number"),
        ({"HOST": "unix:/run/x"}, "HOST must be one host name or address"),
        ({"CONFIG": "/nowhere/public.env"}, "/nowhere/public.env cannot be read"),
    ],
    ids=["port", "host", "file"],
)
def test_a_wrong_address_stops_the_start_in_one_line(
    instance: Path, settings: dict[str, str], words: str
) -> None:
    # When gunicorn is started with it
    given = {"DOORS": "public", "CONFIG": str(instance / "config" / "public.env"), **settings}
    done = subprocess.run(
        [fork_server.python(), "-m", "gunicorn", "wsgi:app"],
        cwd=ROOT,
        env=surroundings(instance, **given),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    # Then it listens nowhere, and says why once
    assert done.returncode != 0
    assert re.fullmatch(r"Hearth does not start: .*\n", done.stderr), done.stderr
    assert words in done.stderr


def test_a_start_that_is_refused_after_the_port_is_taken_ends_too(instance: Path) -> None:
    # Given two stores that are one file, which no setting alone shows
    (instance / "erasure.sqlite3").symlink_to(instance / "main.sqlite3")
    config = str(instance / "config" / "public.env")
    # When gunicorn is started
    done = subprocess.run(
        [fork_server.python(), "-m", "gunicorn", "wsgi:app"],
        cwd=ROOT,
        env=surroundings(instance, DOORS="public", CONFIG=config, PORT=str(free_port())),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    # Then its process ends as failed, instead of starting worker after worker. gunicorn's own status for it is 4; it is
    # 1 if the second worker is refused while gunicorn already stops because of the first.
    assert done.returncode in (1, 4)
    assert "Hearth does not start: " in done.stderr
    assert "lead to one database" in done.stderr


def test_both_doors_in_one_process_are_where_the_public_one_is(instance: Path) -> None:
    # Given the two ports that `init` writes, of which the public door's is taken
    with socket.socket() as other:
        port = free_port()
        other.bind(("127.0.0.1", port))
        other.listen()
        for door, its in {"public": port, "desk": port + 1}.items():
            with (instance / "config" / f"{door}.env").open("a") as file:
                file.write(f"PORT={its}\n")
        # When both are started in one process
        done = subprocess.run(
            [fork_server.python(), "-m", "webapp.cli", "run"],
            cwd=ROOT,
            env=surroundings(instance),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
    # Then it is the public one that they want
    assert f"Port {port} is in use" in done.stderr
