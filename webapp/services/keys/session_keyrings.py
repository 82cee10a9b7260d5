"""The keyring of a session: purpose keys unwrapped once, at sign-in, so that no session holds the long-term seed.

With the seed in hand, and only then, every seal that the coordinator holds is opened, and the private halves are sealed
again under a random key that goes into the Visit. A purpose key that is made later is not among them: to open with it,
the coordinator signs in again. The row is read when something is opened, and goes with its session.
"""

import logging
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, select

from webapp.canonical_types import MALFORMED
from webapp.models import PurposeKey, PurposeKeySeal, SessionKeyring
from webapp.rules import clock
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.visit_rows import DESK_LONGEST
from webapp.services.keys import key_slots
from webapp.services.keys.coordinators import Holder, SessionKeys
from webapp.vault import entry_drafts, session_keyrings, session_notes
from webapp.vault.contexts import PURPOSE_KEY_SEAL, SESSION_KEYRING, Context
from webapp.vault.envelope import DoesNotOpen
from webapp.vault.purpose_key_seals import SealReader
from webapp.vault.session_keyrings import MOST_KEYS, Keyring

log = logging.getLogger("hearth.session_keyrings")


def new_keys(seed: bytes) -> SessionKeys:
    """The keys of a new session: a random one for its keyring, and subkeys of this seed. Nothing is stored yet."""
    entry = entry_drafts.labels(seed)
    return SessionKeys(
        keyring_id=uuid4(),
        keyring_key=session_keyrings.new_session_key(),
        totp_key=key_slots.totp_key(seed),
        entry_lookup=entry.lookup,
        entry_key=entry.key,
        notes_key=session_notes.notes_key(seed),
    )


def fill(holder: Holder, seed: bytes) -> None:
    """Store the keyring of a session that begins, with what this seed unwraps. Raises `StoreUnavailable`.

    One seal that does not open keeps nobody from signing in: opening what it protects says so later.
    """
    keyring = _unwrapped(holder.coordinator_id, seed)
    sealed = session_keyrings.seal_keyring(
        keyring, key=holder.keys.keyring_key, context=_context(holder)
    )
    row = SessionKeyring(
        id=holder.keys.keyring_id,
        coordinator_id=holder.coordinator_id,
        ends_at=int(clock.now_minute().timestamp()) + DESK_LONGEST,
        sealed=sealed,
    )
    with stores.writing("volatile") as volatile:
        volatile.add(row)


def open_for(holder: Holder) -> Keyring | None:
    """The keyring of this session; None when it is not there any more. Raises `DoesNotOpen` for one that is forged."""
    with stores.reading("volatile") as volatile:
        row = volatile.get(SessionKeyring, holder.keys.keyring_id)
    if row is None:
        return None
    _require_canonical(row.sealed)
    return session_keyrings.open_keyring(
        row.sealed, key=holder.keys.keyring_key, context=_context(holder)
    )


def throw_away(holder: Holder) -> None:
    """Delete the keyring of a session that ends. Idempotent."""
    with stores.writing("volatile") as volatile:
        volatile.execute(delete(SessionKeyring).where(SessionKeyring.id == holder.keys.keyring_id))


def _unwrapped(coordinator_id: UUID, seed: bytes) -> Keyring:
    reader, seeds, damaged = SealReader(seed), {}, set()
    for key_id, epoch, envelope in _seals_of(coordinator_id):
        try:
            seeds[key_id] = _opened(reader, coordinator_id, key_id, epoch, envelope)
        except DoesNotOpen:
            damaged.add(key_id)
    if damaged:
        log.error("purpose keys do not open at sign-in: %s", len(damaged))
    return Keyring(seeds, frozenset(damaged))


def _opened(
    reader: SealReader, coordinator_id: UUID, key_id: UUID, epoch: int, envelope: bytes
) -> bytes:
    _require_canonical(epoch, envelope)
    context = Context(PURPOSE_KEY_SEAL, owner_id=coordinator_id, row_id=key_id, epoch=epoch)
    try:
        return reader.open_seal(envelope, context=context)
    except OverflowError:
        # An epoch in the row that we never write.
        raise DoesNotOpen from None


def _require_canonical(*values: Any) -> None:
    """Raise `DoesNotOpen` where a row has what no release of ours writes."""
    if MALFORMED in values:
        raise DoesNotOpen


def _seals_of(coordinator_id: UUID) -> list[tuple[UUID, int, bytes]]:
    """Key, epoch and seal of each purpose key that was sealed to this coordinator, of those that there still are."""
    with stores.reading() as main:
        epochs = {
            row.id: row.epoch for row in main.execute(select(PurposeKey.id, PurposeKey.epoch))
        }
    with stores.reading("erasure") as erasure:
        rows = erasure.execute(
            select(PurposeKeySeal.purpose_key_id, PurposeKeySeal.envelope).where(
                PurposeKeySeal.holder_id == coordinator_id
            )
        ).all()
    found = [
        (row.purpose_key_id, epochs[row.purpose_key_id], row.envelope)
        for row in rows
        if row.purpose_key_id in epochs and row.purpose_key_id is not MALFORMED
    ]
    if len(found) > MOST_KEYS:
        log.error("more purpose keys than a keyring holds: %s", len(found))
    return found[:MOST_KEYS]


def _context(holder: Holder) -> Context:
    return Context(SESSION_KEYRING, owner_id=holder.coordinator_id, row_id=holder.keys.keyring_id)
