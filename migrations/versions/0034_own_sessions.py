"""which session a row of the desk belongs to, and a sealed note of the device that it came from

Revision ID: 0034
Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


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
    _end_desk_sessions()
    op.add_column("desk_visits", sa.Column("session_id", sa.Uuid(), nullable=True))
    op.add_column("session_keyrings", sa.Column("note", sa.LargeBinary(), nullable=True))


def downgrade_volatile() -> None:
    _end_desk_sessions()
    with op.batch_alter_table("session_keyrings") as batch:
        batch.drop_column("note")
    with op.batch_alter_table("desk_visits") as batch:
        batch.drop_column("session_id")


def _end_desk_sessions() -> None:
    """Their rows were authenticated without the column, or with it: coordinators sign in again."""
    op.execute(sa.delete(sa.table("desk_visits")))
    op.execute(sa.delete(sa.table("session_keyrings")))
