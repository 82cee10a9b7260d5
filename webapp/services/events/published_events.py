"""Events: what is published about them, how many seats are free, and the joining link."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import Event as EventRow
from webapp.models import FormVersion
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.event_times import EventTime
from webapp.rules.events.joining_details import JoiningDetails, decoded
from webapp.rules.events.seats import can_register
from webapp.rules.references import reference
from webapp.rules.states import EventState
from webapp.services.events.occupancy import Counts, counts_of
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    TOLERANT_LOCK,
    forged,
    is_genuine,
)
from webapp.vault.contexts import JOINING_LINK, Context
from webapp.vault.service_key import open_joining_link, seal_joining_link

# Written once: putting a statement together takes longer than running it. FOR NO KEY UPDATE is the weaker lock, so that
# inserts with a foreign key to the event need not wait.
LOCKED = (
    select(EventRow).where(EventRow.id == bindparam("event_id")).with_for_update(key_share=True)
)


class NoSuchEvent(LookupError):
    """No event has this address."""


@dataclass(frozen=True)
class PublishedEvent:
    """An event as it is published, whoever has registered. Times are aware, in UTC."""

    id: UUID
    slug: str
    state: EventState
    starts_at: datetime
    ends_at: datetime
    seats: int
    definition: EventDefinition
    form_version: int
    calendar_uid: str
    calendar_sequence: int
    #: Whether anything is set of how people come in: a link, a number or an address.
    has_link: bool
    link_opens_minutes: int
    #: Under which secret addresses are compared; None where they are not.
    marks_secret_id: UUID | None

    @property
    def time(self) -> EventTime:
        """From when to when it is, with the zone in which it is announced."""
        return EventTime(self.starts_at, self.ends_at, self.definition.zone)

    def accepts_registrations(self, now: datetime) -> bool:
        """Whether registrants may still register, for a seat or for the waiting list."""
        return can_register(self.state, now, self.booking_ends_at)

    @property
    def booking_ends_at(self) -> datetime:
        """The instant from which no one can book any more, also where nobody closed it by hand."""
        return self.definition.booking_ends_at(self.starts_at)

    @property
    def last_day_to_book(self) -> date | None:
        """The last day on which anyone can book, in the event's zone; None where that is until it starts."""
        return self.definition.last_day_to_book(self.time)

    @property
    def is_open(self) -> bool:
        """Whether registration was not closed by hand."""
        return self.state == EventState.OPEN

    @property
    def is_closed(self) -> bool:
        """Whether registration was closed by hand; the event takes place."""
        return self.state == EventState.CLOSED

    @property
    def is_cancelled(self) -> bool:
        """Whether it was called off."""
        return self.state == EventState.CANCELLED

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended."""
        return now >= self.ends_at


@dataclass(frozen=True)
class Event(PublishedEvent):
    """An event with its counts: who has a seat, who waits, and who holds nothing yet."""

    counts: Counts

    @property
    def taken(self) -> int:
        """How many seats are taken."""
        return self.counts.taken

    @property
    def waiting(self) -> int:
        """How many wait for a seat."""
        return self.counts.waiting

    @property
    def pending(self) -> int:
        """How many bookings are not confirmed yet, and hold nothing."""
        return self.counts.pending

    @property
    def free(self) -> int:
        """How many seats are free. The waiting list goes before new registrants."""
        return max(0, self.seats - self.taken)

    @property
    def is_full(self) -> bool:
        """Whether a new registrant goes on the waiting list, behind those who wait already."""
        return self.free == 0 or self.waiting > 0


@dataclass(frozen=True)
class Listed:
    """Every event that is as Hearth wrote it, and the references of those that are not."""

    events: tuple[Event, ...]
    left_out: tuple[str, ...]


@lru_cache(maxsize=64)
def parsed(definition: str) -> EventDefinition:
    """A stored definition; a published version never changes, so it is parsed once in the life of a process."""
    return EventDefinition.model_validate_json(definition)


def _query(*conditions: Any, with_form_gone: bool = False) -> Select[EventRow, FormVersion]:
    """Events with the form version that is published: whole rows, because both are authenticated as a whole."""
    current = and_(FormVersion.owner_id == EventRow.id, FormVersion.number == EventRow.form_version)
    return (
        select(EventRow, FormVersion)
        .join(FormVersion, current, isouter=with_form_gone)
        .where(*conditions)
        .order_by(EventRow.starts_at)
    )


def _one(main: Session, *conditions: Any) -> tuple[EventRow, FormVersion]:
    """Raises `NoSuchEvent`; `RowForged` for one whose row or form version Hearth did not write."""
    found = main.execute(_query(*conditions)).one_or_none()
    if found is None:
        raise NoSuchEvent
    return found[0], found[1]


def _all(main: Session, *conditions: Any) -> list[Event]:
    """A list without those that Hearth did not write: one false row must not take every event from the page."""
    found = main.execute(_query(*conditions).execution_options(**TOLERANT))
    return _views(main, [(row, form) for row, form in found if _is_whole(row, form)])


def _views(main: Session, found: list[tuple[EventRow, FormVersion]]) -> list[Event]:
    counts = counts_of(main, [row.id for row, _ in found])
    return [
        Event(**_published(row, form), counts=counts.get(row.id, Counts())) for row, form in found
    ]


def _published(row: EventRow, form: FormVersion) -> dict[str, Any]:
    return {
        "id": row.id,
        "slug": row.slug,
        "state": row.state,
        "starts_at": clock.moment(row.starts_at),
        "ends_at": clock.moment(row.ends_at),
        "seats": row.seats,
        "definition": parsed(form.definition),
        "form_version": row.form_version,
        "calendar_uid": row.calendar_uid,
        "calendar_sequence": row.calendar_sequence,
        "has_link": row.link_envelope is not None,
        "link_opens_minutes": row.link_opens_minutes,
        "marks_secret_id": row.marks_secret_id,
    }


def coming() -> tuple[Event, ...]:
    """Events that are not over and not cancelled, the next one first."""
    now = int(clock.now().timestamp())
    with stores.reading() as main:
        return tuple(_all(main, EventRow.ends_at > now, EventRow.state != EventState.CANCELLED))


def all_events() -> tuple[Event, ...]:
    """Every event, the earliest first."""
    return listed().events


def listed() -> Listed:
    """Every event, and which were left out: false ones, and those whose form is false or gone."""
    with stores.reading() as main:
        query = _query(with_form_gone=True).execution_options(**TOLERANT)
        rows = [(row, form) for row, form in main.execute(query)]
        events = _views(main, [(row, form) for row, form in rows if _is_whole(row, form)])
    left_out = (reference(row.id) for row, form in rows if not _is_whole(row, form))
    return Listed(tuple(events), tuple(left_out))


def _is_whole(row: EventRow, form: FormVersion | None) -> bool:
    return form is not None and is_genuine(row) and is_genuine(form)


def find(slug: str) -> Event:
    """The event at this address, whatever its state. Raises `NoSuchEvent`, `RowForged`."""
    with stores.reading() as main:
        return _views(main, [_one(main, EventRow.slug == slug)])[0]


def find_published(slug: str) -> PublishedEvent:
    """The same, without its counts."""
    with stores.reading() as main:
        return PublishedEvent(**_published(*_one(main, EventRow.slug == slug)))


def with_id(main: Session, event_id: UUID) -> PublishedEvent:
    """The event with this id, without its counts. Raises `NoSuchEvent`, `RowForged`."""
    return PublishedEvent(**_published(*_one(main, EventRow.id == event_id)))


def with_counts(main: Session, event_id: UUID) -> Event:
    """The event with this id. Raises `NoSuchEvent`, `RowForged`."""
    return _views(main, [_one(main, EventRow.id == event_id)])[0]


def lock(main: Session, event_id: UUID) -> EventRow:
    """Lock an event's row until the transaction ends: seats and places are decided one at a time.

    Raises `NoSuchEvent`, `RowForged`.
    """
    row = lock_even_false(main, event_id)
    if not is_genuine(row):
        raise forged(row)
    return row


def lock_even_false(main: Session, event_id: UUID) -> EventRow:
    """The same, also where Hearth did not write the row (`is_genuine`): for erasing. Raises `NoSuchEvent`."""
    row = main.scalars(
        LOCKED, {"event_id": event_id}, execution_options=TOLERANT_LOCK
    ).one_or_none()
    if row is None:
        raise NoSuchEvent(event_id)
    return row


def _link_context(event_id: UUID) -> Context:
    return Context(JOINING_LINK, owner_id=event_id, row_id=event_id)


def set_joining_details(
    event_id: UUID, details: JoiningDetails, *, opens_minutes: int, actor: UUID
) -> None:
    """Seal and store how people come in, and from how many minutes before the start the link and the number are shown.

    Raises `NoSuchEvent`, `RowForged`, and `TooLong` for more than a form lets through.
    """
    sealed = seal_joining_link(
        details.encoded(), key=current_settings().service_key, context=_link_context(event_id)
    )
    with stores.writing() as main:
        row = lock(main, event_id)
        row.link_envelope, row.link_opens_minutes = sealed, opens_minutes
        audit.enter(main, actor, AuditEvent.JOINING_LINK_SET, event_id)


def joining_details(event_id: UUID) -> JoiningDetails:
    """How people come in; empty while it is not set. Who may see what, and when, `own_registrations` decides."""
    with stores.reading() as main:
        row = main.get(EventRow, event_id)
    if row is None or row.link_envelope is None:
        return JoiningDetails()
    return decoded(
        open_joining_link(
            row.link_envelope, key=current_settings().service_key, context=_link_context(event_id)
        )
    )
