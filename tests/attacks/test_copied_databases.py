"""What copies of the databases tell: what opens without any configuration, and what two copies or raw files give away.

Each test shows what a thief does get, and where it ends, as `docs/threat-model.md` says it. What they do not learn from
one copy is in `test_order.py`.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import LiteralString
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg
import pytest
import time_machine
from flask import Flask

from tests.attacks.test_order import CHANCE, correlation
from tests.conftest import MakeApp
from tests.factories import Sent, publish_demo_event, register_one, submit_one
from tests.integration.house import make_house
from tests.integration.tables import tables
from tests.integration.thief import Thief, everything_that_could_be_a_key, sealed_values
from tests.postgres import Postgres
from tests.replay import copied
from tests.stores import Stores
from webapp.models import ErasureSecret, OwnCopy, Part, RateBucket
from webapp.rules import clock
from webapp.services.answers import corrections, own_copies
from webapp.services.infrastructure import limits
from webapp.services.worker import chores, equality_batches
from webapp.services.worker.rewriting_rounds import RewritingRounds

PEOPLE = 30


@pytest.fixture
def house(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    app = make_house(make_app)
    with app.app_context():
        yield app


# Without any configuration


def test_main_and_erasure_together_open_nothing(house: Flask) -> None:
    # Given people who answered and registered, and a thief of all databases, without a file of configuration
    submit_one()
    submit_one(written=False)
    register_one(publish_demo_event("small-group"))
    settings = house.extensions["hearth_settings"]
    values = [one for kind in sealed_values(settings).values() for one in kind]
    thief = Thief(settings.receipt_salt)
    thief.keys = everything_that_could_be_a_key()
    thief.words = {"", "ana", "Ana"}
    # When everything in them is tried on everything
    assert thief.try_everything(values) == set()
    # Then nothing opened; and it was more than a few attempts
    assert thief.tried > 1000


def test_erasure_alone_has_random_values_and_days() -> None:
    # Then no column of the erasure store could hold anything about a person: ids, keys, sealed keys, and the day
    columns = {
        f"{table.name}.{column.name}"
        for store, table in tables()
        if store == "erasure"
        for column in table.columns
    }
    assert columns == {
        *("erasure_secrets.id", "erasure_secrets.secret", "erasure_secrets.made_on"),
        *("purpose_key_seals.id", "purpose_key_seals.purpose_key_id"),
        *("purpose_key_seals.holder_id", "purpose_key_seals.envelope", "purpose_key_seals.made_on"),
    }


# Two copies of one database


def equality_parts() -> set[UUID]:
    return {row["id"] for row in copied(Part, Part.purpose == "equality")}


def own_copies_of_equality() -> dict[UUID, UUID]:
    """The secret of each person's own copy of their answers about equality, by submission."""
    rows = copied(OwnCopy, OwnCopy.purpose == "equality")
    return {row["submission_id"]: row["secret_id"] for row in rows}


def part_of(sent: Sent) -> UUID:
    held = own_copies.find_held(sent.receipt)
    assert held.equality is not None
    return held.equality.part_id


@pytest.mark.parametrize("people", [1, 10])
def test_copies_around_a_batch_tell_whose_parts_it_had(house: Flask, people: int) -> None:
    # Given a copy of the database from before a batch, and one from after it
    submit_one()
    parts, owners = equality_parts(), set(own_copies_of_equality())
    sent = [submit_one(written=False) for _ in range(people)]
    equality_batches.write_waiting(enough=people)
    # Then the new parts are those of the people who are new: of one person, whose they are
    new_parts = equality_parts() - parts
    assert new_parts == {part_of(one) for one in sent}
    assert set(own_copies_of_equality()) - owners == {one.submission_id for one in sent}
    assert len(new_parts) == people


def test_copies_around_a_correction_pair_the_old_part_which_is_shredded(house: Flask) -> None:
    # Given people whose answers about equality are written, and a copy of the database
    one, *_ = [submit_one() for _ in range(5)]
    old, parts, owners = part_of(one), equality_parts(), own_copies_of_equality()
    (row,) = copied(Part, Part.id == old)
    # When one of them corrects these, and another copy is made
    held = own_copies.find_held(one.receipt)
    answers = {**held.answers, "age_band": "25_34"}
    new = corrections.Correction(uuid4(), held.copies, answers, frozenset(), "en")
    assert corrections.correct(one.receipt, new)
    # Then the two name the person of the part that is gone
    now = own_copies_of_equality()
    changed = {person for person, secret in owners.items() if now[person] != secret}
    assert (parts - equality_parts(), changed) == ({old}, {one.submission_id})
    # But it opens with nothing: its secret is gone. And the new one is not there yet
    assert copied(ErasureSecret, ErasureSecret.id == row["secret_id"]) == []
    assert equality_parts() < parts


# Raw files of PostgreSQL


def first_places(folder: Path, wanted: Iterable[bytes]) -> list[int]:
    """In which order these are first met, when all files of a folder are read one after the other; none is left out."""
    content = b"".join(path.read_bytes() for path in sorted(folder.glob("*")) if path.is_file())
    found = {number: content.find(one) for number, one in enumerate(wanted)}
    assert min(found.values()) >= 0, "not there"
    return sorted(found, key=lambda number: found[number])


def files_of(cluster: Postgres, store: str) -> Path:
    """The folder of a database's files, with all that was changed written into it."""
    cluster.admin.execute("CHECKPOINT")
    name = urlsplit(store).path[1:]
    query = "SELECT oid FROM pg_database WHERE datname = %s"
    (oid,) = cluster.admin.execute(query, [name]).fetchone() or (0,)
    return cluster.folder / "data" / "base" / str(oid)


def log_of(cluster: Postgres) -> Path:
    """The folder of the write-ahead log, flushed. A checkpoint would flush it as well, and might recycle its files."""
    cluster.admin.execute("SELECT pg_logical_emit_message(false, 'test', '', true)")
    return cluster.folder / "data" / "pg_wal"


def still_there(folder: Path, wanted: Iterable[bytes]) -> list[bytes]:
    content = b"".join(path.read_bytes() for path in folder.glob("*") if path.is_file())
    return [one for one in wanted if one in content]


@pytest.mark.parametrize("shelf", ["postgresql"], indirect=True)
def test_the_log_of_postgresql_has_the_order_of_arrival(house: Flask, cluster: Postgres) -> None:
    # Given people who came one after the other, and rows that the worker has mixed since
    sent = [submit_one(written=False) for _ in range(PEOPLE)]
    rewriting = RewritingRounds()
    assert chores.do_all(more=(rewriting,), mail=False)
    assert rewriting()
    # Then the write-ahead log has them in the order in which they came
    ids = [one.submission_id.bytes for one in sent]
    assert correlation(first_places(log_of(cluster), ids)) > 0.99


@pytest.mark.parametrize("shelf", ["postgresql"], indirect=True)
def test_postgresqls_files_have_deleted_buckets_until_the_table_is_written_anew(
    house: Flask, cluster: Postgres, demo_stores: Stores
) -> None:
    # Given buckets of networks that are full again, and that the worker has deleted
    for number in range(40):
        limits.take("begin", f"203.0.{number}.7")
    names = [row["key"] for row in copied(RateBucket)]
    with time_machine.travel(clock.now() + timedelta(minutes=30)):
        limits.forget_old()
    assert copied(RateBucket) == []
    # Then their names are in the write-ahead log still, and in the table's file
    assert still_there(log_of(cluster), names) == names
    assert still_there(files_of(cluster, demo_stores.volatile), names) == names
    # And after an ordinary VACUUM, as autovacuum makes it: it does not clear what it frees
    limits.take("book", "203.0.122.7")
    vacuum(demo_stores.volatile, "VACUUM")
    left = still_there(files_of(cluster, demo_stores.volatile), names)
    assert len(left) > len(names) // 2
    # But not when the table is written anew
    vacuum(demo_stores.volatile, "VACUUM FULL")
    assert still_there(files_of(cluster, demo_stores.volatile), names) == []


def vacuum(store: str, command: LiteralString) -> None:
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute(command)


def nearest_order(folder: Path, wanted: list[bytes]) -> float:
    """How near the places in a file are to the order in which these came: the nearest, of files that have them all."""
    found = []
    for path in folder.glob("*"):
        content = path.read_bytes() if path.is_file() else b""
        for find in (content.find, content.rfind):
            places = [find(one) for one in wanted]
            if min(places) >= 0:
                in_order = sorted(range(len(wanted)), key=places.__getitem__)
                found.append(abs(correlation(in_order)))
    return max(found)


@pytest.mark.parametrize("shelf", ["postgresql"], indirect=True)
def test_postgresqls_files_have_old_places_until_tables_are_written_anew(
    house: Flask, cluster: Postgres, demo_stores: Stores
) -> None:
    # Given people who came one after the other, and rows that the worker has mixed since
    ids = [submit_one(written=False).submission_id.bytes for _ in range(PEOPLE)]
    rewriting = RewritingRounds()
    assert chores.do_all(more=(rewriting,), mail=False)
    assert rewriting()
    # Then the raw files have the order of arrival; an ordinary VACUUM, as autovacuum makes it, leaves most of it
    orders = [nearest_order(files_of(cluster, demo_stores.main), ids)]
    commands: tuple[LiteralString, ...] = ("VACUUM", "VACUUM FULL")
    for command in commands:
        vacuum(demo_stores.main, command)
        orders.append(nearest_order(files_of(cluster, demo_stores.main), ids))
    # And after VACUUM FULL there is chance
    arrived, vacuumed, anew = orders
    assert (arrived > 0.99, vacuumed > CHANCE, anew < CHANCE) == (True, True, True), orders
