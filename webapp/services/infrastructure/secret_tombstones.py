"""Tombstones of erasure secrets alone: a value was wiped from its row, and its secret must go (crypto-shredding).

Below what seals, so that each service that wipes a value can leave one; `services.sealed.shredding` deletes the secret.
"""

from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from webapp.models import Tombstone
from webapp.rules import clock


def leave(main: Session, secret_id: UUID) -> None:
    """Note that one erasure secret must go, inside the caller's transaction."""
    # An id of a false row may have no form that Hearth writes. What it names is swept, once nothing needs it.
    if isinstance(secret_id, UUID):
        row = Tombstone(id=uuid4(), erased_on=clock.today(), secret_id=secret_id, done=False)
        main.add(row)
