"""The closed list of all series that are counted: every label is a member of an enum (no high-cardinality labels).

Routes are groups, and not templates: a count of one form's last button would tell at which minute a person sent
answers, a count of one link's page that somebody deleted theirs. Which page failed, the log says by its template.
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from typing import Final

QUARTER: Final = 15 * 60
DAY: Final = 24 * 60 * 60
#: Told as it is, at once.
AT_ONCE: Final = 0
#: Upper bounds of a duration's buckets, in seconds; what takes longer is in one more.
BOUNDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class Route(StrEnum):
    """What was asked for. All that a person does at the public door is one group, quick exit and erasing included."""

    STATIC = "static"
    #: Health checks and security.txt.
    MACHINE = "machine"
    PUBLIC = "public"
    #: Apart from the desk, because passphrases take long to stretch.
    SIGN_IN = "sign_in"
    DESK = "desk"
    #: No page has this address.
    UNKNOWN = "unknown"


class Method(StrEnum):
    """GET (with HEAD), POST, and all others in one."""

    GET = "GET"
    POST = "POST"
    OTHER = "other"


class Status(StrEnum):
    """The class of the status. Pages and redirects are one: "Leave now" and the last button both redirect."""

    OK = "ok"
    REFUSED = "4xx"
    FAILED = "5xx"


class Kind(StrEnum):
    """What was sealed or opened, for every call and event together."""

    CONTACT = "contact"
    TESTIMONY = "testimony"
    EQUALITY = "equality"
    REGISTRATION = "registration"
    SHARED = "shared"


@dataclass(frozen=True)
class Series:
    """One series and its cells in a process's memory. `period`: how often at most it is told, in seconds."""

    family: str
    labels: tuple[tuple[str, str], ...]
    start: int
    size: int
    period: int

    @property
    def cells(self) -> range:
        """The places of its numbers."""
        return range(self.start, self.start + self.size)


DURATION: Final = "hearth_http_request_duration_seconds"
FAILURES: Final = "hearth_http_failures_total"
SEALED: Final = "hearth_sealed_total"
OPENED: Final = "hearth_opened_total"

#: The first cells of a process, which are no series: what it is doing now, and how it is.
IN_PROGRESS, MEMORY, STARTED = range(3)
#: A histogram's cells: one for each bucket, one for what takes longer, and the sum of all seconds.
BUCKETS: Final = len(BOUNDS) + 1
HISTOGRAM: Final = BUCKETS + 1


def _declared() -> tuple[Series, ...]:
    declared: list[Series] = []

    def add(family: str, size: int, period: int, **labels: str) -> None:
        start = declared[-1].cells.stop if declared else STARTED + 1
        declared.append(Series(family, tuple(labels.items()), start, size, period))

    for route, method, status in product(Route, Method, Status):
        add(DURATION, HISTOGRAM, QUARTER, route=route, method=method, status=status)
    # A fault of ours is no act of a person, and cannot wait: the log has its template at once, too.
    for route in Route:
        add(FAILURES, 1, AT_ONCE, route=route)
    # A stored submission has its day in the clear, so a day is all that a number of them may say.
    for kind in Kind:
        add(SEALED, 1, DAY, kind=kind)
    for kind in Kind:
        add(OPENED, 1, QUARTER, kind=kind)
    return tuple(declared)


SERIES: Final = _declared()
SIZE: Final = SERIES[-1].cells.stop
START_OF: Final = {(one.family, *(value for _, value in one.labels)): one.start for one in SERIES}
