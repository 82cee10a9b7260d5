"""who typed

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # Whatever was stored before came from the public door, where people answered by themselves.
    with op.batch_alter_table("submissions") as batch_op:
        batch_op.add_column(
            sa.Column("typed_by", sa.String(length=12), nullable=False, server_default="self")
        )
    # The default was for those rows only: from now on nobody may forget to say who typed.
    with op.batch_alter_table("submissions") as batch_op:
        batch_op.alter_column("typed_by", server_default=None)
        batch_op.create_check_constraint(
            op.f("ck_submissions_typed_by"), "typed_by IN ('self', 'helper', 'coordinator')"
        )


def downgrade_main() -> None:
    with op.batch_alter_table("submissions") as batch_op:
        batch_op.drop_constraint(op.f("ck_submissions_typed_by"), type_="check")
        batch_op.drop_column("typed_by")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
