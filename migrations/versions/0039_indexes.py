"""indexes by which pages and chores read no more than they show or change

Revision ID: 0039
Revises: 0038
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

UNSENT = "state IN ('waiting', 'claimed')"
LISTED = (
    "call_id",
    "received_on",
    "id",
    "set_aside_id",
    "first_opened_on",
    "language",
    "typed_by",
    "answers_changed_on",
    "contact_changed_on",
    "do_not_contact_on",
)
#: Name, table, columns.
NEW = (
    ("ix_submissions_listed", "submissions", LISTED),
    ("ix_parts_due", "parts", ("due_on", "call_id", "purpose", "id", "submission_id")),
    ("ix_own_copies_due", "own_copies", ("due_on", "id", "purpose", "submission_id")),
    ("ix_registrations_received_on", "registrations", ("received_on",)),
    ("ix_shared_contacts_organisation", "shared_contacts", ("organisation_id",)),
    ("ix_outbox_due", "outbox", ("state", "not_before")),
    ("ix_outbox_finished_on", "outbox", ("finished_on",)),
    ("ix_audit_entries_at", "audit_entries", ("at",)),
    ("ix_audit_entries_actor", "audit_entries", ("actor", "tag", "at")),
    ("ix_audit_notes_on", "audit_notes", ("on", "subject_id")),
)
OLD = (
    ("ix_submissions_call", "submissions", ("call_id",)),
    ("ix_submissions_set_aside_id", "submissions", ("set_aside_id",)),
    ("ix_parts_due_on", "parts", ("due_on",)),
    ("ix_own_copies_due_on", "own_copies", ("due_on",)),
)
#: And the condition, on SQLite and on PostgreSQL.
NEW_PARTIAL = (
    (
        "ix_submissions_unread",
        "submissions",
        ("call_id", "received_on", "id"),
        *["first_opened_on IS NULL AND set_aside_id IS NULL"] * 2,
    ),
    *(
        (f"ix_submissions_{column}", "submissions", (column,), *[f"{column} IS NOT NULL"] * 2)
        for column in (
            "set_aside_id",
            "answers_changed_on",
            "contact_changed_on",
            "do_not_contact_on",
        )
    ),
    (
        "ix_consents_granted",
        "consents",
        ("purpose", "member_list_id", "submission_id"),
        "granted = 1",
        "granted",
    ),
    ("ix_consents_withdrawn", "consents", ("changed_on",), "granted = 0", "NOT granted"),
    (
        "ix_registrations_with_address",
        "registrations",
        ("event_id",),
        *["mail_secret_id IS NOT NULL"] * 2,
    ),
    ("ix_tombstones_waiting", "tombstones", ("id",), "done = 0", "NOT done"),
)
OLD_PARTIAL = (
    ("ix_tombstones_waiting", "tombstones", ("id",), "NOT done", "NOT done"),
    ("ix_outbox_due", "outbox", ("not_before",), UNSENT, UNSENT),
)


def upgrade(store: str) -> None:
    globals()[f"upgrade_{store}"]()


def downgrade(store: str) -> None:
    globals()[f"downgrade_{store}"]()


def _create(whole: tuple, partial: tuple) -> None:
    for name, table, columns in whole:
        op.create_index(name, table, list(columns))
    for name, table, columns, on_sqlite, on_postgresql in partial:
        where = {"sqlite_where": sa.text(on_sqlite), "postgresql_where": sa.text(on_postgresql)}
        op.create_index(name, table, list(columns), **where)


def _drop(whole: tuple, partial: tuple) -> None:
    for name, table, *_ in (*whole, *partial):
        op.drop_index(name, table_name=table)


def upgrade_main() -> None:
    _drop(OLD, OLD_PARTIAL)
    _create(NEW, NEW_PARTIAL)


def downgrade_main() -> None:
    _drop(NEW, NEW_PARTIAL)
    _create(OLD, OLD_PARTIAL)


def upgrade_erasure() -> None:
    op.drop_index("ix_erasure_secrets_made_on", table_name="erasure_secrets")


def downgrade_erasure() -> None:
    op.create_index("ix_erasure_secrets_made_on", "erasure_secrets", ["made_on"])


def upgrade_volatile() -> None:
    op.create_index("ix_rate_buckets_full_at", "rate_buckets", ["full_at"])


def downgrade_volatile() -> None:
    op.drop_index("ix_rate_buckets_full_at", table_name="rate_buckets")
