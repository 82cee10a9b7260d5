"""Key revocation: who holds which purpose key, and taking keys away from a person whose roles do not open them.

Rows in `main` decide who holds a key, under the key's MAC; the seals in `erasure` are what they open it with. So a key
is taken away in `main` first, in the transaction that takes the role: from then on nothing opens. Then its seals are
deleted. Whatever a crash leaves of them, `sweep_seals` finds, because no row has their holder any more.
"""

import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from webapp.models import (
    Call,
    Coordinator,
    Event,
    PurposeKey,
    PurposeKeyHolder,
    PurposeKeySeal,
    Registration,
    SharedContact,
    Submission,
)
from webapp.rules import clock
from webapp.rules.late_paper import LATE_DAYS
from webapp.rules.roles import Grants
from webapp.rules.states import EventState
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.existence import is_any
from webapp.services.infrastructure.row_authentication import TOLERANT, is_genuine
from webapp.services.keys import key_macs, purpose_keys

log = logging.getLogger("hearth.key_holders")

#: A seal is stored before its key. One without a key is litter after so long, and not a key that is being made.
ORPHAN_AGE = timedelta(days=2)


def is_sealed_to(coordinator_id: UUID, key_id: UUID) -> bool:
    """Revocation is at once: a coordinator whose seal was deleted opens nothing with it in a session of before."""
    with stores.reading("erasure") as erasure:
        mine = select(PurposeKeySeal.id).where(
            PurposeKeySeal.purpose_key_id == key_id, PurposeKeySeal.holder_id == coordinator_id
        )
        return erasure.scalar(mine) is not None


def not_opened_by(
    keys: Iterable[PurposeKey], coordinator_id: UUID, grants: Grants
) -> list[PurposeKey]:
    """Of these keys, those that a person holds although these roles do not open them."""
    return [
        key
        for key in keys
        if coordinator_id in key.holder_ids and not grants.open(key.owner_id, key.purpose)
    ]


def without_a_person(
    keys: Iterable[PurposeKey], people: Collection[UUID]
) -> frozenset[tuple[UUID, str]]:
    """Call or event and purpose of those keys that none of these people holds: only the recovery sheets open them."""
    return frozenset(
        (key.owner_id, key.purpose) for key in keys if not key.holder_ids & set(people)
    )


def take_away(keys: Sequence[PurposeKey], coordinator_id: UUID) -> None:
    """Take a person out of the holders of these keys, and authenticate what is left, inside the caller's transaction.

    A key that is not authentic stays as it is: signing it would make it so, and nothing opens with it.
    """
    for key in keys:
        if not purpose_keys.is_authentic(key):
            log.warning("a key is not authentic, and is left as it is: %s", key.id)
            continue
        key.holders = [one for one in key.holders if one.coordinator_id != coordinator_id]
        key.mac = key_macs.mac_of(key_macs.claim_of_purpose_key(key))


def add(keys: Iterable[PurposeKey], coordinator_id: UUID) -> None:
    """Make a person a holder of these keys, which are authentic, inside the caller's transaction. Idempotent."""
    for key in keys:
        if coordinator_id not in key.holder_ids:
            key.holders.append(PurposeKeyHolder(id=uuid4(), coordinator_id=coordinator_id))
            key.mac = key_macs.mac_of(key_macs.claim_of_purpose_key(key))


def delete_seals(coordinator_id: UUID, key_ids: Collection[UUID]) -> None:
    """Delete what a person opened these keys with. Idempotent. Raises `StoreUnavailable`."""
    if key_ids:
        with stores.writing("erasure") as erasure:
            erasure.execute(
                delete(PurposeKeySeal).where(
                    PurposeKeySeal.holder_id == coordinator_id,
                    PurposeKeySeal.purpose_key_id.in_(list(key_ids)),
                )
            )


def sweep_seals() -> int:
    """Delete seals that a crash left behind: of holders whose key was taken away, and of keys that never came to be.

    Idempotent. Raises `StoreUnavailable`.
    """
    # Seals first, rows second: what comes between is a holder who was just added, and whose row is there.
    with stores.reading("erasure") as erasure:
        seals = erasure.execute(
            select(
                PurposeKeySeal.id,
                PurposeKeySeal.purpose_key_id,
                PurposeKeySeal.holder_id,
                PurposeKeySeal.made_on,
            )
        ).all()
    with stores.reading() as main:
        holders = {key.id: key.holder_ids for key in purpose_keys.all_keys(main)}
        people = set(main.scalars(select(Coordinator.id)))
    old = clock.today() - ORPHAN_AGE
    litter = [
        seal.id
        for seal in seals
        if seal.holder_id not in holders.get(seal.purpose_key_id, frozenset())
        # A new key, or a new recovery key, is sealed before its row is there.
        and (
            (seal.purpose_key_id in holders and seal.holder_id in people)
            or seal.made_on is None
            or seal.made_on < old
        )
    ]
    if litter:
        with stores.writing("erasure") as erasure:
            erasure.execute(delete(PurposeKeySeal).where(PurposeKeySeal.id.in_(litter)))
    return len(litter)


def still_sealed_to(main: Session, owner_ids: Collection[UUID]) -> frozenset[UUID]:
    """Of these calls, events and organisations, those whose keys something may still be sealed to.

    Calls that take answers, or late paper; events to come; and whatever has a person's answers or booking, because
    these can be corrected with their code until they are deleted. A row that is not genuine counts as one.
    """
    found = set(_live(main))
    owner = PurposeKey.owner_id
    theirs = (Submission.call_id, Registration.event_id, SharedContact.organisation_id)
    has_people = or_(*(is_any(column == owner) for column in theirs))
    found |= set(main.scalars(select(owner).where(owner.in_(owner_ids), has_people).distinct()))
    return frozenset(found & set(owner_ids))


def _live(main: Session) -> Iterator[UUID]:
    late = clock.today() - timedelta(days=LATE_DAYS)
    for call in main.scalars(select(Call), execution_options=TOLERANT):
        if not is_genuine(call) or call.closes_on >= late:
            yield call.id
    now = int(clock.now().timestamp())
    for event in main.scalars(select(Event), execution_options=TOLERANT):
        if not is_genuine(event) or (event.ends_at > now and event.state != EventState.CANCELLED):
            yield event.id
