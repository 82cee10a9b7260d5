"""records sealed anew to newer keys: a work list, a kind of look, and indexes by which older epochs are counted

Revision ID: 0041
Revises: 0040
"""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

KINDS = "'answers', 'contact', 'caller', 'code', 'listed', 'line', 'ways', 'helper', 'searched', 'matched', 'shared'"


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "resealings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("purpose", sa.String(length=20), nullable=False),
        sa.Column("asked_by", sa.Uuid(), nullable=False),
        sa.Column("asked_on", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("left_as_they_are", sa.Integer(), nullable=True),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("row_mac", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["asked_by"], ["coordinators.id"], name=op.f("fk_resealings_asked_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_resealings")),
    )
    op.create_index(
        "uq_resealings_waiting",
        "resealings",
        ["owner_id", "purpose"],
        unique=True,
        sqlite_where=sa.text("done_on IS NULL"),
        postgresql_where=sa.text("done_on IS NULL"),
    )
    op.create_index("ix_parts_epoch", "parts", ["call_id", "purpose", "epoch"])
    op.create_index(
        "ix_registration_parts_epoch", "registration_parts", ["event_id", "purpose", "epoch"]
    )
    _change_kinds(f"({KINDS}, 'resealed')")


def downgrade_main() -> None:
    """Looks that older code has no words for go. What was sealed anew opens there as it does here."""
    op.execute(sa.text("DELETE FROM looks WHERE kind = 'resealed'"))
    _change_kinds(f"({KINDS})")
    op.drop_index("ix_registration_parts_epoch", table_name="registration_parts")
    op.drop_index("ix_parts_epoch", table_name="parts")
    op.drop_index("uq_resealings_waiting", table_name="resealings")
    op.drop_table("resealings")


def _change_kinds(kinds: str) -> None:
    with op.batch_alter_table("looks", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_constraint(op.f("ck_looks_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_looks_kind"), f"kind IN {kinds}")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
