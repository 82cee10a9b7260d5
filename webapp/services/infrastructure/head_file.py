"""The file of noted heads: an append-only, fsynced list of the audit log's heads, kept outside the databases.

Whoever can write to the databases alone cannot shorten it: an entry that they cut off was noted here within a minute.
A line is a day, the number of the newest entry, and the code of the head after it: no time, and no personal datum.
"""

import os
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from webapp.extensions import current_settings
from webapp.services.infrastructure import append_only_file

LINE = re.compile(r"(\d{4}-\d{2}-\d{2}) (\d{1,18}) ([0-9A-Z]{4}(?:-[0-9A-Z]{4})+)")
#: The last line is in so many last bytes.
TAIL_BYTES = 4096


@dataclass(frozen=True)
class NotedHead:
    """A head of the record as it was noted: on which day, after which entry, and its code."""

    day: date
    n: int
    code: str

    def line(self) -> str:
        """The line of the file, and of the command that prints it."""
        return f"{self.day.isoformat()} {self.n} {self.code}"

    def is_head(self, other: "NotedHead | None") -> bool:
        """Whether both are the same head, on whatever days they were noted."""
        return other is not None and (self.n, self.code) == (other.n, other.code)


def append(noted: NotedHead) -> None:
    """Note one head, and wait until the disk has it. Raises `OSError`."""
    # Its group may read it; the worker alone writes.
    descriptor = os.open(_path(), os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
    try:
        append_only_file.append(descriptor, f"{noted.line()}\n".encode())
    finally:
        os.close(descriptor)


def read() -> tuple[NotedHead, ...]:
    """All noted heads, the oldest first; none where there is no file yet. Raises `OSError`."""
    if not _path().exists():
        return ()
    with _path().open(encoding="ascii", errors="replace") as lines:
        return tuple(noted for line in lines if (noted := _parsed(line)))


def last() -> NotedHead | None:
    """The head that was noted last. Raises `OSError`."""
    if not _path().exists():
        return None
    with _path().open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - TAIL_BYTES))
        lines = file.read().decode("ascii", errors="replace").splitlines()
    found = [noted for line in lines if (noted := _parsed(line))]
    return found[-1] if found else None


def _parsed(line: str) -> NotedHead | None:
    """None for half a line, which a full disk left."""
    found = LINE.fullmatch(line.strip())
    try:
        return found and NotedHead(date.fromisoformat(found[1]), int(found[2]), found[3])
    except ValueError:
        return None


def _path() -> Path:
    return current_settings().head_file
