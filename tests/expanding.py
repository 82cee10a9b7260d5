"""Whether a migration only expands (expand/contract): older code that runs beside its tables neither fails nor harms.

A migration is looked at by the SQL that it gives PostgreSQL, without a database: one that reads rows cannot be, and
does not only expand.
"""

import io
import re
from collections.abc import Callable, Iterator, Sequence

from alembic.migration import MigrationContext
from alembic.operations import Operations

from webapp.models.authenticated import Authenticated

AUTHENTICATED = frozenset(table.__tablename__ for table in Authenticated.__subclasses__())
MADE = re.compile(r"CREATE TABLE (\w+)")
INDEX = re.compile(r"CREATE (UNIQUE )?INDEX \w+ ON (\w+)")
COLUMN = re.compile(r"ALTER TABLE (\w+) ADD COLUMN (.*)")
OF_TABLE = re.compile(r"(?:ALTER TABLE|INSERT INTO|COMMENT ON TABLE) (\w+)")
REFERENCE = re.compile(r"REFERENCES (\w+)[^,]*?\)(?P<then>[^,]*)")


def statements_of(change: Callable[[], None]) -> list[str]:
    """The SQL of one store's upgrade, each statement in a line."""
    written = io.StringIO()
    options = {"as_sql": True, "output_buffer": written}
    context = MigrationContext.configure(dialect_name="postgresql", opts=options)
    with Operations.context(context):
        change()
    return [" ".join(one.split()) for one in written.getvalue().split(";") if one.strip()]


def problems_in(statements: Sequence[str]) -> Iterator[str]:
    """What of it older code would notice."""
    made = {found.group(1) for one in statements if (found := MADE.match(one))}
    for one in statements:
        yield from (f"{problem}: {one}" for problem in _problems(one, made))


def _problems(statement: str, made: set[str]) -> Iterator[str]:
    if MADE.match(statement):
        for found in REFERENCE.finditer(statement):
            if found.group(1) not in made and "ON DELETE" not in found.group("then"):
                yield "older code cannot delete what a new row refers to"
    elif found := INDEX.match(statement):
        if found.group(1) and found.group(2) not in made:
            yield "older code may write what a new unique index refuses"
    elif found := COLUMN.match(statement):
        yield from _problems_of_column(found.group(1), found.group(2), made)
    elif not ((found := OF_TABLE.match(statement)) and found.group(1) in made):
        yield "it takes away, changes or writes what is there"


def _problems_of_column(table: str, column: str, made: set[str]) -> Iterator[str]:
    if table in made:
        return
    if "NOT NULL" in column and "DEFAULT" not in column:
        yield "older code writes rows without this column"
    elif table in AUTHENTICATED and ("NOT NULL" in column or "DEFAULT" in column):
        yield "rows that older code writes do not have this value under their MAC"
