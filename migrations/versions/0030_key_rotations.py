"""the work list of key rotation, and the day on which a purpose key was sealed to a holder

Revision ID: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "key_rotations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("asked_id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["coordinators.id"], name=op.f("fk_key_rotations_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_key_rotations")),
    )
    op.create_index(
        "uq_key_rotations_waiting",
        "key_rotations",
        ["owner_id"],
        unique=True,
        sqlite_where=sa.text("done_on IS NULL"),
        postgresql_where=sa.text("done_on IS NULL"),
    )


def downgrade_main() -> None:
    op.drop_index("uq_key_rotations_waiting", table_name="key_rotations")
    op.drop_table("key_rotations")


def upgrade_erasure() -> None:
    with op.batch_alter_table("purpose_key_seals") as batch:
        batch.add_column(sa.Column("made_on", sa.Date(), nullable=True))


def downgrade_erasure() -> None:
    with op.batch_alter_table("purpose_key_seals") as batch:
        batch.drop_column("made_on")


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
