"""The disturbances of a chaos run: each begins and ends; a seed decides which, when and for how long."""

import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

import psycopg

from tests import postgres, small_disk
from tests.chaos.ledger import Ledger, Period
from tests.chaos.service import Service

#: Seconds. Where a run is shorter than one round of all of them, everything is shorter.
ROUND = 60.0
#: On a slow machine a disturbance stays for so many seconds more, until somebody has met it.
LONGER = 60.0
DAYS = ("2041-01-01", "2019-05-06", "2027-12-24")


class Disturbance:
    """Something that goes wrong with a machine, for so many seconds."""

    name: ClassVar[str]
    lasts: ClassVar[tuple[float, float]]

    def __init__(self, service: Service, chance: Random) -> None:
        self.service, self.chance = service, chance
        self.lock = threading.Lock()

    def begin(self) -> None:
        raise NotImplementedError

    def end(self) -> None:
        """Returns when all is as before."""
        raise NotImplementedError

    def was_felt(self, met: Counter[str]) -> bool:
        """Whether people met the service while it was there: by default, somebody was served."""
        return met["served"] > 0


class WebKilled(Disturbance):
    """`kill -9` of the web server and all its processes, in the middle of what they are doing."""

    name, lasts = "web server killed", (0.3, 2.0)

    def begin(self) -> None:
        self.service.web.end()

    def end(self) -> None:
        self.service.web.start()
        self.service.wait_until_ready()

    def was_felt(self, met: Counter[str]) -> bool:
        return met["broken"] > 0


class WorkerKilled(Disturbance):
    """`kill -9` of one of the two workers; the other one goes on."""

    name, lasts = "worker killed", (0.5, 4.0)

    def begin(self) -> None:
        self.service.workers[0].end()

    def end(self) -> None:
        self.service.workers[0].start()


class ClockJumps(Disturbance):
    """One of the two workers finds itself years away."""

    name, lasts = "clock jumped", (8.0, 14.0)

    def __init__(self, service: Service, chance: Random) -> None:
        super().__init__(service, chance)
        #: Of each time, whether the worker noticed: it takes seconds until a new process looks at its clock.
        self.noticed: list[bool] = []

    def begin(self) -> None:
        self.said_before = self._said()
        self.noticed.append(False)
        self.service.turn(1, f"{self.chance.choice(DAYS)}T12:00:00Z")

    def end(self) -> None:
        self.service.turn(1, "")

    def was_felt(self, met: Counter[str]) -> bool:
        self.noticed[-1] = self.noticed[-1] or self._said() > self.said_before
        return all(self.noticed) and met["served"] > 0

    def _said(self) -> int:
        return self.service.workers[1].log.read_bytes().count(b"Nothing is deleted")


class DiskFull(Disturbance):
    """Another program writes until no byte is left on the disk of the instance."""

    name, lasts = "disk full", (5.0, 10.0)

    def begin(self) -> None:
        small_disk.fill(self.ballast)

    def end(self) -> None:
        self.ballast.unlink(missing_ok=True)

    @property
    def ballast(self) -> Any:
        return self.service.instance / "a-log-of-another-program"


class MailHangs(Disturbance):
    """The mail server takes connections and says nothing."""

    name, lasts = "mail server hangs", (5.0, 28.0)

    def begin(self) -> None:
        self.service.mail.send(signal.SIGSTOP)

    def end(self) -> None:
        self.service.mail.send(signal.SIGCONT)


class DiskSlow(Disturbance):
    """Somebody holds what every write needs: a stand-in for a disk that takes seconds for one commit."""

    name, lasts = "disk slow", (3.0, 8.0)

    def begin(self) -> None:
        url = self.service.settings.get("DATABASE_URL")
        self.held: Any = None
        if url is None:
            file = self.service.instance / "main.sqlite3"
            self.held = sqlite3.connect(
                file, timeout=30, isolation_level=None, check_same_thread=False
            )
            self.held.execute("BEGIN IMMEDIATE")
        else:
            with suppress(psycopg.OperationalError):
                self.held = psycopg.connect(url)
                self.held.execute("LOCK TABLE submissions, registrations IN EXCLUSIVE MODE")

    def end(self) -> None:
        if self.held is not None:
            with suppress(psycopg.OperationalError):
                self.held.rollback()
            self.held.close()


class DatabaseGone(Disturbance):
    """PostgreSQL is stopped, and comes back. There is nothing like it for SQLite."""

    name, lasts = "database gone", (2.0, 8.0)
    cluster: postgres.Postgres

    def begin(self) -> None:
        self.cluster.go_away()

    def end(self) -> None:
        self.cluster.come_back()

    def was_felt(self, met: Counter[str]) -> bool:
        return met["unavailable"] > 0


ON_SQLITE = (WebKilled, WorkerKilled, ClockJumps, DiskFull, MailHangs, DiskSlow)
ON_POSTGRESQL = (*ON_SQLITE, DatabaseGone)


@dataclass(frozen=True)
class Planned:
    """A disturbance from this second of the run on, for so many."""

    at: float
    seconds: float
    what: Disturbance


def plan(kinds: Sequence[Disturbance], chance: Random, seconds: float) -> list[Planned]:
    """Each kind once in a round, in an order of its own, and several at a time. At least one whole round."""
    rounds = max(1, int(seconds / ROUND))
    share = min(1.0, seconds / ROUND)
    planned = []
    for number in range(rounds):
        order = chance.sample(list(kinds), len(kinds))
        for place, what in enumerate(order):
            length = share * chance.uniform(*what.lasts)
            # So that it ends within its round, and so that some of it is before the next one begins.
            last = (place + 1) / len(order) * 0.9
            at = (number + chance.uniform(last * 0.7, last) * 0.75) * ROUND * share
            planned.append(Planned(at, length, what))
    return planned


def disturb(planned: Sequence[Planned], ledger: Ledger) -> None:
    """Do all of it. Returns when the last one is over."""
    threads = [threading.Thread(target=_one, args=(one, ledger)) for one in planned]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _one(planned: Planned, ledger: Ledger) -> None:
    time.sleep(max(0.0, planned.at - ledger.second()))
    what = planned.what
    with what.lock:
        period = Period(what.name, ledger.second())
        ledger.periods.append(period)
        try:
            what.begin()
            time.sleep(planned.seconds)
            _wait_until_felt(period, what, ledger)
        finally:
            what.end()
            period.ended = ledger.second()


def _wait_until_felt(period: Period, what: Disturbance, ledger: Ledger) -> None:
    until = time.monotonic() + LONGER
    while not what.was_felt(ledger.during(period)) and time.monotonic() < until:
        time.sleep(0.1)
