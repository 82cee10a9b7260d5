"""Attack: from a copy of the databases, learn from which network answers were sent, and at which second.

Before (at c7b8640): a rate bucket was named by a MAC whose only key, the day's salt, lay beside it, and held the second
of its last use. There are 16.7 million IPv4 networks of 256 addresses; a program of twenty lines tried those in use
against a copy of `volatile` in 49 seconds and had "send 203.0.122.0/24 at 17:37:14". It found 24 hours of visitors,
because a bucket stayed for a day after it was full again.

Now the MAC has a key that is in the doors' configuration and in no database, so that no try can be checked. Time is
reckoned in whole minutes. Sending counts no network any more, only beginning does (decision 52). A full bucket is
deleted in the worker's next round: two minutes after answers were begun there is nothing left to try, for a thief with
the configuration as well.
"""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask

from tests.factories import secret
from tests.integration.tables import everything
from tests.people import answer_everything, begin, send
from tests.stores import Stores
from tests.visitor import Visitor
from webapp.services.infrastructure import limits
from webapp.services.infrastructure.limits import take_here

HOME = "203.0.122.7"
NETWORK = "203.0.122.0/24"
SENT_AT = datetime(2026, 12, 1, 17, 37, 14, 250_000, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(SENT_AT, tick=False) as turned:
        yield turned


def framed(*pieces: bytes) -> bytes:
    return b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)


def attempts(key: bytes, salt: bytes, name: str) -> Iterator[bytes]:
    """What a bucket of this name is called, as it was before and as it is now."""
    label = b"hearth/1/mac/network"
    yield hmac.digest(key, framed(label, name.encode()), hashlib.sha256)
    yield hmac.digest(key, framed(label, salt, name.encode()), hashlib.sha256)


def networks_named(more_keys: Iterable[bytes] = ()) -> set[str]:
    """The attack: every network of 203.0.0.0/16, under every key that could be in the databases."""
    copied = everything()
    buckets = {value for row in copied["rate_buckets"] for value in row}
    salts = {value for row in copied["daily_salts"] for value in row if isinstance(value, bytes)}
    stored = {
        value
        for rows in copied.values()
        for row in rows
        for value in row
        if isinstance(value, bytes) and len(value) == 32
    }
    names = [f"begin 203.0.{third}.0/24" for third in range(256)]
    return {
        name
        for key in {*stored, *more_keys}
        for salt in salts
        for name in names
        if any(attempt in buckets for attempt in attempts(key, salt, name))
    }


def files_of(store: str) -> bytes:
    """A store's file and its write-ahead log, as they lie on the disk."""
    path = Path(urlsplit(store).path)
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


@pytest.fixture
def sent(app: Flask, clock: object) -> Iterator[Flask]:
    """A participant has just answered a call from home."""
    participant = Visitor(app.test_client())
    participant.client.environ_base["REMOTE_ADDR"] = HOME
    begin(participant)
    answer_everything(participant)
    send(participant)
    with app.app_context():
        yield app


def test_a_copy_of_all_databases_names_no_network(sent: Flask) -> None:
    # Given answers that were sent a moment ago
    assert everything()["rate_buckets"]
    # When a thief of all three databases tries the networks, with everything in them as a key
    # Then none is named
    assert networks_named() == set()
    # And the program does find what is there to be found, once the thief has the doors' configuration as well
    assert networks_named([bytes.fromhex(secret("FORM_KEY"))]) == {f"begin {NETWORK}"}


def test_no_row_tells_the_second(app: Flask, clock: time_machine.Traveller) -> None:
    # Given two tries to sign in within one minute, half a minute apart
    with app.app_context():
        take_here("sign-in-name", "ana", HOME)
        clock.move_to(SENT_AT + timedelta(seconds=31))
        take_here("sign-in-name", "ben", HOME)
        # Then what is stored of them is the same but for the names: nothing tells which was first
        rows = everything()["rate_buckets"]
    assert len(rows) == 2
    assert len({tuple(rest) for _, *rest in rows}) == 1


def test_two_minutes_later_nothing_is_there(
    sent: Flask, clock: time_machine.Traveller, demo_stores: Stores
) -> None:
    # Given the bucket of the network from which answers were sent
    names = {key for key, *_ in everything()["rate_buckets"]}
    # When the worker has made its round in the second minute after it
    clock.shift(timedelta(minutes=2).total_seconds())
    limits.forget_old()
    # Then no bucket is left, for a thief with the configuration as well
    assert everything()["rate_buckets"] == []
    assert networks_named([bytes.fromhex(secret("FORM_KEY"))]) == set()
    # And no file holds one still, the write-ahead log included
    if demo_stores.kind == "sqlite":
        assert not [name for name in names if name in files_of(demo_stores.volatile)]
