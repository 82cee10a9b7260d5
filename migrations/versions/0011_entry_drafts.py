"""entry drafts

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "entry_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entry_drafts")),
        sa.UniqueConstraint("secret_id", name=op.f("uq_entry_drafts_secret_id")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("entry_drafts", schema=None) as batch_op:
        batch_op.create_index("ix_entry_drafts_lookup", ["lookup"], unique=False)
        batch_op.create_index("ix_entry_drafts_due_on", ["due_on"], unique=False)


def downgrade_main() -> None:
    with op.batch_alter_table("entry_drafts", schema=None) as batch_op:
        batch_op.drop_index("ix_entry_drafts_due_on")
        batch_op.drop_index("ix_entry_drafts_lookup")

    op.drop_table("entry_drafts")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
