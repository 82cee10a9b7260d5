"""A real worker in a process of its own, on a machine whose clock is wrong: on SQLite and on PostgreSQL.

The clock is turned inside the process, before Hearth is imported: there is no door for it in Hearth itself.
"""

import subprocess
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from tests import fork_server
from tests.conftest import MakeApp
from tests.factories import environment, publish_demo_event, register_some, submit_one
from tests.integration.house import make_house
from tests.integration.tables import counts
from tests.live import ROOT, surroundings
from tests.stores import Stores
from tests.turned import TURNED
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, clock_guard

PROCESSES = "public,desk,worker"
PEOPLE = ("submissions", "parts", "own_copies", "registrations", "registration_parts")
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def house(make_app: MakeApp) -> Flask:
    return make_house(make_app)


@pytest.fixture
def full(house: Flask) -> Flask:
    """Eleven people answered, eleven booked, and the worker has run."""
    with house.app_context():
        for _ in range(11):
            submit_one()
        register_some(publish_demo_event("small-group", seats=6), 11)
        clock_guard.sure()
    return house


def give(stores: Stores, folder: Path, day: str, *words: str, typed: str = "") -> Done:
    """An operator's command on a machine where it is that day."""
    doors = "worker" if words[0] == "worker" else PROCESSES
    settings = environment(folder, **stores.environment(), DOORS=doors)
    settings["BASE_URL"] = "http://localhost"
    del settings["INSTANCE"]
    return subprocess.run(
        [fork_server.python(), "-c", TURNED, f"{day}T12:00:00Z", *words],
        cwd=ROOT,
        env=surroundings(folder, **settings),
        input=typed,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def held(app: Flask) -> dict[str, int]:
    with app.app_context():
        found = counts()
    return {name: found[name] for name in (*PEOPLE, "erasure_secrets") if name in found}


def test_a_worker_that_starts_with_a_wrong_clock_deletes_nothing_and_says_so(
    full: Flask, demo_stores: Stores, tmp_path: Path
) -> None:
    # Given what eleven people told us
    before = held(full)
    assert before["submissions"] == before["registrations"] == 11
    # When a worker starts in 2041
    done = give(demo_stores, tmp_path, "2041-01-01", "worker", "--once")
    # Then all of it is there, and the worker says what is wrong and what to do
    assert held(full) == before
    assert done.returncode == 1
    assert done.stderr.count("Nothing is deleted") == 1
    assert "the clock says 2041-01-01" in done.stderr
    assert "confirm-clock" in done.stderr
    assert "Traceback" not in done.stderr
    # And deleting by hand is refused in one clear sentence
    done = give(demo_stores, tmp_path, "2041-01-01", "erase-due")
    assert done.returncode == 1
    assert "Error: Nothing is deleted: the clock says 2041-01-01" in done.stderr
    assert done.stderr.count("Nothing is deleted") == 1
    assert held(full) == before
    # And with the right day again, the worker goes on by itself
    done = give(demo_stores, tmp_path, date.today().isoformat(), "worker", "--once")
    assert (done.returncode, "Nothing is deleted" in done.stderr) == (0, False), done.stderr
    assert held(full) == before


def test_an_operator_confirms_the_day_and_all_that_is_due_goes(
    full: Flask, demo_stores: Stores, tmp_path: Path
) -> None:
    # Given a worker that was off for years
    assert give(demo_stores, tmp_path, "2041-01-01", "worker", "--once").returncode == 1
    # When an operator is asked, and does not say yes
    done = give(demo_stores, tmp_path, "2041-01-01", "confirm-clock", typed="n\n")
    assert done.returncode == 1
    assert "The server believes that today is 2041-01-01." in done.stdout
    assert "      11  sets of answers" in done.stdout
    assert give(demo_stores, tmp_path, "2041-01-01", "erase-due").returncode == 1
    # And when they do
    done = give(demo_stores, tmp_path, "2041-01-01", "confirm-clock", typed="y\n")
    assert done.returncode == 0, done.stderr
    # Then the worker deletes it, and the record says who confirmed
    assert give(demo_stores, tmp_path, "2041-01-01", "worker", "--once").returncode == 0
    assert held(full) == {}
    with full.app_context():
        confirmed = [line for line in audit.recent(500) if line.tag == AuditEvent.CLOCK_CONFIRMED]
        assert [line.actor for line in confirmed] == [audit.OPERATOR]
        assert audit.verify()
    # And there is nothing more to confirm
    done = give(demo_stores, tmp_path, "2041-01-01", "confirm-clock")
    assert done.returncode == 0
    assert "nothing to confirm" in done.stdout
