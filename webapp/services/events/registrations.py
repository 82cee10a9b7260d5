"""Registering for an event: a request, a seat, or a place in the waiting list, and the link that leads back to it.

Against write skew, every decision about seats is made under a lock on the event's row, with the tables' unique
constraints behind it: no seat is given twice, and the longest wait is next. How a seat is given back, and who gets it
then, is in `services/events/waiting_list.py`; how a request is confirmed, in `services/events/booking_confirming.py`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Event as EventRow
from webapp.models import Registration
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.event_definition import EventDefinition
from webapp.rules.events.registration_form import address_of, agrees_to_be_listed
from webapp.rules.forms.questions import PartName
from webapp.rules.mail_kinds import RegistrantMail, status_mail
from webapp.rules.retention import registration_due_on, request_due_on
from webapp.rules.states import RegistrationState
from webapp.services.events import booking_requests, duplicate_addresses, published_events
from webapp.services.events.booking_requests import Entry
from webapp.services.events.occupancy import POOL, Held
from webapp.services.events.published_events import PublishedEvent
from webapp.services.events.registration_sealing import (
    Prepared,
    Sealed,
    prepare,
    renewed,
    seal_registration,
)
from webapp.services.infrastructure import disk_space, outbox, stores
from webapp.services.infrastructure.new_rows import insert_new
from webapp.services.infrastructure.row_authentication import TOLERANT_LOCK, forged, is_genuine
from webapp.services.keys import purpose_keys
from webapp.services.sealed import tombstones

__all__ = ["Prepared", "prepare", "renewed"]

# Written once: putting a statement together takes longer than running it.
IS_THERE = select(Registration.id).where(Registration.id == bindparam("id"))


class EventClosed(Exception):
    """The event takes no registrations: it is closed, cancelled, or has begun."""


class NoSuchRegistration(LookupError):
    """No registration has this link or id: none ever had, or it was erased. The answer never says which."""


def can_be_booked(event: PublishedEvent) -> bool:
    """Whether what is told now can be sealed. Looked at again after two seconds at most."""
    return purpose_keys.could_seal(event.id, event.definition.form.asked_parts)


def register(
    event: PublishedEvent,
    prepared: Prepared,
    by_part: Mapping[PartName, dict[str, Any]],
    language: str,
    network: str = "",
) -> RegistrationState:
    """Store a registration. Idempotent by its prepared id. Returns its state: a request, confirmed or waiting.

    `network` is the address that the POST came from, for a quota; it is not stored. Raises `EventClosed`,
    `StoreUnavailable`; `KeySwapped` or `NoPurposeKey` when nothing can be sealed.
    """
    with stores.reading_rows() as main:
        known = _state_of(main, prepared)
        if known is not None:
            return known
        if not event.accepts_registrations(clock.now()):
            raise EventClosed(event.slug)
        disk_space.ensure_room_to_store()
        keys = purpose_keys.newest(main, event.id, by_part)
    row, registrant = _row(event, prepared, language), by_part.get("registrant", {})
    entry = booking_requests.entry_of(event, address_of(registrant), network)
    row.address_mark = duplicate_addresses.mark_of(event, address_of(registrant))
    row.listed_on = clock.today() if agrees_to_be_listed(registrant) else None
    sealed = seal_registration(row, prepared, by_part, keys)
    with stores.writing_rows("erasure") as erasure:
        insert_new(erasure, sealed.secrets)
    try:
        with stores.writing() as main:
            return _store(main, sealed, event.definition, entry)
    except IntegrityError:
        with stores.reading_rows() as main:
            known = _state_of(main, prepared)
        if known is None:
            raise
        return known


def _row(event: PublishedEvent, prepared: Prepared, language: str) -> Registration:
    return Registration(
        id=prepared.registration_id,
        event_id=event.id,
        pool=POOL,
        form_version=event.form_version,
        language=language,
        received_on=clock.today(),
        due_on=due_on(event),
    )


def _state_of(main: Connection, prepared: Prepared) -> RegistrationState | None:
    if main.execute(IS_THERE, {"id": prepared.registration_id}).first() is not None:
        return stores.session(main).get_one(Registration, prepared.registration_id).state
    # A replayed post brings nothing back that was erased.
    erased = tombstones.is_erased(main, prepared.registration_id)
    return RegistrationState.CANCELLED if erased else None


def _store(
    main: Session, sealed: Sealed, definition: EventDefinition, entry: Entry
) -> RegistrationState:
    event = published_events.lock(main, sealed.row.event_id)
    # By the time under the lock: the last day to book moves with the event.
    ends_at = definition.booking_ends_at(clock.moment(event.starts_at))
    if not seats.can_register(event.state, clock.now(), ends_at):
        raise EventClosed(event.slug)
    row = sealed.row
    _enter(main, row, event, definition.keep_days, entry)
    insert_new(main, [row, *sealed.pieces])
    if entry.mails:
        tell(main, row, status_mail(row.state), is_new=True)
    return row.state


def _enter(main: Session, row: Registration, event: EventRow, keep_days: int, entry: Entry) -> None:
    if entry.pending is not None:
        put_off(row, event, keep_days, entry.pending)
        return
    held = Held(main, event.id)
    if entry.is_unvouched and seats.needs_a_yes(
        without_address=held.without_address(), seats=event.seats
    ):
        put_off(row, event, keep_days, RegistrationState.APPLIED)
    else:
        allot(row, event, held, keep_days)


def allot(row: Registration, event: EventRow, held: Held, keep_days: int) -> None:
    """Give a registration a seat, or the next place. The caller has locked the event."""
    match seats.decide(held, event.seats):
        case seats.Confirmed(seat):
            row.state, row.seat = RegistrationState.CONFIRMED, seat
        case seats.Waiting(place):
            row.state, row.place = RegistrationState.WAITING, place
    row.due_on = _due_on(event, keep_days)


def put_off(row: Registration, event: EventRow, keep_days: int, state: RegistrationState) -> None:
    """Have a registration wait to be confirmed: it holds nothing, and a request lapses soon."""
    row.state = state
    row.due_on = _due_on(event, keep_days)
    if state == RegistrationState.REQUESTED:
        row.due_on = min(row.due_on, request_due_on(clock.today()))


def _due_on(event: EventRow, keep_days: int) -> date:
    # By the time under the caller's lock: the event may have moved since its page was read.
    return registration_due_on(clock.day_of(clock.moment(event.ends_at)), keep_days)


def tell_standing(main: Session, row: Registration, once: str = "") -> None:
    """Mail a registrant how it stands; see `tell`."""
    tell(main, row, status_mail(row.state), once)


def tell(
    main: Session,
    row: Registration,
    kind: type[RegistrantMail],
    once: str = "",
    not_before: datetime | None = None,
    *,
    is_new: bool = False,
) -> None:
    """Put one mail to a registrant in the outbox; none where no address is kept any more.

    `once` tells apart mails of one kind (a reminder for another day, a second change). `not_before` is aware. `is_new`
    says that the registration was written in this transaction.
    """
    if row.mail_envelope is None:
        return
    outbox.put(
        main,
        kind=kind.name,
        subject_id=row.id,
        language=row.language,
        dedupe_key=":".join(filter(None, (kind.name, row.id.hex, once))),
        not_before=int(not_before.timestamp()) if not_before else None,
        is_new=is_new,
    )


def kept_until(event: PublishedEvent) -> date | None:
    """The day on which the last of an event's registrations is erased; None when there is none."""
    with stores.reading() as main:
        last = select(func.max(Registration.due_on)).where(Registration.event_id == event.id)
        return main.scalar(last)


def due_on(event: PublishedEvent) -> date:
    """The day on which a registration must be erased."""
    ends_on = event.ends_at.astimezone(clock.COALITION_ZONE).date()
    return registration_due_on(ends_on, event.definition.keep_days)


def lock(main: Session, registration_id: UUID) -> Registration:
    """Lock a registration's row until the transaction ends. Raises `NoSuchRegistration`, `RowForged`."""
    row = lock_even_false(main, registration_id)
    if not is_genuine(row):
        raise forged(row)
    return row


def lock_even_false(main: Session, registration_id: UUID) -> Registration:
    """The same, also where Hearth did not write the row (`is_genuine`): for erasing. Raises `NoSuchRegistration`."""
    row = main.scalars(
        select(Registration).where(Registration.id == registration_id).with_for_update(),
        execution_options=TOLERANT_LOCK,
    ).one_or_none()
    if row is None:
        raise NoSuchRegistration
    return row
