"""failed sign-ins of a day

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "failed_sign_ins",
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("who", sa.Uuid(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("knew_passphrase", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("on_day", "who", name=op.f("pk_failed_sign_ins")),
        sqlite_with_rowid=False,
    )


def downgrade_main() -> None:
    op.drop_table("failed_sign_ins")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
