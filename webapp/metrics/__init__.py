"""Metrics of a process in the Prometheus text format, on a socket of their own, with no person in them.

A monitor keeps what it reads for years, often on another organisation's machine. So what is told is bounded before it
leaves the process that counted it (decision 80):

- `layout`: the closed list of all series. A label is a member of an enum; no call, language, id or name can be one.
- `meter`: what one process counts, and when it tells it: in steps of ten or more, at full quarters of an hour.
- `process`: the meter of this process, its gauges, and the memory that the processes of one server share.
- `exposition`: the text, version 0.0.4 of the format.
- `listener`: the socket that a monitor reads from.
"""

from webapp.metrics.layout import QUARTER
from webapp.metrics.listener import CannotListen, listen, serve
from webapp.metrics.process import (
    Measured,
    SharedCells,
    begin,
    count_opened,
    count_sealed,
    current,
    end,
)

__all__ = [
    "QUARTER",
    "CannotListen",
    "Measured",
    "SharedCells",
    "begin",
    "count_opened",
    "count_sealed",
    "current",
    "end",
    "listen",
    "serve",
]
