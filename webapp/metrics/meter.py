"""What one process counts, and what of it may be told (statistical disclosure control): batches at full quarters.

A process keeps its own numbers to itself. What it tells are copies of them in cells that its siblings can read, too; a
series is copied when its period is over and at least ten more came since the last time. So no number that leaves the
process moves with one request, or at its minute.
"""

import os
import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path
from typing import Final

from webapp.metrics.layout import (
    AT_ONCE,
    BOUNDS,
    DURATION,
    FAILURES,
    HISTOGRAM,
    IN_PROGRESS,
    MEMORY,
    OPENED,
    SEALED,
    SERIES,
    START_OF,
    STARTED,
    Kind,
    Method,
    Route,
    Series,
    Status,
)

#: A series moves by so many or more.
TOGETHER: Final = 10
PERIODS: Final = frozenset(one.period for one in SERIES) - {AT_ONCE}
REQUESTS: Final = {key[1:]: start for key, start in START_OF.items() if key[0] == DURATION}
METHODS: Final = {"GET": Method.GET, "HEAD": Method.GET, "POST": Method.POST}


class Meter:
    """The numbers of one process; safe for threads. `told` are its cells in the memory that its siblings share."""

    def __init__(self, told: "memoryview[float]", now: Callable[[], float] = time.time) -> None:
        # One that died in this place has told so far: counters never go back.
        self._told: memoryview[float] = told
        self._own: list[float] = [*told]
        self._now, self._lock = now, threading.Lock()
        self._over = {period: now() // period for period in PERIODS}
        self._own[IN_PROGRESS] = told[IN_PROGRESS] = 0
        told[STARTED] = now()

    def begin(self) -> float:
        """A request begins. Returns the moment, for `end`."""
        with self._lock:
            self._progress(1)
        return time.perf_counter()

    def end(self, began: float, route: Route, method: str, status: int) -> None:
        """It was answered, with this status (of HTTP)."""
        seconds = time.perf_counter() - began
        outcome = _outcome(status)
        start = REQUESTS[route, METHODS.get(method, Method.OTHER), outcome]
        with self._lock:
            self._progress(-1)
            self._own[start + bisect_left(BOUNDS, seconds)] += 1
            self._own[start + HISTOGRAM - 1] += seconds
        if outcome is Status.FAILED:
            self._add(START_OF[FAILURES, route], 1, at_once=True)

    def sealed(self, kind: Kind) -> None:
        """One value was sealed."""
        self._add(START_OF[SEALED, kind], 1)

    def opened(self, kind: Kind, number: int) -> None:
        """So many were opened at the desk."""
        self._add(START_OF[OPENED, kind], number)

    def tell(self) -> None:
        """Copy what may be told by now. Called every few seconds, and more often does no harm."""
        self._told[MEMORY] = resident_memory()
        moment = self._now()
        over = {period for period in PERIODS if moment // period > self._over[period]}
        if not over:
            return
        for period in over:
            self._over[period] = moment // period
        with self._lock:
            for one in SERIES:
                if one.period in over and self._is_enough(one):
                    for cell in one.cells:
                        self._told[cell] = self._own[cell]

    def _is_enough(self, one: Series) -> bool:
        counted = one.cells if one.size == 1 else one.cells[:-1]
        return sum(self._own[cell] - self._told[cell] for cell in counted) >= TOGETHER

    def _add(self, cell: int, number: int, *, at_once: bool = False) -> None:
        with self._lock:
            self._own[cell] += number
            if at_once:
                self._told[cell] = self._own[cell]

    def _progress(self, by: int) -> None:
        self._own[IN_PROGRESS] += by
        self._told[IN_PROGRESS] = self._own[IN_PROGRESS]


def _outcome(status: int) -> Status:
    if status < 400:
        return Status.OK
    return Status.REFUSED if status < 500 else Status.FAILED


STATM: Final = Path("/proc/self/statm")
#: The unit of /proc/self/statm.
PAGE: Final = os.sysconf("SC_PAGE_SIZE")
#: A process grows by some kilobytes with a page that it shows for the first time.
MEMORY_STEP: Final = 16 * 1024 * 1024


def resident_memory() -> int:
    """The memory of this process, in bytes, rounded up to 16 MiB; 0 where Linux does not say it."""
    try:
        pages = int(STATM.read_bytes().split()[1])
    except OSError:
        return 0
    return -(-pages * PAGE // MEMORY_STEP) * MEMORY_STEP
