"""What the desk's first page shows: concerns, counts by call, events to come."""

from dataclasses import dataclass

from webapp.rules import clock
from webapp.services.answers import desk_submissions
from webapp.services.calls import form_versions, published_calls
from webapp.services.calls.published_calls import Call
from webapp.services.desk_home.concern_kinds import Concern, House, Kind
from webapp.services.desk_home.concerns import concerns
from webapp.services.events import published_events
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import outbox, stores


@dataclass(frozen=True)
class CallCount:
    """A call with its number of submissions; `unopened`: how many of them are unread.

    A call that only asks how to reach people has nothing to read.
    """

    call: Call
    submissions: int
    unopened: int


@dataclass(frozen=True)
class LeftOut:
    """The references of calls and events that are not as Hearth wrote them, and that no list shows."""

    calls: tuple[str, ...] = ()
    events: tuple[str, ...] = ()


@dataclass(frozen=True)
class Counted:
    """Every call with its counts, the one that closes first at the top; and the references of those left out."""

    calls: tuple[CallCount, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class Today:
    """What a coordinator sees first. `concerns` come by weight."""

    concerns: tuple[Concern, ...]
    calls: tuple[CallCount, ...]
    events: tuple[Event, ...]
    mails_waiting: int
    left_out: LeftOut

    @property
    def any_false(self) -> bool:
        """Whether any row is known that is not as Hearth wrote it: then nothing may be called well."""
        found = any(one.kind is Kind.FALSE_ROWS for one in self.concerns)
        return found or bool(self.left_out.calls or self.left_out.events)

    @property
    def submissions(self) -> int:
        """How many people's answers there are in all."""
        return sum(row.submissions for row in self.calls)


def today() -> Today:
    """What needs a coordinator, and what is open or to come. Nothing is decrypted."""
    counted, listed = count_calls(), published_events.listed()
    house = House(
        now=clock.now(),
        calls=tuple(row.call for row in counted.calls),
        events=listed.events,
        unopened={row.call.id: row.unopened for row in counted.calls},
        mails=outbox.backlog(),
    )
    return Today(
        concerns(house),
        counted.calls,
        tuple(house.to_come),
        house.mails.waiting,
        LeftOut(counted.left_out, listed.left_out),
    )


def count_calls() -> Counted:
    """Every call with its counts. Nothing is opened."""
    with stores.reading() as main:
        counts = desk_submissions.count_by_call(main)
    listed = published_calls.listed()
    return Counted(
        tuple(_count(call, *counts.get(call.id, (0, 0))) for call in listed.calls),
        listed.left_out,
    )


def _count(call: Call, submissions: int, unopened: int) -> CallCount:
    return CallCount(call, submissions, unopened if form_versions.has_answers_to_read(call) else 0)
