"""The metrics of this process: its meter, its gauges, and the memory that the processes of one server share.

gunicorn has several processes, and any of them may be the one that a monitor reads from. The memory is made before they
are forked, a place for each; whoever is asked adds all places up.
"""

import mmap
import threading
from dataclasses import dataclass, field
from typing import Final

from webapp.metrics.layout import SIZE, STARTED, Kind
from webapp.metrics.meter import Meter

CELL: Final = 8
#: The gauges of a process: a family's name and its labels, and the value.
Labels = tuple[tuple[str, str], ...]


class SharedCells:
    """Places for so many processes, in memory that survives a fork and is shared over it."""

    def __init__(self, places: int = 1) -> None:
        self.places = places
        self._cells = memoryview(mmap.mmap(-1, places * SIZE * CELL)).cast("d")

    def place(self, number: int) -> "memoryview[float]":
        """The cells of one process."""
        return self._cells[number * SIZE : (number + 1) * SIZE]

    def total(self, cell: int) -> float:
        """The sum over all processes."""
        return sum(self._cells[cell + place * SIZE] for place in range(self.places))

    def each(self, cell: int) -> dict[int, float]:
        """The value of each process that ever ran."""
        used = [number for number in range(self.places) if self.place(number)[STARTED]]
        return {number: self.place(number)[cell] for number in used}


@dataclass
class Measured:
    """Everything that this process tells. `name` says which one it is: public, desk, worker."""

    name: str
    cells: SharedCells
    place: int = 0
    gauges: dict[tuple[str, Labels], float] = field(default_factory=dict)
    meter: Meter = field(init=False)

    def __post_init__(self) -> None:
        self.meter = Meter(self.cells.place(self.place))
        self._lock = threading.Lock()

    def set(self, family: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        with self._lock:
            self.gauges[family, tuple(labels.items())] = value

    def unset(self, family: str) -> None:
        """Forget a gauge: it is not known now."""
        with self._lock:
            for key in [key for key in self.gauges if key[0] == family]:
                del self.gauges[key]

    def gauges_now(self) -> list[tuple[tuple[str, Labels], float]]:
        """A copy of all gauges, for another thread."""
        with self._lock:
            return list(self.gauges.items())


_current: Measured | None = None


def begin(name: str = "", cells: SharedCells | None = None, place: int = 0) -> Measured:
    """From now on this process is measured."""
    global _current
    _current = Measured(name, cells or SharedCells(), place)
    return _current


def end() -> None:
    """It is measured no more (tests)."""
    global _current
    _current = None


def current() -> Measured | None:
    """What measures this process; None where `METRICS_ADDRESS` is not set."""
    return _current


#: Purposes of parts whose kind is not their name.
KINDS: Final = {kind.value: kind for kind in Kind}


def count_sealed(purpose: str) -> None:
    """A part of this purpose was sealed. One that is no participant's is a registrant's."""
    if _current is not None:
        _current.meter.sealed(KINDS.get(purpose, Kind.REGISTRATION))


def count_opened(purpose: str, number: int = 1) -> None:
    """So many parts of this purpose were opened at the desk."""
    if _current is not None and number:
        _current.meter.opened(KINDS.get(purpose, Kind.REGISTRATION), number)
