"""What the tests of the services start from."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.factories import DEMO_CALL
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import Call


@pytest.fixture
def inside(app: Flask) -> Iterator[Flask]:
    """The services work inside an application; on SQLite, then on PostgreSQL."""
    with app.app_context():
        yield app


@pytest.fixture
def call(inside: Flask) -> Call:
    """The coalition's own call, open for 90 days."""
    return published_calls.find_call(DEMO_CALL)
