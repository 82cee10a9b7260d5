"""What the tests of the desk start from."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from tests.integration.desk.meeting import Meeting
from tests.integration.desk.worker import Worker
from webapp.services.keys.bootstrap import Founded


@pytest.fixture(autouse=True)
def _early_in_a_step() -> Iterator[None]:
    """A six-digit code changes every 30 seconds: no test begins just before it does."""
    now = datetime.now(UTC)
    with time_machine.travel(now.replace(second=now.second // 30 * 30 + 1, microsecond=0)):
        yield


@pytest.fixture
def stranger(app: Flask, founded: Founded) -> Worker:
    """A browser at the desk without a session."""
    return Worker(app, founded)


@pytest.fixture
def page_stranger(page_app: Flask, page_founded: Founded) -> Worker:
    """The same on SQLite alone, for tests that are about pages."""
    return Worker(page_app, page_founded)


@pytest.fixture
def page_worker(page_stranger: Worker) -> Worker:
    """A signed-in coordinator on SQLite alone."""
    page_stranger.sign_in(steps=-1)
    return page_stranger


@pytest.fixture
def worker(stranger: Worker) -> Worker:
    """A coordinator who has just signed in; the code of this half minute is still unused."""
    stranger.sign_in(steps=-1)
    assert stranger.path == "/desk/"
    return stranger


@pytest.fixture
def meeting(worker: Worker) -> Meeting:
    """An event with six seats, and a coordinator at the desk."""
    return Meeting(worker)


@pytest.fixture
def page_meeting(page_worker: Worker) -> Meeting:
    """The same on SQLite alone, for tests that are about pages."""
    return Meeting(page_worker)
