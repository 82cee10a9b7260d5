"""Column types that take one stored form of a value alone (canonical encoding).

SQLite's columns have no types: a UUID can be stored with braces or in capitals, a day as a week, a number as a text.
Read leniently, each is the same value, so that its row's MAC would hold, while every comparison in SQL, every unique
index and every foreign key sees another one. A value that no release of ours writes is therefore read as `MALFORMED`:
it is no error where many rows are read, and no MAC holds over it.

PostgreSQL's columns have types; there is nothing to check.
"""

import re
from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Dialect,
    Enum,
    Integer,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    Uuid,
)

_UUID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class Malformed:
    """What stands for a stored value of a form that no release writes.

    It equals itself alone and comes after everything else, and no MAC covers it.
    """

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return other is not self

    def __repr__(self) -> str:
        return "malformed"


MALFORMED: Final = Malformed()


class _Canonical(TypeDecorator[Any]):
    """Reads what the driver returned only in its canonical form. Writing and DDL are those of the plain type."""

    cache_ok = True

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        """Whether a release of ours stores this."""
        raise NotImplementedError

    @property
    def python_type(self) -> type[Any]:
        """The type of the values, as of the plain type."""
        return self.impl_instance.python_type

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        """What writes or compares a value of this column. Nothing that is stored equals a malformed one."""
        inner = super().bind_processor(dialect)
        if dialect.name != "sqlite":
            return inner

        def write(value: Any) -> Any:
            if value is MALFORMED:
                return repr(MALFORMED)
            return value if inner is None else inner(value)

        return write

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """What reads a value of this column."""
        inner = super().result_processor(dialect, coltype)
        if dialect.name != "sqlite":
            return inner
        is_canonical = self.is_canonical

        def read(raw: Any) -> Any:
            if raw is None:
                return None
            if not is_canonical(raw):
                return MALFORMED
            try:
                return raw if inner is None else inner(raw)
            except (ValueError, LookupError):
                # Of the right form, and yet no day and no member of the enum.
                return MALFORMED

        return read


class CanonicalUuid(_Canonical):
    """32 hexadecimal digits in small letters."""

    impl = Uuid
    cache_ok = True

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        return type(raw) is str and _UUID.fullmatch(raw) is not None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any] | None:
        """As of every type, in half of the time: a long list is read by its ids."""
        if dialect.name != "sqlite":
            return super().result_processor(dialect, coltype)
        matches = _UUID.fullmatch

        def read(raw: Any) -> Any:
            if type(raw) is str and matches(raw):
                return UUID(int=int(raw, 16))
            return None if raw is None else MALFORMED

        return read


class CanonicalDate(_Canonical):
    """Year, month and day."""

    impl = Date
    cache_ok = True

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        return type(raw) is str and _DAY.fullmatch(raw) is not None


class CanonicalInteger(_Canonical):
    """A whole number."""

    impl = Integer
    cache_ok = True

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        return type(raw) is int


class CanonicalBigInteger(CanonicalInteger):
    """A whole number of 64 bits."""

    impl = BigInteger
    cache_ok = True


class CanonicalBoolean(_Canonical):
    """0 or 1."""

    impl = Boolean
    cache_ok = True
    #: `column.is_(False)` is `IS false`, as of the plain type: PostgreSQL takes no parameter there.
    coerce_to_is_types = (type(None), bool)

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        return type(raw) is int and raw in (0, 1)


class CanonicalBytes(_Canonical):
    """Bytes."""

    impl = LargeBinary
    cache_ok = True

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        return type(raw) is bytes


class CanonicalString(_Canonical):
    """Text of a bounded length."""

    impl = String
    cache_ok = True

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        return type(raw) is str


class CanonicalText(CanonicalString):
    """Text of any length."""

    impl = Text
    cache_ok = True


class CanonicalEnum(_Canonical):
    """A member of an enum, stored as text."""

    impl = Enum
    cache_ok = True

    @staticmethod
    def is_canonical(raw: Any) -> bool:
        return type(raw) is str
