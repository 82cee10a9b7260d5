"""What a failing disk, or an attacker who can write to the main store, does to what is kept."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID, uuid4

from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from webapp.models import OwnCopy, PurposeKey
from webapp.services.infrastructure import stores


def damage_copies(submission_id: UUID, *purposes: str) -> None:
    """Turn one bit over in a person's own copies of these parts."""
    with stores.writing() as main:
        mine = select(OwnCopy).where(OwnCopy.submission_id == submission_id)
        for copy in main.scalars(mine):
            if copy.purpose in purposes:
                copy.envelope = copy.envelope[:-1] + bytes([copy.envelope[-1] ^ 1])


@contextmanager
def spoilt_key(app: Flask, purpose: str, *, gone: bool = False) -> Iterator[None]:
    """Inside, the purpose keys of one kind are not as Hearth made them, or are not there at all."""
    with app.app_context(), stores.writing() as main:
        rows = main.scalars(select(PurposeKey).where(PurposeKey.purpose == purpose)).all()
        before = {row.id: {"mac": row.mac, "owner_id": row.owner_id} for row in rows}
        # One that is another call's now is not there for this one.
        spoilt: dict[str, Any] = {"owner_id": uuid4()} if gone else {"mac": bytes(32)}
        _set(main, dict.fromkeys(before, spoilt))
    yield
    with app.app_context(), stores.writing() as main:
        _set(main, before)


def _set(main: Session, values: Mapping[UUID, dict[str, Any]]) -> None:
    for key_id, columns in values.items():
        main.execute(update(PurposeKey).where(PurposeKey.id == key_id).values(**columns))
