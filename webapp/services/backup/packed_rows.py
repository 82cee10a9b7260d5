"""The tables of a pack, and their rows as lines of JSON: each column with a declared type, each value in one form.

Every table of `main` and `erasure` is packed, whole: what is left out could not be asked for afterwards. `volatile`
lives for hours and is not. Rows come in the order of their random keys, which says nothing about who came when.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum
from functools import cache
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Table

from webapp.extensions import Model, db
from webapp.models.authenticated import Authenticated
from webapp.services.backup.pack_archive import PackDamaged

PackedStore = Literal["main", "erasure"]
STORES: Final[tuple[PackedStore, ...]] = ("main", "erasure")
_UUID: Final = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INTEGERS: Final = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class PackedColumn:
    """A column as a pack declares it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class PackedTable:
    """A table as a pack declares it. `key` is its primary key, in the order of which its rows stand."""

    store: PackedStore
    name: str
    columns: tuple[PackedColumn, ...]
    key: tuple[str, ...]

    @property
    def path(self) -> str:
        """The folder of its pieces."""
        return f"{self.store}/{self.name}"

    @property
    def table(self) -> Table:
        """The table itself."""
        return _metadata(self.store).tables[self.name]

    @property
    def model(self) -> type[Authenticated] | None:
        """The model, where its rows are authenticated."""
        found = {mapper.local_table: mapper.class_ for mapper in Model.registry.mappers}
        model = found.get(self.table)
        return model if model is not None and issubclass(model, Authenticated) else None

    def told(self) -> dict[str, Any]:
        """What `pack.json` says of it."""
        return json.loads(json.dumps(asdict(self)))


@cache
def tables() -> tuple[PackedTable, ...]:
    """Every table, each after those that its rows refer to: `main` first, because a secret is stored before its row."""
    return tuple(
        _declared(store, one) for store in STORES for one in _metadata(store).sorted_tables
    )


def _metadata(store: PackedStore) -> Any:
    return db.metadatas[None if store == "main" else store]


def _declared(store: PackedStore, table: Table) -> PackedTable:
    columns = tuple(PackedColumn(one.name, _type_of(one.type.python_type)) for one in table.columns)
    return PackedTable(store, table.name, columns, tuple(one.name for one in table.primary_key))


def _type_of(python_type: type[Any]) -> str:
    # A truth value is a whole number to Python, and must come first.
    return next(name for name, one in TYPES.items() if issubclass(python_type, one.python_types))


@dataclass(frozen=True, slots=True)
class _Type:
    """How the values of one declared type are written, and read back in exactly that form."""

    python_types: tuple[type[Any], ...]
    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def _write_text(value: Any) -> str:
    return str(value.value) if isinstance(value, Enum) else str(value)


def _read_text(value: Any) -> str:
    return value if isinstance(value, str) and "\0" not in value else _refuse()


def _read_integer(value: Any) -> int:
    return value if type(value) is int and value in _INTEGERS else _refuse()


def _read_bytes(value: Any) -> bytes:
    data = base64.b64decode(value, validate=True)
    return data if base64.b64encode(data).decode() == value else _refuse()


def _refuse() -> Any:
    raise ValueError


TYPES: Final[Mapping[str, _Type]] = {
    "uuid": _Type(
        (UUID,), lambda one: one.hex, lambda one: UUID(one) if _UUID.fullmatch(one) else _refuse()
    ),
    "day": _Type(
        (date,),
        date.isoformat,
        lambda one: date.fromisoformat(one) if _DAY.fullmatch(one) else _refuse(),
    ),
    "boolean": _Type((bool,), bool, lambda one: one if type(one) is bool else _refuse()),
    "integer": _Type((int,), int, _read_integer),
    "bytes": _Type((bytes,), lambda one: base64.b64encode(one).decode(), _read_bytes),
    "text": _Type((str, Enum), _write_text, _read_text),
}


def line_of(table: PackedTable, values: Iterable[Any]) -> bytes:
    """One row as a line. Raises `PackDamaged` for a value of a form that no release writes."""
    row = {}
    for column, value in zip(table.columns, values, strict=True):
        kind = TYPES[column.type]
        if value is not None and not isinstance(value, kind.python_types):
            raise PackDamaged(
                f"a row of {table.name} has a {column.name} that Hearth did not write"
            )
        row[column.name] = None if value is None else kind.write(value)
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def rows_of(table: PackedTable, data: bytes) -> list[dict[str, Any]]:
    """The rows in one piece of a table. Raises `PackDamaged`."""
    if not data.endswith(b"\n"):
        raise PackDamaged(f"a piece of {table.name} ends in half a row")
    return [_row_of(table, line) for line in data[:-1].split(b"\n")]


def _row_of(table: PackedTable, line: bytes) -> dict[str, Any]:
    row = read_json(line, f"a row of {table.name}")
    if not isinstance(row, dict) or list(row) != [column.name for column in table.columns]:
        raise PackDamaged(f"a row of {table.name} has other columns than the table")
    return {column.name: _value(table, column, row[column.name]) for column in table.columns}


def _value(table: PackedTable, column: PackedColumn, told: Any) -> Any:
    if told is None:
        return None
    try:
        return TYPES[column.type].read(told)
    except (ValueError, TypeError):
        raise PackDamaged(
            f"a row of {table.name} has a {column.name} that is no {column.type}"
        ) from None


def read_json(data: bytes, what: str) -> Any:
    """A value in JSON, in which no name comes twice. Raises `PackDamaged`."""
    try:
        return json.loads(
            data.decode(), object_pairs_hook=_once, parse_constant=lambda _: _refuse()
        )
    except (ValueError, RecursionError):
        raise PackDamaged(f"{what} cannot be read") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else _refuse()
