"""What was read a moment ago, in the memory of a process: what is published changes seldom and is looked at often."""

import time
from collections.abc import Callable, Hashable
from typing import TypeVar

from flask import current_app

from webapp.services.infrastructure.stores import StoreUnavailable

Found = TypeVar("Found")

#: For so long pages may show what was true when it was last read. Whoever stores something asks anew, under a lock.
FRESH_SECONDS = 2.0


def recently(key: Hashable, read: Callable[[], Found], *, counted: bool = False) -> Found:
    """What `read` found at most two seconds ago, so that a page need not ask the store.

    What is `counted` changes with every visitor: it is read each time. While the store is away, both give what was
    found last, however long ago: a page on which somebody writes needs no more to keep their words. Raises what `read`
    does; what it did not find is not kept, because addresses that somebody made up must not fill the memory.
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
