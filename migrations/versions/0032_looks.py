"""looks at a person's data, for that person; the capacity in which a coordinator acted, in the record

Revision ID: 0032
Revises: 0030
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op
from flask import current_app

from webapp.models.authenticated import MAC_COLUMN
from webapp.rules import clock
from webapp.vault.row_macs import row_mac

revision = "0032"
down_revision = "0030"
branch_labels = None
depends_on = None

BATCH = 500
KINDS = "('answers', 'contact', 'caller', 'code', 'listed', 'line', 'ways', 'helper', 'searched', 'matched')"
ROLES = "('owner', 'coordinator', 'registrar', 'analyst', 'arranger', 'taker', 'auditor', 'panel')"
#: What everyone who could open something was, until now.
ROLE = "coordinator"
#: Entries of the record that name one person, with what they leave.
OF_ENTRY = MappingProxyType(
    {
        "answers opened": "answers",
        "contact opened": "contact",
        "contact opened for a caller": "caller",
        "new code for a caller": "code",
    }
)
#: The reasons as the record has them. Anything else was written by a coordinator.
REASONS = MappingProxyType(
    {
        "To write the report": "report",
        "To check what we wrote": "check",
        "To ask about what they wrote": "ask",
        "To invite them to a meeting": "invite",
        "To pass their details on to a member charity": "share",
        "Someone may be in danger": "danger",
    }
)
#: The reason of a list follows from its purpose.
OF_PURPOSE = MappingProxyType({"contact_me": "ask", "invite": "invite", "share": "share"})


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def upgrade_main() -> None:
    # Entries made before have none. Their MACs stay valid: an absent capacity adds nothing to what a MAC covers.
    op.add_column("audit_entries", sa.Column("capacity", sa.Text(), nullable=True))
    op.create_table(
        "looks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("submission_id", sa.Uuid(), nullable=False),
        sa.Column("looked_on", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("purpose", sa.String(length=40), nullable=True),
        sa.Column("delete_by", sa.Date(), nullable=True),
        sa.Column("list_look_id", sa.Uuid(), nullable=True),
        sa.Column(MAC_COLUMN, sa.LargeBinary(length=32), nullable=False),
        sa.CheckConstraint(f"kind IN {KINDS}", name=op.f("ck_looks_kind")),
        sa.CheckConstraint(f"role IN {ROLES}", name=op.f("ck_looks_role")),
        sa.ForeignKeyConstraint(
            ["submission_id"], ["submissions.id"], name=op.f("fk_looks_submission_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_looks_submission_id"), "looks", ["submission_id"])
    # What was opened before is told, too, as far as the record names the person: a search for a caller does not.
    for rows in _in_batches([*_of_entries(), *_of_lines(), *_crossed_out()]):
        op.get_bind().execute(sa.insert(_table("looks")), rows)


def downgrade_main() -> None:
    """Entries of the record with a capacity do not verify in older code, which does not read it."""
    op.drop_index(op.f("ix_looks_submission_id"), table_name="looks")
    op.drop_table("looks")
    op.drop_column("audit_entries", "capacity")


def _of_entries() -> Iterator[dict[str, Any]]:
    entries, people = _table("audit_entries"), _table("submissions")
    here = sa.select(entries.c.n, entries.c.at, entries.c.tag, entries.c.reason, people.c.id)
    query = here.join(people, people.c.id == entries.c.subject_id)
    for row in _all(query.where(entries.c.tag.in_(OF_ENTRY))):
        kind = OF_ENTRY[row["tag"]]
        look_id = _derived("look of an entry", number=row["n"], submission_id=row["id"])
        why = _key_of(row["reason"]) if kind in ("answers", "contact") else None
        yield _look(look_id, row["id"], _day(row["at"]), kind, reason=why)


def _of_lines() -> Iterator[dict[str, Any]]:
    lists, lines, people = _table("exports"), _table("exported_submissions"), _table("submissions")
    query = (
        sa.select(lists, lines.c.submission_id)
        .join(lines, lines.c.export_id == lists.c.id)
        .join(people, people.c.id == lines.c.submission_id)
    )
    for row in _all(query):
        yield _look(
            _line_id(row["id"], row["submission_id"]),
            row["submission_id"],
            row["made_on"],
            "listed",
            reason=_key_of_list(row),
            purpose=row["purpose"],
            delete_by=row["delete_by"],
        )


def _crossed_out() -> Iterator[dict[str, Any]]:
    crossed, people = _table("crossed_out"), _table("submissions")
    for row in _all(sa.select(crossed).join(people, people.c.id == crossed.c.submission_id)):
        export_id, person, on = row["export_id"], row["submission_id"], row["crossed_on"]
        look_id = _derived(
            "look of crossing out",
            export_id=export_id,
            submission_id=person,
            kind=row["kind"],
            on_day=on,
        )
        yield _look(look_id, person, on, row["kind"], list_look_id=_line_id(export_id, person))


def _line_id(export_id: UUID, submission_id: UUID) -> UUID:
    return _derived("look of a line", export_id=export_id, submission_id=submission_id)


def _look(
    look_id: UUID, submission_id: UUID, on: date, kind: str, **more: str | date | UUID | None
) -> dict[str, Any]:
    """A row with its MAC."""
    row = {
        "id": look_id,
        "submission_id": submission_id,
        "looked_on": on,
        "kind": kind,
        "role": ROLE,
        "reason": None,
        "purpose": None,
        "delete_by": None,
        "list_look_id": None,
        **more,
    }
    return {**row, MAC_COLUMN: row_mac(_row_key(), "looks", row)}


def _derived(name: str, **values: Any) -> UUID:
    return UUID(bytes=row_mac(_row_key(), name, values)[:16])


def _row_key() -> bytes:
    key: bytes = current_app.extensions["hearth_settings"].row_key
    return key


def _key_of(recorded: str) -> str:
    """The key of a reason, to which a coordinator may have added words of their own."""
    for words, key in REASONS.items():
        if recorded == words or recorded.startswith(f"{words}: "):
            return key
    return "other"


def _key_of_list(row: Mapping[str, Any]) -> str:
    if row["outside_permission"]:
        return "other"
    return OF_PURPOSE.get(row["purpose"], f"purpose:{row['purpose']}")


def _day(at: int) -> date:
    return clock.day_of(datetime.fromtimestamp(at, UTC))


def _all(query: sa.Select[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in op.get_bind().execute(query).mappings()]


def _in_batches(rows: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


def _table(name: str) -> sa.Table:
    """The columns that there are now, with the types of the models: a database does not know a day from a text."""
    typed = current_app.extensions["migrate"].db.metadata.tables[name].columns
    there = [column["name"] for column in sa.inspect(op.get_bind()).get_columns(name)]
    columns = [sa.Column(one, _type_of(typed, one)) for one in there if one in typed]
    return sa.Table(name, sa.MetaData(), *columns)


def _type_of(typed: Mapping[str, Any], name: str) -> Any:
    """Enums as the text that is stored."""
    return sa.String() if name in ("kind", "role") else typed[name].type


def upgrade_erasure() -> None:
    pass


def downgrade_erasure() -> None:
    pass


def upgrade_volatile() -> None:
    pass


def downgrade_volatile() -> None:
    pass
