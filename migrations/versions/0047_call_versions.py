"""later versions of a published call: which draft is one, and who published it and why

Revision ID: 0047
Revises: 0046
"""

import click
import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

#: Older code knows nothing of these tables: what it deletes goes from them, too. It reads the newest version.
expands_only = True


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "published_versions",
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_by", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id", "number"],
            ["form_versions.owner_id", "form_versions.number"],
            name=op.f("fk_published_versions_call_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("call_id", "number", name=op.f("pk_published_versions")),
    )
    op.create_table(
        "version_drafts",
        sa.Column("draft_id", sa.Uuid(), nullable=False),
        sa.Column("call_id", sa.Uuid(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("published_as", sa.Integer(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name=op.f("fk_version_drafts_call_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["call_drafts.id"],
            name=op.f("fk_version_drafts_draft_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_version_drafts")),
    )
    op.create_index(
        "uq_version_drafts_open",
        "version_drafts",
        ["call_id"],
        unique=True,
        sqlite_where=sa.text("published_as IS NULL"),
        postgresql_where=sa.text("published_as IS NULL"),
    )


def downgrade_main() -> None:
    """Refused where a call has a later version: the release before asks everyone the newest, also those who are in the
    middle of an older one, and lists nothing that only an older one had."""
    calls = sa.table("calls", sa.column("id", sa.Uuid()), sa.column("form_version", sa.Integer()))
    later = sa.select(sa.func.count()).select_from(calls).where(calls.c.form_version > 1)
    if found := op.get_bind().scalar(later):
        raise click.ClickException(
            f"{found} calls were changed after they were published. The release before knows one version of a call, so "
            "there is no way back while they are there."
        )
    op.drop_table("version_drafts")
    op.drop_table("published_versions")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
