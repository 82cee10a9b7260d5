"""A quota of large sessions, against filling the store: rate limits from one network, and from all together."""

from collections.abc import Mapping
from typing import Any

from flask import request

from webapp.services.infrastructure import disk_space, limits
from webapp.sessions.sealing import ensure_fits, is_large
from webapp.sessions.visit import Visit, VisitFull, current


def ensure_room(code: str) -> None:
    """Raise `VisitFull` or `TooMany` now, not once the answer is made. The browser then goes on with what it had.

    `code` is the return code whose draft it holds: a few times a day that counts for the code alone.
    """
    visit = current()
    try:
        ensure_fits(visit)
        _charge(visit, visit, code)
    except (VisitFull, limits.TooMany, disk_space.LittleRoom):
        visit.is_unsavable = True
        raise


def charge_for(visit: Visit, content: Mapping[str, Any]) -> None:
    """Count a session that becomes large by what was just typed; that stays in the browser, and its page says why.

    `content` is what will be written: two tabs may only be large together. Raises `VisitFull`, and `LittleRoom` on a
    disk that is nearly full.
    """
    try:
        _charge(visit, content)
    except limits.TooMany:
        raise VisitFull from None


def _charge(visit: Visit, content: Mapping[str, Any], code: str = "") -> None:
    if visit.door != "public" or visit.is_large or not is_large(content):
        return
    # The Visit was begun before: it grows for as long as what was begun is stored.
    disk_space.ensure_room_to_store()
    if not (code and _opens_again(code)):
        limits.take_storage("long-words", request.remote_addr or "")
    visit.is_large = True


def _opens_again(code: str) -> bool:
    """Whether long answers under this code may be opened without regard to strangers."""
    try:
        limits.take_for("long-words-of-code", code)
    except limits.TooMany:
        return False
    return True
