"""A session's content as bytes, sealed under the secret in its cookie and a configuration key of its door."""

import json
from collections.abc import Mapping
from typing import Any

from webapp.extensions import current_settings
from webapp.sessions.visit import VisitFull
from webapp.vault import visits
from webapp.vault.envelope import LARGEST, TooLong
from webapp.vault.visits import Door, VisitHeader

#: What usual answers need at most, in bytes: up to here every visitor has room.
USUAL = LARGEST


def as_bytes(content: Mapping[str, Any]) -> bytes:
    """The content as JSON."""
    return json.dumps(dict(content), ensure_ascii=False).encode()


def is_large(content: Mapping[str, Any]) -> bool:
    """Whether this is more than usual answers need."""
    return len(as_bytes(content)) > USUAL


def ensure_fits(content: Mapping[str, Any]) -> None:
    """Raise `VisitFull` when this is more than a row can hold."""
    if not visits.fits(as_bytes(content)):
        raise VisitFull


def seal(content: Mapping[str, Any], secret: bytes, door: Door, header: VisitHeader) -> bytes:
    """The sealed content of a row that says this in the clear. Raises `VisitFull`."""
    try:
        return visits.seal_visit(as_bytes(content), secret, door, header, door_key=_door_key(door))
    except TooLong:
        raise VisitFull from None


def open_sealed(sealed: bytes, secret: bytes, door: Door, header: VisitHeader) -> bytes:
    """The content of a row that says this in the clear. Raises `DoesNotOpen`."""
    return visits.open_visit(sealed, secret, door, header, door_key=_door_key(door))


def _door_key(door: Door) -> bytes:
    """Least privilege: a process has the key of the door that it opens, and the worker has neither."""
    found = current_settings()
    return found.desk_visit_key if door == "desk" else found.public_visit_key
