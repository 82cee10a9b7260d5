"""E-mail address correction by a coordinator: audited first, opened in memory only, shown to no one.

What else the registrant told us is opened and sealed again with the new address; the desk sees neither that nor the old
address. The mailer alone can open the old link, so a new one takes its place, and a new room code where there is one.
"""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from webapp.rules.audit_events import AuditEvent
from webapp.rules.events.registration_form import EMAIL
from webapp.services.events import address_changes, booking_requests
from webapp.services.events.address_changes import LOOKS, Found, NotNow
from webapp.services.events.registration_sealing import prepare
from webapp.services.events.registrations import lock
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure


class SameAddress(Exception):
    """It is the address that is held already; their link would stop working for nothing.

    Not where there is a room code: of a button pressed twice only the second answer is seen, and it must show the code
    that opens the room.
    """


@dataclass(frozen=True)
class Corrected:
    """A corrected address: the new room code, to be passed on, where the event asks for one; and whether a mail goes
    there. None goes to an address that had as many today as one address may get unconfirmed."""

    room_code: str | None = field(repr=False)
    is_mailed: bool


def correct(holder: Holder, registration_id: UUID, address: str, *, reason: str) -> Corrected:
    """Put an address right, also where no mail can go there today.

    Raises `NoSuchRegistration`, `NotNow`, `SameAddress`, `NotAuthorisedToOpen`, `TooMany`, `StoreUnavailable`.
    """
    limits.take_for("registrations", holder.coordinator_id.hex)
    mails = booking_requests.may_mail(address)
    with stores.writing() as main:
        lock(main, registration_id)
        address_changes.find(main, registration_id)
        audit.enter(
            main,
            holder.coordinator_id,
            AuditEvent.ADDRESS_CORRECTED,
            registration_id,
            reason,
        )
    for _ in range(LOOKS):
        with stores.reading() as main:
            found = address_changes.find(main, registration_id)
        content = _open(holder, found)
        if content is None:
            # It was replaced after it was read (optimistic locking).
            continue
        if content.get(EMAIL) == address and not found.event.definition.room_code:
            raise SameAddress
        prepared = prepare(found.event, registration_id)
        with suppress(EditConflict):
            told = address_changes.with_address(content, address)
            address_changes.replace(found, told, prepared, mails=mails)
            return Corrected(prepared.room_code, mails)
    raise NotNow


def _open(holder: Holder, found: Found) -> dict[str, Any] | None:
    """What the registrant told us, opened in memory only; None when it was just shredded."""
    if found.part is None:
        return {}
    return next((content for _, content in disclosure.open_parts(holder, [found.part])), None)
