"""asked by phone

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # Not in batch mode: adding a column needs no new table on either database.
    op.add_column("submissions", sa.Column("do_not_contact_on", sa.Date(), nullable=True))
    op.add_column("submissions", sa.Column("changed_for_them_on", sa.Date(), nullable=True))


def downgrade_main() -> None:
    op.drop_column("submissions", "changed_for_them_on")
    op.drop_column("submissions", "do_not_contact_on")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
