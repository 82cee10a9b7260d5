"""invitations that reset an account which is there already

Revision ID: 0036
Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    """Rows of before hold: a column without a value is not under the MAC."""
    with op.batch_alter_table("invitations") as batch:
        batch.add_column(sa.Column("account_id", sa.Uuid(), nullable=True))
        batch.add_column(sa.Column("account_key_mac", sa.LargeBinary(length=32), nullable=True))
        batch.create_check_constraint(
            op.f("ck_invitations_account"), "(account_id IS NULL) = (account_key_mac IS NULL)"
        )
        batch.create_foreign_key(
            op.f("fk_invitations_account_id"), "coordinators", ["account_id"], ["id"]
        )
        batch.create_unique_constraint(op.f("uq_invitations_account_id"), ["account_id"])


def downgrade_main() -> None:
    """Links of accounts end: older code would make new accounts with them, if their MACs held."""
    invitations = sa.table("invitations", sa.column("account_id"))
    op.execute(sa.delete(invitations).where(invitations.c.account_id.is_not(None)))
    with op.batch_alter_table("invitations") as batch:
        batch.drop_constraint(op.f("uq_invitations_account_id"), type_="unique")
        batch.drop_constraint(op.f("fk_invitations_account_id"), type_="foreignkey")
        batch.drop_constraint(op.f("ck_invitations_account"), type_="check")
        batch.drop_column("account_key_mac")
        batch.drop_column("account_id")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
