"""PostgreSQL vacuums tables of keys as soon as one row is dead

Revision ID: 0017
Revises: 0016
"""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

#: Without these, fifty rows and a fifth of the table stay dead in it before PostgreSQL does anything.
AT_ONCE = {"autovacuum_vacuum_threshold": 0, "autovacuum_vacuum_scale_factor": 0}


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def set_on(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        options = ", ".join(f"{name} = {value}" for name, value in AT_ONCE.items())
        op.execute(f"ALTER TABLE {table} SET ({options})")


def reset_on(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(AT_ONCE)})")


def upgrade_main() -> None:
    pass


def downgrade_main() -> None:
    pass


def upgrade_erasure() -> None:
    set_on("erasure_secrets")
    set_on("purpose_key_seals")


def downgrade_erasure() -> None:
    reset_on("erasure_secrets")
    reset_on("purpose_key_seals")


def upgrade_volatile() -> None:
    set_on("daily_salts")


def downgrade_volatile() -> None:
    reset_on("daily_salts")
