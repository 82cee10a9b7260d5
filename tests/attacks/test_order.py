"""Attack: from one stolen database, learn in which order people sent their answers, and who gave which about equality.

Before (at c7b8640): an envelope does not fit into a b-tree cell, so SQLite puts it on overflow pages, numbered
in the order in which they came; and the cells of a page lie in it in that order. A program that reads the file format
had the order of all submissions, and paired the answers about equality with people: 30 of 30. On PostgreSQL `ctid`, the
numbers of TOAST values and `xmin` gave the same to any reader of the tables.

Now an equality part waits in a pool, sealed to the worker, so that a thief of the database has nothing that a purpose
key opens before it is written. It is written in a batch with others, after the places of the secrets were mixed. The
worker rewrites all rows about people in the order of their random ids: then no place in the database says more than
chance.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import insert, select

from tests.attacks.sqlite_pages import Pages
from tests.conftest import MakeApp
from tests.factories import Sent, seed_of, signed_in, submit_one
from tests.integration.house import make_house
from tests.integration.tables import everything
from tests.stores import Stores
from tests.tally import Tell
from webapp.models import ErasureSecret, OwnCopy, Part, PurposeKey, PurposeKeySeal, WaitingPart
from webapp.services.answers import own_copies
from webapp.services.backup.store_copies import copied
from webapp.services.infrastructure import stores
from webapp.services.keys.bootstrap import Founded
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.purpose_key_generation import seal_context
from webapp.services.sealed import parts
from webapp.services.worker import chores, equality_batches
from webapp.services.worker.rewriting_rounds import RewritingRounds
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.mailroom import open_until_written
from webapp.vault.sealing import WaitingEnvelope
from webapp.vault.seeds import open_direct

PEOPLE = 30
MANY_SECRETS = 10_000
#: A list of fewer people says too little.
ENOUGH = 25
#: Spearman's correlation of a place with the order of arrival. Of 25 in random order, one list in ten million is above.
CHANCE = 0.85
#: Of 30 pairs at random, one is right; ten are once in three million times.
RIGHT_BY_CHANCE = 10

Places = dict[str, list[int]]


@pytest.fixture
def house(make_app: MakeApp) -> Iterator[Flask]:
    """Both doors and the worker; on SQLite, then on PostgreSQL."""
    app = make_house(make_app)
    with app.app_context():
        yield app


@pytest.fixture
def sent(house: Flask) -> list[Sent]:
    """People who answered everything, one after the other."""
    return [submit_one(written=False) for _ in range(PEOPLE)]


def whose(sent: Sequence[Sent]) -> dict[str, int]:
    """Every id in the databases that is about one of these people, with when they came. Only their codes tell."""
    found: dict[str, int] = {}
    for n, one in enumerate(sent):
        held = own_copies.find_held(one.receipt)
        assert held.equality is not None
        ids = {held.submission_id, held.equality.part_id, held.equality.secret_id}
        with stores.reading() as main:
            for table in (Part, OwnCopy):
                rows = select(table.id, table.secret_id)
                for row in main.execute(rows.where(table.submission_id == held.submission_id)):
                    ids |= set(row)
        found |= {one_id.hex: n for one_id in ids}
    return found


# What a thief reads


def places(theirs: Stores, ids: dict[str, int]) -> Places:
    """Lists of people, each in an order that one stolen database has, by what it is the order of."""
    found: defaultdict[str, list[tuple[Any, tuple[str, ...], int]]] = defaultdict(list)
    for name, place, words in rows_of(theirs):
        people = {ids[word] for word in words if word in ids}
        if len(people) == 1:
            # Of one place, as `xmin` is, the random ids decide.
            found[name].append((place, words, people.pop()))
    return {name: [person for *_, person in sorted(rows)] for name, rows in found.items()}


def rows_of(theirs: Stores) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    if theirs.kind == "sqlite":
        return in_files(theirs)
    return in_tables(theirs)


def in_files(theirs: Stores) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    for store in (theirs.main, theirs.erasure):
        for cell in Pages(Path(urlsplit(store).path)).cells():
            yield f"cells of {cell.tree}, page {cell.page}", -cell.offset, cell.words
            if cell.overflow:
                kind = next((one for one in cell.words if one in PURPOSES), "")
                yield f"overflow of {cell.tree} {kind}", cell.overflow, cell.words


PURPOSES = ("contact", "testimony", "equality")
NAME_A_SUBMISSION = (" parts testimony", " parts contact", " own_copies equality", " submissions ")
#: How the rows of one person can be told: by these columns.
NAMED = {
    "submissions": "id::text",
    "parts": "id::text || ' ' || purpose",
    "own_copies": "id::text || ' ' || purpose",
    "consents": "submission_id::text",
    "erasure_secrets": "id::text",
}


def in_tables(theirs: Stores) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    """`ctid`, `xmin` and the numbers of TOAST values."""
    for table, named in NAMED.items():
        store = theirs.erasure if table == "erasure_secrets" else theirs.main
        toast = "pg_column_toast_chunk_id(envelope)" if "purpose" in named else "NULL"
        query = f"SELECT {named}, ctid::text, xmin::text::bigint, {toast} FROM {table}"
        with psycopg.connect(store) as connection:
            for name, ctid, xmin, chunk in connection.execute(query):
                words = tuple(name.replace("-", "").split())
                kind = words[1] if len(words) > 1 else ""
                page, line = ctid.strip("()").split(",")
                yield f"ctid of {table} {kind}", (int(page), int(line)), words
                yield f"xmin of {table} {kind}", xmin, words
                if chunk is not None:
                    yield f"toast of {table} {kind}", chunk, words


def correlation(people: Iterable[int]) -> float:
    """Spearman's rank correlation of this order of people with the order in which they came."""
    first: dict[int, int] = {}
    for person in people:
        first.setdefault(person, len(first))
    came = {person: n for n, person in enumerate(sorted(first))}
    n = len(first)
    squares = sum((place - came[person]) ** 2 for person, place in first.items())
    return 1 - 6 * squares / (n * (n * n - 1))


def strongest(found: Places) -> tuple[float, str]:
    """The order in this database that says most, of those that are long enough to say something."""
    said = [
        (abs(correlation(people)), name)
        for name, people in found.items()
        if len(set(people)) >= ENOUGH
    ]
    assert said, "nothing was read"
    return max(said)


def most_pairs(found: Places) -> int:
    """The attack: a list of answers about equality, beside each list of rows that name a submission.

    How many pairs are the same person, for the two lists that give most.
    """
    apart = [people for name, people in found.items() if name.endswith(" parts equality")]
    named = [people for name, people in found.items() if name.endswith(NAME_A_SUBMISSION)]
    assert apart and named, "nothing was read"
    return max(
        sum(one == other for one, other in zip(*two, strict=False)) for two in product(apart, named)
    )


# The attack


def test_the_program_reads_what_is_there(house: Flask, demo_stores: Stores) -> None:
    # Given people whose answers no worker has touched, and that were written as they came
    sent = [submit_one() for _ in range(PEOPLE)]
    ids = whose(sent)
    stores.overwrite_remains("main")
    # When the program reads the database
    found = places(demo_stores, ids)
    # Then it has the order of all, and pairs every answer about equality with a person
    assert strongest(found)[0] > 0.99
    assert most_pairs(found) == PEOPLE


def test_one_stolen_database_tells_chance(
    house: Flask, sent: list[Sent], demo_stores: Stores, tell: Tell
) -> None:
    # Given what a worker has done after a round
    ids = whose(sent)
    rewriting = RewritingRounds()
    assert chores.do_all(more=(rewriting,), mail=False)
    assert rewriting()
    # When the same program reads the database
    found = places(demo_stores, ids)
    # Then no order in it is nearer to that of arrival than chance
    most, name = strongest(found)
    assert most < CHANCE, name
    # And no two lists pair people with their answers
    assert most_pairs(found) < RIGHT_BY_CHANCE
    tell("order", f"{demo_stores.kind}: {len(found)} orders; the nearest to arrival: {most:.2f}")


def test_before_the_worker_comes_nothing_opens(
    house: Flask, sent: list[Sent], founded: Founded
) -> None:
    # Given a thief who has both databases a moment after people sent their answers, and a coordinator's passphrase
    holder, seed = signed_in(founded), seed_of(founded)
    with stores.reading() as main:
        held = main.scalars(select(Part).where(Part.purpose == "equality")).all()
        waiting = main.scalars(select(WaitingPart)).all()
    # Then there is no equality part, though they see for whom one waits
    assert (len(held), len(waiting)) == (0, PEOPLE)
    # And nothing that waits opens with any key that the passphrase leads to, or that is in the databases
    keys = {
        seed,
        *purpose_seeds(holder, seed),
        *(
            value
            for rows in everything().values()
            for row in rows
            for value in row
            if is_key(value)
        ),
    }
    assert len(keys) > 3
    for row in waiting:
        for key in keys:
            with pytest.raises(DoesNotOpen):
                open_until_written(
                    WaitingEnvelope(row.sealed_key, row.envelope),
                    mailer_seed=key,
                    owner_id=row.call_id,
                    row_id=row.id,
                )


def purpose_seeds(holder: Holder, seed: bytes) -> set[bytes]:
    """Every purpose key that was sealed to this coordinator."""
    with stores.reading() as main:
        keys = {key.id: key for key in main.scalars(select(PurposeKey))}
    with stores.reading("erasure") as erasure:
        seals = erasure.scalars(
            select(PurposeKeySeal).where(PurposeKeySeal.holder_id == holder.coordinator_id)
        ).all()
    return {
        open_direct(
            seal.envelope,
            seed=seed,
            context=seal_context(keys[seal.purpose_key_id], holder.coordinator_id),
        )
        for seal in seals
    }


def is_key(value: object) -> bool:
    return isinstance(value, bytes) and len(value) == 32


def test_written_in_a_batch_they_lead_to_no_one(
    house: Flask, sent: list[Sent], demo_stores: Stores
) -> None:
    # Given a batch that was written a moment ago; all other rows still lie as they came
    ids = whose(sent)
    assert equality_batches.write_waiting() == PEOPLE
    # When the program reads both databases
    found = places(demo_stores, ids)
    # Then the order of the answers about equality, and that of all secrets, is chance
    apart = {
        name: people
        for name, people in found.items()
        if name.endswith(" parts equality") or "erasure" in name
    }
    assert strongest(apart)[0] < CHANCE
    assert most_pairs(found) < RIGHT_BY_CHANCE


def test_in_a_long_table_the_secrets_of_a_batch_lie_in_no_order(
    house: Flask, demo_stores: Stores
) -> None:
    # Given a store with many more secrets than lie around those of a batch
    with stores.writing("erasure") as erasure:
        rows = [parts.new_secret() for _ in range(MANY_SECRETS)]
        values = [{"id": one.id, "secret": one.secret, "made_on": one.made_on} for one in rows]
        erasure.execute(insert(ErasureSecret), values)
    sent = [submit_one(written=False) for _ in range(PEOPLE)]
    came = {secret_of_equality(one): n for n, one in enumerate(sent)}
    # When a batch is written, and the program reads the database of secrets
    assert equality_batches.write_waiting() == PEOPLE
    lie = [
        came[word]
        for _, word in sorted(
            (place_of(name, place), word)
            for name, place, words in rows_of(demo_stores)
            if "ctid of erasure_secrets" in name or "cells of erasure_secrets" in name
            for word in words
            if word in came
        )
    ]
    # Then they lie there in an order that is chance
    assert len(set(lie)) == PEOPLE
    assert abs(correlation(lie)) < CHANCE


def secret_of_equality(sent: Sent) -> str:
    held = own_copies.find_held(sent.receipt)
    assert held.equality is not None
    return held.equality.secret_id.hex


def place_of(name: str, place: Any) -> tuple[Any, ...]:
    """A place in the whole file: of a cell, its page comes first."""
    page = name.rpartition("page ")[2]
    return (int(page), place) if page.isdigit() else (place,)


def test_two_copies_do_not_name_what_waited(house: Flask, sent: list[Sent]) -> None:
    # Given a copy of the database in which parts wait beside their owners, and one of after they were written
    before = {value for row in everything()["waiting_parts"] for value in row}
    equality_batches.write_waiting()
    after = {value for row in everything()["parts"] if "equality" in row for value in row}
    # Then a row of the first has nothing in common with a row of the second, but for the call and the days
    common = {value for value in before & after if isinstance(value, UUID | bytes)}
    assert len(common) == 1


def test_a_backup_tells_chance(
    house: Flask, sent: list[Sent], demo_stores: Stores, tmp_path: Path
) -> None:
    if demo_stores.kind == "postgresql":
        return
    # Given people who sent their answers since rows were last mixed
    ids = whose(sent)
    # When a backup is taken, as the command does it, and stolen with the words that open it
    copies = []
    for store, url in (("main", demo_stores.main), ("erasure", demo_stores.erasure)):
        copies.append(tmp_path / f"copy-of-{store}")
        with copied(store, url, tmp_path) as pieces, copies[-1].open("wb") as copy:
            copy.writelines(pieces)
    stolen = Stores("sqlite", *(f"sqlite:///{copy}" for copy in copies), volatile="")
    # Then no order in it is nearer to that of arrival than chance
    most, name = strongest(places(stolen, ids))
    assert most < CHANCE, name
