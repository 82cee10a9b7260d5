"""messages to registrants, the list of participants, needs that are arranged, the same address

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # Not in batch mode: adding a column needs no new table on either database. An event that was published before has
    # no secret to compare addresses under, and goes without.
    op.add_column("events", sa.Column("marks_secret_id", sa.Uuid(), nullable=True))
    op.add_column("registrations", sa.Column("address_mark", sa.LargeBinary(32), nullable=True))
    op.add_column("registrations", sa.Column("listed_on", sa.Date(), nullable=True))
    op.add_column("registrations", sa.Column("needs_arranged_on", sa.Date(), nullable=True))
    op.create_table(
        "event_messages",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("sent_on", sa.Date(), nullable=False),
        sa.Column("corrected_on", sa.Date(), nullable=True),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["event_id"], ["events.id"], name=op.f("fk_event_messages_event_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_messages")),
        sa.UniqueConstraint("event_id", "n", name=op.f("uq_event_messages_event_id_n")),
        sa.UniqueConstraint("secret_id", name=op.f("uq_event_messages_secret_id")),
        sqlite_with_rowid=False,
    )


def downgrade_main() -> None:
    op.drop_table("event_messages")
    op.drop_column("registrations", "needs_arranged_on")
    op.drop_column("registrations", "listed_on")
    op.drop_column("registrations", "address_mark")
    op.drop_column("events", "marks_secret_id")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
