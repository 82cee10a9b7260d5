"""What the tests of events start from."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask

from tests.conftest import MakeApp
from tests.factories import signed_in_anew_after_publishing
from tests.integration.house import make_house
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder


@pytest.fixture
def inside(make_app: MakeApp) -> Iterator[Flask]:
    """The services work inside an application; on SQLite, then on PostgreSQL."""
    house = make_house(make_app)
    with house.app_context():
        yield house


@pytest.fixture
def holder(inside: Flask, founded: Founded, monkeypatch: pytest.MonkeyPatch) -> Holder:
    """The demo's coordinator, signed in, with the keys of each event that a test opens."""
    return signed_in_anew_after_publishing(founded, monkeypatch)


@pytest.fixture
def actor(holder: Holder) -> UUID:
    """Who does something at the desk."""
    return holder.coordinator_id
