"""Detection of stores that were rolled back: something that the tombstone file says was erased lives in them.

`restore` deletes it again before any process starts. A store that was put back by other means (point-in-time recovery,
a snapshot, a dump) tells nobody, so each process looks at its start at what was erased last. This proves nothing where
it finds nothing: of two thousand lines, about a hundred people, none may have been there on the day of the copy.
"""

from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from webapp.models import (
    ErasureSecret,
    EventMessage,
    OwnCopy,
    Part,
    RegistrationPart,
    ReturnDraft,
)
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.stores import Store
from webapp.services.sealed import tombstone_file, tombstones
from webapp.services.sealed.shredding import KEPT
from webapp.settings import WrongSetting

BATCH: Final = 500
#: Kinds of rows that the tombstone file names when they go, and that every process may read.
NAMED: Final[tuple[type[Any], ...]] = (Part, OwnCopy, RegistrationPart, ReturnDraft, EventMessage)


def check() -> None:
    """Raise `WrongSetting` where a store has what was erased since. Raises `StoreUnavailable`."""
    if older := find():
        raise WrongSetting(
            f"{older} is older than tombstones.txt says: a copy of it was put back, and people who were deleted since "
            "may be in it. Stop every process of Hearth, and give replay-tombstones"
        )


def find() -> Store | None:
    """The store that is older than the end of the tombstone file; None where none is seen to be.

    Safe beside processes that erase at this moment, and after one that was killed while it did.
    """
    newest = sorted(tombstone_file.newest())
    for start in range(0, len(newest), BATCH):
        ids = set(newest[start : start + BATCH])
        if _has_erased_row(ids):
            return "main"
        if _has_erased_secret(ids):
            return "erasure"
    return None


def _has_erased_row(ids: set[UUID]) -> bool:
    """A row goes in the transaction that leaves its tombstone, which is before the file names it."""
    with stores.reading() as main:
        return any(main.scalar(select(kind.id).where(kind.id.in_(ids)).limit(1)) for kind in NAMED)


def _has_erased_secret(ids: set[UUID]) -> bool:
    """Whether a secret is there that was deleted. One that only waits for the worker has a tombstone that says so, and
    one that was replaced (resealing) may be needed by a `main` of before."""
    named = _secrets_among(ids)
    if not named:
        return False
    with stores.reading() as main:
        named -= tombstones.secrets_to_go(main, named)
        for column in KEPT:
            named -= set(main.scalars(select(column).where(column.in_(named))))
    # Once more: a process may have deleted it, and said so in its tombstone, since the first look.
    return bool(named and _secrets_among(named))


def _secrets_among(ids: set[UUID]) -> set[UUID]:
    with stores.reading("erasure") as erasure:
        return set(erasure.scalars(select(ErasureSecret.id).where(ErasureSecret.id.in_(ids))))
