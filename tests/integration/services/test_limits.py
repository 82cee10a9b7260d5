"""Limits on abuse: enough for a shelter on one line, too few for a program, and no visitor is tracked."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.integration.tables import everything
from tests.stores import Stores
from webapp.models import DailySalt, RateBucket
from webapp.services.infrastructure import limits, stores
from webapp.services.infrastructure.limits import LIMITS, Limit, TooMany, take, take_here

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HOME = "203.0.113.7"
BURST, PER_MINUTE = LIMITS["begin"][0].burst, LIMITS["begin"][0].per_minute


@pytest.fixture(autouse=True)
def real_limits(make_app: Callable[..., Flask]) -> Iterator[Flask]:
    """An instance with the limits of production."""
    app = make_app(LIMIT_FACTOR="1")
    with app.app_context():
        yield app


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that stands still until it is moved."""
    with time_machine.travel(NOON, tick=False) as turned:
        yield turned


def passes(address: str, name: str = "begin") -> bool:
    try:
        take(name, address)
    except TooMany:
        return False
    return True


def how_many(address: str, name: str = "begin", most: int = 500) -> int:
    """How many get through before the first is refused."""
    return next((count for count in range(most) if not passes(address, name)), most)


@pytest.mark.parametrize("name", sorted(LIMITS))
def test_a_burst_passes_and_then_no_more(clock: object, name: str) -> None:
    # Given one network
    # When a client there asks again and again within a moment
    # Then as many pass as are promised
    assert how_many(HOME, name) == LIMITS[name][0].burst


def test_more_pass_as_time_goes_by(clock: time_machine.Traveller) -> None:
    # Given a network that has used up its share
    how_many(HOME)
    # When a minute passes
    clock.shift(60)
    # Then as many more pass as are promised for a minute
    assert how_many(HOME) == PER_MINUTE
    # And after a day as many as at the beginning, and no more
    clock.shift(23 * 60 * 60)
    assert how_many(HOME) == BURST


def test_a_minutes_share_comes_when_the_minute_is_over(clock: time_machine.Traveller) -> None:
    # Given a network that used up its share in the middle of a minute
    clock.move_to(NOON.replace(second=20))
    how_many(HOME)
    # When the minute is not over yet, then nothing more passes
    clock.move_to(NOON.replace(second=59))
    assert not passes(HOME)
    # And when it is, a whole minute's share does
    clock.move_to(NOON + timedelta(minutes=1))
    assert how_many(HOME) == PER_MINUTE


@pytest.mark.parametrize("seconds", [7, 13, 61])
@pytest.mark.parametrize("rounds", [False, True])
def test_asking_all_the_time_gets_what_was_promised(
    clock: time_machine.Traveller, seconds: int, rounds: bool
) -> None:
    # Given a program that asks until it is refused, every few seconds (and, or not, a worker that makes its rounds)
    passed = 0
    for moment in range(0, 10 * 60, seconds):
        clock.move_to(NOON + timedelta(seconds=moment))
        if rounds:
            limits.forget_old()
        passed += how_many(HOME)
    # Then what it gets is a burst, and each minute's share: whole minutes lose nothing and give nothing away
    assert passed == BURST + 9 * PER_MINUTE


def test_a_bucket_is_deleted_when_it_is_full_and_not_before(clock: time_machine.Traveller) -> None:
    # Given a network that has used up its share, which takes three minutes to fill
    how_many(HOME)
    for _ in range(int(BURST / PER_MINUTE) - 1):
        # When the worker makes its rounds meanwhile
        limits.forget_old()
        assert everything()["rate_buckets"]
        clock.shift(60)
    limits.forget_old()
    # Then there is no more to be had than without them
    assert how_many(HOME) == BURST - PER_MINUTE
    # And once it is full again it is gone
    clock.shift(60 * BURST / PER_MINUTE)
    limits.forget_old()
    assert everything()["rate_buckets"] == []
    assert how_many(HOME) == BURST


def test_one_network_does_not_use_up_anothers_share(clock: object) -> None:
    # Given a network that has used up its share
    how_many(HOME)
    # When a visitor comes from another one
    # Then they get through, by either protocol
    assert passes("198.51.100.9")
    assert passes("2001:db8:5::1")
    assert not passes(HOME)


def test_neighbours_share_and_purposes_do_not(clock: object) -> None:
    # Given a network where as many began as may
    how_many(HOME)
    # Then changing the last number of the address does not help
    assert not passes("203.0.113.250")
    # And a visitor there who pastes a long text still can
    assert passes(HOME, "long-words")


def test_one_ipv6_site_is_one_network(clock: object) -> None:
    # Given an attacker who has a whole IPv6 site to themselves
    assert how_many("2001:db8:7:1::1") == BURST
    # Then another of its addresses, or subnets, has the same bucket
    assert not passes("2001:db8:7:1::2")
    assert not passes("2001:db8:7:ffff::9")
    assert passes("2001:db8:8::1")


def test_an_ipv4_address_written_as_ipv6_is_the_same_network(clock: object) -> None:
    # Given a server that listens on IPv6 and so sees IPv4 addresses inside IPv6 ones
    how_many(f"::ffff:{HOME}")
    # Then two IPv4 networks are still two, and the same one is the same
    assert passes("::ffff:198.51.100.9")
    assert not passes(HOME)


@pytest.mark.parametrize(
    "address", ["", "unknown", "fe80::1%eth0", "unix:", "1.2.3.4:80", "999.1.1.1", "::", "::1"]
)
def test_an_odd_address_is_counted_and_never_an_error(clock: object, address: str) -> None:
    # Given what a proxy may hand on
    # Then it passes, and is limited as any other
    assert how_many(address) == BURST


def test_all_networks_together_have_a_limit(clock: object, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given a program that comes from very many networks (and, here, a lower limit for all of them)
    monkeypatch.setitem(LIMITS, "begin", (LIMITS["begin"][0], Limit(25, 10)))
    passed = sum(passes(f"10.0.{network}.1") for network in range(40))
    # Then in all no more pass than are promised
    assert passed == 25
    assert not passes("172.16.0.1")


def test_strangers_do_not_shut_a_coordinator_out(clock: object) -> None:
    # Given a program that comes from very many networks, and tries a name that it knows
    for network in range(100):
        take("sign-in", f"10.0.{network}.1")
        take_here("sign-in-name", "ana", f"10.0.{network}.1")
    with pytest.raises(TooMany):
        for _ in range(40):
            take_here("sign-in-name", "ana", "10.0.0.1")
    # Then Ana still signs in where she works
    assert passes(HOME, "sign-in")
    take_here("sign-in-name", "ana", HOME)


def test_who_mistypes_does_not_shut_their_colleagues_out(clock: object) -> None:
    # Given a coordinator who used up all tries there are for one name
    with pytest.raises(TooMany):
        for _ in range(40):
            take_here("sign-in-name", "ana", HOME)
    # Then another coordinator in the same office may sign in
    take_here("sign-in-name", "ben", HOME)
    # And no name is in the table
    assert "ana" not in repr(everything()["rate_buckets"])


def test_many_at_once_do_not_get_more(clock: object, real_limits: Flask) -> None:
    # Given a bucket that is there, and eight threads that take from it at once
    assert passes(HOME)
    results: list[bool] = []

    def run() -> None:
        with real_limits.app_context():
            results.extend(passes(HOME) for _ in range(6))

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then none was counted twice or not at all
    assert sum(results) == BURST - 1


def test_the_first_ones_at_once_are_no_error(clock: object, real_limits: Flask) -> None:
    # Given no salt of the day and no bucket yet
    results: list[object] = []
    gate = threading.Barrier(8)

    def run() -> None:
        with real_limits.app_context():
            gate.wait()
            try:
                results.append(passes(HOME))
            except Exception as error:
                results.append(error)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then all get through
    assert results == [True] * 8


def test_charges_of_several_buckets_and_the_worker_never_wait_for_each_other(
    clock: time_machine.Traveller, real_limits: Flask
) -> None:
    # Given buckets of one network that are full again, so that the worker deletes them
    for name in limits.SETS_ASIDE:
        limits.take_storage(name, HOME)
    clock.shift(timedelta(hours=2))
    failed: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        with real_limits.app_context():
            try:
                for _ in range(8):
                    act()
            except Exception as error:
                failed.append(error)

    acts = [partial(limits.take_storage, name, HOME) for name in limits.SETS_ASIDE]
    threads = [threading.Thread(target=run, args=(act,)) for act in (*acts, *acts[:1])]
    threads.append(threading.Thread(target=run, args=(limits.forget_old,)))
    # When all take and delete at once
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then none is refused, by a limit or by a deadlock
    assert failed == []


def test_what_is_refused_takes_nothing_of_any_bucket(clock: object) -> None:
    # Given a network that has used up its rate, but not its quotas
    for _ in range(LIMITS["begin"][0].burst):
        limits.take_storage("begin", HOME)
    before = everything()["rate_buckets"]
    # When it asks again and again
    for _ in range(20):
        with pytest.raises(TooMany):
            limits.take_storage("begin", HOME)
    # Then its quotas of the day, and the brake for all, are as they were
    assert everything()["rate_buckets"] == before


def test_the_names_in_the_table_do_not_tell_who_it_was(clock: time_machine.Traveller) -> None:
    # Given visits from one network on two days
    take("begin", HOME)
    with stores.reading("volatile") as volatile:
        first_day = set(volatile.scalars(select(RateBucket.key)))
    clock.shift(24 * 60 * 60)
    take("begin", HOME)
    with stores.reading("volatile") as volatile:
        second_day = set(volatile.scalars(select(RateBucket.key))) - first_day
    # Then the two days have no name in common, not even of the bucket for all networks
    assert len(first_day) == len(second_day) == 2
    # And no address, and no network, is anywhere
    rows = repr(everything())
    assert HOME not in rows
    assert "203.0.113" not in rows


def test_yesterdays_salt_is_thrown_away(clock: time_machine.Traveller, demo_stores: Stores) -> None:
    # Given a salt that names today's buckets
    take("begin", HOME)
    with stores.reading("volatile") as volatile:
        salt = volatile.scalars(select(DailySalt.salt)).one()
    # When the worker comes round on the same day
    limits.forget_old()
    with stores.reading("volatile") as volatile:
        assert volatile.scalars(select(DailySalt.salt)).one() == salt
    # And on the next
    clock.shift(24 * 60 * 60 + 1)
    limits.forget_old()
    # Then the salt and the buckets are gone
    with stores.reading("volatile") as volatile:
        assert volatile.scalars(select(DailySalt)).all() == []
        assert volatile.scalars(select(RateBucket)).all() == []
    # And no file holds it still, the write-ahead log included
    if demo_stores.kind == "sqlite":
        path = Path(urlsplit(demo_stores.volatile).path)
        files = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
        assert salt not in files


def test_what_was_used_up_yesterday_evening_counts_no_more(
    clock: time_machine.Traveller,
) -> None:
    # Given a network that was refused at the end of a day
    clock.move_to(datetime(2026, 12, 1, 23, 59, 30, tzinfo=UTC))
    how_many(HOME)
    # When the day is over
    clock.shift(timedelta(seconds=60).total_seconds())
    # Then it begins anew: no one can connect the two days, we cannot either
    assert how_many(HOME) == BURST
