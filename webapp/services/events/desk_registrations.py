"""An event's registrations at the desk: lists without names, openings one at a time, the list for the room."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from webapp.models import EventCount, Registration, RegistrationPart
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events import seats
from webapp.rules.events.registration_form import display_name_of
from webapp.rules.forms.texts import Text
from webapp.rules.reasons import PREPARING, Reason, for_record
from webapp.rules.states import RegistrationState
from webapp.services.events import occupancy, published_events
from webapp.services.events.occupancy import Held
from webapp.services.events.published_events import Event, PublishedEvent
from webapp.services.events.registrations import NoSuchRegistration, lock
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure

MARKED: Final[Mapping[RegistrationState, AuditEvent]] = {
    RegistrationState.ATTENDED: AuditEvent.MARKED_ATTENDED,
    RegistrationState.NO_SHOW: AuditEvent.MARKED_NO_SHOW,
}


class NotNow(Exception):
    """Attendance is noted for registrants with a seat, once the event has begun."""


@dataclass(frozen=True)
class RegistrationRow:
    """One registration as the desk lists it: nothing of who it is."""

    id: UUID
    event_id: UUID
    state: RegistrationState
    seat: int | None
    order: int | None
    language: str
    received_on: date
    due_on: date
    #: Whether anything is kept to write to them; a registrant without an e-mail address hears of no change.
    gets_mail: bool
    #: Who else is in with the same address, as a keyed hash of it tells; nothing is opened to know it.
    same_as: tuple["SameAddress", ...] = ()


@dataclass(frozen=True)
class SameAddress:
    """Another registration for the same event with the same address: where it stands."""

    id: UUID
    seat: int | None
    order: int | None


@dataclass(frozen=True)
class Listed:
    """An event's registrations, and the ids of those that are not as Hearth wrote them: named, and never used."""

    rows: tuple[RegistrationRow, ...]
    false: tuple[UUID, ...]


@dataclass(frozen=True)
class OpenedRegistration:
    """One registration, opened for the screen. `by_part` holds the answers of each part."""

    row: RegistrationRow
    event: PublishedEvent
    by_part: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Attendee:
    """A registrant with a seat, under their name for the room."""

    registration_id: UUID
    seat: int
    display_name: str
    state: RegistrationState


def list_registrations(event: Event) -> tuple[RegistrationRow, ...]:
    """All registrations: seats in order, then the waiting list in order, then those that were cancelled."""
    return list_all(event).rows


def list_all(event: Event) -> Listed:
    """The same, and which rows in their list Hearth did not write."""
    with stores.reading() as main:
        mine = select(Registration).where(Registration.event_id == event.id)
        stored = main.scalars(mine, execution_options=TOLERANT).all()
    rows = genuine(stored)
    false = sorted(row.id for row in stored if not is_genuine(row))
    ranks = {row.id: rank for rank, row in enumerate(sorted(_in_line(rows), key=_place), 1)}
    same = _same_addresses(rows, ranks)
    listed = [replace(_view(row, ranks.get(row.id)), same_as=same.get(row.id, ())) for row in rows]
    listed.sort(key=lambda row: (row.seat or 10_000, row.order or 10_000, row.id))
    return Listed(tuple(listed), tuple(false))


def _same_addresses(
    rows: Iterable[Registration], ranks: Mapping[UUID, int]
) -> dict[UUID, tuple[SameAddress, ...]]:
    """Of those who are in, who has the address of whom."""
    by_mark = defaultdict(list)
    for row in rows:
        if row.address_mark is not None and _is_in(row):
            by_mark[row.address_mark].append(SameAddress(row.id, row.seat, ranks.get(row.id)))
    together = [sorted(one, key=_by_seat) for one in by_mark.values()]
    return {
        one.id: tuple(other for other in same if other.id != one.id)
        for same in together
        for one in same
    }


def _by_seat(one: SameAddress) -> int:
    return one.seat or 10_000


def _is_in(row: Registration) -> bool:
    return row.seat is not None or row.place is not None


def _in_line(rows: Iterable[Registration]) -> Iterator[Registration]:
    # A registration that a coordinator put first may have the place 0, or one below.
    return (row for row in rows if row.place is not None)


def _place(row: Registration) -> int:
    return row.place or 0


def _view(row: Registration, order: int | None = None) -> RegistrationRow:
    return RegistrationRow(
        row.id,
        row.event_id,
        row.state,
        row.seat,
        order,
        row.language,
        row.received_on,
        row.due_on,
        row.mail_envelope is not None,
    )


@dataclass(frozen=True)
class NeedsWaiting:
    """An event to come, and how many of its registrants have needs that no coordinator has arranged yet."""

    slug: str
    title: Text
    starts_at: datetime
    people: int


def needs_not_arranged(events: Iterable[Event] | None = None) -> tuple[NeedsWaiting, ...]:
    """Events to come, or of these, with needs that are not arranged yet, in their order. Nothing is opened to know it.

    "I need nothing" is sealed like anything else, so that registrant counts too until a coordinator has looked.
    """
    coming = published_events.coming() if events is None else tuple(events)
    waiting = (
        select(Registration.event_id, func.count())
        .join(RegistrationPart, RegistrationPart.registration_id == Registration.id)
        .where(
            Registration.event_id.in_([event.id for event in coming]),
            RegistrationPart.purpose == "needs",
            Registration.needs_arranged_on.is_(None),
            Registration.seat.is_not(None) | Registration.place.is_not(None),
        )
        .group_by(Registration.event_id)
    )
    with stores.reading() as main:
        people: dict[UUID, int] = {row[0]: row[1] for row in main.execute(waiting)}
    return tuple(
        NeedsWaiting(event.slug, event.definition.title, event.starts_at, people[event.id])
        for event in coming
        if event.id in people
    )


def needs_waiting_at(event: Event) -> int:
    """How many registrants of this event have needs that are not arranged yet; 0 for one that is over or off."""
    waiting = (one.people for one in needs_not_arranged() if one.slug == event.slug)
    return next(waiting, 0)


def without_mail(event: Event) -> int:
    """How many with a seat or a place gave no e-mail address, and hear of a change on their page alone."""
    with stores.reading() as main:
        return Held(main, event.id).without_address()


def counts_kept(event: Event) -> dict[RegistrationState, int]:
    """How many registrations were in each state, of those that were erased when their time was over."""
    with stores.reading() as main:
        rows = main.scalars(select(EventCount).where(EventCount.event_id == event.id))
        return {row.state: row.people for row in rows}


def find(registration_id: UUID) -> tuple[RegistrationRow, Event]:
    """One registration as the desk lists it, and its event. Raises `NoSuchRegistration`."""
    with stores.reading() as main:
        row = main.get(Registration, registration_id)
        if row is None:
            raise NoSuchRegistration
        shown = _view(row, occupancy.order_of(main, row))
        same_as = tuple(sorted(_same_address(main, row), key=_by_seat))
        return replace(shown, same_as=same_as), published_events.with_counts(main, row.event_id)


def _same_address(main: Session, row: Registration) -> Iterator[SameAddress]:
    if row.address_mark is None or not _is_in(row):
        return
    same = select(Registration).where(
        Registration.event_id == row.event_id,
        Registration.address_mark == row.address_mark,
        Registration.id != row.id,
    )
    for other in filter(_is_in, genuine(main.scalars(same, execution_options=TOLERANT))):
        yield SameAddress(other.id, other.seat, occupancy.order_of(main, other))


def next_in_line(event: Event) -> UUID | None:
    """Who gets the next seat that is given back."""
    with stores.reading() as main:
        first = Held(main, event.id).first_in_line(lock=False)
        return None if first is None else first.id


def open_registration(holder: Holder, registration_id: UUID, reason: Reason) -> OpenedRegistration:
    """Open one registration: who it is and what they need. Audited first.

    Raises `NotWhatItIsFor`, `NoSuchRegistration`, `NotAuthorisedToOpen`, `TooMany`.
    """
    recorded = for_record(reason, PREPARING)
    limits.take_opening("registrations", holder.coordinator_id.hex, reason)
    with stores.writing() as main:
        row = lock(main, registration_id)
        event = published_events.with_id(main, row.event_id)
        parts = main.scalars(
            select(RegistrationPart).where(RegistrationPart.registration_id == row.id)
        ).all()
        audit.enter(main, holder.coordinator_id, AuditEvent.REGISTRATION_OPENED, row.id, recorded)
    opened = {part.purpose: content for part, content in disclosure.open_parts(holder, parts)}
    return OpenedRegistration(_view(row), event, opened)


def open_list(holder: Holder, event: Event) -> tuple[Attendee, ...]:
    """The list for the room: seats and display names, nothing else. Audited first.

    Raises `NotAuthorisedToOpen`.
    """
    with stores.writing() as main:
        audit.enter(main, holder.coordinator_id, AuditEvent.ATTENDANCE_LIST_OPENED, event.id)
        seated = select(Registration).where(
            Registration.event_id == event.id, Registration.seat.is_not(None)
        )
        rows = {row.id: row for row in genuine(main.scalars(seated, execution_options=TOLERANT))}
        names = select(RegistrationPart).where(
            RegistrationPart.registration_id.in_(rows), RegistrationPart.purpose == "room"
        )
        parts = genuine(main.scalars(names, execution_options=TOLERANT))
    called = {
        part.registration_id: display_name_of(content)
        for part, content in disclosure.open_parts(holder, parts)
    }
    people = [
        Attendee(row.id, row.seat or 0, called.get(row.id, ""), row.state) for row in rows.values()
    ]
    return tuple(sorted(people, key=lambda person: person.seat))


def mark(registration_id: UUID, state: RegistrationState, *, actor: UUID) -> None:
    """Note that a registrant came, or did not. Raises `NoSuchRegistration`, `NotNow`."""
    with stores.writing() as main:
        row = lock(main, registration_id)
        event = published_events.with_id(main, row.event_id)
        if state not in MARKED or not seats.can_mark_attendance(
            row.state, clock.now(), event.starts_at
        ):
            raise NotNow
        row.state = state
        audit.enter(main, actor, MARKED[state], row.id)
