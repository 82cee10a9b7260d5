"""The three stores, and the only place that commits to them.

`main` keeps sealed parts and everything else, `erasure` the secrets without which those parts mean nothing,
`volatile` what may be lost at any moment. Each has its own transactions. Whoever creates writes the secrets first;
whoever erases writes the tombstone first (see `services.erasure`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import WRITING, db

Store = Literal["main", "erasure", "volatile"]


class StoreUnavailable(Exception):
    """A store cannot be reached, is full, or stayed locked for ten seconds. Nothing was half written."""


def _session(store: Store, **options: bool) -> Session:
    engine = db.engines[None if store == "main" else store]
    return Session(engine.execution_options(**options), expire_on_commit=False)


@contextmanager
def reading(store: Store = "main") -> Iterator[Session]:
    """A consistent look at one store; whatever was changed through it is thrown away.

    Raises `StoreUnavailable`.
    """
    try:
        with _session(store) as session:
            yield session
    except DatabaseError as error:
        raise StoreUnavailable(store) from error


@contextmanager
def writing(store: Store = "main") -> Iterator[Session]:
    """One transaction that commits at the end, or not at all. On SQLite it takes the write lock at once.

    Seal before you enter: nobody else can write meanwhile. Raises `StoreUnavailable`; an `IntegrityError` passes
    through, because it is an answer (somebody was there first) and not a failure.
    """
    try:
        with _session(store, **{WRITING: True}) as session, session.begin():
            yield session
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise StoreUnavailable(store) from error


def migrate_all(app: Flask) -> None:
    """Bring all three stores to the newest tables."""
    with app.app_context():
        upgrade()


def check() -> None:
    """Raise `StoreUnavailable` unless all three stores answer."""
    for store in ("main", "erasure", "volatile"):
        with reading(store) as session:
            session.execute(text("SELECT 1"))
