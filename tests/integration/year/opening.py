"""What really opens: tried with every sealed row that there ever was, by signing in, and past Hearth with bare keys."""

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.factories import seed_of, sheets_of
from tests.integration.services.test_role_changes import holders
from tests.integration.year.coalition import Coalition
from tests.integration.year.plain_table import SHEETS, Key, Record
from webapp.models import (
    ErasureSecret,
    Part,
    PurposeKey,
    PurposeKeySeal,
    RecoveryKey,
    RegistrationPart,
)
from webapp.services.infrastructure import stores
from webapp.services.keys import purpose_keys, recovery
from webapp.services.keys.authentication import NotSignedIn
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.purpose_key_generation import seal_context
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import NotAuthorisedToOpen, SignInAgainToOpen
from webapp.services.sealed.parts import part_context, read_content
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.opening import PurposeReader, reader_of
from webapp.vault.purpose_key_seals import open_purpose_seed

Rows = list[Part | RegistrationPart]
Said = Iterator[tuple[UUID, Mapping[str, object]]]


def check(coalition: Coalition) -> None:
    """Everyone signs in, and tries everything."""
    plain = coalition.plain
    assert held_now(coalition) == plain.holders
    for name, person in coalition.people.items():
        if name not in plain.roles:
            with pytest.raises(NotSignedIn):
                coalition.sign_in(name)
            continue
        session = coalition.sign_in(name)
        assert in_a_session(coalition, session) == plain.opens(name), name
        seed = seed_of(person.what_they_know)
        assert with_a_seed(coalition, person.id, seed) == plain.opens(name), name
    pair = coalition.chance.sample((1, 2, 3), 2)
    secret = recovery.recovery_secret(*sheets_of(coalition.founded, *pair))
    by_sheets = with_a_seed(coalition, secret.recovery_key_id, secret.seed)
    assert by_sheets == plain.opens(SHEETS) == frozenset(plain.kept)


def held_now(coalition: Coalition) -> dict[Key, set[str]]:
    """Who holds each key, by Hearth's rows and seals alike, in the names of the plain table."""
    names = {person.id: name for name, person in coalition.people.items()}
    with stores.reading() as main:
        names |= dict.fromkeys(main.scalars(select(RecoveryKey.id)), SHEETS)
    wheres = {owner_id: where for where, owner_id in coalition.owner_ids.items()}
    return {
        Key(wheres[owner_id], purpose, epoch): {names[one] for one in who}
        for (owner_id, purpose, epoch), who in holders().items()
    }


def in_a_session(
    coalition: Coalition, holder: Holder, keys: Collection[Key] | None = None
) -> frozenset[Record]:
    """What opens at the desk in this session, of all that there is or of what is under these keys."""

    def open_rows(rows: Rows) -> Said:
        with suppress(NotAuthorisedToOpen, SignInAgainToOpen):
            for part, content in disclosure.open_parts(holder, rows):
                yield part.id, content

    return _all_of(coalition, open_rows, keys)


def with_a_seed(coalition: Coalition, holder_id: UUID, seed: bytes) -> frozenset[Record]:
    """What opens for a thief who has all stores, this long-term seed, and no regard for Hearth's rows."""
    with stores.reading() as main:
        keys = {(key.owner_id, key.purpose, key.epoch): key for key in purpose_keys.all_keys(main)}
    with stores.reading("erasure") as erasure:
        mine = select(PurposeKeySeal).where(PurposeKeySeal.holder_id == holder_id)
        seals = {seal.purpose_key_id: seal for seal in erasure.scalars(mine)}
        secrets = {row.id: row.secret for row in erasure.scalars(select(ErasureSecret))}

    def open_rows(rows: Rows) -> Said:
        key = keys[rows[0].owner_id, rows[0].purpose, rows[0].epoch]
        reader = _reader(key, seals.get(key.id), holder_id, seed)
        for row in rows if reader else ():
            if row.secret_id in secrets:
                assert reader
                data = reader.open_part(
                    row.envelope, secret=secrets[row.secret_id], context=part_context(row)
                )
                yield row.id, read_content(data).answers

    return _all_of(coalition, open_rows)


def _reader(
    key: PurposeKey, seal: PurposeKeySeal | None, holder_id: UUID, seed: bytes
) -> PurposeReader | None:
    if seal is None:
        return None
    try:
        found = open_purpose_seed(
            seal.envelope,
            holder_seed=seed,
            context=seal_context(key, holder_id),
            public_key=key.public_key,
        )
    except DoesNotOpen:
        return None
    return reader_of(found, public_key=key.public_key)


def _all_of(
    coalition: Coalition, open_rows: Callable[[Rows], Said], keys: Collection[Key] | None = None
) -> frozenset[Record]:
    """Try every row, key by key. What opens must say what that participant said last."""
    found = set()
    for key, rows in _by_key(coalition.ever.values()).items():
        if keys is not None and key not in keys:
            continue
        for row_id, content in open_rows(rows):
            record = coalition.ever[row_id][0]
            assert record not in found, "two versions open"
            assert content == coalition.told[record.whose].said[record.purpose]
            found.add(record)
    return frozenset(found)


def _by_key(ever: Collection[tuple[Record, object, Key]]) -> dict[Key, Rows]:
    rows: dict[Key, Rows] = {}
    for _, row, key in ever:
        rows.setdefault(key, []).append(row)  # type: ignore[arg-type]
    return rows
