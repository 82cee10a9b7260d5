"""a booking is a request until its e-mail address is confirmed

Revision ID: 0021
Revises: 0020
"""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

WITH_SEAT = "state IN ('offered', 'confirmed', 'attended', 'no_show')"
BEFORE = f"{WITH_SEAT} OR state IN ('applied', 'waiting', 'declined', 'cancelled')"
AFTER = f"{WITH_SEAT} OR state IN ('requested', 'applied', 'waiting', 'declined', 'cancelled')"


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    _states(AFTER)


def downgrade_main() -> None:
    # The version before knows no requests. They hold nothing, and go on the day on which they lapse, as cancelled ones.
    op.execute("UPDATE registrations SET state = 'cancelled' WHERE state = 'requested'")
    # Nor does it know the mail that asks for the confirmation.
    op.execute("DELETE FROM outbox WHERE kind = 'confirm_address'")
    _states(BEFORE)


def _states(allowed: str) -> None:
    with op.batch_alter_table("registrations") as batch_op:
        batch_op.drop_constraint(op.f("ck_registrations_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_registrations_state"), allowed)


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
