"""What needs a coordinator, by weight: first what went bad outside this house, then what is near, then what is new.

Each source looks at one thing, and takes a fixed number of statements however many calls, events and lists there are.
Nothing is opened. The words are the desk's (`desk/home/concern_words.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum, auto
from functools import partial
from itertools import groupby
from uuid import UUID

from sqlalchemy import or_, select

from webapp.models import (
    AuditEntry,
    Coordinator,
    OutboxMessage,
    PurposeKeySeal,
    RecoveryKey,
    Registration,
)
from webapp.rules import clock
from webapp.rules.coordinator_mails import COORDINATOR_MAILS
from webapp.rules.forms.texts import Text
from webapp.rules.reasons import DANGER, OUTSIDE
from webapp.services.calls.published_calls import Call
from webapp.services.events import desk_registrations, published_events
from webapp.services.events.published_events import Event
from webapp.services.infrastructure import outbox, stores
from webapp.services.infrastructure.outbox import Backlog
from webapp.services.keys import purpose_keys
from webapp.services.opening import contact_exports
from webapp.services.retention import expiry

#: How many minutes a mail may wait before something is likely to be wrong. The worker looks every few seconds.
LATE_MINUTES = 15
#: From so long before an event on, its joining link should be there, whoever has booked.
LINK_WANTED = timedelta(days=14)
#: For so long, every coordinator is told what was opened outside the usual.
TOLD = timedelta(days=7)
NEVER = clock.moment(0)


class Kind(Enum):
    """What may need somebody, the heaviest first."""

    CANNOT_ANSWER = auto()
    CANNOT_REGISTER = auto()
    CROSS_OUT = auto()
    ON_NOW = auto()
    LINK_MISSING_NOW = auto()
    BEGINS_SOON = auto()
    NO_RECOVERY = auto()
    NOBODY_HOLDS = auto()
    MAILS_LATE = auto()
    CAME_BACK = auto()
    OPENED_FOR_DANGER = auto()
    OPENED_OUTSIDE = auto()
    NEEDS = auto()
    LINK_MISSING = auto()
    CONFIRMATION_CAME_BACK = auto()
    UNREAD = auto()
    PARTS_DUE = auto()
    REGISTRATIONS_DUE = auto()
    ONE_HOLDS = auto()

    @property
    def is_urgent(self) -> bool:
        """Whether somebody may come to harm, or to nothing, if it waits."""
        return self.value <= Kind.OPENED_OUTSIDE.value

    @property
    def is_standing(self) -> bool:
        """Whether it is as true tomorrow: said quietly, because what is said loudly every day is not read."""
        return self is Kind.ONE_HOLDS


@dataclass(frozen=True)
class Concern:
    """One thing that needs somebody, as facts. Which of them are set depends on the kind.

    `day` is the day on which something happens, or happened; `at` the moment; `last` the last day of several.
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
    reference: str = ""
    export_id: UUID | None = None


@dataclass(frozen=True)
class House:
    """What was read once for all sources. `unopened`: how many answers to a call nobody has read."""

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
            event
            for event in self.events
            if event.state != published_events.CANCELLED and not event.is_over(self.now)
        )


Source = Callable[[House], Iterable[Concern]]


def concerns(house: House) -> tuple[Concern, ...]:
    """All that needs somebody now: by weight, and within a kind what is nearest first."""
    found = [concern for source in SOURCES for concern in source(house)]
    return tuple(sorted(found, key=weight))


def weight(concern: Concern) -> tuple[int, float]:
    """What comes first: the heavier kind, then what is nearer."""
    # All of one kind have a moment, or none has.
    return concern.kind.value, concern.at.timestamp() or concern.day.toordinal()


def _keys_missing(house: House) -> Iterator[Concern]:
    """Where people may tell us something, and it cannot be sealed: a key is gone, or is not as Hearth wrote it."""
    wanted = {call.id: frozenset(call.form.parts) for call in house.open_calls}
    wanted |= {event.id: event.definition.form.asked_parts for event in house.to_come}
    with stores.reading() as main:
        missing = purpose_keys.cannot_seal(main, wanted)
    for call in house.open_calls:
        if call.id in missing:
            yield Concern(Kind.CANNOT_ANSWER, title=call.form.title, slug=call.slug)
    for event in house.to_come:
        if event.id in missing:
            yield Concern(Kind.CANNOT_REGISTER, title=event.definition.title, slug=event.slug)


def _lists_to_cross_out(house: House) -> Iterator[Concern]:
    """Lists that left the house, with people in them who changed their mind or their safe ways since."""
    for one in contact_exports.lists_to_cross_out():
        yield Concern(
            Kind.CROSS_OUT,
            one.people,
            one.title,
            day=one.made_on,
            who=one.made_by,
            reference=one.reference,
            export_id=one.export_id,
        )


def _near_events(house: House) -> Iterator[Concern]:
    """Events that are on, begin today or tomorrow, or have no joining link though people will soon look for it."""
    for event in house.to_come:
        until_then = event.starts_at - house.now
        day = event.time.local_start.date()
        is_on = until_then <= timedelta(0)
        is_near = is_on or day <= clock.today() + timedelta(days=1)
        about = partial(
            Concern,
            count=event.taken,
            title=event.definition.title,
            slug=event.slug,
            day=day,
            at=event.starts_at,
            until=event.ends_at,
            minutes=-(-int(until_then.total_seconds()) // 60),
        )
        if not event.has_link and (event.taken or until_then <= LINK_WANTED):
            yield about(Kind.LINK_MISSING_NOW if is_near else Kind.LINK_MISSING)
        if is_near:
            yield about(Kind.ON_NOW if is_on else Kind.BEGINS_SOON)


def _mails_late(house: House) -> Iterator[Concern]:
    if house.mails.oldest_minutes >= LATE_MINUTES:
        yield Concern(Kind.MAILS_LATE, house.mails.waiting, minutes=house.mails.oldest_minutes)


def _mails_that_came_back(house: House) -> Iterator[Concern]:
    """Mails that a server refused for good, by event while it is to come; the others concern nobody's seat."""
    coming = {event.id: event for event in house.to_come}
    with stores.reading() as main:
        rows = main.execute(
            select(Registration.event_id, OutboxMessage.subject_id)
            .select_from(OutboxMessage)
            .outerjoin(Registration, Registration.id == OutboxMessage.subject_id)
            .where(
                OutboxMessage.state == outbox.FAILED,
                OutboxMessage.kind.not_in(COORDINATOR_MAILS),
            )
            .distinct()
        )
        people: Counter[UUID | None] = Counter(row[0] for row in rows)
    for event_id, count in people.items():
        if event_id is None:
            yield Concern(Kind.CONFIRMATION_CAME_BACK, count)
        elif event := coming.get(event_id):
            title = event.definition.title
            yield Concern(Kind.CAME_BACK, count, title, event.slug, at=event.starts_at)


def _opened_outside_the_usual(house: House) -> Iterator[Concern]:
    """What was opened or downloaded because of a danger, or for a reason that no permission has: all are told of it."""
    begins = {
        Kind.OPENED_FOR_DANGER: AuditEntry.reason.startswith(DANGER.words, autoescape=True),
        Kind.OPENED_OUTSIDE: AuditEntry.reason.startswith(OUTSIDE, autoescape=True),
    }
    since = int((house.now - TOLD).timestamp())
    with stores.reading() as main:
        rows = main.execute(
            select(AuditEntry.reason, AuditEntry.at).where(
                AuditEntry.at >= since, or_(*begins.values())
            )
        ).all()
    for kind, words in ((Kind.OPENED_FOR_DANGER, DANGER.words), (Kind.OPENED_OUTSIDE, OUTSIDE)):
        moments = [clock.moment(at) for reason, at in rows if reason.startswith(words)]
        if moments:
            day = max(moments).astimezone(clock.COALITION_ZONE).date()
            yield Concern(kind, len(moments), day=day)


def _needs(house: House) -> Iterator[Concern]:
    """Events where nobody has looked after what somebody needs yet."""
    for one in desk_registrations.needs_not_arranged():
        day = one.starts_at.astimezone(clock.COALITION_ZONE).date()
        minutes = -(-int((one.starts_at - house.now).total_seconds()) // 60)
        yield Concern(
            Kind.NEEDS, one.people, one.title, one.slug, day=day, at=one.starts_at, minutes=minutes
        )


def _unread(house: House) -> Iterator[Concern]:
    for call in house.calls:
        if count := house.unopened.get(call.id, 0):
            yield Concern(Kind.UNREAD, count, call.form.title, call.slug, day=call.closes_on)


def _due(house: House) -> Iterator[Concern]:
    """What will be deleted soon, by call and kind of answer, and by event, with the first day and the last."""
    of_call = {call.id: (call.form.title, call.slug) for call in house.calls}
    of_event = {event.id: (event.definition.title, event.slug) for event in house.events}
    parts = [(due.call_id, due.purpose, due.due_on, due.parts) for due in expiry.due_soon()]
    people = [(due.event_id, "", due.due_on, due.people) for due in expiry.registrations_due_soon()]
    for kind, owners, rows in (
        (Kind.PARTS_DUE, of_call, parts),
        (Kind.REGISTRATIONS_DUE, of_event, people),
    ):
        in_order = sorted(rows, key=lambda row: (str(row[0]), row[1], row[2]))
        for (owner_id, purpose), group in groupby(in_order, key=lambda row: row[:2]):
            due = list(group)
            title, slug = owners.get(owner_id, ({}, ""))
            yield Concern(
                kind,
                sum(row[3] for row in due),
                title,
                slug,
                purpose=purpose,
                day=due[0][2],
                last=due[-1][2],
            )


def _holders(house: House) -> Iterator[Concern]:
    """Whether enough people can open what is told us. Without a recovery key, or with one holder, a loss is final."""
    with stores.reading() as main:
        names: dict[UUID, str] = {row.id: row.name for row in main.scalars(select(Coordinator))}
        recovery = set(main.scalars(select(RecoveryKey.id)))
    with stores.reading("erasure") as erasure:
        holders = set(erasure.scalars(select(PurposeKeySeal.holder_id).distinct()))
    if not holders:
        # Nothing was published yet: there is nothing to hold.
        return
    able = sorted(names[holder] for holder in holders if holder in names)
    if not recovery & holders:
        yield Concern(Kind.NO_RECOVERY)
    if not able:
        yield Concern(Kind.NOBODY_HOLDS)
    elif len(able) == 1:
        yield Concern(Kind.ONE_HOLDS, who=able[0])


SOURCES: tuple[Source, ...] = (
    _keys_missing,
    _lists_to_cross_out,
    _near_events,
    _mails_late,
    _mails_that_came_back,
    _opened_outside_the_usual,
    _needs,
    _unread,
    _due,
    _holders,
)
