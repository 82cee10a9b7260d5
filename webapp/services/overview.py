"""What is new at the desk today."""

from dataclasses import dataclass

from webapp.services import calls, retention, stores, submissions
from webapp.services.calls import Call
from webapp.services.retention import DueSoon


@dataclass(frozen=True)
class CallCount:
    """A call and how many people answered it; `unopened`: how many of their answers nobody has read.

    A call that only asks how to reach people has nothing to read.
    """

    call: Call
    submissions: int
    unopened: int


@dataclass(frozen=True)
class Today:
    """What a coordinator sees first."""

    new_submissions: int
    calls: tuple[CallCount, ...]
    due_soon: tuple[DueSoon, ...]


def today() -> Today:
    """Count what is new, without opening anything."""
    everything = calls.all_calls()
    with stores.reading() as main:
        counts = submissions.count_by_call(main)
    rows = tuple(_count(call, *counts.get(call.id, (0, 0))) for call in everything)
    return Today(sum(row.unopened for row in rows), rows, retention.due_soon())


def _count(call: Call, submissions: int, unopened: int) -> CallCount:
    return CallCount(call, submissions, unopened if call.form.has_answers_to_read else 0)
