"""The power goes in the middle of a stream of submissions: what was acknowledged is there, and nothing is half."""

import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import live
from tests.factories import demo_form
from tests.integration.whole import opened, opens_at_the_desk, said, whole_submissions
from tests.integration.wire import ServerGone, draft
from tests.stores import Shelf, Stores
from tests.tally import Tell
from webapp.services.answers import own_copies
from webapp.services.infrastructure import audit
from webapp.services.worker import chores

WRITERS = 5
EACH = 6
#: How often the power goes. A start takes seconds, so PostgreSQL, which is not cut off itself, has one cut.
CUTS = {"sqlite": 2, "postgresql": 1}
SENT_BEFORE_A_CUT = 10


@pytest.fixture
def nowhere(shelf: Shelf, tmp_path: Path) -> Iterator[Stores]:
    """Where three stores will be, once the service makes them."""
    folder = tmp_path / "instance"
    folder.mkdir()
    with shelf.empty(folder) as stores_to_be:
        yield stores_to_be


class Writer(threading.Thread):
    """People who press Send one after the other, until the power goes. Keeps every code that was shown."""

    def __init__(self, url: str, name: str) -> None:
        super().__init__()
        self.drafts = [
            (draft(url, demo_form(), said(words)), words)
            for words in (f"Writer {name} says this in turn {turn}." for turn in range(EACH))
        ]
        self.shown: dict[str, str] = {}
        self.cut_off = False

    def run(self) -> None:
        for ready, words in self.drafts:
            try:
                self.shown[ready.send()] = words
            except ServerGone:
                self.cut_off = True
                return


def test_what_was_acknowledged_survives_and_nothing_is_half(
    nowhere: Stores, tmp_path: Path, tell: Tell
) -> None:
    # Given a running service
    instance, settings = tmp_path / "instance", nowhere.environment()
    shown: dict[str, str] = {}
    cuts = CUTS[nowhere.kind]
    server = live.start(instance, python=sys.executable, **settings)
    try:
        for cut in range(cuts):
            # When several people press Send again and again, and the power goes in the middle
            writers = [Writer(server.url, f"{cut}-{number}") for number in range(WRITERS)]
            for writer in writers:
                writer.start()
            wait_for(writers, SENT_BEFORE_A_CUT)
            server.kill()
            for writer in writers:
                writer.join()
                shown |= writer.shown
            assert any(writer.cut_off for writer in writers), "nobody was cut off"
            # And it comes back
            server = live.start(instance, demo=False, python=sys.executable, **settings)
    finally:
        server.kill()
    assert len(shown) >= cuts * SENT_BEFORE_A_CUT
    with opened(instance, settings):
        # Then every code that a participant saw leads to exactly what they had said
        for code, words in shown.items():
            assert own_copies.find_held(code).answers == said(words)
        stored, secrets = whole_submissions()
        assert len(shown) <= stored <= cuts * WRITERS * EACH
        # And every one opens at the desk
        opened_there = opens_at_the_desk(instance)
        assert len(opened_there) == stored
        assert set(shown.values()) <= set(opened_there)
        # And the worker finds everything in order
        assert chores.do_all()
        assert audit.verify() > 0
    tell(
        "kill -9",
        f"{nowhere.kind}: killed {cuts} times; {len(shown)} codes were shown, "
        f"{stored} submissions are stored, 0 half, {secrets} secrets are left over",
    )


def wait_for(writers: list[Writer], count: int) -> None:
    deadline = time.monotonic() + 120
    while sum(len(writer.shown) for writer in writers) < count:
        assert time.monotonic() < deadline
        time.sleep(0.001)
