"""kinds of question that older code cannot read: no table changes, and the way back is closed while a form has one

Revision ID: 0048
Revises: 0047
"""

import click
import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

#: Nothing is changed. Older code reads every form but those that have what it does not know.
expands_only = True

form_versions = sa.table("form_versions", sa.column("definition", sa.Text()))
#: Of a definition that older code refuses. Inside a text their quotes would be escaped.
NEW = ('%"kind":"number"%', '%"kind":"ranking"%', '%"other":{%')


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    pass


def downgrade_main() -> None:
    """Refused where older code could not show its first page: it reads every call for it."""
    new = sa.or_(*(form_versions.c.definition.like(one) for one in NEW))
    query = sa.select(sa.func.count()).select_from(form_versions).where(new)
    if found := op.get_bind().scalar(query):
        raise click.ClickException(
            f"{found} forms ask for a number, for what comes first, or for something else. The release before cannot "
            "read them, so there is no way back while they are there."
        )


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
