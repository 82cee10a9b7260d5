"""Data origin authentication of database rows: a MAC under a configuration key over every column that has a value.

HPKE's base mode does not say who sealed, and a column in the clear says nothing about who wrote it: an attacker with
write access to the database alone could otherwise put in a row of their own. Name and value of each column are framed,
so that no value can be moved to another column, row or table. A column without a value is left out: a table may get
one more that may be NULL, and the rows of before still hold.
"""

import hmac
from collections.abc import Mapping
from datetime import date
from enum import Enum
from uuid import UUID

from webapp.vault.labels import Label
from webapp.vault.macs import mark

__all__ = ["Value", "row_mac", "row_mac_holds"]

#: What a column may hold.
Value = bool | int | str | bytes | date | UUID | Enum | None


def row_mac(key: bytes, table: str, values: Mapping[str, Value]) -> bytes:
    """32 bytes over the table's name and the names and values of its columns, in the order of their names.

    Raises ValueError for a key under 32 bytes, TypeError for a value of another type.
    """
    fields = [
        piece
        for name, value in sorted(values.items())
        if value is not None
        for piece in (name.encode(), _encoded(value))
    ]
    return mark(key, Label.MAC_ROW, table.encode(), *fields)


def row_mac_holds(key: bytes, table: str, values: Mapping[str, Value], mac: bytes) -> bool:
    """Whether the stored MAC authenticates this row, compared in constant time.

    None does over a value that no column of ours holds, nor does anything that is not bytes.
    """
    try:
        return isinstance(mac, bytes) and hmac.compare_digest(row_mac(key, table, values), mac)
    except TypeError:
        return False


def _encoded(value: Value) -> bytes:
    """One value, with a letter for its type: the number 1, the text "1" and yes are three things."""
    match value:
        case Enum():
            return _encoded(value.value)
        case bool():
            return b"b" + bytes([value])
        case int():
            # In decimal: a place in the waiting list may be below zero.
            return b"i%d" % value
        case str():
            return b"s" + value.encode()
        case bytes():
            return b"y" + value
        case date():
            return b"d" + value.isoformat().encode()
        case UUID():
            return b"u" + value.bytes
        case _:
            raise TypeError(f"a column of type {type(value).__name__} has no bytes under a MAC")
