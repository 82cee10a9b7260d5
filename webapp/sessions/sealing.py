"""A session's content as bytes, sealed under the secret in its cookie. The server keeps no key to it."""

import json
from collections.abc import Mapping
from typing import Any

from webapp.sessions.visit import VisitFull
from webapp.vault import visits
from webapp.vault.envelope import LARGEST, TooLong
from webapp.vault.visits import Door

#: What usual answers need at most, in bytes: up to here every visitor has room.
USUAL = LARGEST


def as_bytes(content: Mapping[str, Any]) -> bytes:
    """The content as JSON."""
    return json.dumps(dict(content), ensure_ascii=False).encode()


def is_large(content: Mapping[str, Any]) -> bool:
    """Whether this is more than usual answers need."""
    return len(as_bytes(content)) > USUAL


def seal(content: Mapping[str, Any], secret: bytes, door: Door, version: int) -> bytes:
    """The sealed content of one version of a row. Raises `VisitFull`."""
    try:
        return visits.seal_visit(as_bytes(content), secret, door, version)
    except TooLong:
        raise VisitFull from None
