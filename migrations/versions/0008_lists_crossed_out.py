"""what a list is for, until when it may be used, and who was crossed out in it

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # Of the lists that were made before, nobody knows whether their reason was what people gave permission for.
    with op.batch_alter_table("exports") as batch_op:
        batch_op.add_column(
            sa.Column("outside_permission", sa.Boolean(), nullable=False, server_default=sa.false())
        )
        batch_op.add_column(sa.Column("delete_by", sa.Date(), nullable=True))
    with op.batch_alter_table("exports") as batch_op:
        batch_op.alter_column("outside_permission", server_default=None)
    op.add_column("exported_submissions", sa.Column("part_id", sa.Uuid(), nullable=True))
    op.create_table(
        "crossed_out",
        sa.Column("export_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=True),
        sa.Column("crossed_on", sa.Date(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.CheckConstraint("kind IN ('line', 'ways', 'helper')", name=op.f("ck_crossed_out_kind")),
        sa.ForeignKeyConstraint(
            ["coordinator_id"], ["coordinators.id"], name=op.f("fk_crossed_out_coordinator_id")
        ),
        sa.ForeignKeyConstraint(
            ["export_id"], ["exports.id"], name=op.f("fk_crossed_out_export_id")
        ),
        sa.PrimaryKeyConstraint("export_id", "submission_id", "kind", name=op.f("pk_crossed_out")),
        sqlite_with_rowid=False,
    )


def downgrade_main() -> None:
    op.drop_table("crossed_out")
    op.drop_column("exported_submissions", "part_id")
    with op.batch_alter_table("exports") as batch_op:
        batch_op.drop_column("delete_by")
        batch_op.drop_column("outside_permission")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
