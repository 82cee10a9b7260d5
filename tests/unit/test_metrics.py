"""Metrics: what a process counts, when it tells it, how it is written, and who may read it."""

import re
import socket
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import free_port
from webapp import metrics
from webapp.metrics import exposition, listener
from webapp.metrics.layout import DAY, OPENED, QUARTER, SEALED, SIZE, Kind, Route
from webapp.metrics.meter import TOGETHER, Meter
from webapp.metrics.process import Measured, SharedCells

#: A full quarter of an hour.
NOON = 1_796_126_400.0
#: One line of the format, version 0.0.4.
SAMPLE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? -?[0-9.e+-]+')


class Moment:
    """A clock that a test turns."""

    def __init__(self, at: float = NOON) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class House:
    """The processes of one server, each with a meter, and a clock for all."""

    def __init__(self, processes: int = 1) -> None:
        self.clock, self.cells = Moment(), SharedCells(processes)
        self.measured = [Measured("public", self.cells, place) for place in range(processes)]
        for place, one in enumerate(self.measured):
            one.meter = Meter(self.cells.place(place), self.clock)

    def ask(self, times: int, *, of: int = 0, status: int = 200, method: str = "GET") -> None:
        meter = self.measured[of].meter
        for _ in range(times):
            meter.end(meter.begin(), Route.PUBLIC, method, status)

    def later(self, seconds: float) -> None:
        self.clock.at += seconds
        for one in self.measured:
            one.meter.tell()

    def text(self, of: int = 0) -> str:
        return exposition.written(self.measured[of])

    def count(self, of: int = 0) -> int:
        """How many requests are told."""
        found = re.findall(
            r"^hearth_http_request_duration_seconds_count.* (\d+)$", self.text(of), re.M
        )
        return sum(map(int, found))


# When something is told


def test_requests_are_told_at_full_quarters_alone() -> None:
    house = House()
    house.ask(50)
    # When a monitor reads every few seconds
    for _ in range(100):
        house.later(8)
        assert house.count() == 0
    # Then it learns of them when the quarter of an hour is over
    house.later(100)
    assert house.count() == 50


def test_few_requests_wait_for_others() -> None:
    # Given fewer than ten, however long ago
    house = House()
    house.ask(TOGETHER - 1)
    house.later(100 * QUARTER)
    assert house.count() == 0
    # When one more comes, then all are told together, and not at that moment
    house.ask(1)
    house.later(1)
    assert house.count() == 0
    house.later(QUARTER)
    assert house.count() == TOGETHER
    # And the sum of seconds does not move with a single request either
    before = house.text()
    house.ask(1)
    house.later(QUARTER)
    assert house.text() == before


def test_what_was_sealed_is_told_by_the_day() -> None:
    house = House()
    for _ in range(30):
        house.measured[0].meter.sealed(Kind.CONTACT)
        house.measured[0].meter.opened(Kind.CONTACT, 1)
    house.later(QUARTER)
    assert f'{OPENED}{{process="public",kind="contact"}} 30' in house.text()
    assert SEALED not in house.text()
    house.later(DAY)
    assert f'{SEALED}{{process="public",kind="contact"}} 30' in house.text()


def test_a_fault_of_ours_is_told_at_once() -> None:
    house = House()
    house.ask(1, status=503)
    assert 'hearth_http_failures_total{process="public",route="public"} 1\n' in house.text()
    # And those that had none are there, for an alert to compare with
    assert 'hearth_http_failures_total{process="public",route="desk"} 0\n' in house.text()


def test_one_person_who_is_being_answered_is_not_seen() -> None:
    house = House()
    meter = house.measured[0].meter
    for number, told in ((9, 0), (10, 10)):
        while meter._own[0] < number:
            meter.begin()
        assert f'hearth_http_requests_in_progress{{process="public"}} {told}\n' in house.text()


# Several processes


def test_whichever_process_is_asked_answers_for_all() -> None:
    house = House(2)
    house.ask(20, of=0)
    house.ask(30, of=1)
    house.later(QUARTER)
    assert house.count(of=0) == house.count(of=1) == 50


def test_counters_never_go_back_when_a_process_dies() -> None:
    house = House(2)
    house.ask(20, of=1)
    house.ask(1, of=1, status=500)
    house.later(QUARTER)
    house.measured[1].meter.begin()
    # When another one takes its place
    house.measured[1].meter = Meter(house.cells.place(1), house.clock)
    # Then it goes on from there, and nothing of the dead one is still in progress
    assert house.count() == 20
    assert house.cells.total(0) == 0
    house.ask(10, of=1)
    house.later(QUARTER)
    assert house.count() == 30


def test_places_are_apart() -> None:
    cells = SharedCells(3)
    cells.place(1)[SIZE - 1] = 7
    assert [cells.place(number)[SIZE - 1] for number in range(3)] == [0, 7, 0]


def test_threads_lose_no_count() -> None:
    house = House()
    threads = [threading.Thread(target=house.ask, args=(500,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.later(QUARTER)
    assert house.count() == 4000


# The text


def test_the_text_is_of_the_format() -> None:
    house = House()
    house.ask(40)
    house.ask(20, status=404, method="POST")
    house.measured[0].set("hearth_disk_free_bytes", 2.5e9)
    house.measured[0].set("hearth_chore_last_success_timestamp_seconds", 5, chore="a.b")
    house.later(QUARTER)
    lines = house.text().splitlines()
    families = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    # Then each family comes once, with its type and help before its samples
    assert len(families) == len(set(families))
    for line in lines:
        if not line.startswith("#"):
            assert SAMPLE.fullmatch(line), line
            assert line.startswith(families[0]) or any(line.startswith(one) for one in families)
    # And a histogram's buckets grow up to its count
    ok = [line for line in lines if 'method="GET",status="ok"' in line and "_bucket" in line]
    numbers = [int(line.rsplit(" ", 1)[1]) for line in ok]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 40
    assert 'le="+Inf"' in ok[-1]
    assert house.text().endswith("\n")


def test_a_gauge_that_is_not_known_any_more_is_not_told() -> None:
    house = House()
    house.measured[0].set("hearth_mails_late", 10)
    assert "hearth_mails_late 10\n" in house.text()
    house.measured[0].unset("hearth_mails_late")
    assert "hearth_mails_late" not in house.text()


# The socket


@pytest.fixture
def measured() -> Iterator[Measured]:
    yield metrics.begin("public")
    metrics.end()


def asked(address: str, measured: Measured, request: bytes) -> bytes:
    """What a monitor is answered that sends this."""
    listening = metrics.listen(address)
    client = socket.socket(listening.family)
    with listening, client:
        client.settimeout(30)
        client.connect(listening.getsockname())
        client.sendall(request)
        listener.serve_once(listening, measured, 30)
        return b"".join(iter(lambda: client.recv(65_536), b""))


@pytest.mark.parametrize("kind", ["unix", "loopback"])
def test_a_monitor_reads_them(tmp_path: Path, measured: Measured, kind: str) -> None:
    address = str(tmp_path / "metrics") if kind == "unix" else f"127.0.0.1:{free_port()}"
    answer = asked(address, measured, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4")
    assert f"Content-Length: {len(body)}".encode() in head
    assert body.startswith(b"# HELP hearth_")


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /metrics HTTP/1.1\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"\r\n\r\n",
    ],
)
def test_nothing_else_is_answered(tmp_path: Path, measured: Measured, request_: bytes) -> None:
    answer = asked(str(tmp_path / "metrics"), measured, request_)
    assert answer.startswith(b"HTTP/1.1 404")
    assert b"hearth_" not in answer


def test_a_client_that_says_nothing_does_not_hold_it_up(
    tmp_path: Path, measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "PATIENCE_SECONDS", 0.1)
    started = time.monotonic()
    assert asked(str(tmp_path / "metrics"), measured, b"GET /met") == b""
    assert time.monotonic() - started < 20


def test_only_owner_and_group_reach_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "metrics"
    with metrics.listen(str(path)):
        assert stat.S_IMODE(path.stat().st_mode) == listener.MODE
        # And a second process does not take it away from the first
        with pytest.raises(metrics.CannotListen, match="METRICS_ADDRESS cannot be listened on"):
            metrics.listen(str(path))
    # What a process that is gone has left is no hindrance
    with metrics.listen(str(path)):
        pass
    # And no other file is ever removed
    path.unlink()
    path.write_text("something of somebody's")
    with pytest.raises(metrics.CannotListen):
        metrics.listen(str(path))
    assert path.read_text() == "something of somebody's"
