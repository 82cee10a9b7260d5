"""Registering for an event: a seat, or a place in the waiting list, and the link that leads back to it.

Against write skew, every decision about seats is made under a lock on the event's row, with the tables' unique
constraints behind it: no seat is given twice, and the longest wait is next. How a seat is given back, and who gets it
then, is in `services/events/waiting_list.py`.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import Registration, Tombstone
from webapp.rules import clock
from webapp.rules.events import seats
from webapp.rules.events.registration_form import address_of, agrees_to_be_listed
from webapp.rules.forms.questions import PartName
from webapp.rules.mail_kinds import RegistrantMail, status_mail
from webapp.rules.retention import registration_due_on
from webapp.rules.states import RegistrationState
from webapp.services.events import duplicate_addresses, published_events
from webapp.services.events.published_events import Event
from webapp.services.events.registration_sealing import (
    Prepared,
    Sealed,
    prepare,
    renewed,
    seal_registration,
)
from webapp.services.infrastructure import outbox, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, forged, is_genuine
from webapp.services.keys import purpose_keys

__all__ = ["Prepared", "prepare", "renewed"]

POOL = "main"


class EventClosed(Exception):
    """The event takes no registrations: it is closed, cancelled, or has begun."""


class NoSuchRegistration(LookupError):
    """No registration has this link or id: none ever had, or it was erased. The answer never says which."""


def can_be_booked(event: Event) -> bool:
    """Whether what is told now can be sealed. Looked at again after two seconds at most."""
    return purpose_keys.could_seal(event.id, event.definition.form.asked_parts)


def register(
    event: Event, prepared: Prepared, by_part: Mapping[PartName, dict[str, Any]], language: str
) -> RegistrationState:
    """Store a registration. Idempotent by its prepared id. Returns its state: confirmed or waiting.

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


def _state_of(main: Session, prepared: Prepared) -> RegistrationState | None:
    row = main.get(Registration, prepared.registration_id)
    if row is not None:
        return row.state
    # A replayed post brings nothing back that was erased.
    return (
        RegistrationState.CANCELLED
        if main.get(Tombstone, prepared.registration_id) is not None
        else None
    )


def _store(main: Session, sealed: Sealed, keep_days: int) -> RegistrationState:
    event = published_events.lock(main, sealed.row.event_id)
    if not seats.can_register(event.state, clock.now(), clock.moment(event.starts_at)):
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
            row.state, row.seat = RegistrationState.CONFIRMED, seat
        case seats.Waiting(place):
            row.state, row.place = RegistrationState.WAITING, place
    main.add(row)
    main.flush()
    main.add_all(sealed.pieces)
    tell(main, row, status_mail(row.state))
    return row.state


def taken_seats(main: Session, event_id: UUID) -> list[int]:
    """The seats that are held. The caller has locked the event."""
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
    kind: type[RegistrantMail],
    once: str = "",
    not_before: datetime | None = None,
) -> None:
    """Put one mail to a registrant in the outbox; none where no address is kept any more.

    `once` tells apart mails of one kind (a reminder for another day, a second change). `not_before` is aware.
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
        execution_options=TOLERANT,
    ).one_or_none()
    if row is None:
        raise NoSuchRegistration
    return row
