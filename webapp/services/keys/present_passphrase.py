"""Re-authentication with the present passphrase, for changes of what a person signs in with.

A session holds no long-term seed, so a passphrase or an authenticator cannot be changed at a desk that was left open.
With such a change all sessions of the person end, and a new one is made for the browser of the change.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select
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


@dataclass(frozen=True)
class Unlocked:
    """A person's own key, for the length of one request, and the slot that it came from."""

    slot_id: UUID
    seed: bytes = field(repr=False)


def unlock(holder: Holder, present: str) -> Unlocked:
    """The person's own key. Guesses are limited for each coordinator. Raises `WrongPassphrase`, `TooMany`."""
    limits.take_for("passphrase-inside", holder.coordinator_id.hex)
    slot = _slot(holder.coordinator_id)
    try:
        seed = key_slots.unlock_with_passphrase(slot, present, reserved=True)
    except DoesNotOpen:
        raise WrongPassphrase from None
    except TooBusy:
        raise TooMany("sign-in") from None
    return Unlocked(slot.id, seed)


def _slot(coordinator_id: UUID) -> Slot:
    theirs = select(Slot).where(
        Slot.coordinator_id == coordinator_id, Slot.kind == key_slots.PASSPHRASE
    )
    with stores.reading() as main:
        found = main.scalars(theirs).one_or_none()
    if found is None:
        raise WrongPassphrase
    return found


def apply(
    holder: Holder,
    unlocked: Unlocked,
    event: AuditEvent,
    change: Callable[[Session, Coordinator], None],
) -> Holder:
    """Carry `change` out on the person's locked row, in one transaction with its audit entry and the end of sessions.

    Returns the same person with the keys of a new session. Raises `WrongPassphrase` where the slot is gone by now,
    `KeySwapped`, `StoreUnavailable`, and what `change` raises: then nothing is changed.
    """
    visits = coordinators.visit_ids(holder.coordinator_id)
    with stores.writing() as main:
        row = coordinators.lock(main, holder.coordinator_id)
        # Compare-and-set: of two changes at once, the second finds that its slot is gone.
        if main.get(Slot, unlocked.slot_id) is None:
            raise WrongPassphrase
        key_slots.check_own_key(row, unlocked.seed)
        change(main, row)
        # With the change: no session outlives a crash with what was before.
        ended_visits.note_within(main, visits)
        failed_sign_ins.settle(main, row.id)
        audit.enter(main, row.id, event, row.id)
        grants = coordinators.grants_of(main, row.id)
    coordinators.end_visits(holder.coordinator_id)
    keys = session_keyrings.new_keys(unlocked.seed)
    changed = Holder(holder.coordinator_id, holder.name, grants, keys)
    session_keyrings.fill(changed, unlocked.seed)
    return changed


def sign_in_name_of(coordinator_id: UUID) -> str:
    """What a person signs in with, for their password manager and their app. Raises `RowForged`."""
    with stores.reading() as main:
        return main.get_one(Coordinator, coordinator_id).sign_in_name
