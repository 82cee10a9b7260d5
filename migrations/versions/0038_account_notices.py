"""security notifications: how far the record was looked at for each coordinator with an address

Revision ID: 0038
Revises: 0037
"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    with op.batch_alter_table("news_wishes", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.add_column(sa.Column("noticed_n", sa.Integer(), nullable=True))
        batch.drop_constraint(op.f("ck_news_wishes_every_days"), type_="check")
        batch.create_check_constraint(op.f("ck_news_wishes_every_days"), "every_days IN (0, 1, 7)")
    # What was done before is no news.
    op.execute("UPDATE news_wishes SET noticed_n = (SELECT n FROM audit_head)")
    with op.batch_alter_table("news_wishes", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.alter_column("noticed_n", nullable=False)


def downgrade_main() -> None:
    op.execute("UPDATE news_wishes SET every_days = 7 WHERE every_days = 0")
    with op.batch_alter_table("news_wishes", table_kwargs={"sqlite_with_rowid": False}) as batch:
        batch.drop_constraint(op.f("ck_news_wishes_every_days"), type_="check")
        batch.create_check_constraint(op.f("ck_news_wishes_every_days"), "every_days IN (1, 7)")
        batch.drop_column("noticed_n")


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
