"""The rights that a process's PostgreSQL role really has, compared with what its work needs (least privilege).

Grants that were never given, or given to a role that owns the tables, look like separation and are none. So a process
that has a door to itself, or is the worker, looks at its own rights before it serves.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.services.infrastructure import stores
from webapp.services.infrastructure.database_grants import RIGHTS
from webapp.services.infrastructure.stores import Store
from webapp.settings import STORE_SETTINGS, WrongSetting

#: Rights on a whole table, whoever gave them: by ownership, membership or as superuser as well.
ON_TABLES: Final = text(
    "SELECT c.relname, r.word FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) r(word)"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND has_table_privilege(:role, c.oid, r.word)"
)
#: Rights on single columns of tables on which the role has not the whole.
ON_COLUMNS: Final = text(
    "SELECT c.relname, r.word, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
    " CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) r(word)"
    " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT has_table_privilege(:role, c.oid, r.word)"
    " AND has_column_privilege(:role, c.oid, a.attnum, r.word)"
)
MAY_CREATE: Final = text("SELECT has_schema_privilege(:role, 'public', 'CREATE')")
RIGHT: Final = re.compile(r"([A-Z]+)(?: \((\w+)\))?")
#: The column of a right. Who has a right on the whole table has it on each of its columns.
WHOLE: Final = re.compile(r" \(\w+\)")
NAMES: Final = {"public": "the public door", "desk": "the desk", "worker": "the worker"}
#: A right, as SQL names it, on a table: "UPDATE (id) on calls".
Right = str


@dataclass(frozen=True)
class Difference:
    """How the rights of a role on one store differ from those that the process needs."""

    store: Store
    role: str
    more: tuple[Right, ...]
    less: tuple[Right, ...]


def check(process: str) -> None:
    """Raise `WrongSetting` where this process's role may do more or less than its work needs.

    SQLite has no roles. Raises `StoreUnavailable`.
    """
    for found in differences(process):
        raise WrongSetting(in_words(process, found))


def differences(process: str, role: str = "") -> Iterator[Difference]:
    """Each store on PostgreSQL where a role's rights are not those that the process needs.

    The role is the one that this connection signs in as, unless another one is named.
    """
    for store in RIGHTS:
        with stores.reading(store) as session:
            if session.get_bind().dialect.name != "postgresql":
                continue
            whose = role or str(session.scalar(text("SELECT current_user")))
            held, needed = set(_held(session, store, whose)), set(_needed(process, store))
            if held != needed:
                less = (one for one in needed - held if WHOLE.sub("", one) not in held)
                yield Difference(store, whose, tuple(sorted(held - needed)), tuple(sorted(less)))


def in_words(process: str, found: Difference) -> str:
    """One line for the operator, which begins with the setting."""
    who = f"{STORE_SETTINGS[found.store]} leads to PostgreSQL as the role {found.role}, which"
    what = [
        *([f"may do more than {NAMES[process]} needs ({_some(found.more)})"] if found.more else []),
        *([f"may do less than {NAMES[process]} needs ({_some(found.less)})"] if found.less else []),
    ]
    advice = "give each process a role of its own, then grants --apply (docs/install.md, Databases)"
    return f"{who} {' and '.join(what)}: {advice}"


def _some(rights: tuple[Right, ...]) -> str:
    more = f", and {len(rights) - 1} more" if len(rights) > 1 else ""
    return f"{rights[0]}{more}"


def _held(session: Session, store: Store, role: str) -> Iterator[Right]:
    ours, of = RIGHTS[store], {"role": role}
    columns = session.execute(ON_COLUMNS, of).all()
    for table, word, *column in chain(session.execute(ON_TABLES, of).all(), columns):
        if table in ours:
            yield f"{word}{f' ({column[0]})' if column else ''} on {table}"
    if session.scalar(MAY_CREATE, of):
        yield "CREATE in the schema"


def _needed(process: str, store: Store) -> Iterator[Right]:
    for table, rights in RIGHTS[store].items():
        for word, column in RIGHT.findall(rights.of(process)):
            yield f"{word}{f' ({column})' if column else ''} on {table}"
