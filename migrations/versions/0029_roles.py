"""roles, member organisations with their periods, and invitations to the desk

Revision ID: 0029
Revises: 0028
"""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from alembic import op
from flask import current_app

from webapp.models.authenticated import MAC_COLUMN
from webapp.vault.row_macs import row_mac, row_mac_holds

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

#: What every account of before this could do: everything. Opening answers was never the owner's as such.
BEFORE = ("owner", "coordinator")


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "organisation_periods",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("standing", sa.String(length=10), nullable=False),
        sa.Column("began_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "ended_on IS NULL OR ended_on >= began_on", name=op.f("ck_organisation_periods_order")
        ),
        sa.CheckConstraint(
            "standing IN ('member', 'host', 'chair')", name=op.f("ck_organisation_periods_standing")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_organisation_periods_organisation_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_periods")),
    )
    op.create_index(
        "uq_organisation_periods_going_on",
        "organisation_periods",
        ["organisation_id", "standing"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "invitations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lookup", sa.LargeBinary(length=32), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["made_by"], ["coordinators.id"], name=op.f("fk_invitations_made_by")
        ),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_invitations_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("lookup", name=op.f("uq_invitations_lookup")),
    )
    op.create_table(
        "role_grants",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("coordinator_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("scope_id", sa.Uuid(), nullable=True),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(
            "role IN ('owner', 'coordinator', 'registrar', 'analyst', 'arranger', 'taker', 'auditor', 'panel')",
            name=op.f("ck_role_grants_role"),
        ),
        sa.CheckConstraint(
            "role NOT IN ('auditor', 'owner', 'panel') OR scope_id IS NULL",
            name=op.f("ck_role_grants_whole"),
        ),
        sa.ForeignKeyConstraint(
            ["coordinator_id"], ["coordinators.id"], name=op.f("fk_role_grants_coordinator_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_role_grants")),
        sa.UniqueConstraint(
            "coordinator_id",
            "role",
            "scope_id",
            name=op.f("uq_role_grants_coordinator_id_role_scope_id"),
        ),
    )
    op.create_index(
        "uq_role_grants_everywhere",
        "role_grants",
        ["coordinator_id", "role"],
        unique=True,
        sqlite_where=sa.text("scope_id IS NULL"),
        postgresql_where=sa.text("scope_id IS NULL"),
    )
    _sign_organisations()
    accounts = _all("coordinators")
    with op.batch_alter_table("coordinators") as batch:
        batch.add_column(sa.Column("left_on", sa.Date(), nullable=True))
        batch.drop_constraint(op.f("ck_coordinators_role"), type_="check")
        batch.drop_column("role")
    for account in accounts:
        _give_roles(account)


def _sign_organisations() -> None:
    """What is there is believed, once: until now their names were shown nowhere. Each has been host and member."""
    with op.batch_alter_table("organisations") as batch:
        batch.add_column(sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=True))
    since = {one["organisation_id"]: one["created_on"] for one in _all("coordinators")}
    for row in _all("organisations"):
        del row[MAC_COLUMN]
        _sign("organisations", row)
        for standing in ("member", "host"):
            period = {
                "id": uuid4(),
                "organisation_id": row["id"],
                "standing": standing,
                "began_on": since[row["id"]],
                "ended_on": None,
            }
            _insert("organisation_periods", period)
    with op.batch_alter_table("organisations") as batch:
        batch.alter_column(MAC_COLUMN, existing_type=sa.LargeBinary(length=32), nullable=False)


def _give_roles(account: dict[str, Any]) -> None:
    """The account under a MAC without its role, which becomes rows of its own. A false account stays false."""
    mac, role = account.pop(MAC_COLUMN), account.pop("role")
    key = current_app.extensions["hearth_settings"].row_key
    # Where all migrations run at once, the MAC was made without the role.
    if not (
        row_mac_holds(key, "coordinators", {**account, "role": role}, mac)
        or row_mac_holds(key, "coordinators", account, mac)
    ):
        return
    _sign("coordinators", {**account, "left_on": None})
    for one in BEFORE:
        given = {
            "id": uuid4(),
            "coordinator_id": account["id"],
            "role": one,
            "scope_id": None,
            "given_on": account["created_on"],
        }
        _insert("role_grants", given)


def downgrade_main() -> None:
    """Older code knows one role. A person who could open something can then open it still, and manage everything."""
    accounts = _all("coordinators")
    with op.batch_alter_table("coordinators") as batch:
        batch.add_column(
            sa.Column("role", sa.String(length=20), nullable=False, server_default="owner")
        )
        batch.drop_column("left_on")
        batch.create_check_constraint(op.f("ck_coordinators_role"), "role IN ('owner')")
    with op.batch_alter_table("coordinators") as batch:
        batch.alter_column("role", existing_type=sa.String(length=20), server_default=None)
    key = current_app.extensions["hearth_settings"].row_key
    for account in accounts:
        mac = account.pop(MAC_COLUMN)
        if row_mac_holds(key, "coordinators", account, mac):
            del account["left_on"]
            _sign("coordinators", {**account, "role": "owner"})
    with op.batch_alter_table("organisations") as batch:
        batch.drop_column(MAC_COLUMN)
    op.drop_index("uq_role_grants_everywhere", table_name="role_grants")
    op.drop_table("role_grants")
    op.drop_table("invitations")
    op.drop_index("uq_organisation_periods_going_on", table_name="organisation_periods")
    op.drop_table("organisation_periods")


def _sign(name: str, row: Mapping[str, Any]) -> None:
    key = current_app.extensions["hearth_settings"].row_key
    table = _table(name)
    change = sa.update(table).where(table.c.id == row["id"])
    op.get_bind().execute(change.values({MAC_COLUMN: row_mac(key, name, row)}))


def _insert(name: str, row: Mapping[str, Any]) -> None:
    key = current_app.extensions["hearth_settings"].row_key
    signed = {**row, MAC_COLUMN: row_mac(key, name, row)}
    op.get_bind().execute(sa.insert(_table(name)).values(signed))


def _all(name: str) -> list[dict[str, Any]]:
    return [dict(row) for row in op.get_bind().execute(sa.select(_table(name))).mappings()]


def _table(name: str) -> sa.Table:
    """The columns that there are now, with the types of the models: a database does not know a day from a text."""
    typed = current_app.extensions["migrate"].db.metadata.tables[name]
    there = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(name)]
    columns = [sa.Column(one, _type_of(typed, one)) for one in there]
    return sa.Table(name, sa.MetaData(), *columns)


def _type_of(typed: sa.Table, name: str) -> Any:
    # The column that this takes away is in no model any more.
    return typed.columns[name].type if name in typed.columns else sa.String(length=20)


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
