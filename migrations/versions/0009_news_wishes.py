"""news wishes

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "news_wishes",
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("news_from", sa.Date(), nullable=False),
        sa.Column("told_through", sa.Date(), nullable=False),
        sa.Column("mailed_on", sa.Date(), nullable=True),
        sa.CheckConstraint("every_days IN (1, 7)", name=op.f("ck_news_wishes_every_days")),
        sa.ForeignKeyConstraint(
            ["coordinator_id"],
            ["coordinators.id"],
            name=op.f("fk_news_wishes_coordinator_id"),
        ),
        sa.PrimaryKeyConstraint("coordinator_id", name=op.f("pk_news_wishes")),
        sa.UniqueConstraint("secret_id", name=op.f("uq_news_wishes_secret_id")),
        sqlite_with_rowid=False,
    )


def downgrade_main() -> None:
    op.drop_table("news_wishes")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
