"""What is new at the desk today."""

from dataclasses import dataclass

from webapp.rules import clock
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
    #: Open calls to which nothing can be sent: a key is gone, or is not as Hearth wrote it.
    without_keys: tuple[Call, ...]


def today() -> Today:
    """Count what is new, without opening anything."""
    everything = calls.all_calls()
    with stores.reading() as main:
        counts = submissions.count_by_call(main)
        without_keys = tuple(
            call
            for call in everything
            if call.accepts_answers(clock.today()) and not calls.has_its_keys(main, call)
        )
    rows = tuple(_count(call, *counts.get(call.id, (0, 0))) for call in everything)
    return Today(sum(row.unopened for row in rows), rows, retention.due_soon(), without_keys)


def _count(call: Call, submissions: int, unopened: int) -> CallCount:
    return CallCount(call, submissions, unopened if call.form.has_answers_to_read else 0)
