"""Kinds of concerns by severity, one concern as facts, and what all sources of concerns read from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, auto
from types import MappingProxyType
from typing import Final
from uuid import UUID

from webapp.rules import clock
from webapp.rules.forms.texts import Text
from webapp.rules.roles import Act
from webapp.services.calls.published_calls import Call
from webapp.services.events.published_events import Event
from webapp.services.infrastructure.outbox import Backlog

NEVER = clock.moment(0)


class Kind(Enum):
    """What may need a coordinator, the most severe first."""

    FALSE_ROWS = auto()
    CANNOT_ANSWER = auto()
    CANNOT_REGISTER = auto()
    RECORD_CHANGED = auto()
    CROSS_OUT = auto()
    ON_NOW = auto()
    LINK_MISSING_NOW = auto()
    ADDRESS_MISSING_NOW = auto()
    BEGINS_SOON = auto()
    NO_RECOVERY = auto()
    SHEETS_MISSING = auto()
    NO_KEY_HOLDER = auto()
    RECORD_UNCHECKED = auto()
    NOTHING_BEGINS = auto()
    PASSPHRASE_KNOWN = auto()
    MAILS_LATE = auto()
    CAME_BACK = auto()
    WANTS_A_YES = auto()
    OPENED_FOR_DANGER = auto()
    OPENED_OUTSIDE = auto()
    TELL_BACK_OVERDUE = auto()
    NEEDS = auto()
    LINK_MISSING = auto()
    ADDRESS_MISSING = auto()
    CONFIRMATION_CAME_BACK = auto()
    DISK_FILLS = auto()
    NO_NEW_BACKUP = auto()
    FAILED_SIGN_INS = auto()
    KEYS_WAIT = auto()
    SHARED_NOT_OPENED = auto()
    NEW_KEYS_WAIT = auto()
    RESEALING_WAITS = auto()
    UNREAD = auto()
    TELL_BACK_DUE = auto()
    TELL_BACK_MISSING = auto()
    PARTS_DUE = auto()
    REGISTRATIONS_DUE = auto()
    FEW_HOLD = auto()
    SHEETS_UNPROVED = auto()
    ONE_HOLDS = auto()

    @property
    def act(self) -> Act:
        """Who may do this is told of it."""
        return ACT_OF.get(self, Act.WATCH)

    @property
    def is_urgent(self) -> bool:
        """Whether a participant or registrant may come to harm, or travel for nothing, if it waits; or whether what
        they were promised is late."""
        return self.value <= Kind.TELL_BACK_OVERDUE.value

    @property
    def is_standing(self) -> bool:
        """Whether it is as true tomorrow. It is said quietly, against alarm fatigue."""
        return self is Kind.ONE_HOLDS


#: What a person who is told of a kind may do about it. The others are for those who watch over everything.
ACT_OF: Final[Mapping[Kind, Act]] = MappingProxyType(
    {
        Kind.FALSE_ROWS: Act.SEE_RECORD,
        Kind.RECORD_CHANGED: Act.SEE_RECORD,
        Kind.RECORD_UNCHECKED: Act.SEE_RECORD,
        Kind.OPENED_FOR_DANGER: Act.SEE_RECORD,
        Kind.OPENED_OUTSIDE: Act.SEE_RECORD,
        Kind.CANNOT_REGISTER: Act.RUN_EVENTS,
        Kind.ON_NOW: Act.SEE_EVENTS,
        Kind.BEGINS_SOON: Act.SEE_EVENTS,
        Kind.LINK_MISSING_NOW: Act.RUN_EVENTS,
        Kind.LINK_MISSING: Act.RUN_EVENTS,
        Kind.ADDRESS_MISSING_NOW: Act.RUN_EVENTS,
        Kind.ADDRESS_MISSING: Act.RUN_EVENTS,
        Kind.CAME_BACK: Act.RUN_EVENTS,
        Kind.WANTS_A_YES: Act.RUN_EVENTS,
        Kind.REGISTRATIONS_DUE: Act.RUN_EVENTS,
        Kind.NEEDS: Act.OPEN_NEEDS,
        Kind.CROSS_OUT: Act.EXPORT_CONTACTS,
        Kind.UNREAD: Act.OPEN_ANSWERS,
        Kind.TELL_BACK_OVERDUE: Act.TELL_BACK,
        Kind.TELL_BACK_DUE: Act.TELL_BACK,
        Kind.TELL_BACK_MISSING: Act.TELL_BACK,
        Kind.PARTS_DUE: Act.SEE_SUBMISSIONS,
        Kind.KEYS_WAIT: Act.KEYS,
        Kind.SHARED_NOT_OPENED: Act.SHARE_CONTACTS,
        Kind.FEW_HOLD: Act.KEYS,
        Kind.NEW_KEYS_WAIT: Act.PEOPLE,
        Kind.RESEALING_WAITS: Act.KEYS,
    }
)


@dataclass(frozen=True)
class Concern:
    """One thing that needs a coordinator, as facts. Which of them are set depends on the kind.

    `day` is the day on which something happens, or happened; `at` the moment; `last` the last day of several. The
    `count` of a disk is the megabytes that are left; `people` those whom it is about, where that is a few.
    """

    kind: Kind
    count: int = 0
    title: Text = field(default_factory=dict)
    slug: str = ""
    purpose: str = ""
    day: date = date.min
    last: date = date.min
    at: datetime = NEVER
    until: datetime = NEVER
    minutes: int = 0
    who: str = ""
    people: frozenset[UUID] = frozenset()
    reference: str = ""
    export_id: UUID | None = None


@dataclass(frozen=True)
class House:
    """What was read once for all sources. `unopened`: how many answers to a call are unread."""

    now: datetime
    calls: tuple[Call, ...]
    events: tuple[Event, ...]
    unopened: dict[UUID, int]
    mails: Backlog

    @property
    def open_calls(self) -> Iterator[Call]:
        """Those that take answers today."""
        return (call for call in self.calls if call.accepts_answers(clock.today()))

    @property
    def to_come(self) -> Iterator[Event]:
        """Events that are not over and not called off, the next one first."""
        return (
            event for event in self.events if not event.is_cancelled and not event.is_over(self.now)
        )
