"""A process works on a few requests at a time, in the order in which they came."""

import io
import threading
import time
from collections.abc import Iterable
from typing import Any

import pytest

from webapp.web.turns import READ_FIRST, Turns, in_turn

LONG = 30.0


class Crowd:
    """People who each want a turn, told apart by number; `work` says what each does in it."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.came: list[int] = []
        self.at_work = self.most_at_work = 0
        self.lock = threading.Lock()
        self.threads: list[threading.Thread] = []

    def send(self, number: int, until: threading.Event) -> None:
        """One who stays in their turn until the event."""

        def go() -> None:
            with self.turns.turn():
                with self.lock:
                    self.came.append(number)
                    self.at_work += 1
                    self.most_at_work = max(self.most_at_work, self.at_work)
                until.wait(LONG)
                with self.lock:
                    self.at_work -= 1

        thread = threading.Thread(target=go)
        self.threads.append(thread)
        thread.start()

    def waits_for(self, number: int) -> None:
        """Until so many wait."""
        deadline = time.monotonic() + LONG
        while len(self.turns._waiting) < number and time.monotonic() < deadline:
            time.sleep(0.001)
        assert len(self.turns._waiting) == number

    def finish(self) -> None:
        for thread in self.threads:
            thread.join(LONG)
            assert not thread.is_alive()


def test_who_comes_first_is_served_first() -> None:
    # Given one at work, and nine who come one after the other
    crowd, done = Crowd(Turns(at_once=1, patience=LONG)), threading.Event()
    for number in range(10):
        crowd.send(number, done)
        crowd.waits_for(number)
    # When they finish, then the others follow in the order in which they came
    done.set()
    crowd.finish()
    assert crowd.came == list(range(10))
    # And the turn is free again
    assert (crowd.turns._free, len(crowd.turns._waiting)) == (1, 0)


def test_so_many_work_at_once() -> None:
    crowd, done = Crowd(Turns(at_once=2, patience=LONG)), threading.Event()
    for number in range(10):
        crowd.send(number, done)
    crowd.waits_for(8)
    done.set()
    crowd.finish()
    assert sorted(crowd.came) == list(range(10))
    assert crowd.most_at_work == 2


def test_nobody_waits_longer_than_their_patience() -> None:
    # Given somebody whose turn takes long
    crowd, done = Crowd(Turns(at_once=1, patience=0.05)), threading.Event()
    crowd.send(0, done)
    while not crowd.came:
        time.sleep(0.001)
    # When others come, then they wait a moment and go on without a turn
    crowd.send(1, done)
    crowd.send(2, done)
    deadline = time.monotonic() + LONG
    while len(crowd.came) < 3 and time.monotonic() < deadline:
        time.sleep(0.001)
    assert crowd.most_at_work == 3
    # And what they did not take they do not give back
    done.set()
    crowd.finish()
    assert crowd.turns._free == 1


def test_what_goes_wrong_gives_the_turn_back() -> None:
    turns = Turns(at_once=1, patience=LONG)
    with pytest.raises(ZeroDivisionError), turns.turn():
        raise ZeroDivisionError
    with turns.turn():
        assert turns._free == 0


def ask(turns: Turns, **environ: Any) -> list[int]:
    """How many turns were free while the application answered."""
    seen: list[int] = []

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        seen.append(turns._free)
        return [environ["wsgi.input"].read()]

    usual = {"PATH_INFO": "/en/", "wsgi.input": io.BytesIO(b"x" * 10)}
    list(in_turn(app, turns)({**usual, **environ}, None))
    return seen


@pytest.mark.parametrize("length", ["", "0", "10", str(READ_FIRST)])
def test_a_small_body_is_read_before_the_turn(length: str) -> None:
    assert ask(Turns(at_once=2), CONTENT_LENGTH=length) == [1]


@pytest.mark.parametrize(
    "environ",
    [
        {"CONTENT_LENGTH": str(READ_FIRST + 1)},
        {"CONTENT_LENGTH": "-1"},
        {"CONTENT_LENGTH": "9" * 5_000},
        {"CONTENT_LENGTH": "\N{SUPERSCRIPT TWO}"},
        {"CONTENT_LENGTH": "10", "HTTP_TRANSFER_ENCODING": "Chunked"},
        {"PATH_INFO": "/desk/sign-in"},
        {"PATH_INFO": "/desk/contacts/support-needs", "CONTENT_LENGTH": "10"},
    ],
)
def test_a_body_that_may_come_slowly_and_the_desk_hold_no_turn(environ: dict[str, str]) -> None:
    assert ask(Turns(at_once=2), **environ) == [2]
