"""Batches of rows in the order of an index (keyset pagination): no row that cannot be dealt with keeps the others.

Who can write to the database must not be able to stop erasing with one row that raises, or that is found again for
ever.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.exc import SQLAlchemyError

from webapp.services.infrastructure.keyset_batches import read_batch
from webapp.services.infrastructure.row_authentication import RowForged
from webapp.services.infrastructure.stored_keys import After

log = logging.getLogger("hearth.erasure")

BATCH: Final = 200
#: What a row may raise that no release of ours wrote. A store that is unavailable is another thing, and passes.
CANNOT: Final = (RowForged, SQLAlchemyError, ValueError, LookupError, TypeError, AttributeError)


def ids_of(query: Select[*tuple[Any, ...]], *order: Any) -> Iterator[list[UUID]]:
    """The ids that this statement selects, in batches, each once in its batch. Raises `StoreUnavailable`.

    `order`: the columns of an index, which is read in this order from where the last batch ended.
    """
    after: After = None
    while rows := read_batch(query, order, after, BATCH):
        _, *after = rows[-1]
        yield list(dict.fromkeys(row[0] for row in rows if isinstance(row[0], UUID)))


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
