"""events in a place, or with a last day to book: no table changes, and the way back is closed while there are any

Revision ID: 0046
Revises: 0044
"""

import click
import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0044"
branch_labels = None
depends_on = None

#: Nothing is changed. Older code reads every event but those that need what it does not know.
expands_only = True

form_versions = sa.table("form_versions", sa.column("definition", sa.Text()))
#: Keys of a definition that older code refuses. Inside a text their quotes would be escaped.
NEW_KEYS = ('%"held":%', '%"last_day_before":%')


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    pass


def downgrade_main() -> None:
    """Refused where older code could not show its first page: it reads every event for it."""
    new = sa.or_(*(form_versions.c.definition.like(key) for key in NEW_KEYS))
    query = sa.select(sa.func.count()).select_from(form_versions).where(new)
    if found := op.get_bind().scalar(query):
        raise click.ClickException(
            f"{found} events are held in a place, or have a last day to book. The release before cannot read them, so "
            "there is no way back while they are there."
        )


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
