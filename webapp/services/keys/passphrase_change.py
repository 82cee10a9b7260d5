"""Changing one's own passphrase at the desk: the present one unlocks the person's key, and its slot is made anew.

The key stays, so that nothing needs to be sealed or given again; the recovery code and the authenticator stay, too.
"""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Slot
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys import key_slots, present_passphrase
from webapp.services.keys.coordinators import Holder
from webapp.vault.stretching import TooBusy


def change(holder: Holder, present: str, wanted: str) -> Holder:
    """A new passphrase in the place of the present one. Returns the same person with the keys of a new session.

    Raises `WrongPassphrase`, `TooMany`, `KeySwapped`, `StoreUnavailable`.
    """
    unlocked = present_passphrase.unlock(holder, present)
    try:
        fresh = key_slots.new_passphrase_slot(holder.coordinator_id, unlocked.seed, wanted)
    except TooBusy:
        raise TooMany("sign-in") from None

    def replace_slot(main: Session, row: Coordinator) -> None:
        main.execute(
            delete(Slot).where(Slot.coordinator_id == row.id, Slot.kind == key_slots.PASSPHRASE)
        )
        main.add(fresh)
        main.flush()

    return present_passphrase.apply(holder, unlocked, AuditEvent.PASSPHRASE_CHANGED, replace_slot)
