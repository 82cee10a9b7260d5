"""passkeys of coordinators

Revision ID: 0033
Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("added_on", sa.Date(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["coordinator_id"], ["coordinators.id"], name=op.f("fk_passkeys_coordinator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
    )


def downgrade_main() -> None:
    op.drop_table("passkeys")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
