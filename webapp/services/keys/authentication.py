"""Authentication: signing in unlocks the key slot of a coordinator's own key; nothing else proves who they are."""

import logging
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from webapp.models import Coordinator, Slot
from webapp.rules.roles import Grants
from webapp.services.infrastructure import ended_visits, failed_sign_ins, stores, visit_rows
from webapp.services.infrastructure.limits import TooMany
from webapp.services.infrastructure.stores import StoreUnavailable
from webapp.services.keys import key_slots, session_keyrings
from webapp.services.keys.coordinators import Holder, find_slot
from webapp.services.keys.known_devices import Device
from webapp.services.keys.second_factor import Proof, SlotGone, WrongCode, confirm_at_sign_in
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.stretching import TooBusy

log = logging.getLogger("hearth.sign_in")


class NotSignedIn(Exception):
    """The name, the passphrase or the code is wrong. The answer never says which (user enumeration)."""


def sign_in(
    sign_in_name: str, passphrase: str, proof: Proof, device: Device | None = None
) -> Holder:
    """Unlock a coordinator's key slot and check the second factor. Raises `NotSignedIn`, `TooMany`, `KeySwapped`.

    With the second factor confirmed, purpose keys go into the session's keyring, and the long-term seed is dropped.

    Against user enumeration, an unknown name takes the same time as a wrong passphrase, and gets the same answer. So do
    six digits or a passkey, wrong or too many: another answer would tell an attacker that they have the right
    passphrase. `device` is a browser that has signed in before, with a lane of its own.
    """
    row, slot = find_slot(sign_in_name, key_slots.PASSPHRASE)
    try:
        holder, seed, slot_id = _unlock(row, slot, passphrase, device)
        grants = confirm_at_sign_in(holder, slot_id, proof, device)
    except DoesNotOpen:
        _count_failed(row)
        raise NotSignedIn from None
    except (WrongCode, SlotGone):
        raise NotSignedIn from None
    except TooBusy:
        raise TooMany("sign-in") from None
    holder = replace(holder, grants=grants)
    session_keyrings.fill(holder, seed)
    return holder


def sign_out(holder: Holder) -> None:
    """Delete the purpose keys that this session reached, and end what else there is of it.

    A second press of a step-up goes on in a row of its own, and so does an attacker's who repeats one. The row of this
    browser is ended by `sessions`. On a full disk, where it cannot be noted, the rows go all the same.
    """
    session_keyrings.throw_away(holder)
    visit_rows.remove_session(holder.keys.keyring_id)
    with suppress(StoreUnavailable):
        ended_visits.note_session(holder.keys.keyring_id)


def _unlock(
    row: Coordinator | None, slot: Slot | None, passphrase: str, device: Device | None
) -> tuple[Holder, bytes, UUID]:
    """The coordinator with the keys of a new session and no role yet, their seed, which must not outlive signing in,
    and the slot that it was in."""
    if row is None or slot is None:
        key_slots.waste_the_same_time(passphrase)
        raise DoesNotOpen
    seed = key_slots.unlock_with_passphrase(slot, passphrase, reserved=device is not None)
    key_slots.check_own_key(row, seed)
    keys = session_keyrings.new_keys(seed)
    return Holder(row.id, row.name, Grants.of(()), keys), seed, slot.id


def _count_failed(row: Coordinator | None) -> None:
    """The count may fail, as on a full disk, and the answer is the same."""
    try:
        with stores.writing() as main:
            failed_sign_ins.add(main, row.id if row else None)
    except stores.StoreUnavailable:
        log.warning("a failed sign-in was not counted: StoreUnavailable")
