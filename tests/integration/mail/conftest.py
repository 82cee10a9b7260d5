"""What the tests of mail start from: a house that can send, and a server that takes what it sends."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.integration.house import make_house
from tests.integration.mail.postbox import Odd, Postbox
from webapp.services.worker import smtp


@pytest.fixture
def postbox() -> Iterator[Postbox]:
    """A server that takes every mail, unless a test tells it not to."""
    with Postbox().open() as listening:
        yield listening


@pytest.fixture
def house(make_app: MakeApp, postbox: Postbox) -> Flask:
    """Both doors and the worker, with the demo's call; on SQLite, then on PostgreSQL."""
    return make_house(make_app, postbox.port)


@pytest.fixture
def inside(house: Flask) -> Iterator[Flask]:
    """The services work inside an application."""
    with house.app_context():
        yield house


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> float:
    """A patience that a test can wait for. Still far shorter than a claim."""
    monkeypatch.setattr(smtp, "SEND_SECONDS", 0.3)
    return 0.3


@pytest.fixture
def odd(request: pytest.FixtureRequest) -> Iterator[Odd]:
    """A mail server that does something odd: `@pytest.mark.parametrize("odd", [...], indirect=True)`."""
    server = Odd(**request.param)
    yield server
    server.stop()
