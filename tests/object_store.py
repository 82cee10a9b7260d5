"""A real S3-compatible store for tests: `rclone serve s3`, which checks every request's signature (SigV4).

It is a program that people run in front of a disk, and no cloud: it has buckets, PutObject, multipart uploads, listing
and deleting, and no versions, policies or clock of its own. What only such a store answers comes from `answering`.
"""

import secrets
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from tests.live import ROOT
from webapp.services.backup.backup_bucket import BackupBucket, Patience

PROGRAM = ROOT / ".venv" / "pypi" / "rclone"
BUCKET = "hearth-backups"
REGION = "us-east-1"
KEY_ID = "AKIDOFTHETESTS"
PATIENCE_SECONDS = 30
QUICK = Patience(
    connect=timedelta(seconds=2),
    silent=timedelta(seconds=2),
    whole=timedelta(seconds=20),
    short=timedelta(seconds=2),
    tries=0,
)


@dataclass(frozen=True)
class ObjectStore:
    """A store that runs, and the key that it knows."""

    port: int
    secret: str
    folder: Path

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self, **other: str) -> dict[str, str]:
        """What a bucket of it needs beside its address."""
        return {
            "BACKUPS_ENDPOINT": self.endpoint,
            "BACKUPS_REGION": REGION,
            "BACKUPS_ACCESS_KEY_ID": KEY_ID,
            "BACKUPS_SECRET_ACCESS_KEY": self.secret,
            **other,
        }

    def place(self) -> BackupBucket:
        """A place of a test's own in it."""
        return bucket(self.endpoint, self.secret, prefix=secrets.token_hex(8))

    def objects(self, place: BackupBucket) -> list[Path]:
        """What lies in the store itself, parts of unfinished uploads included."""
        return [one for one in (self.folder / BUCKET / place.prefix).rglob("*") if one.is_file()]


def bucket(endpoint: str, secret: str, prefix: str = "tests") -> BackupBucket:
    return BackupBucket(BUCKET, prefix, endpoint, REGION, KEY_ID, secret, patience=QUICK)


@contextmanager
def started(folder: Path) -> Iterator[ObjectStore]:
    """Start one that keeps its buckets in this folder, and end it."""
    if not PROGRAM.exists():
        pytest.fail("The store for tests is missing. Give: make system")
    (folder / BUCKET).mkdir()
    store = ObjectStore(_free_port(), secrets.token_hex(20), folder)
    program = subprocess.Popen(
        [
            *(PROGRAM, "serve", "s3", "--config", "", "--addr", f"127.0.0.1:{store.port}"),
            # Who is on this machine sees it in the list of processes; it is the tests' own, for as long as they run.
            *("--auth-key", f"{KEY_ID},{store.secret}", str(folder)),
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(store.port)
        yield store
    finally:
        program.kill()
        program.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def _wait(port: int) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.02)
    pytest.fail("the store for tests did not start")


@contextmanager
def answering(answer: Callable[[bytes], bytes]) -> Iterator[str]:
    """A stand-in whose answers are made of the head of a request, or none where it is empty. Yields its endpoint."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    held.append(connection)
                    if said := answer(connection.recv(1 << 16)):
                        connection.sendall(said)
                        connection.close()

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
        for one in held:
            one.close()
