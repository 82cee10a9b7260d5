"""Data origin authentication of rows: signed whenever the ORM writes one, checked whenever it reads one.

An attacker who can write to the databases, and has no configuration, could otherwise replace a phone number, put in a
consent, or change a form: sealing says who can read, not who wrote. Deny by default: reading a row that Hearth did not
write raises `RowForged`. Where many rows are read and one false one must not stop the rest, the statement is run with
`TOLERANT` and its rows go through `genuine`, which leaves the false ones out and names them in the log.

What it does not see: rows that are gone, and a row put back as it was earlier (rollback). `docs/threat-model.md` has
the list.

Statements that write past the ORM (`insert`, `update`) give the MAC themselves, with `mac_of_values`.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import event, inspect
from sqlalchemy.orm import QueryContext

from webapp.extensions import current_settings
from webapp.models.authenticated import MAC_COLUMN, Authenticated
from webapp.rules.references import reference
from webapp.vault.row_macs import Value, row_mac, row_mac_holds, row_mac_holds_in_order

_Row = TypeVar("_Row", bound=Authenticated)

log = logging.getLogger(__name__)
#: Execution options of a statement whose false rows are left out by `genuine`.
TOLERANT: Final[Mapping[str, Any]] = MappingProxyType({"hearth_tolerant": True})
#: The same for a statement that locks rows: what the session read of them before the lock is read again, and checked.
#: A change signs the whole row, and must not sign what another transaction has changed meanwhile.
TOLERANT_LOCK: Final[Mapping[str, Any]] = MappingProxyType({**TOLERANT, "populate_existing": True})
FORGED = "_forged"


class RowForged(Exception):
    """A row that Hearth did not write, or that was changed by hand. Its text names table and key, and no value.

    `table` is the table's name, `key` its primary key: ids are random and no personal data.
    """

    def __init__(self, table: str, key: tuple[object, ...]) -> None:
        super().__init__(" ".join([table, *map(str, key)]))
        self.table, self.key = table, key

    @property
    def reference(self) -> str:
        """The reference by which the desk names what the row is about; empty for a row without a random id."""
        found = next((one for one in self.key if isinstance(one, UUID)), None)
        return "" if found is None else reference(found)


def mac_of_values(table: type[Authenticated], values: Mapping[str, Value]) -> bytes:
    """The MAC of a row that is written past the ORM: `values` are all its columns that have a value."""
    return row_mac(current_settings().row_key, table.__tablename__, values)


def derived_id(table: str, **values: Value) -> UUID:
    """An id that only the key of rows leads to: half of a MAC over these values (a keyed index)."""
    return UUID(bytes=row_mac(current_settings().row_key, table, values)[:16])


def sign(row: Authenticated) -> None:
    """Give the MAC to a row before the ORM writes it: for one that another process stores later, as it is."""
    row.row_mac = mac_of_values(type(row), row.under_mac())


def is_signed(row: Authenticated) -> bool:
    """Whether a row that is in no database yet carries the MAC that `sign` gave it."""
    key = current_settings().row_key
    return row_mac_holds(key, type(row).__tablename__, row.under_mac(), row.row_mac or b"")


def genuine(rows: Iterable[_Row]) -> list[_Row]:
    """The rows that Hearth wrote, of a statement that was run with `TOLERANT`. The others are named in the log."""
    return [row for row in rows if is_genuine(row)]


def is_genuine(row: Authenticated) -> bool:
    """Whether Hearth wrote this row."""
    return FORGED not in row.__dict__


@event.listens_for(Authenticated, "before_insert", propagate=True)
@event.listens_for(Authenticated, "before_update", propagate=True)
def _sign(mapper: Any, connection: Any, row: Authenticated) -> None:
    if not is_genuine(row):
        # A change must not vouch for what was false in it.
        raise forged(row)
    row.row_mac = row_mac(current_settings().row_key, mapper.local_table.name, row.under_mac())


@event.listens_for(Authenticated, "load", propagate=True)
def _check_loaded(row: Authenticated, context: QueryContext) -> None:
    _check(row, context)


@event.listens_for(Authenticated, "refresh", propagate=True)
def _check_refreshed(row: Authenticated, context: QueryContext, attributes: Any) -> None:
    _check(row, context)


def _check(row: Authenticated, context: QueryContext) -> None:
    row.__dict__.pop(FORGED, None)
    loaded = row.__dict__
    table: Any = type(row)
    if row_holds(table, [loaded[name] for name in columns_in_order(table)], loaded[MAC_COLUMN]):
        return
    # Marked in any case: the session may keep the object, and must never sign what was false in it.
    loaded[FORGED] = True
    # Said each time: an operator finds it, whoever looked first.
    log.error("a row is false and is not used: %s", forged(row))
    if not _is_tolerant(context):
        raise forged(row)


def _is_tolerant(context: QueryContext) -> bool:
    """Whether the statement was run with `TOLERANT`, or has it itself: SQLAlchemy keeps the two apart."""
    own: Mapping[str, Any] = context.query.get_execution_options()
    return any(TOLERANT.items() <= given.items() for given in (own, context.execution_options))


def row_holds(table: type[Authenticated], values: Sequence[Value], mac: bytes) -> bool:
    """Whether this MAC authenticates a row of this table: its values in the order of `columns_in_order`."""
    key = current_settings().row_key
    return row_mac_holds_in_order(key, table.__tablename__, columns_in_order(table), values, mac)


def columns_in_order(table: Any) -> tuple[str, ...]:
    """The columns of a table that are under the MAC, in the order in which they are."""
    return _sorted_columns(table)


@lru_cache(maxsize=64)
def _sorted_columns(table: Any) -> tuple[str, ...]:
    return tuple(sorted(table.authenticated_columns()))


def forged(row: Authenticated) -> RowForged:
    """What is raised for this false row: names it, and holds none of its other values."""
    return forged_row(type(row), row.__dict__)


def forged_row(table: type[Authenticated], values: Mapping[str, Any]) -> RowForged:
    """The same of a row that was read without an object, by its values."""
    keys = inspect(table).primary_key
    return RowForged(table.__tablename__, tuple(values.get(key.name) for key in keys))
