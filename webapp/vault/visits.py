"""Server-side sessions (Visits), encrypted under a key derived from the cookie's secret.

The server stores no key to them: the rows are useless without the cookies. The two doors have labels
and fields of their own (domain separation), so a cookie of one door does not work at the other.
"""

import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from webapp.vault.contexts import VISIT_DESK, VISIT_PUBLIC, Context, Field
from webapp.vault.envelope import KEY_SIZE, LARGEST_WAITING
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed

Door = Literal["public", "desk"]


@dataclass(frozen=True, slots=True)
class _DoorLabels:
    field: Field
    id: Label
    key: Label
    content: Label


_DOORS: dict[str, _DoorLabels] = {
    "public": _DoorLabels(
        VISIT_PUBLIC, Label.VISIT_PUBLIC_ID, Label.VISIT_PUBLIC_KEY, Label.VISIT_PUBLIC_CONTENT
    ),
    "desk": _DoorLabels(
        VISIT_DESK, Label.VISIT_DESK_ID, Label.VISIT_DESK_KEY, Label.VISIT_DESK_CONTENT
    ),
}


def new_visit_secret() -> bytes:
    """The session secret in the cookie: 32 random bytes."""
    return secrets.token_bytes(KEY_SIZE)


def visit_id(secret: bytes, door: Door) -> bytes:
    """The id of the session's row, derived one way from the secret: 32 bytes.

    Raises ValueError for a secret of wrong size, KeyError for an unknown door.
    """
    require_key(secret)
    return derive(secret, salt=b"", label=_DOORS[door].id)


def seal_visit(data: bytes, secret: bytes, door: Door, version: int) -> bytes:
    """Seal a session, bound to its row and to the row's version: KEYED.

    Each version has a content key of its own. Raises TooLong (over 524,284 bytes); ValueError for
    a secret of wrong size.
    """
    context, key = _context_and_key(secret, door, version)
    content = _DOORS[door].content
    return seal_keyed(data, key=key, label=content, context=context, most=LARGEST_WAITING)


def open_visit(envelope: bytes, secret: bytes, door: Door, version: int) -> bytes:
    """Open a session. Raises DoesNotOpen, also for the ciphertext of an older version (replay)."""
    context, key = _context_and_key(secret, door, version)
    return open_keyed(envelope, key=key, label=_DOORS[door].content, context=context)


def _context_and_key(secret: bytes, door: Door, version: int) -> tuple[Context, bytes]:
    """A Visit has a 32-byte id: its halves stand where other contexts have row and owner."""
    found_by = visit_id(secret, door)
    context = Context(
        _DOORS[door].field,
        owner_id=UUID(bytes=found_by[16:]),
        row_id=UUID(bytes=found_by[:16]),
        epoch=version,
    )
    return context, derive(secret, salt=b"", label=_DOORS[door].key)
