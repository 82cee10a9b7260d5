"""submissions that were put aside as not genuine

Revision ID: 0025
Revises: 0023
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op
from flask import current_app

from webapp.models.authenticated import MAC_COLUMN
from webapp.vault.row_macs import row_mac, row_mac_holds

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None

BATCH = 500


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "set_asides",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("undone_on", sa.Date(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name=op.f("fk_set_asides_call_id")),
        sa.ForeignKeyConstraint(
            ["coordinator_id"], ["coordinators.id"], name=op.f("fk_set_asides_coordinator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_set_asides")),
    )
    with op.batch_alter_table("submissions") as batch:
        batch.add_column(sa.Column("set_aside_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_submissions_set_aside_id"), "set_asides", ["set_aside_id"], ["id"]
        )
        batch.create_index(op.f("ix_submissions_set_aside_id"), ["set_aside_id"])


def downgrade_main() -> None:
    _put_all_back()
    with op.batch_alter_table("submissions") as batch:
        batch.drop_index(op.f("ix_submissions_set_aside_id"))
        batch.drop_constraint(op.f("fk_submissions_set_aside_id"), type_="foreignkey")
        batch.drop_column("set_aside_id")
    op.drop_table("set_asides")


def _put_all_back() -> None:
    """What was put aside is in the lists again, under a MAC without the column that goes. A false row stays false."""
    table = _submissions()
    key = current_app.extensions["hearth_settings"].row_key
    mine = table.c.id == sa.bindparam("key_id")
    change = sa.update(table).where(mine).values(set_aside_id=None, row_mac=sa.bindparam("mac"))
    for rows in _batches(table):
        signed = [
            {"key_id": row["id"], "mac": row_mac(key, "submissions", {**row, "set_aside_id": None})}
            for mac, row in ((row.pop(MAC_COLUMN), row) for row in rows)
            if row_mac_holds(key, "submissions", row, mac)
        ]
        if signed:
            op.get_bind().execute(change, signed)
    op.execute(sa.update(table).values(set_aside_id=None).where(table.c.set_aside_id.is_not(None)))


def _batches(table: sa.Table) -> Iterator[list[dict[str, Any]]]:
    """What is put aside, read to the end before the first is changed."""
    aside = sa.select(table).where(table.c.set_aside_id.is_not(None))
    found = [dict(row) for row in op.get_bind().execute(aside).mappings()]
    for start in range(0, len(found), BATCH):
        yield found[start : start + BATCH]


def _submissions() -> sa.Table:
    """The columns that there are now, with the types of the models: a database does not know a day from a text."""
    typed = current_app.extensions["migrate"].db.metadata.tables["submissions"]
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("submissions")}
    return sa.Table(
        "submissions",
        sa.MetaData(),
        *(sa.Column(one.name, one.type) for one in typed.columns if one.name in there),
    )


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
