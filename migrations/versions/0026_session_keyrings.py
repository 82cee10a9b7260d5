"""keyrings of desk sessions

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
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
    op.create_table(
        "session_keyrings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_keyrings")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_session_keyrings_coordinator_id"), "session_keyrings", ["coordinator_id"]
    )


def downgrade_volatile() -> None:
    _end_desk_sessions()
    op.drop_index(op.f("ix_session_keyrings_coordinator_id"), table_name="session_keyrings")
    op.drop_table("session_keyrings")


def _end_desk_sessions() -> None:
    """What a session holds is not what the other version looks for: coordinators sign in again."""
    op.execute(sa.delete(sa.table("desk_visits")))
