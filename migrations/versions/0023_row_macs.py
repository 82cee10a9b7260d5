"""authenticated rows: a MAC over every column of what means something about a person

Revision ID: 0023
Revises: 0016
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from flask import current_app

from webapp.models.authenticated import MAC_COLUMN
from webapp.vault.row_macs import row_mac

revision = "0023"
down_revision = "0016"
branch_labels = None
depends_on = None

#: Each table with the columns of its key.
TABLES = {
    "calls": ("id",),
    "form_versions": ("owner_id", "number"),
    "consent_statements": ("id",),
    "coordinators": ("id",),
    "events": ("id",),
    "event_messages": ("id",),
    "registrations": ("id",),
    "registration_parts": ("id",),
    "submissions": ("id",),
    "parts": ("id",),
    "own_copies": ("id",),
    "consents": ("submission_id", "purpose", "n"),
    "audit_notes": ("id",),
}
BATCH = 500


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    with op.batch_alter_table("submissions") as batch:
        batch.add_column(sa.Column("consent_count", sa.Integer(), nullable=True))
    op.execute(
        "UPDATE submissions SET consent_count = "
        "(SELECT count(*) FROM consents WHERE consents.submission_id = submissions.id)"
    )
    with op.batch_alter_table("submissions") as batch:
        batch.alter_column("consent_count", existing_type=sa.Integer(), nullable=False)
    for name, keys in TABLES.items():
        with op.batch_alter_table(name) as batch:
            batch.add_column(sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=True))
        _sign(name, keys)
        with op.batch_alter_table(name) as batch:
            batch.alter_column(MAC_COLUMN, existing_type=sa.LargeBinary(length=32), nullable=False)
    op.create_table(
        "row_checks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("false_rows", sa.Integer(), nullable=False),
        sa.Column("named", sa.Text(), nullable=False),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_row_checks_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_row_checks")),
    )


def _sign(name: str, keys: tuple[str, ...]) -> None:
    """What is there is believed, once: until now nothing said who wrote it."""
    table = _table(name)
    key = current_app.extensions["hearth_settings"].row_key
    names = [column.name for column in table.columns if column.name != MAC_COLUMN]
    mine = sa.and_(*(table.c[one] == sa.bindparam(f"key_{one}") for one in keys))
    change = sa.update(table).where(mine).values({MAC_COLUMN: sa.bindparam("mac")})
    for rows in _batches(table, names):
        signed = [
            {"mac": row_mac(key, name, row), **{f"key_{one}": row[one] for one in keys}}
            for row in rows
        ]
        op.get_bind().execute(change, signed)


def _batches(table: sa.TableClause, names: list[str]) -> Iterator[list[dict[str, object]]]:
    """All rows, read to the end before the first is changed."""
    rows = op.get_bind().execute(sa.select(*(table.c[name] for name in names))).mappings()
    found = [dict(row) for row in rows]
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
    op.drop_table("row_checks")
    for name in reversed(TABLES):
        with op.batch_alter_table(name) as batch:
            batch.drop_column(MAC_COLUMN)
    with op.batch_alter_table("submissions") as batch:
        batch.drop_column("consent_count")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
