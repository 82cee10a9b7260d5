"""A quota of large sessions, against filling the store: rate limits from one network, and from all together."""

from collections.abc import Mapping
from typing import Any

from flask import request

from webapp.services.infrastructure import limits
from webapp.sessions.sealing import ensure_fits, is_large
from webapp.sessions.visit import Visit, VisitFull, current


def ensure_room() -> None:
    """Raise `VisitFull` or `TooMany` now, not once the answer is made. The browser then goes on with what it had."""
    visit = current()
    try:
        ensure_fits(visit)
        _charge(visit, visit)
    except (VisitFull, limits.TooMany):
        visit.is_unsavable = True
        raise


def charge_for(visit: Visit, content: Mapping[str, Any]) -> None:
    """Count a session that becomes large by what was just typed; that stays in the browser, and its page says why.

    `content` is what will be written: two tabs may only be large together. Raises `VisitFull`.
    """
    try:
        _charge(visit, content)
    except limits.TooMany:
        raise VisitFull from None


def _charge(visit: Visit, content: Mapping[str, Any]) -> None:
    if visit.door != "public" or visit.is_large or not is_large(content):
        return
    limits.take("long-words", request.remote_addr or "")
    visit.is_large = True
