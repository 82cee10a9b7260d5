"""authenticated rows: tombstones and the outbox

Revision ID: 0027
Revises: 0026
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from flask import current_app

from webapp.models.authenticated import MAC_COLUMN
from webapp.vault.row_macs import row_mac

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TABLES = ("tombstones", "outbox")
#: Under no key: the row is false from the first day.
NO_MAC = bytes(32)
BATCH = 500


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    for name in TABLES:
        with op.batch_alter_table(name) as batch:
            batch.add_column(sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=True))
        _sign(name)
        with op.batch_alter_table(name) as batch:
            batch.alter_column(MAC_COLUMN, existing_type=sa.LargeBinary(length=32), nullable=False)


def _sign(name: str) -> None:
    """What is there is believed, once: until now nothing said who wrote it."""
    table = _table(name)
    change = sa.update(table).where(table.c.id == sa.bindparam("key"))
    signing = change.values({MAC_COLUMN: sa.bindparam("mac")})
    op.execute(sa.update(table).values({MAC_COLUMN: NO_MAC}))
    for rows in _batches(table):
        signed = [{"key": row["id"], "mac": _mac(name, row)} for row in rows]
        op.get_bind().execute(signing, signed)


def _mac(name: str, row: dict[str, Any]) -> bytes:
    try:
        return row_mac(current_app.extensions["hearth_settings"].row_key, name, row)
    except TypeError:
        # A value in a form that no release writes.
        return NO_MAC


def _batches(table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """All rows, read to the end before the first is changed."""
    columns = [column for column in table.columns if column.name != MAC_COLUMN]
    found = [dict(row) for row in op.get_bind().execute(sa.select(*columns)).mappings()]
    for start in range(0, len(found), BATCH):
        yield found[start : start + BATCH]


def _table(name: str) -> sa.Table:
    """The columns that there are now, with the types of the models: a database does not know a day from a text."""
    typed = current_app.extensions["migrate"].db.metadata.tables[name]
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(name)}
    return sa.Table(
        name,
        sa.MetaData(),
        *(sa.Column(one.name, one.type) for one in typed.columns if one.name in there),
    )


def downgrade_main() -> None:
    for name in reversed(TABLES):
        with op.batch_alter_table(name) as batch:
            batch.drop_column(MAC_COLUMN)


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
