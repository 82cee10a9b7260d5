"""What is new at the desk today."""

from dataclasses import dataclass

from webapp.rules import clock
from webapp.services import calls, events, purpose_keys, retention, stores, submissions
from webapp.services.calls import Call
from webapp.services.events import Event
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
    #: Where people may tell us something, and it cannot be sealed: a key is gone, or is not as Hearth wrote it.
    calls_without_keys: tuple[Call, ...]
    events_without_keys: tuple[Event, ...]


def today() -> Today:
    """Count what is new, without opening anything."""
    everything, all_events = calls.all_calls(), events.all_events()
    with stores.reading() as main:
        counts = submissions.count_by_call(main)
        calls_without_keys = tuple(
            call
            for call in everything
            if call.accepts_answers(clock.today())
            and not purpose_keys.can_seal(main, call.id, call.form.parts)
        )
        events_without_keys = tuple(
            event
            for event in all_events
            if event.state != events.CANCELLED
            and not event.is_over(clock.now())
            and not purpose_keys.can_seal(main, event.id, event.definition.form.asked_parts)
        )
    rows = tuple(_count(call, *counts.get(call.id, (0, 0))) for call in everything)
    new = sum(row.unopened for row in rows)
    return Today(new, rows, retention.due_soon(), calls_without_keys, events_without_keys)


def count_calls() -> tuple[CallCount, ...]:
    """Every call with its counts, the one that closes first at the top. Nothing is opened."""
    with stores.reading() as main:
        counts = submissions.count_by_call(main)
    return tuple(_count(call, *counts.get(call.id, (0, 0))) for call in calls.all_calls())


def _count(call: Call, submissions: int, unopened: int) -> CallCount:
    return CallCount(call, submissions, unopened if call.form.has_answers_to_read else 0)
