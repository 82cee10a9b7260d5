"""What the tests of the public door start from; weights of pages, noted while tests look and printed at the end."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.integration.public.booker import Booker
from tests.pages import Scales
from tests.visitor import Visitor

Weigh = Callable[[Visitor, str], None]
WEIGHTS: dict[str, tuple[int, int]] = {}


@pytest.fixture
def booker(page_app: Flask) -> Booker:
    """Somebody who wants a seat, on SQLite alone."""
    return Booker(page_app)


@pytest.fixture
def other(page_app: Flask) -> Booker:
    """Somebody else, in another browser."""
    return Booker(page_app)


@pytest.fixture
def weigh(page_app: Flask) -> Weigh:
    """Notes how heavy the page is that a visitor sees: `weigh(visitor, "the code")`."""
    scales = Scales(page_app)

    def note(visitor: Visitor, name: str) -> None:
        WEIGHTS[name] = scales.weigh(visitor.page)

    return note


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not WEIGHTS:
        return
    terminalreporter.section("weight of the public pages")
    pages = dict.fromkeys(name.partition(" ")[2] for name in WEIGHTS)
    for page in pages:
        weights = {name[:2]: WEIGHTS[name] for name in WEIGHTS if name.partition(" ")[2] == page}
        sizes = ", ".join(f"{language} {size:6}" for language, (size, _) in weights.items())
        requests = max(requests for _, requests in weights.values())
        terminalreporter.write_line(f"{sizes} bytes, {requests} requests   {page}")
    sizes = [size for size, _ in WEIGHTS.values()]
    terminalreporter.write_line(f"{max(sizes):6} bytes at most, of {len(sizes)} pages and states")
