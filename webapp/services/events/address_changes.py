"""Correcting a registrant's e-mail address, and mailing their link once more; seat and place stay.

What was not confirmed yet must be confirmed from the new address. A seat or place stays, but the new address gets only
the neutral mail that asks its owner (`outbox.ask_owner`), until they have pressed the button on the page that it leads
to: a stranger must not be told of a booking that is not theirs.

The owner of a wrong address may have our first mail, and with it the link (a bearer capability). So the ticket is
replaced together with the address: the old link opens nothing from that moment on. What holds the old address is sealed
anew and its erasure secrets are shredded. A mail that waits goes to the new address, because the address is read when
it is sent.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Event as EventRow
from webapp.models import Registration, RegistrationPart
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events.registration_form import EMAIL
from webapp.rules.states import EventState, RegistrationState
from webapp.services.events import (
    booking_requests,
    duplicate_addresses,
    published_events,
    registration_erasing,
)
from webapp.services.events.published_events import PublishedEvent
from webapp.services.events.registration_sealing import (
    Prepared,
    label,
    lookup_of,
    seal_mail,
    seal_piece,
)
from webapp.services.events.registrations import (
    NoSuchRegistration,
    lock,
    put_off,
    tell_standing,
)
from webapp.services.infrastructure import audit, limits, outbox, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import purpose_keys
from webapp.services.sealed import shredding

REGISTRANT: Final = "registrant"
#: How often a registration is looked at again after a race with another change (optimistic locking).
LOOKS = 3


class NotNow(Exception):
    """No mail is sent about this registration any more: it is cancelled, or its event has begun or is off."""


class NoAddress(Exception):
    """They gave no e-mail address, so there is nowhere to send a link."""


@dataclass(frozen=True)
class Found:
    """A registration whose address may be put right now, as it was read."""

    registration_id: UUID
    event: PublishedEvent
    form_version: int
    lookup: bytes = field(repr=False)
    part: RegistrationPart | None = field(repr=False)


def change_own(
    ticket: str, registrant: Mapping[str, Any], address: str | None, prepared: Prepared
) -> dict[str, Any]:
    """Correct a registrant's own address, from the page after booking. Returns what is held about them now.

    `ticket` is the one that they have: of a button pressed twice, one press finds it replaced and changes nothing, so
    the link and the code on the page are those that open. `registrant` is what they told us there, `prepared` what
    takes the place of ticket and room code. Without an address no mail is sent.

    Raises `NoSuchRegistration`, also where the ticket was replaced; `NotNow`, `TooMany`, `StoreUnavailable`,
    `KeySwapped`.
    """
    limits.take_for("address", prepared.registration_id.hex)
    content, lookup = with_address(registrant, address), lookup_of(ticket)
    mails = booking_requests.may_mail(address)
    for _ in range(LOOKS):
        with stores.reading() as main:
            found = find(main, prepared.registration_id)
        if found.lookup != lookup:
            raise NoSuchRegistration
        with suppress(EditConflict):
            replace(found, content, prepared, by=audit.PUBLIC, mails=mails)
            return content
    raise NotNow


def with_address(registrant: Mapping[str, Any], address: str | None) -> dict[str, Any]:
    """What a registrant told us, with another address or none."""
    rest = {key: value for key, value in registrant.items() if key != EMAIL}
    return rest if address is None else {**rest, EMAIL: address}


def find(main: Session, registration_id: UUID) -> Found:
    """A registration as it is now. Raises `NoSuchRegistration`, `NotNow`."""
    row = main.get(Registration, registration_id)
    if row is None:
        raise NoSuchRegistration
    event = published_events.with_id(main, row.event_id)
    _must_be_ahead(row, event)
    return Found(row.id, event, row.form_version, row.lookup, _part_of(main, row.id))


def can_be_written_to(state: RegistrationState, event: PublishedEvent) -> bool:
    """Whether mails about a registration may still come: it has a seat, waits, or is to be confirmed, and the event is
    still to come."""
    is_in = state in (RegistrationState.CONFIRMED, RegistrationState.WAITING) or state.is_pending
    return is_in and event.state != EventState.CANCELLED and clock.now() < event.starts_at


def _must_be_ahead(row: Registration, event: PublishedEvent) -> None:
    if not can_be_written_to(row.state, event):
        raise NotNow


def _part_of(main: Session, registration_id: UUID) -> RegistrationPart | None:
    return main.scalars(
        select(RegistrationPart).where(
            RegistrationPart.registration_id == registration_id,
            RegistrationPart.purpose == REGISTRANT,
        )
    ).one_or_none()


def replace(
    found: Found, content: dict[str, Any], prepared: Prepared, *, by: str = "", mails: bool = True
) -> None:
    """Seal what is held about a registrant anew, under a new ticket, and shred what was held; all or nothing.

    `by` leaves a note for the record where the caller has entered nothing in it; `mails` says whether the new address
    may get a mail today. Raises `EditConflict`, `NotNow`,
    `NoSuchRegistration`, `StoreUnavailable`, and what `purpose_keys.newest` raises.
    """
    with stores.reading() as main:
        key = purpose_keys.newest(main, found.event.id, (REGISTRANT,))[REGISTRANT]
    # Never added to a session: it carries what is sealed until the lock is held.
    fresh = Registration(
        id=found.registration_id, event_id=found.event.id, form_version=found.form_version
    )
    label(fresh, prepared)
    secrets, piece = [], None
    if content:
        piece, secret = seal_piece(fresh, REGISTRANT, content, key)
        secrets.append(secret)
    if address := content.get(EMAIL):
        secrets.append(seal_mail(fresh, prepared.ticket, address))
        fresh.address_mark = duplicate_addresses.mark_of(found.event, address)
    with stores.writing("erasure") as erasure_store:
        erasure_store.add_all(secrets)
    with stores.writing() as main:
        _store(main, found, fresh, piece, mails=mails)
        if by:
            audit.note(main, AuditEvent.ADDRESS_CHANGED, found.registration_id)
    shredding.finish_now()


def _store(
    main: Session,
    found: Found,
    fresh: Registration,
    piece: RegistrationPart | None,
    *,
    mails: bool,
) -> None:
    row = lock(main, found.registration_id)
    _must_be_ahead(row, published_events.with_id(main, row.event_id))
    old = _part_of(main, row.id)
    if row.lookup != found.lookup or (old and old.id) != (found.part and found.part.id):
        raise EditConflict
    registration_erasing.forget_address(main, row)
    shredding.shred_parts(main, [old] if old else [])
    row.lookup = fresh.lookup
    # A room code that no new one replaces fits the old ticket only.
    row.room_mac = fresh.room_mac
    row.mail_envelope, row.mail_secret_id = fresh.mail_envelope, fresh.mail_secret_id
    row.address_mark = fresh.address_mark
    if row.state.is_pending:
        _put_off_again(main, row, found.event.definition.keep_days)
    if piece is not None:
        main.add(piece)
    main.flush()
    _ask_or_tell(
        main,
        row,
        asks=found.event.definition.confirm_address and not row.state.is_pending,
        mails=mails,
    )


def _put_off_again(main: Session, row: Registration, keep_days: int) -> None:
    """What was not confirmed waits for its owner at the new address, or without one for a coordinator."""
    has_address = row.mail_envelope is not None
    pending = RegistrationState.REQUESTED if has_address else RegistrationState.APPLIED
    put_off(row, main.get_one(EventRow, row.event_id), keep_days, pending)


def _ask_or_tell(main: Session, row: Registration, *, asks: bool, mails: bool = True) -> None:
    """One mail with the link: that says how it stands, or where it `asks`, nothing but that. Whatever else was promised
    goes out after it."""
    outbox.begin_again(main, row.id)
    outbox.owner_answered(main, row.id)
    if asks and row.mail_envelope is not None:
        outbox.ask_owner(main, row.id, row.language, mails=mails)
    elif mails:
        tell_standing(main, row, uuid4().hex[:8])


def send_again(registration_id: UUID, *, actor: UUID, reason: str) -> None:
    """Mail a registrant their link once more, to the address that they gave, which is not shown.

    Raises `NoSuchRegistration`, `NotNow`, `NoAddress`, `TooMany`.
    """
    limits.take_for("link-again", registration_id.hex)
    with stores.writing() as main:
        row = lock(main, registration_id)
        _must_be_ahead(row, published_events.with_id(main, row.event_id))
        if row.mail_envelope is None:
            raise NoAddress
        _ask_or_tell(main, row, asks=outbox.awaits_owner(main, row.id))
        audit.enter(main, actor, AuditEvent.LINK_SENT_AGAIN, row.id, reason)
