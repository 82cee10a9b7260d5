"""Data origin authentication of database rows: a MAC under a configuration key over every column that has a value.

HPKE's base mode does not say who sealed, and a column in the clear says nothing about who wrote it: an attacker with
write access to the database alone could otherwise put in a row of their own. Name and value of each column are framed,
so that no value can be moved to another column, row or table. A column without a value is left out: a table may get
one more that may be NULL, and the rows of before still hold.
"""

import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import Enum
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from webapp.vault.framing import LENGTH_SIZE, framed
from webapp.vault.labels import Label
from webapp.vault.macs import SMALLEST_KEY

__all__ = ["Value", "row_mac", "row_mac_holds", "row_mac_holds_in_order", "row_mac_in_order"]

#: What a column may hold.
Value = bool | int | str | bytes | date | UUID | Enum | None


def row_mac(key: bytes, table: str, values: Mapping[str, Value]) -> bytes:
    """32 bytes over the table's name and the names and values of its columns, in the order of their names.

    Raises ValueError for a key under 32 bytes, TypeError for a value of another type.
    """
    names = tuple(sorted(values))
    return row_mac_in_order(key, table, names, [values[name] for name in names])


def row_mac_in_order(
    key: bytes, table: str, names: tuple[str, ...], values: Iterable[Value]
) -> bytes:
    """The same for values that come in the order of their sorted names, as a statement returns them."""
    if len(key) < SMALLEST_KEY:
        raise ValueError("a key has at least 32 bytes")
    head, framed_names = _framed_names(table, names)
    pieces = [head]
    for name, value in zip(framed_names, values, strict=True):
        if value is not None:
            encoded = _encoded(value)
            pieces += (name, len(encoded).to_bytes(LENGTH_SIZE, "big"), encoded)
    return hmac.digest(key, b"".join(pieces), "sha256")


@lru_cache(maxsize=256)
def _framed_names(table: str, names: tuple[str, ...]) -> tuple[bytes, tuple[bytes, ...]]:
    """The label with the table's name, and the names of its columns, framed: the same for each row of a table."""
    return framed(Label.MAC_ROW.value, table.encode()), tuple(
        framed(name.encode()) for name in names
    )


def row_mac_holds(key: bytes, table: str, values: Mapping[str, Value], mac: bytes) -> bool:
    """Whether the stored MAC authenticates this row, compared in constant time.

    None does over a value that no column of ours holds, nor does anything that is not bytes.
    """
    names = tuple(sorted(values))
    return row_mac_holds_in_order(key, table, names, [values[name] for name in names], mac)


def row_mac_holds_in_order(
    key: bytes, table: str, names: tuple[str, ...], values: Iterable[Value], mac: bytes
) -> bool:
    """The same for values in the order of their sorted names."""
    try:
        return isinstance(mac, bytes) and hmac.compare_digest(
            row_mac_in_order(key, table, names, values), mac
        )
    except TypeError:
        return False


def _encoded(value: Value) -> bytes:
    """One value, with a letter for its type: the number 1, the text "1" and yes are three things."""
    if (encode := _ENCODERS.get(type(value))) is not None:
        return encode(value)
    if isinstance(value, Enum):
        return _encoded(value.value)
    raise TypeError(f"a column of type {type(value).__name__} has no bytes under a MAC")


#: By the exact type: a subclass, bool of int before all, is another type. In decimal: a place may be below zero.
_ENCODERS: Final[Mapping[type, Callable[[Any], bytes]]] = {
    bool: lambda value: b"b" + bytes([value]),
    int: lambda value: b"i%d" % value,
    str: lambda value: b"s" + value.encode(),
    bytes: lambda value: b"y" + value,
    date: lambda value: b"d" + value.isoformat().encode(),
    UUID: lambda value: b"u" + value.bytes,
}
