"""the recovery key's seed, sealed for each pair of three sheets

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # A recovery key of before has no pair: its seed is on paper, as 24 words, until `renew-recovery` makes sheets.
    op.create_table(
        "recovery_pairs",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("recovery_key_id", sa.Uuid(), nullable=False),
        sa.Column("first_sheet", sa.Integer(), nullable=False),
        sa.Column("second_sheet", sa.Integer(), nullable=False),
        sa.Column("first_mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("second_mark", sa.LargeBinary(length=32), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("proved_on", sa.Date(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "first_sheet >= 1 AND first_sheet < second_sheet AND second_sheet <= 3",
            name=op.f("ck_recovery_pairs_two_of_three"),
        ),
        sa.ForeignKeyConstraint(
            ["recovery_key_id"],
            ["recovery_keys.id"],
            name=op.f("fk_recovery_pairs_recovery_key_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recovery_pairs")),
        sa.UniqueConstraint(
            "recovery_key_id",
            "first_sheet",
            "second_sheet",
            name=op.f("uq_recovery_pairs_recovery_key_id_first_sheet_second_sheet"),
        ),
    )


def downgrade_main() -> None:
    # The sheets open nothing then, and no 24 words of the seed were ever printed: the version before cannot recover.
    op.drop_table("recovery_pairs")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
