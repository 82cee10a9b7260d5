"""Registering for an event: a seat, or a place in the waiting list, and the link that leads back to it.

Every decision about seats is made under a lock on the event's row, and the tables' unique constraints stand behind
it: no seat is ever given twice, and whoever waits longest is next. How a seat is given back, and who gets it then, is
in `services/events/waiting_list.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hmac import compare_digest
from typing import Any, cast
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import Registration, RegistrationPart, Tombstone
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.registration_form import address_of, agrees_to_be_listed
from webapp.rules.forms.questions import PartName
from webapp.rules.retention import registration_due_on
from webapp.services.events import duplicate_addresses, published_events
from webapp.services.events.published_events import Event
from webapp.services.events.registration_sealing import (
    Prepared,
    Sealed,
    prepare,
    renewed,
    seal_piece,
    seal_registration,
)
from webapp.services.infrastructure import audit, limits, outbox, stores
from webapp.services.keys import purpose_keys
from webapp.services.sealed import shredding
from webapp.vault import tickets
from webapp.vault.tickets import MistypedCode, WrongRoomCode

__all__ = ["MistypedCode", "Prepared", "WrongRoomCode", "prepare", "renewed"]

POOL = "main"


class EventClosed(Exception):
    """The event takes no registrations: it is closed, cancelled, or has begun."""


class NoSuchRegistration(LookupError):
    """No registration has this link or id: none ever had, or it was erased. Nobody is told which."""


@dataclass(frozen=True)
class OwnRegistration:
    """What a registrant sees behind their link. What they told us is not in it: nobody can open that with a link."""

    id: UUID
    event: Event
    state: seats.State
    language: str
    asks_room_code: bool
    due_on: date
    #: Where they stand in the waiting list, from 1; None when they do not wait.
    order: int | None
    #: Whether anything is kept to write to them.
    gets_mail: bool
    #: Whether their name and organisation may stand on the list of participants.
    listed: bool


def can_be_booked(event: Event) -> bool:
    """Whether what is told now can be sealed. Looked at again after two seconds at most."""
    return purpose_keys.could_seal(event.id, event.definition.form.asked_parts)


def register(
    event: Event, prepared: Prepared, by_part: Mapping[PartName, dict[str, Any]], language: str
) -> str:
    """Store a registration once, however often it is sent. Returns its state: confirmed or waiting.

    Raises `EventClosed`, `StoreUnavailable`; `KeySwapped` or `NoPurposeKey` when nothing can be sealed.
    """
    with stores.reading() as main:
        known = _state_of(main, prepared)
        if known is not None:
            return known
        if not event.accepts_registrations(clock.now()):
            raise EventClosed(event.slug)
        keys = purpose_keys.newest(main, event.id, by_part)
    row, registrant = _row(event, prepared, language), by_part.get("registrant", {})
    row.address_mark = duplicate_addresses.mark_of(event, address_of(registrant))
    row.listed_on = clock.today() if agrees_to_be_listed(registrant) else None
    sealed = seal_registration(row, prepared, by_part, keys)
    with stores.writing("erasure") as erasure_store:
        erasure_store.add_all(sealed.secrets)
    try:
        with stores.writing() as main:
            return _store(main, sealed, event.definition.keep_days)
    except IntegrityError:
        with stores.reading() as main:
            known = _state_of(main, prepared)
        if known is None:
            raise
        return known


def _row(event: Event, prepared: Prepared, language: str) -> Registration:
    return Registration(
        id=prepared.registration_id,
        event_id=event.id,
        pool=POOL,
        form_version=event.form_version,
        language=language,
        received_on=clock.today(),
        due_on=due_on(event),
    )


def _state_of(main: Session, prepared: Prepared) -> str | None:
    row = main.get(Registration, prepared.registration_id)
    if row is not None:
        return row.state
    # A replayed post brings nothing back that was erased.
    return seats.CANCELLED if main.get(Tombstone, prepared.registration_id) is not None else None


def _store(main: Session, sealed: Sealed, keep_days: int) -> str:
    event = published_events.lock(main, sealed.row.event_id)
    state = cast(seats.EventState, event.state)
    if not seats.can_register(state, clock.now(), clock.moment(event.starts_at)):
        raise EventClosed(event.slug)
    row = sealed.row
    # By the time under this lock: the event may have moved since its page was read.
    ends_on = clock.day_of(clock.moment(event.ends_at))
    row.due_on = registration_due_on(ends_on, keep_days)
    match seats.decide(
        taken=taken_seats(main, event.id),
        seats=event.seats,
        places=places_of(main, event.id).values(),
    ):
        case seats.Confirmed(seat):
            row.state, row.seat = seats.CONFIRMED, seat
        case seats.Waiting(place):
            row.state, row.place = seats.WAITING, place
    main.add(row)
    main.flush()
    main.add_all(sealed.pieces)
    tell(main, row, "registered" if row.state == seats.CONFIRMED else "waiting")
    return row.state


def taken_seats(main: Session, event_id: UUID) -> list[int]:
    """The seats that somebody holds. The caller has locked the event."""
    held = select(Registration.seat).where(
        Registration.event_id == event_id, Registration.seat.is_not(None)
    )
    return [seat for seat in main.scalars(held) if seat is not None]


def places_of(main: Session, event_id: UUID) -> dict[UUID, int]:
    """Who waits, with which place. The caller has locked the event."""
    waiting = select(Registration.id, Registration.place).where(
        Registration.event_id == event_id, Registration.place.is_not(None)
    )
    return {row.id: row.place for row in main.execute(waiting)}


def tell(
    main: Session,
    row: Registration,
    kind: str,
    once: str = "",
    not_before: datetime | None = None,
) -> None:
    """Promise a registrant one mail; nothing when nothing is kept to write to them any more.

    `once` tells apart mails of one kind (a reminder for another day, a second change). `not_before` is aware.
    """
    if row.mail_envelope is None:
        return
    outbox.put(
        main,
        kind=kind,
        subject_id=row.id,
        language=row.language,
        dedupe_key=":".join(filter(None, (kind, row.id.hex, once))),
        not_before=int(not_before.timestamp()) if not_before else None,
    )


def kept_until(event: Event) -> date | None:
    """The day on which the last of an event's registrations is erased; None when there is none."""
    with stores.reading() as main:
        last = select(func.max(Registration.due_on)).where(Registration.event_id == event.id)
        return main.scalar(last)


def due_on(event: Event) -> date:
    """The day on which a registration must be erased."""
    ends_on = event.ends_at.astimezone(clock.COALITION_ZONE).date()
    return registration_due_on(ends_on, event.definition.keep_days)


# Coming back


def find_own(ticket: str) -> OwnRegistration:
    """What the registrant with this link sees. Raises `NoSuchRegistration`."""
    lookup = _labels(ticket).lookup
    with stores.reading() as main:
        row = main.scalars(select(Registration).where(Registration.lookup == lookup)).one_or_none()
        if row is None:
            raise NoSuchRegistration
        event = published_events.with_id(main, row.event_id)
        order = None if row.place is None else _order(main, row)
    return OwnRegistration(
        id=row.id,
        event=event,
        state=state_of(row),
        language=row.language,
        asks_room_code=row.room_mac is not None,
        due_on=row.due_on,
        order=order,
        gets_mail=row.mail_envelope is not None,
        listed=row.listed_on is not None,
    )


def _order(main: Session, row: Registration) -> int | None:
    """How many wait up to this place, it included: what a person is told is counted at that moment."""
    up_to = select(func.count()).where(
        Registration.event_id == row.event_id, Registration.place <= row.place
    )
    return main.scalar(up_to)


def find_ticket(code: str) -> str | None:
    """The ticket behind a booking code; None when no booking has it. Raises `MistypedCode`."""
    ticket = tickets.ticket_of(code, current_settings().receipt_salt)
    with stores.reading() as main:
        found = main.scalar(
            select(Registration.id).where(Registration.lookup == _labels(ticket).lookup)
        )
    return None if found is None else ticket


def calendar_uid(registration_id: UUID) -> str:
    """The UID of this registration's calendar entry: it stays, whatever happens to event and link."""
    return tickets.calendar_uid(registration_id, current_settings().receipt_salt)


def _labels(ticket: str) -> tickets.TicketLabels:
    try:
        return tickets.labels(ticket, current_settings().receipt_salt)
    except tickets.MistypedCode:
        raise NoSuchRegistration from None


def room(own: OwnRegistration, ticket: str, typed: str = "") -> str | None:
    """The joining link, for a registration with a seat inside the window; None outside it or before it is set.

    Raises `MistypedCode`, `WrongRoomCode` where the event asks for a room code and this is not it, and `TooMany`.
    """
    event = own.event
    if event.state == published_events.CANCELLED or not seats.link_may_be_seen(
        own.state, clock.now(), event.starts_at, event.ends_at, event.link_opens_minutes
    ):
        return None
    if own.asks_room_code:
        _check_room_code(own, ticket, typed)
    return published_events.joining_link(event.id)


def _check_room_code(own: OwnRegistration, ticket: str, typed: str) -> None:
    # Every try counts before it is looked at, or the code could be guessed; for this booking alone, so that neither
    # strangers nor the others in one office use up anybody's tries.
    limits.take_for("room", own.id.hex)
    if not own.gets_mail:
        _check_booking_code(ticket, typed)
        return
    with stores.reading() as main:
        mac = main.scalar(select(Registration.room_mac).where(Registration.id == own.id))
    if mac is None:
        raise NoSuchRegistration
    tickets.check_room_code(typed, mac=mac, room_key=_labels(ticket).room, registration_id=own.id)


def _check_booking_code(ticket: str, typed: str) -> None:
    """People without an e-mail address keep one code for both. Like a room code it is in no link, mail or history.

    Raises `MistypedCode`, `WrongRoomCode`.
    """
    if not compare_digest(tickets.ticket_of(typed, current_settings().receipt_salt), ticket):
        raise WrongRoomCode


def change_needs(own: OwnRegistration, needs: dict[str, Any]) -> None:
    """Replace what somebody needs: sealed anew, the old answers shredded, now or by the worker.

    Raises `NoSuchRegistration`, `StoreUnavailable`; `KeySwapped` or `NoPurposeKey` when nothing can be sealed.
    """
    with stores.reading() as main:
        key = purpose_keys.newest(main, own.event.id, ("needs",))["needs"]
        row = main.get(Registration, own.id)
    if row is None:
        raise NoSuchRegistration
    piece, secret = seal_piece(row, "needs", needs, key)
    with stores.writing("erasure") as erasure_store:
        erasure_store.add(secret)
    with stores.writing() as main:
        # What was arranged was arranged for other needs.
        lock(main, own.id).needs_arranged_on = None
        old = select(RegistrationPart).where(
            RegistrationPart.registration_id == own.id, RegistrationPart.purpose == "needs"
        )
        shredding.shred_parts(main, main.scalars(old).all())
        main.add(piece)
    shredding.finish_now()


def take_off_list(own: OwnRegistration) -> None:
    """They want to be named on no list of participants any more. Doing it again changes nothing.

    Raises `NoSuchRegistration`, `StoreUnavailable`.
    """
    with stores.writing() as main:
        row = lock(main, own.id)
        if row.listed_on is not None:
            row.listed_on = None
            audit.note(main, audit.UNLISTED, row.id)


def lock(main: Session, registration_id: UUID) -> Registration:
    """Hold a registration's row until the transaction ends. Raises `NoSuchRegistration`."""
    row = main.scalars(
        select(Registration).where(Registration.id == registration_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise NoSuchRegistration
    return row


def state_of(row: Registration) -> seats.State:
    """A row's state, as the rules know it; the table's CHECK allows no other."""
    return cast(seats.State, row.state)
