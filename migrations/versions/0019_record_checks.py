"""the worker's last check of the record, and who wants its code by mail

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "record_checks",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("found_on", sa.Date(), nullable=True),
        sa.Column("known", sa.Text(), nullable=False),
        sa.Column("noted", sa.BigInteger(), nullable=False),
        sa.Column("set_aside", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_record_checks_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_checks")),
    )
    # Not in batch mode: adding a column that may be empty needs no new table on either database.
    op.add_column("news_wishes", sa.Column("code_mailed_on", sa.Date(), nullable=True))


def downgrade_main() -> None:
    op.drop_column("news_wishes", "code_mailed_on")
    op.drop_table("record_checks")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
