"""${message}

Revision ID: ${up_revision}
Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}
# True where older code neither needs nor notices what this adds (tests/architecture/test_expanding_migrations.py).
expands_only = False


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()

% for store in ("main", "erasure", "volatile"):

def upgrade_${store}() -> None:
    ${context.get(f"{store}_upgrades", "pass")}


def downgrade_${store}() -> None:
    ${context.get(f"{store}_downgrades", "pass")}

% endfor
