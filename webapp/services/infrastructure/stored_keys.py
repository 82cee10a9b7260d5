"""Primary keys as they are stored, to go on after in keyset pagination: no malformed key keeps a loop from its end.

SQLite's columns have no types. A UUID that was stored with braces reads as the UUID itself, which comes at another
place in the order: a loop that goes on after that value finds the same rows for ever. So the key that a loop goes on
after is what the database returns, unread. PostgreSQL's columns have types, and are read as always.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, ColumnElement, Dialect, TypeDecorator, literal, tuple_, type_coerce
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.types import NullType, TypeEngine

#: The values of a key, as they are stored; None before the first row.
After = Sequence[Any] | None


class _AsStored(TypeDecorator[Any]):
    """What SQLite returns and compares, unread; on PostgreSQL the column's own type."""

    impl = NullType
    cache_ok = True

    def __init__(self, own: TypeEngine[Any]) -> None:
        super().__init__()
        self.own = own

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type that the dialect uses."""
        return NullType() if dialect.name == "sqlite" else self.own.dialect_impl(dialect)

    def coerce_compared_value(self, op: Any, value: Any) -> Any:
        """What it is compared with is read no more than it is."""
        return self


def as_stored(column: Column[Any] | InstrumentedAttribute[Any] | ColumnElement[Any]) -> Any:
    """A column, to be selected, ordered and compared in its stored form."""
    # Under a name of its own: a row may have the column itself as well.
    return type_coerce(column, _AsStored(column.type)).label(f"stored_{column.key}")


def beyond(keys: Sequence[ColumnElement[Any]], after: Sequence[Any]) -> ColumnElement[bool]:
    """The SQL condition that a row's key comes after that one. `keys` are columns `as_stored`."""
    return tuple_(*keys) > key_of(keys, after)


def short_of(keys: Sequence[ColumnElement[Any]], before: Sequence[Any]) -> ColumnElement[bool]:
    """The SQL condition that a row's key comes before that one."""
    return tuple_(*keys) < key_of(keys, before)


def key_of(keys: Sequence[ColumnElement[Any]], values: Sequence[Any]) -> Any:
    """A key, as SQL compares it with these columns."""
    return tuple_(*(literal(one, key.type) for one, key in zip(values, keys, strict=True)))
