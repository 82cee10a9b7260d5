"""What the tests of attacks start from."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask

from tests.conftest import MakeApp


@pytest.fixture(autouse=True)
def _early_in_a_step() -> Iterator[None]:
    """A six-digit code changes every 30 seconds: no test begins just before it does."""
    now = datetime.now(UTC)
    with time_machine.travel(now.replace(second=now.second // 30 * 30 + 1, microsecond=0)):
        yield


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def real_limits(make_app: MakeApp) -> Iterator[Flask]:
    """An instance with the limits of production."""
    app = make_app(LIMIT_FACTOR="1")
    with app.app_context():
        yield app
