"""Keyset pagination for chores: rows in the order of an index, from where the last batch ended."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select

from webapp.services.infrastructure import stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.infrastructure.stored_keys import After, as_stored, beyond


def read_batch(
    query: Select[*tuple[Any, ...]],
    order: Sequence[Any],
    after: After,
    most: int,
    store: stores.Store = "main",
) -> Sequence[Any]:
    """The rows of a statement that come next in this order, with their place in it added. Raises `StoreUnavailable`."""
    keys = [as_stored(column) for column in order]
    ordered = query.add_columns(*keys).order_by(*keys).limit(most)
    if after is not None:
        ordered = ordered.where(beyond(keys, after))
    with stores.reading(store) as session:
        return session.execute(ordered, execution_options=TOLERANT).all()


class Around:
    """Looks at all rows in turn, a bounded number each time: incremental, and without end.

    After the last row it begins again, as it does after a start. Where there are few rows, each time sees all of them.
    """

    def __init__(self, most: int = 300) -> None:
        self.most = most
        self._after: After = None

    def next(
        self, query: Select[*tuple[Any, ...]], *order: Any, store: stores.Store = "main"
    ) -> Sequence[Any]:
        """The rows of this statement that come next in this order. Raises `StoreUnavailable`."""
        rows = read_batch(query, order, self._after, self.most, store)
        self._after = rows[-1][-len(order) :] if len(rows) == self.most else None
        return rows
