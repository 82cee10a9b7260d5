"""The Prometheus text exposition format, version 0.0.4, of everything that this process tells."""

from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Final

from webapp.metrics.layout import (
    BOUNDS,
    DURATION,
    FAILURES,
    IN_PROGRESS,
    MEMORY,
    OPENED,
    SEALED,
    SERIES,
    STARTED,
    Series,
)
from webapp.metrics.process import Measured

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
#: Fewer requests at once than this are told as none: at a quiet hour the number would say that a person is here.
FEW: Final = 10
#: Every family: its type and its help. A gauge that is not here cannot be told.
FAMILIES: Final = {
    DURATION: (
        "histogram",
        "Requests and how long they took; moves in steps, at full quarters of an hour.",
    ),
    FAILURES: ("counter", "Requests that were answered with a status of 500 or more, at once."),
    SEALED: (
        "counter",
        "Values that were sealed, by kind; moves in steps, at the end of a day (UTC).",
    ),
    OPENED: (
        "counter",
        "Values that were opened at the desk, by kind; moves in steps, at full quarters.",
    ),
    "hearth_http_requests_in_progress": (
        "gauge",
        "Requests that are being answered; fewer than ten are told as 0.",
    ),
    "hearth_process_resident_memory_bytes": (
        "gauge",
        "Memory of each process, in steps of 16 MiB.",
    ),
    "hearth_process_start_time_seconds": ("gauge", "When each process started."),
    "hearth_worker_last_round_timestamp_seconds": (
        "gauge",
        "When the worker's last round of chores ended.",
    ),
    "hearth_chore_last_success_timestamp_seconds": (
        "gauge",
        "When each chore last succeeded, rounded down to a quarter of an hour.",
    ),
    "hearth_mails_late": (
        "gauge",
        "Mails that wait although one was due an hour ago, rounded up to tens.",
    ),
    "hearth_oldest_mail_age_seconds": (
        "gauge",
        "For how long the oldest of them has been due, in whole hours.",
    ),
    "hearth_erasures_overdue": (
        "gauge",
        "Erasures of before today that are not complete, rounded up to tens.",
    ),
    "hearth_deletions_overdue": (
        "gauge",
        "What was due to be deleted before today, rounded up to tens.",
    ),
    "hearth_deleting_stopped": (
        "gauge",
        "1 while deleting by date waits for a person to confirm the day.",
    ),
    "hearth_rows_without_secret": (
        "gauge",
        "Rows whose erasure secret is gone and that wait for an operator.",
    ),
    "hearth_false_rows": (
        "gauge",
        "Rows that are not as Hearth wrote them, by the last daily check.",
    ),
    "hearth_record_changed": (
        "gauge",
        "1 while the record was found changed and nobody has confirmed that.",
    ),
    "hearth_backup_timestamp_seconds": ("gauge", "When the last backup was made."),
    "hearth_drill_timestamp_seconds": ("gauge", "When a backup was last opened."),
    "hearth_disk_free_bytes": ("gauge", "Room where the instance is, rounded down to 64 MiB."),
}
Labels = Iterable[tuple[str, str]]


def written(measured: Measured) -> str:
    """All families, each with its type, its help and its series."""
    samples = dict[str, list[str]]()
    for line in (*_counted(measured), *_of_processes(measured), *_gauges(measured)):
        samples.setdefault(line[0], []).append(line[1])
    return "".join(
        f"# HELP {family} {words}\n# TYPE {family} {kind}\n" + "".join(samples[family])
        for family, (kind, words) in FAMILIES.items()
        if family in samples
    )


def _counted(measured: Measured) -> Iterator[tuple[str, str]]:
    for one in SERIES:
        values = [measured.cells.total(cell) for cell in one.cells]
        # What never happened is left out, but for failures: an alert compares with zero.
        if any(values) or one.family == FAILURES:
            yield from _series(one, values, measured.name)


def _series(one: Series, values: list[float], process: str) -> Iterator[tuple[str, str]]:
    labels = (("process", process), *one.labels)
    if one.size == 1:
        yield one.family, _line(one.family, labels, values[0])
        return
    *buckets, seconds = values
    *bounded, count = accumulate(buckets)
    for bound, number in zip(BOUNDS, bounded, strict=True):
        yield one.family, _line(f"{one.family}_bucket", (*labels, ("le", f"{bound:g}")), number)
    yield one.family, _line(f"{one.family}_bucket", (*labels, ("le", "+Inf")), count)
    yield one.family, _line(f"{one.family}_sum", labels, seconds)
    yield one.family, _line(f"{one.family}_count", labels, count)


def _of_processes(measured: Measured) -> Iterator[tuple[str, str]]:
    process = ("process", measured.name)
    busy = measured.cells.total(IN_PROGRESS)
    name = "hearth_http_requests_in_progress"
    yield name, _line(name, (process,), busy if busy >= FEW else 0)
    for name, cell in (
        ("hearth_process_resident_memory_bytes", MEMORY),
        ("hearth_process_start_time_seconds", STARTED),
    ):
        for number, value in measured.cells.each(cell).items():
            yield name, _line(name, (process, ("worker", str(number))), value)


def _gauges(measured: Measured) -> Iterator[tuple[str, str]]:
    for (family, labels), value in measured.gauges_now():
        yield family, _line(family, labels, value)


def _line(name: str, labels: Labels, value: float) -> str:
    # No value needs escaping: they are members of enums, and names of functions.
    inside = ",".join(f'{label}="{said}"' for label, said in labels)
    number = str(int(value)) if value == int(value) else repr(value)
    return f"{name}{{{inside}}} {number}\n" if inside else f"{name} {number}\n"
