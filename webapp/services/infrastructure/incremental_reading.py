"""Incremental reading for chores: rows in the order of an index, from where the last batch ended."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Select

from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.infrastructure.stored_keys import After, as_stored, beyond, short_of


def read_batch(
    query: Select[*tuple[Any, ...]],
    order: Sequence[Any],
    after: After,
    most: int,
    store: stores.Store = "main",
    *,
    last_first: bool = False,
) -> Sequence[Any]:
    """The rows of a statement that come next in this order, with their place in it added. Raises `StoreUnavailable`.

    `last_first`: in the opposite order.
    """
    keys = [as_stored(column) for column in order]
    ordered = query.add_columns(*keys).limit(most)
    ordered = ordered.order_by(*(key.desc() for key in keys) if last_first else keys)
    if after is not None:
        ordered = ordered.where((short_of if last_first else beyond)(keys, after))
    with stores.reading(store) as session:
        return session.execute(ordered, execution_options=TOLERANT).all()


class Around:
    """Looks at all rows in turn, a bounded number each time: incremental, and without end.

    After the last row it begins again, as it does after a start. Where there are few rows, each time sees all of them.
    `last_first`: in the opposite order, where what must be found soonest comes last.
    """

    def __init__(self, most: int = 300, *, last_first: bool = False) -> None:
        self.most, self.last_first = most, last_first
        self._after: After = None

    @property
    def is_at_start(self) -> bool:
        """Whether all rows have been looked at, and the next time begins again."""
        return self._after is None

    @contextmanager
    def next(
        self, query: Select[*tuple[Any, ...]], *order: Any, store: stores.Store = "main"
    ) -> Iterator[Sequence[Any]]:
        """The rows of this statement that come next in this order. Raises `StoreUnavailable`.

        What is done with them is done inside: where that fails, the next time has the same rows again.
        """
        rows = read_batch(query, order, self._after, self.most, store, last_first=self.last_first)
        yield rows
        self._after = rows[-1][-len(order) :] if len(rows) == self.most else None
