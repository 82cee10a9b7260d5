"""sharing with member organisations: frozen lists of members, shares, and a role that reads them

Revision ID: 0037
Revises: 0036
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from alembic.operations import BatchOperations
from flask import current_app

from webapp.models.authenticated import MAC_COLUMN
from webapp.rules import clock
from webapp.vault.row_macs import row_mac, row_mac_holds

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

KINDS = "'answers', 'contact', 'caller', 'code', 'listed', 'line', 'ways', 'helper', 'searched', 'matched'"
WITHOUT_ROWID = {"sqlite_with_rowid": False}
LOOK = (
    "id",
    "submission_id",
    "looked_on",
    "kind",
    "role",
    "reason",
    "purpose",
    "delete_by",
    "list_look_id",
)
#: The reason as the record has it. Anything else was written by a recipient.
REACH = "To get in touch with them about this work"
BEFORE = "'owner', 'coordinator', 'registrar', 'analyst', 'arranger', 'taker', 'auditor', 'panel'"


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    op.create_table(
        "member_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member_lists")),
        sa.UniqueConstraint("number", name=op.f("uq_member_lists_number")),
    )
    _create_shares()
    _create_shared_contacts()
    # A yes of before was given with no list, and covers no member.
    with op.batch_alter_table("consents", table_kwargs=WITHOUT_ROWID) as batch:
        batch.add_column(sa.Column("member_list_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_consents_member_list_id"), "member_lists", ["member_list_id"], ["id"]
        )
    with op.batch_alter_table("exports") as batch:
        batch.add_column(sa.Column("recipient_id", sa.Uuid(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_exports_recipient_id"), "organisations", ["recipient_id"], ["id"]
        )
    with op.batch_alter_table("role_grants") as batch:
        batch.drop_constraint(op.f("ck_role_grants_role"), type_="check")
        batch.create_check_constraint(
            op.f("ck_role_grants_role"), f"role IN ({BEFORE}, 'recipient')"
        )
        batch.create_check_constraint(
            op.f("ck_role_grants_of_organisation"),
            "role NOT IN ('recipient') OR scope_id IS NOT NULL",
        )
    _change_looks(f"({KINDS}, 'shared')", f"({BEFORE}, 'recipient')", _add_recipient)
    _tell_of_openings()


def _tell_of_openings() -> None:
    """The record of a store that went back has openings whose looks went then: they are told again."""
    entries = _table("audit_entries", "n", "at", "tag", "reason", "subject_id")
    people = _table("submissions", "id")
    looks = _table("looks", *LOOK, MAC_COLUMN)
    told = (
        sa.select(entries.c.n, entries.c.at, entries.c.reason, people.c.id)
        .join(people, people.c.id == entries.c.subject_id)
        .where(entries.c.tag == "shared contact opened")
    )
    for row in op.get_bind().execute(told).all():
        op.execute(sa.insert(looks).values(_look(*row)))


def _look(number: int, at: int, reason: str, submission_id: UUID) -> dict[str, Any]:
    """The row that this entry left, with its MAC."""
    key, of_entry = _row_key(), {"number": number, "submission_id": submission_id}
    row = {
        **dict.fromkeys(LOOK),
        "id": UUID(bytes=row_mac(key, "look of an entry", of_entry)[:16]),
        "submission_id": submission_id,
        "looked_on": clock.day_of(datetime.fromtimestamp(at, UTC)),
        "kind": "shared",
        "role": "recipient",
        "reason": "reach" if reason == REACH or reason.startswith(f"{REACH}: ") else "other",
    }
    return {**row, MAC_COLUMN: row_mac(key, "looks", row)}


def _table(name: str, *columns: str) -> sa.Table:
    """With the types of the models: a database does not know a day from a text. Enums are the text that is stored."""
    typed = current_app.extensions["migrate"].db.metadata.tables[name].columns
    enums = ("kind", "role")
    types = {one: sa.String() if one in enums else typed[one].type for one in columns}
    return sa.Table(name, sa.MetaData(), *(sa.Column(one, kind) for one, kind in types.items()))


def _row_key() -> bytes:
    key: bytes = current_app.extensions["hearth_settings"].row_key
    return key


def _add_recipient(batch: BatchOperations) -> None:
    batch.add_column(sa.Column("recipient_id", sa.Uuid(), nullable=True))
    batch.create_foreign_key(
        op.f("fk_looks_recipient_id"), "organisations", ["recipient_id"], ["id"]
    )


def _drop_recipient(batch: BatchOperations) -> None:
    batch.drop_constraint(op.f("fk_looks_recipient_id"), type_="foreignkey")
    batch.drop_column("recipient_id")


def _change_looks(kinds: str, roles: str, change: Callable[[BatchOperations], None]) -> None:
    with op.batch_alter_table("looks", table_kwargs=WITHOUT_ROWID) as batch:
        batch.drop_constraint(op.f("ck_looks_kind"), type_="check")
        batch.create_check_constraint(op.f("ck_looks_kind"), f"kind IN {kinds}")
        batch.drop_constraint(op.f("ck_looks_role"), type_="check")
        batch.create_check_constraint(op.f("ck_looks_role"), f"role IN {roles}")
        change(batch)


def _create_shares() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("period_id", sa.Uuid(), nullable=False),
        sa.Column("shared_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisations.id"], name=op.f("fk_shares_organisation_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_shares_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shares")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shares_submission", "shares", ["submission_id"])
    op.create_index(
        "uq_shares_going_on",
        "shares",
        ["submission_id", "organisation_id"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL"),
        postgresql_where=sa.text("ended_on IS NULL"),
    )


def _create_shared_contacts() -> None:
    op.create_table(
        "shared_contacts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("share_id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("organisation_id", sa.Uuid(), nullable=False),
        sa.Column("part_id", sa.Uuid(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("form_version", sa.Integer(), nullable=False),
        sa.Column("secret_id", sa.Uuid(), nullable=False),
        sa.Column("envelope", sa.LargeBinary(), nullable=False),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"],
            ["organisations.id"],
            name=op.f("fk_shared_contacts_organisation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["share_id"], ["shares.id"], name=op.f("fk_shared_contacts_share_id")
        ),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_shared_contacts_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shared_contacts")),
        sa.UniqueConstraint("secret_id", name=op.f("uq_shared_contacts_secret_id")),
        sa.UniqueConstraint("share_id", name=op.f("uq_shared_contacts_share_id")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_shared_contacts_part", "shared_contacts", ["part_id"])
    op.create_index(
        "ix_shared_contacts_person",
        "shared_contacts",
        ["submission_id", "organisation_id", "share_id", "part_id", "epoch"],
    )


def downgrade_main() -> None:
    """Older code shares nothing: recipients lose their role, what was shared ends, and its secrets are swept.

    Open invitations of recipients end. Looks of what they opened go, and are told again from the record after another
    upgrade.

    A yes that was given with a list is a yes without one there, and after another upgrade covers no member.
    """
    _sign_without("consents", "member_list_id", ("submission_id", "purpose", "n"))
    _sign_without("looks", "recipient_id", ("id",))
    op.execute(
        sa.text(
            "DELETE FROM purpose_key_holders WHERE purpose_key_id IN"
            " (SELECT id FROM purpose_keys WHERE purpose = 'shared')"
        )
    )
    op.execute(sa.text("DELETE FROM purpose_keys WHERE purpose = 'shared'"))
    op.execute(sa.text("DELETE FROM role_grants WHERE role = 'recipient'"))
    # Older code could not read which role such an invitation is for, and would show no people at all.
    op.execute(sa.text("DELETE FROM invitations WHERE roles LIKE '%\"recipient\"%'"))
    op.execute(sa.text("DELETE FROM looks WHERE kind = 'shared' OR role = 'recipient'"))
    _change_looks(f"({KINDS})", f"({BEFORE})", _drop_recipient)
    with op.batch_alter_table("role_grants") as batch:
        batch.drop_constraint(op.f("ck_role_grants_of_organisation"), type_="check")
        batch.drop_constraint(op.f("ck_role_grants_role"), type_="check")
        batch.create_check_constraint(op.f("ck_role_grants_role"), f"role IN ({BEFORE})")
    with op.batch_alter_table("exports") as batch:
        batch.drop_constraint(op.f("fk_exports_recipient_id"), type_="foreignkey")
        batch.drop_column("recipient_id")
    with op.batch_alter_table("consents", table_kwargs=WITHOUT_ROWID) as batch:
        batch.drop_constraint(op.f("fk_consents_member_list_id"), type_="foreignkey")
        batch.drop_column("member_list_id")
    op.drop_index("ix_shared_contacts_person", table_name="shared_contacts")
    op.drop_index("ix_shared_contacts_part", table_name="shared_contacts")
    op.drop_table("shared_contacts")
    op.drop_index("uq_shares_going_on", table_name="shares")
    op.drop_index("ix_shares_submission", table_name="shares")
    op.drop_table("shares")
    op.drop_table("member_lists")


def _sign_without(name: str, column: str, key: tuple[str, ...]) -> None:
    """A row is under the MAC of all its columns that have a value. A false one stays false."""
    there = [one["name"] for one in sa.inspect(op.get_bind()).get_columns(name)]
    table, bind = _table(name, *there), op.get_bind()
    with_value = sa.select(table).where(table.c[column].is_not(None))
    for found in bind.execute(with_value).mappings().all():
        row = dict(found)
        mac = row.pop(MAC_COLUMN)
        if not row_mac_holds(_row_key(), name, row, mac):
            continue
        row[column] = None
        this = [table.c[one] == row[one] for one in key]
        changed = {column: None, MAC_COLUMN: row_mac(_row_key(), name, row)}
        bind.execute(sa.update(table).where(*this).values(changed))


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
