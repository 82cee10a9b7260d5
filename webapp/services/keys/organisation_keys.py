"""The key that contact details are shared with: a purpose key of a member organisation, held by its recipients.

Made like the keys of calls, with epochs, and sealed to the recovery key as all are. An epoch is for the recipients of
its day: when they are others, the next share is sealed to a new one.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.models import SharedContact
from webapp.rules.audit_details import OfKeys
from webapp.rules.audit_events import AuditEvent
from webapp.rules.roles import SHARED
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import coordinators, organisations, purpose_keys
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.keys.purpose_key_generation import make_one, possible_holders
from webapp.services.keys.purpose_keys import NoPurposeKey
from webapp.vault.key_claims import KeyKind

#: How often the key is made anew when roles are changed at the same moment.
TRIES = 3


class NoRecipient(LookupError):
    """No person of this organisation could read what is shared with it."""


def key_to_share_with(by: Holder, organisation_id: UUID, readers: frozenset[UUID]) -> VerifiedClaim:
    """The key of an organisation for what is shared now: sealed to exactly its recipients of now. Made where needed.

    `readers` are those whom the page named: `EditConflict` where they are others by now. Raises `NoRecipient`;
    `NoRecoveryKey`, `KeySwapped`, `RowForged`, `StoreUnavailable`.
    """
    for _ in range(TRIES):
        with stores.reading() as main:
            holders = _holders(main, organisation_id)
            newest = _newest(main, organisation_id)
        if _people(holders) != readers:
            raise EditConflict
        if newest is not None and newest.holders == {one.owner_id for one in holders}:
            return newest
        _make_next(by, organisation_id, newest.epoch + 1 if newest else 1, holders)
    raise stores.StoreUnavailable("main")


def recipients(main: Session, organisation_id: UUID) -> frozenset[UUID]:
    """The people of an organisation who are to read what is shared with it."""
    return _people(possible_holders(main).of(organisation_id, SHARED))


def _people(holders: Sequence[VerifiedClaim]) -> frozenset[UUID]:
    return frozenset(one.owner_id for one in holders if one.kind is not KeyKind.RECOVERY)


def readers_by_epoch(main: Session, organisation_id: UUID) -> dict[int, frozenset[UUID]]:
    """The holders of each epoch of an organisation's key, by authentic rows."""
    theirs = (key for key in purpose_keys.all_keys(main) if key.owner_id == organisation_id)
    return {key.epoch: key.holder_ids for key in theirs if purpose_keys.is_authentic(key)}


def epochs(main: Session, organisation_id: UUID) -> frozenset[int]:
    """Every epoch of an organisation's key, also of rows that are not authentic."""
    return frozenset(
        key.epoch for key in purpose_keys.all_keys(main) if key.owner_id == organisation_id
    )


def missing_by_epoch(main: Session) -> dict[tuple[UUID, int], frozenset[UUID]]:
    """By organisation and epoch of its key, the recipients of now who do not hold it. None where all do.

    Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`.
    """
    keys = [key for key in purpose_keys.all_keys(main) if key.purpose == SHARED]
    holders = possible_holders(main) if keys else None
    return {
        (key.owner_id, key.epoch): lacking
        for key in keys
        if holders is not None and purpose_keys.is_authentic(key)
        if (lacking := _people(holders.of(key.owner_id, SHARED)) - key.holder_ids)
    }


def epochs_for_all(main: Session, organisation_id: UUID) -> frozenset[int]:
    """The epochs that every recipient of now holds. What is sealed to another one is sealed anew when sharing again."""
    people = recipients(main, organisation_id)
    found = readers_by_epoch(main, organisation_id)
    return frozenset(epoch for epoch, readers in found.items() if people <= readers)


def names_of_keyed() -> dict[UUID, str]:
    """The names of the organisations that have a key of their own, by their ids. Raises `StoreUnavailable`."""
    with stores.reading() as main:
        owners = {key.owner_id for key in purpose_keys.all_keys(main) if key.purpose == SHARED}
    everyone = organisations.coalition().everyone if owners else ()
    return {one.id: one.name for one in everyone if one.id in owners}


def _holders(main: Session, organisation_id: UUID) -> list[VerifiedClaim]:
    if not recipients(main, organisation_id):
        raise NoRecipient(organisation_id)
    return possible_holders(main).of(organisation_id, SHARED)


def _newest(main: Session, organisation_id: UUID) -> VerifiedClaim | None:
    if not _was_shared_with(main, organisation_id):
        # No key yet, as it should be: `newest` would tell the operator of a fault.
        return purpose_keys.newest_if_made(main, organisation_id).get(SHARED)
    try:
        return purpose_keys.newest(main, organisation_id)[SHARED]
    except NoPurposeKey:
        return None


def _was_shared_with(main: Session, organisation_id: UUID) -> bool:
    found = select(SharedContact.id).where(SharedContact.organisation_id == organisation_id)
    return main.scalar(found.limit(1)) is not None


def _make_next(
    by: Holder, organisation_id: UUID, epoch: int, holders: Sequence[VerifiedClaim]
) -> None:
    """Seals first, then the key with its audit entry, unless recipients have changed meanwhile.

    Seals of a key that does not come to be open nothing, and are swept.
    """
    key, seals = make_one(organisation_id, SHARED, epoch, holders)
    with stores.writing("erasure") as erasure:
        erasure.add_all(seals)
    try:
        with stores.writing() as main:
            coordinators.lock_all(main)
            if _holders(main, organisation_id) != list(holders):
                return
            main.add(key)
            main.flush()
            event, detail = AuditEvent.ORGANISATION_KEYS_RENEWED, OfKeys(1)
            audit.enter(main, by.coordinator_id, event, organisation_id, detail=detail)
    except IntegrityError:
        # Another coordinator has made this epoch at this very moment.
        return
