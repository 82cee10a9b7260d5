"""Server-side sessions (Visits), encrypted under a key derived from the cookie's secret and a configuration key.

Neither half is enough. The server cannot open a row without the cookie; and an attacker who can write to the database
cannot make one that opens, because a cookie of their own is only half of its key (no session forgery). Each door has a
configuration key, labels and fields of its own (domain separation), so a cookie of one door does not work at the other.
"""

import secrets
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from webapp.vault.contexts import VISIT_DESK, VISIT_PUBLIC, Field, VisitContext
from webapp.vault.envelope import KEY_SIZE, LARGEST_WAITING, DoesNotOpen
from webapp.vault.labels import Label
from webapp.vault.symmetric import derive, open_keyed, require_key, seal_keyed

Door = Literal["public", "desk"]


@dataclass(frozen=True, slots=True)
class VisitHeader:
    """What stands in the clear beside a sealed Visit, authenticated with it (AEAD associated data).

    `expires_at` is the idle timeout, `ends_at` the absolute one, in seconds since 1970. At the desk `coordinator_id`
    says whose it is, and `session_id` which of theirs: it stays when the secret is rotated.
    """

    version: int
    expires_at: int
    ends_at: int
    coordinator_id: UUID | None = None
    session_id: UUID | None = None


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


def fits(data: bytes) -> bool:
    """Whether `seal_visit` would take so much (524,284 bytes at most)."""
    return len(data) <= LARGEST_WAITING


def seal_visit(
    data: bytes, secret: bytes, door: Door, header: VisitHeader, *, door_key: bytes
) -> bytes:
    """Seal a session, bound to its row and to all that the row says in the clear: KEYED.

    Each version has a content key of its own, and so has each end. Raises TooLong (over 524,284 bytes); ValueError for
    a secret or a door's key of wrong size.
    """
    return seal_keyed(
        data,
        key=_key(secret, door, door_key),
        label=_DOORS[door].content,
        context=_context(secret, door, header),
        most=LARGEST_WAITING,
    )


def open_visit(
    envelope: bytes, secret: bytes, door: Door, header: VisitHeader, *, door_key: bytes
) -> bytes:
    """Open a session. Raises DoesNotOpen: forged, moved, prolonged, of another coordinator, of an older version."""
    try:
        return open_keyed(
            envelope,
            key=_key(secret, door, door_key),
            label=_DOORS[door].content,
            context=_context(secret, door, header),
        )
    except OverflowError:
        # A number in the row that we never write.
        raise DoesNotOpen from None


def _key(secret: bytes, door: Door, door_key: bytes) -> bytes:
    """HKDF-SHA256 with the door's configuration key as salt: a PRF in either half, so both are needed."""
    require_key(secret)
    require_key(door_key)
    return derive(secret, salt=door_key, label=_DOORS[door].key)


def _context(secret: bytes, door: Door, header: VisitHeader) -> VisitContext:
    """A Visit has a 32-byte id: its halves stand where other contexts have row and owner."""
    found_by = visit_id(secret, door)
    return VisitContext(
        _DOORS[door].field,
        owner_id=UUID(bytes=found_by[16:]),
        row_id=UUID(bytes=found_by[:16]),
        epoch=header.version,
        expires_at=header.expires_at,
        ends_at=header.ends_at,
        coordinator_id=header.coordinator_id,
        session_id=header.session_id,
    )
