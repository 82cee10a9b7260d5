"""Hearth as `run` starts it, watched: metrics of all its processes, and an end that a load balancer hears of first."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.factories import environment
from tests.live import ROOT, free_port
from tests.stores import Stores
from webapp import cli, metrics
from webapp.cli import worker

LONG = 60.0


def metrics_at(where: Path | int) -> str:
    """What a monitor reads from this Unix socket, or this port of loopback."""
    family = socket.AF_UNIX if isinstance(where, Path) else socket.AF_INET
    with socket.socket(family) as connection:
        connection.settimeout(LONG)
        connection.connect(str(where) if isinstance(where, Path) else ("127.0.0.1", where))
        connection.sendall(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65_536), b"")).decode()


def told(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=LONG) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def eventually(where: Path | int, pattern: str) -> str:
    """The metrics, once there is such a line."""
    until = time.monotonic() + LONG
    while True:
        try:
            text = metrics_at(where)
        except OSError:
            text = ""
        if re.search(pattern, text, re.MULTILINE):
            return text
        assert time.monotonic() < until, text
        time.sleep(0.2)


def serving(stores: Stores, folder: Path, **settings: str) -> "subprocess.Popen[bytes]":
    """The public door alone, as its unit starts it."""
    environ = environment(folder, DOORS="public", BASE_URL="", **stores.environment(), **settings)
    return subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "wsgi:app"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environ},
        stderr=subprocess.DEVNULL,
    )


def test_all_processes_are_watched_and_the_end_is_announced(
    sqlite_demo_stores: Stores, tmp_path: Path
) -> None:
    # Given a public door that tells metrics on a Unix socket
    socket_, port = tmp_path / "metrics", free_port()
    url = f"http://127.0.0.1:{port}"
    settings = {"METRICS_ADDRESS": str(socket_), "DRAIN_SECONDS": "4", "PORT": str(port)}
    door = serving(sqlite_demo_stores, tmp_path, **settings)
    try:
        # When a monitor reads it, then one of gunicorn's two processes answers for both
        text = eventually(
            socket_, r'^hearth_process_start_time_seconds\{process="public",worker="1"\}'
        )
        assert len(re.findall("^hearth_process_resident_memory_bytes{", text, re.MULTILINE)) == 2
        assert 'hearth_http_failures_total{process="public",route="public"} 0' in text
        # And none of that is at the door's own port
        assert told(f"{url}/metrics")[0] == 404
        # When it is asked to stop, then it first says so, while it still serves
        assert told(f"{url}/healthz") == (200, "ok\n")
        door.terminate()
        until = time.monotonic() + LONG
        while told(f"{url}/healthz") != (503, "not ready\n"):
            assert time.monotonic() < until
        assert told(f"{url}/en/")[0] == 200
        assert told(f"{url}/livez") == (200, "ok\n")
        # And then it ends
        assert door.wait(LONG) == 0
    finally:
        door.kill()
        door.wait(LONG)


def test_the_worker_is_watched(page_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a worker that tells metrics on a port of loopback
    port = free_port()
    chosen = page_app.extensions["hearth_settings"]
    told_at = chosen.model_copy(update={"metrics_address": f"127.0.0.1:{port}"})
    page_app.extensions["hearth_settings"] = told_at
    monkeypatch.setattr(worker, "application", lambda name: page_app)
    try:
        # When it did every chore once
        assert CliRunner().invoke(cli.main, ["worker", "--once"]).exit_code in (0, 1)
        # Then it says when its last round was, and which chores succeeded
        text = eventually(port, "^hearth_worker_last_round_timestamp_seconds [0-9]{10}$")
        assert 'hearth_chore_last_success_timestamp_seconds{chore="expiry.erase_due"}' in text
        assert "hearth_erasures_overdue 0\n" in text
        # And a second one says in a line why it does not start
        again = CliRunner().invoke(cli.main, ["worker", "--once"])
        assert "METRICS_ADDRESS cannot be listened on" in str(again.exception)
    finally:
        metrics.end()
