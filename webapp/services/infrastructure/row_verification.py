"""Integrity check of every authenticated row, in bounded batches (keyset pagination): once a day, and on demand.

A false row is refused whenever it is read (`row_authentication`). But one that no page reads would not be noticed: the
worker reads them all once a day and keeps what it found, for the desk's first page and for `check`. It also counts the
consents of each submission, and compares people's looks with the record (`look_check`), because a row that is gone has
no MAC that could fail.

The worker's role cannot read coordinators' accounts, passkeys and recovery sheets. Those are checked on the desk's
first page.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Select, func, inspect, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import (
    Consent,
    Coordinator,
    Look,
    Passkey,
    RecoveryPair,
    RoleGrant,
    RowCheck,
    Submission,
)
from webapp.models.authenticated import Authenticated
from webapp.rules import clock
from webapp.rules.references import reference
from webapp.services.infrastructure import look_check, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, forged, is_genuine
from webapp.services.infrastructure.stored_keys import After, as_stored, beyond

BATCH: Final = 200
#: So many are kept by name; `verify-rows` prints them all.
NAMED: Final = 50
#: Tables that the worker's role cannot read.
NOT_THE_WORKERS: Final = frozenset(
    table.__tablename__ for table in (Coordinator, RoleGrant, RecoveryPair, Passkey)
)
#: What stands for the key of a row that cannot even be decoded: the rest of its table was not looked at.
UNREADABLE: Final = "cannot be read"


@dataclass(frozen=True)
class FalseRow:
    """One row that is not as Hearth wrote it: its table, its primary key, and the reference that the desk shows."""

    table: str
    key: str
    reference: str

    def __str__(self) -> str:
        return " ".join(filter(None, (self.table, self.key, self.reference)))


@dataclass(frozen=True)
class Checked:
    """What the newest check found: `count` false rows, of which `rows` are named."""

    on: date
    count: int
    rows: tuple[FalseRow, ...]


def find_false(without: Collection[str] = ()) -> Iterator[FalseRow]:
    """Read all authenticated rows, but those of the tables named. Raises `StoreUnavailable`."""
    for table in sorted(Authenticated.__subclasses__(), key=_name):
        if _name(table) not in without:
            yield from _false_in(table)
    yield from _consents_that_do_not_add_up()
    yield from _looks_that_do_not_add_up()


def check_daily() -> None:
    """Find all false rows and keep the result for the desk (worker). Raises `StoreUnavailable`."""
    keep(list(find_false(NOT_THE_WORKERS)))


def keep(found: Sequence[FalseRow]) -> None:
    """Keep what a check found, in place of what the one before it did."""
    checked = Checked(clock.today(), len(found), tuple(found[:NAMED]))
    # Another worker may have written it at this very moment.
    with suppress(IntegrityError), stores.writing() as main:
        _keep(main, checked)


def newest() -> Checked | None:
    """What the newest check found; None before the first one. A result that is itself false counts as one false row."""
    with stores.reading() as main:
        row = main.get(RowCheck, 1, execution_options=TOLERANT)
    if row is None:
        return None
    if not is_genuine(row):
        return Checked(clock.today(), 1, (FalseRow(RowCheck.__tablename__, "1", ""),))
    named = tuple(FalseRow(*one) for one in json.loads(row.named))
    return Checked(row.checked_on, row.false_rows, named)


def _keep(main: Session, checked: Checked) -> None:
    row = main.get(RowCheck, 1, with_for_update=True, execution_options=TOLERANT)
    if row is not None and not is_genuine(row):
        main.delete(row)
        main.flush()
        row = None
    if row is None:
        row = RowCheck(id=1)
        main.add(row)
    row.checked_on, row.false_rows = checked.on, checked.count
    row.named = json.dumps([(one.table, one.key, one.reference) for one in checked.rows])
    main.flush()


def _false_in(table: type[Authenticated]) -> Iterator[FalseRow]:
    after: After = None
    while True:
        try:
            rows = _batch(table, after)
        except (ValueError, LookupError, TypeError):
            # A value that its column's type cannot be: no release of ours wrote it.
            yield FalseRow(_name(table), UNREADABLE, "")
            return
        yield from (_false(row) for row, *_ in rows if not is_genuine(row))
        if len(rows) < BATCH:
            return
        _, *after = rows[-1]


def _batch(table: type[Authenticated], after: After) -> Sequence[Row[Any]]:
    keys = [as_stored(key) for key in inspect(table).primary_key]
    query: Select[Any] = select(table, *keys).order_by(*keys).limit(BATCH)
    if after is not None:
        query = query.where(beyond(keys, after))
    with stores.reading() as main:
        return main.execute(query, execution_options=TOLERANT).all()


def _false(row: Authenticated) -> FalseRow:
    found = forged(row)
    return FalseRow(found.table, " ".join(map(str, found.key)), found.reference)


def _consents_that_do_not_add_up() -> Iterator[FalseRow]:
    """Submissions with another number of consents than they say, or with a gap in those about one purpose: one was
    taken out, or put in, by hand."""
    counted = select(func.count()).where(Consent.submission_id == Submission.id).scalar_subquery()
    gaps = (
        select(Consent.submission_id)
        .group_by(Consent.submission_id, Consent.purpose)
        .having(func.max(Consent.n) != func.count())
    )
    other = select(Submission.id).where(
        or_(Submission.consent_count != counted, Submission.id.in_(gaps))
    )
    with stores.reading() as main:
        ids: Sequence[UUID] = main.scalars(other.order_by(Submission.id)).all()
    for one in ids:
        yield FalseRow(
            Consent.__tablename__, str(one), reference(one) if isinstance(one, UUID) else ""
        )


def _looks_that_do_not_add_up() -> Iterator[FalseRow]:
    """People to whom *My choices* does not say what the record says: a look was taken out, or one was put in."""
    try:
        people = set(look_check.wrong().values())
    except (ValueError, LookupError, TypeError):
        yield FalseRow(_name(Look), UNREADABLE, "")
        return
    for one in sorted(people):
        yield FalseRow(_name(Look), str(one), reference(one))


def _name(table: type[Authenticated]) -> str:
    return str(inspect(table).local_table.name)
