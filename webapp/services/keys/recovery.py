"""The coalition's recovery key: it seals purpose keys anew for a coordinator who has lost every credential.

It is opened by any two of three printed sheets. Reached by an operator's command alone; no door can import this module,
even indirectly.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import Passkey, PurposeKey, PurposeKeySeal, RecoveryKey, Slot
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, failed_sign_ins, stores
from webapp.services.keys import (
    coordinators,
    key_holders,
    key_macs,
    key_slots,
    purpose_key_generation,
    purpose_keys,
    recovery_sheets,
)
from webapp.services.keys.coordinators import NoSuchCoordinator
from webapp.services.keys.key_slots import Credentials
from webapp.services.keys.recovery_sheets import PrintedSheet, TypedSheet
from webapp.vault.key_claims import FIRST_EPOCH
from webapp.vault.purpose_key_seals import open_purpose_seed


class NotTheRecoveryKey(Exception):
    """These are the 24 words of a recovery key of before there were sheets, but not of the one that is stored here."""


@dataclass(frozen=True)
class LetBackIn:
    """A coordinator's new credentials, and how many of their purpose keys were sealed anew; `missing` could not be."""

    given: Credentials
    sealed: int
    missing: int


@dataclass(frozen=True)
class RecoverySecret:
    """The private half of the stored recovery key, out of its words. It lives as long as one command."""

    recovery_key_id: UUID
    seed: bytes = field(repr=False)


@dataclass(frozen=True)
class NewKey:
    """A new key of a coordinator who lost every credential, and what unlocks it. Not stored yet."""

    coordinator_id: UUID
    public_key: bytes
    given: Credentials
    seed: bytes = field(repr=False)


def make_recovery_key(main: Session) -> tuple[PrintedSheet, ...]:
    """Store the public half of a new recovery key, and the private half sealed for each pair of the sheets returned."""
    seed, public_key = key_slots.new_key_pair()
    row = RecoveryKey(id=uuid4(), epoch=FIRST_EPOCH, public_key=public_key)
    row.mac = key_macs.mac_of(key_macs.claim_of_recovery_key(row))
    main.add(row)
    main.flush()
    return recovery_sheets.make_for(main, row, seed)


def let_back_in(sign_in_name: str, one: TypedSheet, other: TypedSheet) -> LetBackIn:
    """Key rotation for a coordinator: a new key, to which every purpose key that they held is sealed anew.

    Idempotent after a crash: nothing is stored before all purpose keys were opened, except the audit entry, and the
    recovery key's own seals stay. Call it while nothing is being published.
    Raises `NoSuchCoordinator`, and what `recovery_sheets.open_seed` raises; `KeySwapped` or `DoesNotOpen` when a stored
    key or seal is not authentic.
    """
    recovery = recovery_secret(one, other)
    new = make_new_key(sign_in_name)
    with stores.writing() as main:
        audit.enter(main, audit.OPERATOR, AuditEvent.RECOVERY_KEY_USED, new.coordinator_id)
    with stores.reading() as main:
        held = _keys_of(main, purpose_keys.all_keys(main), new.coordinator_id)
    seals = list(_sealed_anew(held, recovery, new))
    put_in_place(new, {seal.purpose_key_id for seal in seals})
    _replace_seals(new.coordinator_id, seals)
    return LetBackIn(new.given, len(seals), len(held) - len(seals))


def recovery_secret(one: TypedSheet, other: TypedSheet) -> RecoverySecret:
    """The coalition's recovery key, out of two of its sheets. Raises what `recovery_sheets.open_seed` raises."""
    seed = recovery_sheets.open_seed(one, other)
    return RecoverySecret(one.recovery_key_id, seed)


def secret_of_before(words: str) -> RecoverySecret:
    """A recovery key of before there were sheets, out of its 24 words, so that it can be renewed.

    Raises `MistypedWords`, `NotTheRecoveryKey`, `KeySwapped`.
    """
    seed = key_slots.seed_of(words)
    public_key = key_slots.public_key_of(seed)
    with stores.reading() as main:
        row = main.scalars(
            select(RecoveryKey).where(RecoveryKey.public_key == public_key)
        ).one_or_none()
    if row is None:
        raise NotTheRecoveryKey
    key_macs.verified(key_macs.claim_of_recovery_key(row), row.mac)
    return RecoverySecret(row.id, seed)


def make_new_key(sign_in_name: str) -> NewKey:
    """A new key for a coordinator, with new credentials; nothing is stored yet. Raises `NoSuchCoordinator`."""
    with stores.reading() as main:
        row = coordinators.named(main, sign_in_name)
    if row is None:
        raise NoSuchCoordinator(sign_in_name)
    seed, public_key = key_slots.new_key_pair()
    return NewKey(row.id, public_key, key_slots.new_credentials(row.sign_in_name), seed)


def put_in_place(new: NewKey, key_ids: Collection[UUID]) -> None:
    """Store a coordinator's new key, and that they hold these purpose keys, sealed anew; every Visit ends."""
    slots = key_slots.new_slots(new.coordinator_id, new.seed, new.given)
    with stores.writing() as main:
        row = coordinators.lock(main, new.coordinator_id)
        row.public_key = new.public_key
        row.public_key_mac = key_macs.mac_of(key_macs.claim_of_coordinator(row))
        row.totp_envelope = key_slots.seal_totp(row.id, new.seed, new.given.totp_secret)
        row.totp_last_step = 0
        # Passkeys are sealed under the key of before, and one of them may be what was stolen.
        for table in (Slot, Passkey):
            main.execute(delete(table).where(table.coordinator_id == row.id))
        main.add_all(slots)
        # Looked at again: a role may have been taken back meanwhile.
        theirs = _keys_of(main, purpose_keys.locked_keys(main), row.id)
        key_holders.add([key for key in theirs if key.id in key_ids], row.id)
        failed_sign_ins.settle(main, row.id)
        audit.enter(main, audit.OPERATOR, AuditEvent.COORDINATOR_RECOVERED, row.id)
    coordinators.end_visits(new.coordinator_id)


def _keys_of(main: Session, keys: Iterable[PurposeKey], coordinator_id: UUID) -> list[PurposeKey]:
    """Least privilege: recovery gives a coordinator the keys that they held or that their roles open, and no others.

    By their roles alone: of an account that was reset, and whose keys nobody else could give. Raises `KeySwapped`.
    """
    grants = coordinators.grants_of(main, coordinator_id)
    return [
        key
        for key in keys
        if coordinator_id in purpose_keys.verified(key).holders
        or grants.open(key.owner_id, key.purpose)
    ]


def _sealed_anew(
    keys: list[PurposeKey], recovery: RecoverySecret, new: NewKey
) -> Iterator[PurposeKeySeal]:
    with stores.reading("erasure") as erasure:
        query = select(PurposeKeySeal).where(PurposeKeySeal.holder_id == recovery.recovery_key_id)
        seals = {seal.purpose_key_id: seal for seal in erasure.scalars(query)}
    for key in keys:
        if key.id in seals:
            seed = open_purpose_seed(
                seals[key.id].envelope,
                holder_seed=recovery.seed,
                context=purpose_key_generation.seal_context(key, recovery.recovery_key_id),
                public_key=key.public_key,
            )
            yield purpose_key_generation.seal_to(key, seed, new.coordinator_id, new.public_key)


def _replace_seals(holder_id: UUID, seals: list[PurposeKeySeal]) -> None:
    """Replace all of a holder's seals: those to the lost key open nothing any more."""
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(PurposeKeySeal).where(PurposeKeySeal.holder_id == holder_id))
        erasure.add_all(seals)
