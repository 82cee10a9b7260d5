"""Batches of rows by id, so that no row that cannot be dealt with keeps the worker from the others: keyset pagination.

Who can write to the database must not be able to stop erasing with one row that raises, or that is found again for
ever.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.exc import SQLAlchemyError

from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.infrastructure.stored_keys import as_stored, place

log = logging.getLogger("hearth.erasure")

BATCH: Final = 200
#: What a row may raise that no release of ours wrote. A store that is unavailable is another thing, and passes.
CANNOT: Final = (RowForged, SQLAlchemyError, ValueError, LookupError, TypeError, AttributeError)


def ids_of(*sources: tuple[Any, ColumnElement[bool]]) -> Iterator[list[UUID]]:
    """The ids in these columns where their condition holds, each once, in batches. Raises `StoreUnavailable`."""
    last: Any = None
    while True:
        found: dict[Any, Any] = {}
        for column, condition in sources:
            found.update(_after(last, column, condition))
        if not found:
            return
        batch = sorted(found, key=place)[:BATCH]
        last = batch[-1]
        yield [one for one in map(found.__getitem__, batch) if isinstance(one, UUID)]


def _after(last: Any, column: Any, condition: ColumnElement[bool]) -> dict[Any, Any]:
    stored = as_stored(column)
    query = select(stored, column).where(condition, column.is_not(None))
    if last is not None:
        query = query.where(stored > last)
    with stores.reading() as main:
        rows = main.execute(query.distinct().order_by(stored).limit(BATCH)).all()
    return dict(map(tuple, rows))


def each(act: Callable[[Sequence[UUID]], int], ids: Sequence[UUID]) -> int:
    """Do this for all of them at once; where that raises, for each alone. Returns how many it was done for."""
    if not ids:
        return 0
    try:
        return act(ids)
    except CANNOT as error:
        if len(ids) > 1:
            return sum(each(act, [one]) for one in ids)
        log.warning("what is due of %s cannot be erased: %s", ids[0], type(error).__name__)
        return 0


def apart(act: Callable[[], Any]) -> None:
    """Do this; where it raises, say so and go on."""
    try:
        act()
    except CANNOT as error:
        log.warning("a step of erasing could not be done: %s", type(error).__name__)
