"""Which processes have a store open: they would go on with the tables of before while these are changed.

SQLite: whoever has the file open, of any release, by Linux's own list of open files; root sees the processes of every
user, and another user their own. PostgreSQL: every other session of the database. A process that has no connection at
this moment is not seen.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import text

from webapp.services.infrastructure import stores
from webapp.services.infrastructure.stores import STORES, Store

PROC: Final = Path("/proc")
SESSIONS: Final = text(
    "SELECT usename FROM pg_stat_activity WHERE datname = current_database() "
    "AND usesysid IS NOT NULL AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True)
class StoreUser:
    """A process that has a store open, in words for an operator: it names no value."""

    store: Store
    who: str


def find_users() -> list[StoreUser]:
    """Each process but this one that has a store open. Raises `StoreUnavailable`."""
    stores.let_go()
    found: list[StoreUser] = []
    files: dict[str, Store] = {}
    for store in STORES:
        with stores.reading(store) as session:
            url = session.get_bind().engine.url
            if url.get_backend_name() == "sqlite":
                files[str(Path(url.database or "").resolve())] = store
            else:
                roles = sorted(map(str, session.scalars(SESSIONS)))
                found += [StoreUser(store, f"the role {role}") for role in dict.fromkeys(roles)]
    return [*found, *_of_files(files)]


def _of_files(files: dict[str, Store]) -> Iterator[StoreUser]:
    if not files:
        return
    for process in sorted(PROC.glob("[0-9]*")):
        if process.name == str(os.getpid()):
            continue
        # It may end meanwhile, or be another user's.
        with suppress(OSError):
            name = (process / "comm").read_text().strip()
            for store in sorted({files[path] for path in _open_files(process) if path in files}):
                yield StoreUser(store, f"process {process.name} ({name})")


def _open_files(process: Path) -> set[str]:
    found = set()
    for descriptor in (process / "fd").iterdir():
        with suppress(OSError):
            found.add(str(descriptor.readlink()))
    return found
