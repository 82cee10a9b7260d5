"""desk sessions that were signed out or rotated

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "ended_desk_visits",
        sa.Column("id", sa.LargeBinary(length=32), nullable=False),
        sa.Column("through", sa.BigInteger(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", "through", name=op.f("pk_ended_desk_visits")),
        sqlite_with_rowid=False,
    )


def downgrade_main() -> None:
    op.drop_table("ended_desk_visits")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
