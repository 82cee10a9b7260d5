"""Key rotation of the recovery key: a new key pair with new sheets, to which every purpose key is sealed as well.

An operator's command. The key before stays good until all pairs of the new sheets were rehearsed, so that a printer
that jams, a lost sheet or a crash at any step loses nothing; then it is put away.
"""

from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import PurposeKey, PurposeKeyHolder, PurposeKeySeal, RecoveryKey, RecoveryPair
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import (
    key_macs,
    key_slots,
    purpose_key_generation,
    purpose_keys,
    recovery_sheets,
    recovery_state,
)
from webapp.services.keys.recovery import RecoverySecret
from webapp.services.keys.recovery_sheets import PrintedSheet
from webapp.vault.purpose_key_seals import open_purpose_seed


class NotHeldYet(Exception):
    """A purpose key is sealed to the recovery key that would be deleted, and not to the one that stays."""


class SetReplaced(Exception):
    """The sheets that were used are of a key that a newer one, rehearsed already, has replaced."""


@dataclass(frozen=True)
class Renewed:
    """The new sheets, and how many purpose keys the new recovery key holds; `missing` could not be sealed to it."""

    sheets: tuple[PrintedSheet, ...]
    sealed: int
    missing: int


def renew(before: RecoverySecret, used_before: Collection[bytes] = ()) -> Renewed:
    """A new recovery key beside the one whose seed is given. `used_before`: secrets of sheets that must not come again.

    Call it while nothing is being published. Idempotent after a crash: what another renewal left, whose sheets were
    never all rehearsed, is thrown away first. Raises `SetReplaced`, `NotHeldYet`, `KeySwapped`, `DoesNotOpen`,
    `WeakSheets`; the key before stays as it is in any case.
    """
    unfinished = _unfinished_after(before.recovery_key_id)
    with stores.writing() as main:
        audit.enter(main, audit.OPERATOR, AuditEvent.RECOVERY_KEY_RENEWED)
    _delete(unfinished)
    held = _held_by(before.recovery_key_id)
    opened = dict(_opened(held, before))
    seed, public_key = key_slots.new_key_pair()
    new_id = uuid4()
    # The secrets first: a crash then leaves seals to a key that exists nowhere.
    _seal_to(new_id, public_key, {key: opened[key.id] for key in held if key.id in opened})
    with stores.writing() as main:
        row = _new_row(main, new_id, public_key)
        sheets = recovery_sheets.make_for(main, row, seed, {*used_before, before.seed})
        _add_holder(main, new_id, opened)
    return Renewed(sheets, len(opened), len(held) - len(opened))


def _seal_to(new_id: UUID, public_key: bytes, opened: Mapping[PurposeKey, bytes]) -> None:
    with stores.writing("erasure") as erasure:
        erasure.add_all(
            purpose_key_generation.seal_to(key, seed, new_id, public_key)
            for key, seed in opened.items()
        )


def _add_holder(main: Session, new_id: UUID, of: Collection[UUID]) -> None:
    for key in _locked_keys(main):
        if key.id in of:
            key.holders.append(PurposeKeyHolder(id=uuid4(), recovery_key_id=new_id))
            _sign(key)


def put_away_before(key_id: UUID) -> int:
    """Delete every older recovery key: its pairs, and the seals to it. Its sheets open nothing from then on.

    Idempotent. Raises `NotHeldYet` unless the key that stays holds all that they hold; returns how many there were.
    """
    with stores.reading() as main:
        epochs = {row.id: row.epoch for row in main.scalars(select(RecoveryKey))}
    older = {one for one, epoch in epochs.items() if epoch < epochs[key_id]}
    _check_held(key_id, older)
    _delete(older)
    return len(older)


def _check_held(key_id: UUID, others: Collection[UUID]) -> None:
    """Raise `NotHeldYet` if a purpose key would lose its last seal to a recovery key without these others."""
    with stores.reading() as main:
        holds = {key.id: key.holder_ids for key in purpose_keys.all_keys(main)}
    with stores.reading("erasure") as erasure:
        query = select(PurposeKeySeal.purpose_key_id, PurposeKeySeal.holder_id)
        sealed = {(key, holder) for key, holder in erasure.execute(query)}
    at_stake = {key for key, holder in sealed if holder in others and key in holds}
    if any((key, key_id) not in sealed or key_id not in holds[key] for key in at_stake):
        raise NotHeldYet


def _unfinished_after(key_id: UUID) -> set[UUID]:
    """Recovery keys newer than the one that was just used, which have not replaced it. Raises `SetReplaced`."""
    with stores.reading() as main:
        epochs = {row.id: row.epoch for row in main.scalars(select(RecoveryKey))}
    newer = {one for one, epoch in epochs.items() if epoch > epochs[key_id]}
    if newer and recovery_state.standing().is_ready:
        with suppress(NotHeldYet):
            _check_held(max(newer, key=epochs.__getitem__), {key_id})
            raise SetReplaced
    _check_held(key_id, newer)
    return newer


def _delete(key_ids: Collection[UUID]) -> None:
    """The seals first, durably: while the row is there, doing it again finishes what a crash left."""
    if not key_ids:
        return
    with stores.reading() as main:
        for key in purpose_keys.all_keys(main):
            purpose_keys.verified(key)
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(PurposeKeySeal).where(PurposeKeySeal.holder_id.in_(key_ids)))
    with stores.writing() as main:
        for key in _locked_keys(main):
            if key.holder_ids & set(key_ids):
                key.holders = [one for one in key.holders if one.holder_id not in key_ids]
                _sign(key)
        main.flush()
        main.execute(delete(RecoveryPair).where(RecoveryPair.recovery_key_id.in_(key_ids)))
        main.execute(delete(RecoveryKey).where(RecoveryKey.id.in_(key_ids)))


def _new_row(main: Session, key_id: UUID, public_key: bytes) -> RecoveryKey:
    """The row of a new recovery key, one epoch after the newest. Its MAC covers the epoch."""
    newest = max(row.epoch for row in main.scalars(select(RecoveryKey).with_for_update()))
    row = RecoveryKey(id=key_id, epoch=newest + 1, public_key=public_key)
    row.mac = key_macs.mac_of(key_macs.claim_of_recovery_key(row))
    main.add(row)
    main.flush()
    return row


def _held_by(key_id: UUID) -> list[PurposeKey]:
    with stores.reading() as main:
        keys = purpose_keys.all_keys(main)
    return [key for key in keys if key_id in purpose_keys.verified(key).holders]


def _opened(held: Collection[PurposeKey], before: RecoverySecret) -> Iterator[tuple[UUID, bytes]]:
    """The seed of each purpose key that has a seal for the recovery key before, by the purpose key's id."""
    with stores.reading("erasure") as erasure:
        query = select(PurposeKeySeal).where(PurposeKeySeal.holder_id == before.recovery_key_id)
        seals = {seal.purpose_key_id: seal for seal in erasure.scalars(query)}
    for key in held:
        if key.id in seals:
            yield (
                key.id,
                open_purpose_seed(
                    seals[key.id].envelope,
                    holder_seed=before.seed,
                    context=purpose_key_generation.seal_context(key, before.recovery_key_id),
                    public_key=key.public_key,
                ),
            )


def _locked_keys(main: Session) -> Iterator[PurposeKey]:
    """Every purpose key, locked, with its holders, each verified before it is signed anew. Raises `KeySwapped`."""
    main.execute(select(PurposeKey.id).order_by(PurposeKey.id).with_for_update()).all()
    for key in purpose_keys.all_keys(main):
        purpose_keys.verified(key)
        yield key


def _sign(key: PurposeKey) -> None:
    key.mac = key_macs.mac_of(key_macs.claim_of_purpose_key(key))
