"""Read-through cache with a time to live, in the memory of a process, for what is published: calls, events, keys.

Never for anything about a participant.
"""

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

from flask import current_app

from webapp.services.infrastructure.stores import StoreUnavailable

Found = TypeVar("Found")

#: Time to live: pages may be stale for this long. A write reads again, under a lock.
FRESH_SECONDS = 2.0


def recently(key: Hashable, read: Callable[[], Found], *, counted: bool = False) -> Found:
    """The value of `read`, cached for two seconds; stale values are served while the store is unavailable.

    What is `counted` changes with every visitor and is read each time. While the store is away, both give the last
    value, however old: a participant who is writing needs no more to keep their words. Raises what `read` raises;
    a failure is not cached, so that made-up addresses cannot fill the memory.
    """
    kept: dict[Hashable, tuple[float, Found]] = current_app.extensions.setdefault(
        "hearth_recent", {}
    )
    now = time.monotonic()
    before = kept.get(key)
    if before is not None and not counted and now - before[0] < FRESH_SECONDS:
        return before[1]
    try:
        found = read()
    except StoreUnavailable:
        if before is None:
            raise
        return before[1]
    kept[key] = now, found
    return found


def forget(*keys: Hashable) -> None:
    """Read these again next time: in this process a change is seen at once, in others within two seconds.

    To be called after the change was committed.
    """
    kept = current_app.extensions.get("hearth_recent", {})
    for key in keys:
        kept.pop(key, None)
