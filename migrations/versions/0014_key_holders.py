"""holders of a purpose key as rows

Revision ID: 0014
Revises: 0013
"""

from collections.abc import Iterator
from uuid import UUID, uuid4

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

coordinators = sa.table("coordinators", sa.column("id", sa.Uuid()))
recovery_keys = sa.table("recovery_keys", sa.column("id", sa.Uuid()))
purpose_keys = sa.table("purpose_keys", sa.column("id", sa.Uuid()), sa.column("holders", sa.Text()))
holders = sa.table(
    "purpose_key_holders",
    sa.column("id", sa.Uuid()),
    sa.column("purpose_key_id", sa.Uuid()),
    sa.column("coordinator_id", sa.Uuid()),
    sa.column("recovery_key_id", sa.Uuid()),
)


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # Before any table changes: a holder that is nothing we know stops here, with all as it was.
    rows = list(_rows_from_text())
    op.create_table(
        "purpose_key_holders",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose_key_id", sa.Uuid(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=True),
        sa.Column("recovery_key_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(coordinator_id IS NULL) <> (recovery_key_id IS NULL)",
            name=op.f("ck_purpose_key_holders_one_holder"),
        ),
        sa.ForeignKeyConstraint(
            ["coordinator_id"],
            ["coordinators.id"],
            name=op.f("fk_purpose_key_holders_coordinator_id"),
        ),
        sa.ForeignKeyConstraint(
            ["purpose_key_id"],
            ["purpose_keys.id"],
            name=op.f("fk_purpose_key_holders_purpose_key_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["recovery_key_id"],
            ["recovery_keys.id"],
            name=op.f("fk_purpose_key_holders_recovery_key_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_purpose_key_holders")),
        sa.UniqueConstraint(
            "purpose_key_id",
            "coordinator_id",
            name=op.f("uq_purpose_key_holders_purpose_key_id_coordinator_id"),
        ),
        sa.UniqueConstraint(
            "purpose_key_id",
            "recovery_key_id",
            name=op.f("uq_purpose_key_holders_purpose_key_id_recovery_key_id"),
        ),
    )
    if rows:
        op.get_bind().execute(holders.insert(), rows)
    # Not in batch mode: dropping a column needs no new table on either database.
    op.drop_column("purpose_keys", "holders")


def _rows_from_text() -> Iterator[dict[str, UUID | None]]:
    connection = op.get_bind()
    known = set(connection.scalars(sa.select(coordinators.c.id)))
    recovery = set(connection.scalars(sa.select(recovery_keys.c.id)))
    for key in connection.execute(sa.select(purpose_keys.c.id, purpose_keys.c.holders)):
        for holder in (UUID(hex=written) for written in key.holders.split()):
            if holder not in known | recovery:
                raise RuntimeError(f"purpose key {key.id} has a holder that is not in this store")
            yield {
                "id": uuid4(),
                "purpose_key_id": key.id,
                "coordinator_id": holder if holder in known else None,
                "recovery_key_id": None if holder in known else holder,
            }


def downgrade_main() -> None:
    connection = op.get_bind()
    by_key: dict[UUID, list[str]] = {}
    for row in connection.execute(sa.select(holders)):
        holder = row.coordinator_id or row.recovery_key_id
        by_key.setdefault(row.purpose_key_id, []).append(holder.hex)
    with op.batch_alter_table("purpose_keys") as batch_op:
        batch_op.add_column(sa.Column("holders", sa.Text(), nullable=False, server_default=""))
    for key_id, found in by_key.items():
        connection.execute(
            purpose_keys.update()
            .where(purpose_keys.c.id == key_id)
            .values(holders=" ".join(sorted(found)))
        )
    with op.batch_alter_table("purpose_keys") as batch_op:
        batch_op.alter_column("holders", server_default=None)
    op.drop_table("purpose_key_holders")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
