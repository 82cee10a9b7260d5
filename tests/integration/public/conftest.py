"""What the tests of the public door start from, and how heavy pages are."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.integration.public.booker import Booker
from tests.pages import Scales
from tests.visitor import Visitor
from webapp.services.infrastructure import read_cache

Weigh = Callable[[Visitor], tuple[int, int]]


@pytest.fixture
def booker(page_app: Flask) -> Booker:
    """A registrant who wants a seat, on SQLite alone."""
    return Booker(page_app)


@pytest.fixture
def other(page_app: Flask) -> Booker:
    """Another registrant, in another browser."""
    return Booker(page_app)


@pytest.fixture
def read_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing about calls and events is remembered from one request to the next."""
    monkeypatch.setattr(read_cache, "FRESH_SECONDS", 0.0)


@pytest.fixture
def weigh(page_app: Flask) -> Weigh:
    """How heavy the page is that a visitor sees, in bytes and requests."""
    scales = Scales(page_app)

    def weighed(visitor: Visitor) -> tuple[int, int]:
        return scales.weigh(visitor.page)

    return weighed
