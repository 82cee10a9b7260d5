"""A registrant's own page: what the bearer of the link in their mail, or of their booking code, sees and may change.

The only module that opens with `vault.tickets`: the ticket finds the registration and checks the room code, and opens
nothing that the registrant told us.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from hmac import compare_digest
from typing import Any
from uuid import UUID

from sqlalchemy import select

from webapp.extensions import current_settings
from webapp.models import Registration, RegistrationPart
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.events import seats
from webapp.rules.events.joining_details import JoiningDetails
from webapp.rules.states import RegistrationState
from webapp.services.events import cancellation_log, occupancy, published_events
from webapp.services.events.published_events import Event
from webapp.services.events.registration_sealing import seal_piece
from webapp.services.events.registrations import NoSuchRegistration, lock
from webapp.services.infrastructure import audit, limits, outbox, stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.keys import purpose_keys
from webapp.services.sealed import shredding
from webapp.vault import tickets
from webapp.vault.tickets import MistypedCode, WrongRoomCode

__all__ = ["MistypedCode", "WrongRoomCode"]


@dataclass(frozen=True)
class OwnRegistration:
    """What the bearer of a registrant's link sees. What the registrant told us is not in it: no link opens that."""

    id: UUID
    event: Event
    state: RegistrationState
    language: str
    asks_room_code: bool
    due_on: date
    #: Where they stand in the waiting list, from 1; None when they do not wait.
    order: int | None
    #: Whether anything is kept to write to them.
    gets_mail: bool
    #: Whether their name and organisation may stand on the list of participants.
    listed: bool
    #: Whether their address was changed, and its owner has not confirmed it yet; they keep seat and place.
    is_unconfirmed: bool

    @property
    def waits(self) -> bool:
        """Whether they are on the waiting list."""
        return self.state == RegistrationState.WAITING

    @property
    def is_request(self) -> bool:
        """Whether they still have to confirm their e-mail address; they hold nothing."""
        return self.state == RegistrationState.REQUESTED

    @property
    def has_lapsed(self) -> bool:
        """Whether it is a request that was not confirmed in time, and is about to be erased."""
        return self.is_request and clock.today() >= self.due_on

    @property
    def confirm_by(self) -> date:
        """The last day on which a request can be confirmed."""
        return self.due_on - timedelta(days=1)

    @property
    def is_cancelled(self) -> bool:
        """Whether their registration is cancelled, by them or with the event."""
        return self.state == RegistrationState.CANCELLED


def find_own(ticket: str) -> OwnRegistration:
    """What the registrant with this link sees. Raises `NoSuchRegistration`, `RowForged`."""
    lookup = _labels(ticket).lookup
    with stores.reading() as main:
        row = main.scalars(select(Registration).where(Registration.lookup == lookup)).one_or_none()
        if row is None:
            raise NoSuchRegistration
        event = published_events.with_counts(main, row.event_id)
        order = occupancy.order_of(main, row)
        holds = row.seat is not None or row.place is not None
        is_unconfirmed = (
            holds and row.mail_envelope is not None and outbox.awaits_owner(main, row.id)
        )
    return OwnRegistration(
        id=row.id,
        event=event,
        state=row.state,
        language=row.language,
        asks_room_code=row.room_mac is not None,
        due_on=row.due_on,
        order=order,
        gets_mail=row.mail_envelope is not None,
        listed=row.listed_on is not None,
        is_unconfirmed=is_unconfirmed,
    )


def id_of(ticket: str) -> UUID:
    """The registration with this link, for erasing it: that needs no row to be genuine. Raises `NoSuchRegistration`."""
    with stores.reading() as main:
        found = main.scalar(
            select(Registration.id).where(Registration.lookup == _labels(ticket).lookup)
        )
    if found is None:
        raise NoSuchRegistration
    return found


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


def details_for_now(own: OwnRegistration) -> JoiningDetails:
    """How to come in, as far as this registration may know it now: the address as soon as it has a seat, link and
    number inside the window. Nothing in it otherwise, and where nothing is set.

    Where the event asks for a room code, only `way_in` may be shown.
    """
    event, now = own.event, clock.now()
    if event.is_cancelled or not seats.place_may_be_seen(own.state, now, event.ends_at):
        return JoiningDetails()
    details = published_events.joining_details(event.id)
    window_open = seats.link_may_be_seen(
        own.state, now, event.starts_at, event.ends_at, event.link_opens_minutes
    )
    return details if window_open else details.place_alone


def way_in(own: OwnRegistration, ticket: str, typed: str = "") -> JoiningDetails:
    """`details_for_now`, once the room code was checked where the event asks for one.

    Raises `MistypedCode`, `WrongRoomCode` where this is not it, and `TooMany`.
    """
    details = details_for_now(own)
    if details:
        check_room_code(own, ticket, typed)
    return details


def check_room_code(own: OwnRegistration, ticket: str, typed: str) -> None:
    """Check the room code, where there is one: it is in no link and no mail, so that reading a mailbox is not enough
    to go into the room, nor to take the seat away. Raises `MistypedCode`, `WrongRoomCode`, `TooMany`.
    """
    if not own.asks_room_code:
        return
    # Rate limit against guessing: every try counts before it is looked at; for this booking alone, so that strangers
    # and the others in one office do not use up its tries.
    limits.take_for("room", own.id.hex)
    if not own.gets_mail:
        _check_booking_code(ticket, typed)
        return
    with stores.reading() as main:
        row = main.get(Registration, own.id)
    if row is None or row.room_mac is None:
        raise NoSuchRegistration
    tickets.check_room_code(
        typed, mac=row.room_mac, room_key=_labels(ticket).room, registration_id=own.id
    )


def _check_booking_code(ticket: str, typed: str) -> None:
    """People without an e-mail address keep one code for both. Like a room code it is in no link, mail or history.

    Raises `MistypedCode`, `WrongRoomCode`.
    """
    if not compare_digest(tickets.ticket_of(typed, current_settings().receipt_salt), ticket):
        raise WrongRoomCode


def change_needs(own: OwnRegistration, needs: dict[str, Any]) -> None:
    """Replace a registrant's needs: sealed anew, the old answers crypto-shredded, now or by the worker.

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
        shredding.shred_parts(main, main.scalars(old, execution_options=TOLERANT).all())
        main.add(piece)
    shredding.finish_now()


def take_off_list(own: OwnRegistration) -> None:
    """Take a registrant off the list of participants, as they asked. Idempotent.

    Raises `NoSuchRegistration`, `StoreUnavailable`.
    """
    with stores.writing() as main:
        row = lock(main, own.id)
        if row.listed_on is not None:
            row.listed_on = None
            audit.note(main, AuditEvent.REGISTRATION_UNLISTED, row.id)
            cancellation_log.note_unlisted(row.id)
