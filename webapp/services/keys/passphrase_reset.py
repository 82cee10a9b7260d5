"""Passphrase reset: a coordinator's recovery code unlocks their second key slot and makes a new passphrase."""

from dataclasses import dataclass, field

from sqlalchemy import delete

from webapp.models import Slot
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, failed_sign_ins, stores
from webapp.services.keys import coordinators, key_slots
from webapp.services.keys.authentication import NotSignedIn
from webapp.vault.envelope import DoesNotOpen


@dataclass(frozen=True)
class NewPassphrase:
    """Shown once, to be written down."""

    sign_in_name: str
    passphrase: str = field(repr=False)


def new_passphrase(sign_in_name: str, recovery_code: str) -> NewPassphrase:
    """A new passphrase for the coordinator with this recovery code. The old one opens nothing; every Visit ends.

    The recovery code and the second factor stay as they are. Raises `MistypedCode`, and `NotSignedIn` when the name or
    the code is wrong.
    """
    row, slot = coordinators.find_slot(sign_in_name, key_slots.RECOVERY_CODE)
    if row is None or slot is None:
        raise NotSignedIn
    try:
        seed = key_slots.unlock_with_recovery_code(slot, recovery_code)
    except DoesNotOpen:
        raise NotSignedIn from None
    passphrase = key_slots.new_passphrase()
    fresh = key_slots.new_passphrase_slot(row.id, seed, passphrase)
    with stores.writing() as main:
        key_slots.check_own_key(coordinators.lock(main, row.id), seed)
        main.execute(
            delete(Slot).where(Slot.coordinator_id == row.id, Slot.kind == key_slots.PASSPHRASE)
        )
        main.add(fresh)
        failed_sign_ins.settle(main, row.id)
        audit.enter(main, audit.OPERATOR, AuditEvent.PASSPHRASE_RESET, row.id)
    coordinators.end_visits(row.id)
    return NewPassphrase(row.sign_in_name, passphrase)
