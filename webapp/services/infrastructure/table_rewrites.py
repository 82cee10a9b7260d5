"""Secure deletion on PostgreSQL (data remanence): tables whose deleted rows must leave their files are rewritten.

DELETE leaves a row where it is. VACUUM moves the rows that stay closer together and does not clear the rest of a page,
so some deleted rows are still there. Only VACUUM FULL writes a table anew. It locks the table meanwhile: less than a
tenth of a second for ten thousand rows.

The blocks of the old file, and the write-ahead log, are out of reach from here: see docs/threat-model.md.
"""

import logging
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import Connection, text

from webapp.services.infrastructure import stores
from webapp.services.infrastructure.stores import Store

log = logging.getLogger("hearth.erasure")

#: Tables with keys of which every deleted one must be gone: without them, what is left of other tables says nothing.
TABLES: Final[Mapping[Store, tuple[str, ...]]] = MappingProxyType(
    {"erasure": ("erasure_secrets", "purpose_key_seals"), "volatile": ("daily_salts",)}
)
#: A queue behind a lock that is waited for stops every reader: after this the next round tries again.
LOCK_TIMEOUT: Final = "2s"
#: Of the time, so much at most is spent on rewriting: a large table is rewritten less often.
DUTY_CYCLE: Final = 0.01
#: The statistics of PostgreSQL itself, which also count rows of other processes. A crash sets them back to nothing, and
#: then they differ, too.
DELETED = text(
    "SELECT n_tup_del + n_tup_upd FROM pg_stat_all_tables WHERE relid = CAST(:table AS regclass)"
)
#: PostgreSQL 17 and later know the right to maintain a table; before, only its owner may.
OWNS = text(
    "SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = CAST(:table AS regclass)"
)
MAINTAINS = text("SELECT has_table_privilege(CAST(:table AS regclass), 'MAINTAIN')")
MAINTAIN_SINCE: Final = (17,)


@dataclass
class _Done:
    """The last rewrite of one table."""

    deleted: int
    #: A transaction that was under way may still have needed the old rows: then they were copied.
    again: bool
    not_before: float


class TableRewrites:
    """Chore of the worker: rewrite each table of which rows were deleted since the last time, and once at the start.

    Each is rewritten a second time in the round after, without the rows that an older transaction still saw.
    """

    def __init__(self) -> None:
        self.__name__ = "table_rewrites"
        self._done: dict[str, _Done] = {}

    def __call__(self) -> None:
        """Do what is due. Raises `StoreUnavailable`, and then the next round tries again."""
        for store, tables in TABLES.items():
            with stores.outside_transactions(store) as connection:
                if connection.dialect.name == "postgresql":
                    self._rewrite_all(connection, tables)

    def _rewrite_all(self, connection: Connection, tables: tuple[str, ...]) -> None:
        for table in self._due(connection, tables):
            deleted = _deleted(connection, table)
            took = _rewrite(connection, table)
            before = self._done.get(table)
            again = before is None or before.deleted != deleted
            self._done[table] = _Done(deleted, again, time.monotonic() + took / DUTY_CYCLE)

    def _due(self, connection: Connection, tables: tuple[str, ...]) -> Iterator[str]:
        for table in tables:
            done = self._done.get(table)
            if done is None and not may_rewrite(connection, table):
                log.info("this role may not rewrite %s: its owner does (docs/operating.md)", table)
                self._done[table] = _Done(0, again=False, not_before=float("inf"))
            elif done is None or (
                done.not_before <= time.monotonic()
                and (done.again or done.deleted != _deleted(connection, table))
            ):
                yield table


def may_rewrite(connection: Connection, table: str) -> bool:
    """Whether this role may. VACUUM itself would only warn."""
    if connection.execute(OWNS, {"table": table}).scalar_one():
        return True
    version = connection.dialect.server_version_info or ()
    return version >= MAINTAIN_SINCE and bool(
        connection.execute(MAINTAINS, {"table": table}).scalar_one()
    )


def _deleted(connection: Connection, table: str) -> int:
    return int(connection.execute(DELETED, {"table": table}).scalar_one())


def _rewrite(connection: Connection, table: str) -> float:
    """Returns how many seconds it took."""
    began = time.monotonic()
    connection.execute(text(f"SET lock_timeout = '{LOCK_TIMEOUT}'"))
    try:
        connection.execute(text(f"VACUUM (FULL) {table}"))
    finally:
        connection.execute(text("RESET lock_timeout"))
    return time.monotonic() - began
