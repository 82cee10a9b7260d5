"""the month by which people are told what became of a call, and the page that tells them

Revision ID: 0043
Revises: 0042
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

#: Older code knows nothing of these tables. The row of a call stays as it was, so that its MAC holds for older code.
expands_only = True


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "tell_backs",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("by_month", sa.String(length=7), nullable=False),
        sa.Column("first_month", sa.String(length=7), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_tell_backs_call_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("call_id", name=op.f("pk_tell_backs")),
    )
    op.create_table(
        "tell_back_texts",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("heard", sa.Text(), nullable=False),
        sa.Column("asked", sa.Text(), nullable=False),
        sa.Column("since", sa.Text(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("version >= 1", name=op.f("ck_tell_back_texts_version")),
        sa.ForeignKeyConstraint(
            ["call_id"],
            ["tell_backs.call_id"],
            name=op.f("fk_tell_back_texts_call_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("call_id", "language", name=op.f("pk_tell_back_texts")),
    )


def downgrade_main() -> None:
    """Months that were promised and pages that were written are gone with their tables."""
    op.drop_table("tell_back_texts")
    op.drop_table("tell_backs")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
