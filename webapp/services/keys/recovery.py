"""The coalition's recovery key: the way back for a coordinator who has lost everything.

An operator's command alone comes here; neither door can.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select

from webapp.models import PurposeKey, PurposeKeySeal
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import coordinators, purpose_key_generation, purpose_keys
from webapp.services.keys.coordinators import Holder, NewCoordinator, NewKey
from webapp.vault.opening import open_purpose_seed


@dataclass(frozen=True)
class LetBackIn:
    """A coordinator's new way in, and how many of their purpose keys were sealed anew; `missing` could not be."""

    given: NewCoordinator
    sealed: int
    missing: int


def let_back_in(sign_in_name: str, words: str) -> LetBackIn:
    """Make a coordinator a new key, and seal to it every purpose key that they held before.

    Nothing is stored before all of them were opened, except that the recovery key was used. If the power goes in
    between, doing it again finishes it: the recovery key's own seals stay. Call it while nothing is being published.
    Raises `MistypedWords`, `NotTheRecoveryKey`, `NoSuchCoordinator`; `KeySwapped` or `DoesNotOpen` when a stored key
    or seal is not as Hearth wrote it.
    """
    recovery = coordinators.recovery_holder(words)
    new = coordinators.make_new_key(sign_in_name)
    with stores.writing() as main:
        audit.enter(main, audit.OPERATOR, AuditEvent.RECOVERY_KEY_USED, new.coordinator_id)
    held = _keys_held_by(new.coordinator_id)
    seals = list(_sealed_anew(held, recovery, new))
    coordinators.put_in_place(new)
    _replace_seals(new.coordinator_id, seals)
    return LetBackIn(new.given, len(seals), len(held) - len(seals))


def _keys_held_by(coordinator_id: UUID) -> list[PurposeKey]:
    """Their own, and no others: getting back in gives nobody more than they had."""
    with stores.reading() as main:
        keys = main.scalars(select(PurposeKey)).all()
    for key in keys:
        purpose_keys.check(key)
    return [key for key in keys if coordinator_id in purpose_keys.holders_of(key)]


def _sealed_anew(keys: list[PurposeKey], recovery: Holder, new: NewKey) -> Iterator[PurposeKeySeal]:
    with stores.reading("erasure") as erasure:
        query = select(PurposeKeySeal).where(PurposeKeySeal.holder_id == recovery.coordinator_id)
        seals = {seal.purpose_key_id: seal for seal in erasure.scalars(query)}
    for key in keys:
        if key.id in seals:
            seed = open_purpose_seed(
                seals[key.id].envelope,
                holder_seed=recovery.seed,
                context=purpose_key_generation.seal_context(key, recovery.coordinator_id),
                public_key=key.public_key,
            )
            yield purpose_key_generation.seal_to(key, seed, new.coordinator_id, new.public_key)


def _replace_seals(holder_id: UUID, seals: list[PurposeKeySeal]) -> None:
    """All of a holder's seals: those to the lost key open nothing any more."""
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(PurposeKeySeal).where(PurposeKeySeal.holder_id == holder_id))
        erasure.add_all(seals)
