"""Authentication: signing in unlocks the key slot of a coordinator's own key; nothing else proves who they are."""

from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys import key_slots
from webapp.services.keys.coordinators import Holder, find_slot
from webapp.services.keys.second_factor import WrongCode, confirm_second_factor
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.stretching import TooBusy


class NotSignedIn(Exception):
    """The name, the passphrase or the code is wrong. The answer never says which (user enumeration)."""


def sign_in(sign_in_name: str, passphrase: str, code: str) -> Holder:
    """Unlock a coordinator's key slot and check the second factor. Raises `NotSignedIn`, `TooMany`.

    Against user enumeration, an unknown name takes the same time as a wrong passphrase, and gets the same answer.
    """
    row, slot = find_slot(sign_in_name, key_slots.PASSPHRASE)
    try:
        if row is None or slot is None:
            key_slots.waste_the_same_time(passphrase)
            raise NotSignedIn
        holder = Holder(
            row.id, row.name, row.role, key_slots.unlock_with_passphrase(slot, passphrase)
        )
        confirm_second_factor(holder, code, AuditEvent.SIGNED_IN)
    except (DoesNotOpen, WrongCode):
        raise NotSignedIn from None
    except TooBusy:
        raise TooMany("sign-in") from None
    return holder
