"""counts of an event's registrations from a covering index

Revision ID: 0040
Revises: 0039
"""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_index(
        "ix_registrations_counts", "registrations", ["event_id", "state", "mail_secret_id"]
    )


def downgrade_main() -> None:
    op.drop_index("ix_registrations_counts", table_name="registrations")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
