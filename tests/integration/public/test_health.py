"""Health checks: what a load balancer is told, quickly and truly, and what a stranger is not."""

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import MakeApp
from tests.integration.public.steps import bring_back, lose
from webapp import long_lived
from webapp.services.infrastructure import stores
from webapp.web import health
from webapp.web.health import Probe

LONG = 30.0


def told(app: Flask, address: str = "/healthz") -> tuple[int, str]:
    answer = app.test_client().get(address)
    # Nothing more than a word, for no one to keep
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.mimetype == "text/plain"
    assert answer.headers.getlist("Set-Cookie") == []
    return answer.status_code, answer.text


@pytest.fixture
def not_stopping() -> Iterator[None]:
    yield
    long_lived._STOPPING.clear()


def test_a_door_whose_stores_answer_is_ready(app: Flask) -> None:
    assert told(app) == (200, "ok\n")
    assert told(app, "/livez") == (200, "ok\n")


@pytest.mark.parametrize("store", ["main", "erasure", "volatile"])
def test_a_lost_store_takes_a_door_out_and_back_without_a_line_in_the_log(
    page_app: Flask, store: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Given a lost store
    lose(page_app, store)
    # Then the process is alive, and not ready
    assert told(page_app) == (503, "not ready\n")
    assert told(page_app, "/livez") == (200, "ok\n")
    # When it is back, then visitors can be sent here again
    bring_back(page_app, store)
    assert told(page_app) == (200, "ok\n")
    # And the log has nothing of all that: a monitor asks every few seconds
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("store", stores.STORES)
def test_tables_of_an_older_release_are_not_served(make_app: MakeApp, store: stores.Store) -> None:
    # Given a store that was not migrated
    app = make_app()
    with app.app_context(), stores.writing(store) as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    # Then this door takes no visitors
    assert told(app) == (503, "not ready\n")


def test_a_door_goes_on_beside_the_tables_of_the_next_release(page_app: Flask) -> None:
    # Given an upgrade that has moved the tables, and not restarted this door yet
    with page_app.app_context():
        for store in stores.STORES:
            with stores.writing(store) as session:
                session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    # Then visitors can still be sent here
    assert told(page_app) == (200, "ok\n")


def test_a_process_that_stops_says_so_first(page_app: Flask, not_stopping: None) -> None:
    long_lived.begin_to_stop()
    assert told(page_app) == (503, "not ready\n")
    # And is still alive, so that nothing kills it
    assert told(page_app, "/livez") == (200, "ok\n")
    assert page_app.test_client().get("/en/").status_code == 200


def test_a_door_that_could_not_make_its_checks_yet_is_not_ready(page_app: Flask) -> None:
    page_app.extensions[health.UNCHECKED] = True
    assert told(page_app) == (503, "not ready\n")


def test_a_database_that_hangs_holds_nobody_up() -> None:
    # Given a look that does not come back
    is_back, begun = threading.Event(), []

    def look() -> bool:
        begun.append(True)
        is_back.wait(LONG)
        return True

    probe = Probe(look, patience=0.05)
    # When many ask
    started = time.monotonic()
    answers = in_threads(20, probe.is_well)
    # Then each is told in time, and one look alone is under way
    assert answers == [False] * 20
    assert time.monotonic() - started < LONG / 2
    assert len(begun) == 1
    # And when the database is back, so is the door
    is_back.set()
    assert eventually(probe.is_well)


def test_a_look_that_fails_is_not_well_and_the_next_one_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda args: None)
    found = iter([ValueError("person@example.org"), True])

    def look() -> bool:
        one = next(found)
        if isinstance(one, Exception):
            raise one
        return one

    probe = Probe(look)
    assert [probe.is_well(), probe.is_well()] == [False, True]


def in_threads(number: int, ask: Callable[[], bool]) -> list[bool]:
    answers: list[bool] = []
    threads = [threading.Thread(target=lambda: answers.append(ask())) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)
    return answers


def eventually(ask: Callable[[], bool]) -> bool:
    until = time.monotonic() + LONG
    while time.monotonic() < until:
        if ask():
            return True
    return False
