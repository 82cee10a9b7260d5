"""structured detail of audit entries

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # Entries made before have none. Their MACs stay valid: an absent detail adds nothing to what a MAC covers.
    op.add_column("audit_entries", sa.Column("detail", sa.Text(), nullable=True))


def downgrade_main() -> None:
    op.drop_column("audit_entries", "detail")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
