"""Three stores are three databases, however their addresses are spelled.

Two stores in one database would keep crypto-shredding keys beside what they protect. Addresses that differ can lead to
one database: by another name of the host, by its socket, by a link to a file. So it is the databases that are asked.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from itertools import combinations
from pathlib import Path
from secrets import randbits
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from sqlalchemy import Engine, text

from webapp.extensions import db
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.stores import STORES, Store
from webapp.settings import STORE_SETTINGS, WrongSetting

Pair = tuple[Store, Store]
#: An advisory lock belongs to one database of one cluster, whoever holds it and whatever rights they have.
LOCK = text("SELECT pg_try_advisory_xact_lock(:number)")


def check() -> None:
    """Raise `WrongSetting` where two stores are one database, and `StoreUnavailable` where one does not answer."""
    engines = {store: db.engines[None if store == "main" else store] for store in STORES}
    for dialect, look in LOOKS.items():
        of_it = {
            store: engine for store, engine in engines.items() if engine.dialect.name == dialect
        }
        for one, other in look(of_it):
            raise WrongSetting(
                f"{STORE_SETTINGS[one]} and {STORE_SETTINGS[other]} lead to one database: "
                "the three stores must be three"
            )


def _one_file(engines: Mapping[Store, Engine]) -> Iterator[Pair]:
    """SQLite: files that are one, by links of either kind. A file that is not there yet is known by its path."""
    paths = {store: _path(engine) for store, engine in engines.items()}
    for one, other in combinations(paths, 2):
        here, there = paths[one], paths[other]
        if here == there or (here.exists() and there.exists() and here.samefile(there)):
            yield one, other


def _path(engine: Engine) -> Path:
    name = engine.url.database or ""
    return Path(urlsplit(name).path if name.startswith("file:") else name).resolve()


def _one_database(engines: Mapping[Store, Engine]) -> Iterator[Pair]:
    """PostgreSQL: databases in which a lock that one session holds is not free for the next."""
    locks = {store: randbits(62) for store in engines}
    with ExitStack() as open_sessions:
        for store, number in locks.items():
            session = open_sessions.enter_context(stores.reading(store))
            for other, held in locks.items():
                if other == store:
                    break
                if not session.scalar(LOCK, {"number": held}):
                    yield other, store
            session.scalar(LOCK, {"number": number})


LOOKS: Final[Mapping[str, Callable[[Mapping[Store, Engine]], Iterator[Pair]]]] = MappingProxyType(
    {"sqlite": _one_file, "postgresql": _one_database}
)
