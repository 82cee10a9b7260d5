"""E-mail address correction by a coordinator: audited first, opened in memory only, shown to no one.

What else the registrant told us is opened and sealed again with the new address; the desk sees neither that nor the old
address. The mailer alone can open the old link, so a new one takes its place, and a new room code where there is one.
"""

from contextlib import suppress
from typing import Any
from uuid import UUID

from webapp.rules.audit_events import AuditEvent
from webapp.rules.events.registration_form import EMAIL, limited_mailbox
from webapp.services.events import address_changes
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


def correct(holder: Holder, registration_id: UUID, address: str, *, reason: str) -> str | None:
    """Put an address right. Returns the new room code, to be passed on, where the event asks for one.

    Raises `NoSuchRegistration`, `NotNow`, `SameAddress`, `NotAuthorisedToOpen`, `TooMany`, `StoreUnavailable`.
    """
    limits.take_for("registrations", holder.coordinator_id.hex)
    limits.take_for("mails-to-address", limited_mailbox(address))
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
            address_changes.replace(found, address_changes.with_address(content, address), prepared)
            return prepared.room_code
    raise NotNow


def _open(holder: Holder, found: Found) -> dict[str, Any] | None:
    """What the registrant told us, opened in memory only; None when it was just shredded."""
    if found.part is None:
        return {}
    return next((content for _, content in disclosure.open_parts(holder, [found.part])), None)
