"""drafts of calls that coordinators write at the desk, and their versions

Revision ID: 0042
Revises: 0041
"""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

#: Older code knows nothing of these tables, and writes nothing that they refer to.
expands_only = True


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "call_drafts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("newest", sa.Integer(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_drafts")),
    )
    op.create_table(
        "call_draft_versions",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("before", sa.Integer(), nullable=True),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("change", sa.String(length=200), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_on", sa.Date(), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint("number >= 1", name=op.f("ck_call_draft_versions_number")),
        sa.ForeignKeyConstraint(
            ["draft_id"], ["call_drafts.id"], name=op.f("fk_call_draft_versions_draft_id")
        ),
        sa.PrimaryKeyConstraint("draft_id", "number", name=op.f("pk_call_draft_versions")),
    )


def downgrade_main() -> None:
    """Drafts that were not published are gone with their tables. Calls that were stay."""
    op.drop_table("call_draft_versions")
    op.drop_table("call_drafts")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
