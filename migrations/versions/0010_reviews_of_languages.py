"""reviews of languages

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "language_offers",
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("words", sa.LargeBinary(length=32), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("language", name=op.f("pk_language_offers")),
    )
    op.create_table(
        "text_notes",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("text", sa.LargeBinary(length=32), nullable=False),
        sa.Column("wording", sa.LargeBinary(length=32), nullable=False),
        sa.Column("note", sa.String(length=300), nullable=False),
        sa.Column("written_on", sa.Date(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["coordinator_id"],
            ["coordinators.id"],
            name=op.f("fk_text_notes_coordinator_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text_notes")),
    )
    with op.batch_alter_table("text_notes", schema=None) as batch_op:
        batch_op.create_index("ix_text_notes_language", ["language"], unique=False)
    op.create_table(
        "text_reviews",
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("wording", sa.LargeBinary(length=32), nullable=False),
        sa.Column("reviewed_by", sa.String(length=60), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["coordinator_id"],
            ["coordinators.id"],
            name=op.f("fk_text_reviews_coordinator_id"),
        ),
        sa.PrimaryKeyConstraint("language", "wording", name=op.f("pk_text_reviews")),
    )


def downgrade_main() -> None:
    op.drop_table("text_reviews")
    with op.batch_alter_table("text_notes", schema=None) as batch_op:
        batch_op.drop_index("ix_text_notes_language")
    op.drop_table("text_notes")
    op.drop_table("language_offers")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
