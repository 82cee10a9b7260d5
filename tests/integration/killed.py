"""A process of its own that does one act on an instance, and is ended in the middle of it by `kill -9`.

Processes are forked off one that has imported everything and has opened nothing (multiprocessing's fork server): a
start takes a tenth of a second, and no connection is shared.
"""

import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from random import Random
from typing import Any

import psycopg

from webapp import create_app
from webapp.services.infrastructure import stores
from webapp.settings import Settings

STUCK_AFTER_SECONDS = 60
FORKS = multiprocessing.get_context("forkserver")
#: A module with acts adds itself.
IMPORTED = [__name__, "webapp.factory", "webapp.public", "webapp.desk"]
FORKS.set_forkserver_preload(IMPORTED)


@dataclass
class Other:
    """Another process, which waits to begin, says when each of its transactions begins, and waits when it is done."""

    process: Any
    pipe: Connection
    is_done: bool = False

    def begin(self) -> None:
        self.pipe.send("begin")

    def wait(self, steps: int | None = None) -> int:
        """Until so many transactions have begun, or all is done. Returns how many had begun."""
        seen = 0
        while not self.is_done and seen != steps:
            self.is_done = self._hear() == "done"
            seen += not self.is_done
        return seen

    def wait_until_ready(self) -> None:
        assert self._hear() == "ready"

    def kill(self) -> bool:
        """End it at once. Returns whether it was still at work."""
        while not self.is_done and self.pipe.poll():
            self.is_done = self.pipe.recv() == "done"
        self.process.kill()
        self.process.join(STUCK_AFTER_SECONDS)
        assert self.process.exitcode == -signal.SIGKILL
        return not self.is_done

    def _hear(self) -> object:
        assert self.pipe.poll(STUCK_AFTER_SECONDS), "it is stuck"
        return self.pipe.recv()


def work(
    pipe: Connection, settings: Mapping[str, str], act: Callable[..., object], *given: object
) -> None:
    """What the other process does."""
    app = create_app(Settings.from_environment(dict(settings)))
    with app.app_context():
        stores.check()
        stores.writing = announced(pipe, stores.writing)  # type: ignore[assignment]
        pipe.send("ready")
        pipe.recv()
        act(*given)
        pipe.send("done")
        pipe.recv()


def announced(pipe: Connection, writing: Callable[..., Any]) -> Callable[..., Any]:
    """Transactions that say when they begin."""

    @contextmanager
    def announcing(store: str = "main") -> Iterator[Any]:
        pipe.send(store)
        with writing(store) as session:
            yield session

    return announcing


@contextmanager
def other_process(
    settings: Mapping[str, str], act: Callable[..., object], *given: object
) -> Iterator[Other]:
    """A process that is ready to do this; killed at the latest when the block ends."""
    here, there = FORKS.Pipe()
    process = FORKS.Process(target=work, args=(there, settings, act, *given), daemon=True)
    process.start()
    there.close()
    other = Other(process, here)
    try:
        other.wait_until_ready()
        yield other
    finally:
        process.kill()
        process.join(STUCK_AFTER_SECONDS)
        here.close()


@dataclass
class Moments:
    """Random moments of an act: some time, up to what one takes, after some transaction has begun."""

    chance: Random
    steps: int
    seconds: float

    @classmethod
    def of(cls, chance: Random, other: Other) -> "Moments":
        """Measure the act that this process does, to its end."""
        other.begin()
        other.wait(1)
        began = time.monotonic()
        steps = 1 + other.wait()
        return cls(chance, steps, (time.monotonic() - began) / steps)

    def wait(self, other: Other) -> None:
        """Until the next moment, which the seed decides."""
        other.wait(self.chance.randint(1, self.steps))
        time.sleep(self.chance.random() * self.seconds)


def until_settled(addresses: list[str]) -> None:
    """Wait until PostgreSQL has ended what the killed process was doing: its server does not die with it."""
    for address in addresses:
        if not address.startswith("postgresql"):
            continue
        with psycopg.connect(address, autocommit=True) as connection:
            deadline = time.monotonic() + STUCK_AFTER_SECONDS
            while _at_work(connection):
                assert time.monotonic() < deadline
                time.sleep(0.002)


def _at_work(connection: psycopg.Connection) -> int:
    found = connection.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
    ).fetchone()
    assert found
    return int(found[0])
