"""Changing one's own passphrase at the desk: the present one unlocks the person's key, and its slot is made anew.

The key stays, so that nothing needs to be sealed or given again; the recovery code stays, too. All sessions of the
person end, and with the unlocked key a new one is made for the browser of the change. A session holds no long-term
seed, so nobody changes a passphrase at a desk that was left open.
"""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Slot
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import (
    audit,
    ended_visits,
    failed_sign_ins,
    limits,
    stores,
)
from webapp.services.infrastructure.limits import TooMany
from webapp.services.keys import coordinators, key_slots, session_keyrings
from webapp.services.keys.coordinators import Holder
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.stretching import TooBusy


class WrongPassphrase(ValueError):
    """The present passphrase is another one, or was changed in another session a moment ago."""


def change(holder: Holder, present: str, wanted: str) -> Holder:
    """A new passphrase in the place of the present one. Returns the same person with the keys of a new session.

    Guesses are limited for each coordinator. Raises `WrongPassphrase`, `TooMany`, `KeySwapped`, `StoreUnavailable`.
    """
    limits.take_for("passphrase-inside", holder.coordinator_id.hex)
    slot = _slot(holder.coordinator_id)
    try:
        seed = key_slots.unlock_with_passphrase(slot, present, reserved=True)
        fresh = key_slots.new_passphrase_slot(holder.coordinator_id, seed, wanted)
    except DoesNotOpen:
        raise WrongPassphrase from None
    except TooBusy:
        raise TooMany("sign-in") from None
    visits = coordinators.visit_ids(holder.coordinator_id)
    with stores.writing() as main:
        row = coordinators.lock(main, holder.coordinator_id)
        key_slots.check_own_key(row, seed)
        _replace(main, row.id, slot.id, fresh)
        # With the slot: no session outlives a crash with the passphrase of before.
        ended_visits.note_within(main, visits)
        failed_sign_ins.settle(main, row.id)
        audit.enter(main, row.id, AuditEvent.PASSPHRASE_CHANGED, row.id)
        grants = coordinators.grants_of(main, row.id)
    coordinators.end_visits(holder.coordinator_id)
    changed = Holder(holder.coordinator_id, holder.name, grants, session_keyrings.new_keys(seed))
    session_keyrings.fill(changed, seed)
    return changed


def sign_in_name_of(coordinator_id: UUID) -> str:
    """What a person signs in with, for their password manager. Raises `RowForged`."""
    with stores.reading() as main:
        return main.get_one(Coordinator, coordinator_id).sign_in_name


def _slot(coordinator_id: UUID) -> Slot:
    theirs = select(Slot).where(
        Slot.coordinator_id == coordinator_id, Slot.kind == key_slots.PASSPHRASE
    )
    with stores.reading() as main:
        found = main.scalars(theirs).one_or_none()
    if found is None:
        raise WrongPassphrase
    return found


def _replace(main: Session, coordinator_id: UUID, unlocked: UUID, fresh: Slot) -> None:
    """Compare-and-set: of two changes at once, the second finds that its slot is gone."""
    if main.get(Slot, unlocked) is None:
        raise WrongPassphrase
    main.execute(
        delete(Slot).where(Slot.coordinator_id == coordinator_id, Slot.kind == key_slots.PASSPHRASE)
    )
    main.add(fresh)
    main.flush()
