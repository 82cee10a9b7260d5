"""Least privilege on PostgreSQL: the grants of each role on each table. Deny by default.

Three processes with a configuration each would be worth little if all of them signed in to the database as its owner:
an attacker in the public process could then read key slots and sealed private keys. So each process has a role of its
own, which may do with each table only what its work needs. A table that is not in the list below may be used by its
owner alone; a test compares the list with the models.

Known limits: to lock a row, PostgreSQL asks for the right to update at least one column of it. Where a process only
locks, it is given that right on the `id` alone, which no row can change without losing its authentication.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from webapp.services.infrastructure import stores, table_rewrites
from webapp.services.infrastructure.stores import Store

#: As the users of the operating system are called in the manual: PostgreSQL then knows them without a password.
ROLES: Final[Mapping[str, str]] = MappingProxyType(
    {"public": "hearth-public", "desk": "hearth-desk", "worker": "hearth-worker"}
)
NOTHING: Final = ""
#: Before a secret is deleted, nothing that is kept may need it any more.
WHICH_SECRETS: Final = "SELECT (secret_id)"
READ: Final = "SELECT"
READ_AND_LOCK: Final = "SELECT, UPDATE (id)"
ADD: Final = "SELECT, INSERT"
#: Append-only: a consent is never rewritten, and a withdrawal is another row. Rows go when their submission is erased.
APPEND: Final = "SELECT, INSERT, DELETE"
CHANGE: Final = "SELECT, INSERT, UPDATE"
ALL: Final = "SELECT, INSERT, UPDATE, DELETE"


@dataclass(frozen=True)
class Rights:
    """What each process may do with one table."""

    public: str
    desk: str
    worker: str

    def of(self, process: str) -> str:
        """The rights of this process, as SQL names them; empty for none."""
        return str(getattr(self, process))


#: Every table of every store. The record can be added to and read by the desk and the worker, and changed by no role.
RIGHTS: Final[Mapping[Store, Mapping[str, Rights]]] = MappingProxyType(
    {
        "main": {
            "calls": Rights(public=READ_AND_LOCK, desk=CHANGE, worker=READ_AND_LOCK),
            "form_versions": Rights(public=READ, desk=ADD, worker=READ),
            "published_versions": Rights(public=NOTHING, desk=ADD, worker=READ),
            "consent_statements": Rights(public=READ, desk=ADD, worker=READ),
            # What people are told became of a call outlives their answers: no process may delete it.
            "tell_backs": Rights(public=READ, desk=CHANGE, worker=READ),
            "tell_back_texts": Rights(public=READ, desk=CHANGE, worker=READ),
            "call_drafts": Rights(public=NOTHING, desk=ALL, worker=READ),
            "call_draft_versions": Rights(public=NOTHING, desk=ALL, worker=READ),
            "version_drafts": Rights(public=NOTHING, desk=ALL, worker=READ),
            "organisations": Rights(public=READ, desk=CHANGE, worker=READ),
            "organisation_periods": Rights(public=READ, desk=ALL, worker=READ),
            "invitations": Rights(public=NOTHING, desk=ALL, worker="SELECT, DELETE"),
            "member_lists": Rights(public=READ, desk=ADD, worker=ADD),
            # The public door ends sharing, and cannot begin it.
            "shares": Rights(public="SELECT, UPDATE, DELETE", desk=ALL, worker=ALL),
            "shared_contacts": Rights(public="SELECT, DELETE", desk=ALL, worker=ALL),
            "key_rotations": Rights(public=NOTHING, desk=CHANGE, worker=READ),
            "resealings": Rights(public=NOTHING, desk=CHANGE, worker=READ),
            "role_grants": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
            "coordinators": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
            "ended_desk_visits": Rights(public=NOTHING, desk=ADD, worker="SELECT, DELETE"),
            "failed_sign_ins": Rights(public=NOTHING, desk=CHANGE, worker="SELECT, DELETE"),
            "slots": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
            "passkeys": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
            # `renew-recovery` and `rehearse-recovery` take the desk's configuration, and put away the key before.
            "recovery_keys": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
            "recovery_pairs": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
            "purpose_keys": Rights(public=READ, desk=ALL, worker=ALL),
            "purpose_key_holders": Rights(public=READ, desk=APPEND, worker=NOTHING),
            "events": Rights(public=READ_AND_LOCK, desk=CHANGE, worker=CHANGE),
            "event_counts": Rights(public=ALL, desk=ALL, worker=ALL),
            "registrations": Rights(public=ALL, desk=ALL, worker=ALL),
            "registration_parts": Rights(public=ALL, desk=ALL, worker=ALL),
            "outbox": Rights(public=ALL, desk=ALL, worker=ALL),
            "set_asides": Rights(public=NOTHING, desk=CHANGE, worker=READ),
            "submissions": Rights(public=ALL, desk=ALL, worker=ALL),
            "parts": Rights(public=ALL, desk=ALL, worker=ALL),
            "waiting_parts": Rights(public=APPEND, desk=APPEND, worker=ALL),
            "own_copies": Rights(public=ALL, desk=ALL, worker=ALL),
            "consents": Rights(public=APPEND, desk=APPEND, worker=APPEND),
            "looks": Rights(public="SELECT, DELETE", desk=APPEND, worker=APPEND),
            "return_drafts": Rights(public=ALL, desk=ALL, worker=ALL),
            "tombstones": Rights(public=ALL, desk=ALL, worker=ALL),
            "audit_notes": Rights(public="INSERT", desk=ALL, worker=ALL),
            "audit_entries": Rights(public=NOTHING, desk=ADD, worker=ADD),
            "audit_head": Rights(public=NOTHING, desk="SELECT, UPDATE", worker="SELECT, UPDATE"),
            "record_checks": Rights(public=NOTHING, desk=CHANGE, worker=CHANGE),
            "exports": Rights(public=NOTHING, desk=ALL, worker=ALL),
            "exported_submissions": Rights(public=NOTHING, desk=ALL, worker=ALL),
            "crossed_out": Rights(public=NOTHING, desk=ALL, worker=ALL),
            "list_findings": Rights(public=NOTHING, desk=READ, worker=ALL),
            "list_rounds": Rights(public=NOTHING, desk=READ, worker=ALL),
            "entry_drafts": Rights(public=WHICH_SECRETS, desk=ALL, worker=ALL),
            "event_messages": Rights(public=READ, desk=ALL, worker=ALL),
            "language_offers": Rights(public=READ, desk=ALL, worker=READ),
            "text_reviews": Rights(public=READ, desk=ALL, worker=READ),
            "text_notes": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
            "news_wishes": Rights(public=WHICH_SECRETS, desk=ALL, worker=ALL),
            "worker_clock": Rights(public=NOTHING, desk=CHANGE, worker=CHANGE),
            "row_checks": Rights(public=NOTHING, desk=READ, worker=ALL),
        },
        "erasure": {
            "erasure_secrets": Rights(public=ALL, desk=ALL, worker=ALL),
            "purpose_key_seals": Rights(public=NOTHING, desk=ALL, worker=NOTHING),
        },
        "volatile": {
            "public_visits": Rights(public=ALL, desk=NOTHING, worker="SELECT, DELETE"),
            "desk_visits": Rights(public=NOTHING, desk=ALL, worker="SELECT, DELETE"),
            "session_keyrings": Rights(public=NOTHING, desk=ALL, worker="SELECT, DELETE"),
            "rate_buckets": Rights(public=ALL, desk=ALL, worker=ALL),
            "daily_salts": Rights(public=ALL, desk=ALL, worker=ALL),
        },
    }
)


def statements(store: Store, roles: Mapping[str, str] = ROLES) -> list[str]:
    """The SQL that gives these roles their rights on one store, and takes from them what they no longer need.

    Idempotent. To be run by the owner of the tables, in the store's database.
    """
    all_roles = ", ".join(_quoted(role) for role in roles.values())
    found = [
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, {all_roles}",
        # Before PostgreSQL 15, and in clusters upgraded from there, every role may create in this schema: one could put
        # a function of its own where the others' statements find it (search-path attack, CVE-2018-1058).
        f"REVOKE CREATE ON SCHEMA public FROM PUBLIC, {all_roles}",
        f"GRANT USAGE ON SCHEMA public TO {all_roles}",
        # What says which migration this is: `check` reads it for any process.
        f"GRANT SELECT ON alembic_version TO {all_roles}",
    ]
    for table, rights in RIGHTS[store].items():
        for process, role in roles.items():
            if rights.of(process):
                found.append(f"GRANT {rights.of(process)} ON {_quoted(table)} TO {_quoted(role)}")
    maintained = table_rewrites.TABLES.get(store, ())
    return [*found, *(_to_maintain(table, roles["worker"]) for table in maintained)]


def _to_maintain(table: str, role: str) -> str:
    """The right to rewrite a table, so that deleted rows leave its file: PostgreSQL has it since version 17."""
    grant = f"GRANT MAINTAIN ON {_quoted(table)} TO {_quoted(role)}".replace("'", "''")
    return (
        f"DO $$ BEGIN IF current_setting('server_version_num')::int >= 170000 "
        f"THEN EXECUTE '{grant}'; END IF; END $$"
    )


def apply(roles: Mapping[str, str] = ROLES) -> None:
    """Give the roles their rights on all three stores. They must be there. Raises `StoreUnavailable`."""
    for store in RIGHTS:
        with stores.writing(store) as session:
            for statement in statements(store, roles):
                session.execute(text(statement))


def on_postgresql() -> bool:
    """Whether all three stores are on PostgreSQL: a file has no roles."""
    for store in RIGHTS:
        with stores.reading(store) as session:
            if session.get_bind().dialect.name != "postgresql":
                return False
    return True


def missing_roles(roles: Mapping[str, str] = ROLES) -> list[tuple[Store, str]]:
    """The roles that the cluster of a store does not know. Only for PostgreSQL."""
    found: list[tuple[Store, str]] = []
    for store in RIGHTS:
        with stores.reading(store) as session:
            known = _known_roles(session)
        found += [(store, role) for role in roles.values() if role not in known]
    return found


def _known_roles(session: Session) -> set[str]:
    return set(session.scalars(text("SELECT rolname FROM pg_roles")))


def _quoted(name: str) -> str:
    """An SQL identifier: it comes from the command line of an operator, who owns the tables all the same."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
