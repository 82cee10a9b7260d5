"""submissions that were put aside as not genuine

Revision ID: 0025
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0023"
branch_labels = None
depends_on = None


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
    # What was put aside is in the lists again: under its MAC there was a column that goes.
    with op.batch_alter_table("submissions") as batch:
        batch.drop_index(op.f("ix_submissions_set_aside_id"))
        batch.drop_constraint(op.f("fk_submissions_set_aside_id"), type_="foreignkey")
        batch.drop_column("set_aside_id")
    op.drop_table("set_asides")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
