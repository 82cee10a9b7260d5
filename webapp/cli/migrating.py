"""Bringing the tables of an instance up to date, for every command that does."""

from flask import Flask

from webapp.services.infrastructure import separate_stores, stores


def migrate_stores(app: Flask) -> None:
    """Bring the tables of three stores up to date. Raises `WrongSetting` where two of them are one database.

    Raises `StoreUnavailable` before it touches any.
    """
    with app.app_context():
        separate_stores.check()
    stores.migrate_all(app)
