"""the moment at which a bucket will be full

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

ROWS_AS_THEY_WERE = {"sqlite_with_rowid": False}


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    pass


def downgrade_main() -> None:
    pass


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    # The old ones name networks that can be found by trying all there are, and hold the second of each visit.
    op.execute("DELETE FROM rate_buckets")
    with op.batch_alter_table("rate_buckets", table_kwargs=ROWS_AS_THEY_WERE) as batch_op:
        batch_op.drop_column("tokens")
        batch_op.drop_column("updated_at")
        batch_op.add_column(sa.Column("full_at", sa.BigInteger(), nullable=False))


def downgrade_volatile() -> None:
    op.execute("DELETE FROM rate_buckets")
    with op.batch_alter_table("rate_buckets", table_kwargs=ROWS_AS_THEY_WERE) as batch_op:
        batch_op.drop_column("full_at")
        batch_op.add_column(sa.Column("tokens", sa.Float(), nullable=False))
        batch_op.add_column(sa.Column("updated_at", sa.Float(), nullable=False))
