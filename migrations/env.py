"""How Alembic reaches the three stores: one revision moves all of them, each in its own transaction."""

from alembic import context
from flask import current_app
from sqlalchemy import MetaData
from sqlalchemy.engine import Engine

STORES = {"main": None, "erasure": "erasure", "volatile": "volatile"}


def extension():  # type: ignore[no-untyped-def]
    return current_app.extensions["migrate"]


def metadata_of(store: str) -> MetaData:
    return extension().db.metadatas[STORES[store]]


def engine_of(store: str) -> Engine:
    return extension().db.engines[STORES[store]]


def leave_out_empty(migration_context, revision, directives) -> None:  # type: ignore[no-untyped-def]
    """With --autogenerate, no revision is written when nothing changed in any store."""
    if getattr(context.config.cmd_opts, "autogenerate", False):
        script = directives[0]
        if all(operations.is_empty() for operations in script.upgrade_ops_list):
            directives[:] = []


def run(store: str) -> None:
    with engine_of(store).connect() as connection:
        # SQLite rebuilds a table to change it; with foreign keys on, that would delete the rows that refer to it.
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=metadata_of(store),
            upgrade_token=f"{store}_upgrades",
            downgrade_token=f"{store}_downgrades",
            process_revision_directives=leave_out_empty,
            **{**extension().configure_args, "render_as_batch": sqlite},
        )
        with context.begin_transaction():
            context.run_migrations(store=store)
        connection.commit()
        if sqlite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")


for name in STORES:
    run(name)
