"""what the worker finds in exported lists, who was erased by day, and the order of what is shared

Revision ID: 0044
Revises: 0043
"""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

#: Older code knows nothing of these tables: it reads whole lists, as it always did.
expands_only = True


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "list_findings",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("is_false", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("export_id", "submission_id", name=op.f("pk_list_findings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "list_rounds",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("whole_since", sa.Date(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_list_rounds_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_list_rounds")),
    )
    op.create_index("ix_tombstones_erased_on", "tombstones", ["erased_on", "id"])
    op.create_index(
        "ix_shares_listed",
        "shares",
        ["organisation_id", "period_id", "shared_on", "id"],
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )


def downgrade_main() -> None:
    """The worker's findings are gone with their tables, and are found anew after the next upgrade."""
    op.drop_index("ix_shares_listed", table_name="shares")
    op.drop_index("ix_tombstones_erased_on", table_name="tombstones")
    op.drop_table("list_rounds")
    op.drop_table("list_findings")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
