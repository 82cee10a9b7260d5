"""Key rotation: new epochs for the purpose keys of calls and events, so that what comes later opens for the holders of
today alone.

It needs public keys only: nobody has to be able to open anything. What is to be done is a row for each call or event,
written in the transaction that makes it necessary; a row is settled in the transaction that stores its new keys. So
a crash loses nothing and makes nothing half, and `go_on` can be called again by anyone.
"""

import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from webapp.models import Call, KeyRotation, PurposeKey, PurposeKeySeal
from webapp.rules import clock
from webapp.rules.audit_details import OfKeys
from webapp.rules.audit_events import AuditEvent
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import coordinators, key_holders
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.keys.purpose_key_generation import make_one, possible_holders

#: A request makes keys for about so long; the page then says how far it is, and goes on at a press.
SECONDS = 8.0
#: How often the keys of one call are made anew when roles are changed at the same moment.
TRIES = 3


@dataclass(frozen=True)
class Progress:
    """How many calls and events were to get new keys when this was last asked for, and how many have them."""

    asked_on: date
    done: int
    of: int

    @property
    def waiting(self) -> int:
        """How many still wait."""
        return self.of - self.done


#: For each purpose of a call or event: the number of its next epoch, and whom its key will be sealed to.
Plan = Mapping[str, tuple[int, tuple[VerifiedClaim, ...]]]


def begin(by: Holder, owner_id: UUID | None, reason: str) -> int:
    """Ask for new keys of one call or event, or of all to which something may still be sealed; `go_on` makes them.

    Returns how many were not on the work list yet. `reason` is at most 200 characters. Raises `NotAnOwner`.
    """
    with stores.writing() as main:
        coordinators.lock_as_owner(main, by.coordinator_id)
        owners = set(main.scalars(select(PurposeKey.owner_id).distinct()))
        wanted = owners & {owner_id} if owner_id else key_holders.still_sealed_to(main, owners)
        new = ask(main, wanted, by.coordinator_id)
        if new:
            event, detail = AuditEvent.KEYS_RENEWAL_ASKED, OfKeys(new)
            audit.enter(main, by.coordinator_id, event, reason=reason, detail=detail)
    return new


def ask(main: Session, owner_ids: Collection[UUID], asked_by: UUID) -> int:
    """Put calls and events on the work list, inside the caller's transaction. Returns how many were not on it yet.

    The caller has locked the coordinators.
    """
    waiting = {row.owner_id for row in _waiting(main)}
    asked_id, new = uuid4(), sorted(set(owner_ids) - waiting)
    for owner_id in new:
        main.add(
            KeyRotation(
                id=uuid4(),
                asked_id=asked_id,
                owner_id=owner_id,
                asked_by=asked_by,
                asked_on=clock.today(),
            )
        )
    main.flush()
    return len(new)


def go_on(seconds: float = SECONDS) -> int:
    """Make the new keys that wait, one call or event after the other. Returns how many still wait.

    Idempotent, and safe to run twice at once. Raises `NoRecoveryKey`, `KeySwapped`, `RowForged`, `StoreUnavailable`;
    what was made until then is stored.
    """
    key_holders.sweep_seals()
    until = time.monotonic() + seconds
    with stores.reading() as main:
        waiting = [row.owner_id for row in _waiting(main)]
    for number, owner_id in enumerate(waiting):
        # The first one is made in any case, so that calling it again comes to an end.
        if number and time.monotonic() > until:
            return len(waiting) - number
        _renew(owner_id)
    return 0


def progress() -> Progress | None:
    """The newest rotation that still goes on, or else the newest of all; None before the first."""
    with stores.reading() as main:
        rows = main.scalars(select(KeyRotation)).all()
    if not rows:
        return None
    newest = max(rows, key=lambda row: row.asked_on)
    asked = {row.asked_id for row in rows if row.done_on is None} or {newest.asked_id}
    together = [row for row in rows if row.asked_id in asked]
    done = [row for row in together if row.done_on is not None]
    return Progress(min(row.asked_on for row in together), len(done), len(together))


def _waiting(main: Session) -> list[KeyRotation]:
    rows = select(KeyRotation).where(KeyRotation.done_on.is_(None)).order_by(KeyRotation.id)
    return list(main.scalars(rows))


def _renew(owner_id: UUID) -> None:
    """Seals first, then the keys with their audit entry: until then nothing is sealed to the new epoch."""
    for _ in range(TRIES):
        with stores.reading() as main:
            plan = _plan(main, owner_id)
        made = [
            make_one(owner_id, purpose, epoch, holders)
            for purpose, (epoch, holders) in plan.items()
        ]
        with stores.writing("erasure") as erasure:
            erasure.add_all(seal for _, seals in made for seal in seals)
        with stores.writing() as main:
            coordinators.lock_all(main)
            if _plan(main, owner_id) == plan:
                _store(main, owner_id, [key for key, _ in made])
                return
        _throw_away([key.id for key, _ in made])
    raise stores.StoreUnavailable("main")


def _plan(main: Session, owner_id: UUID) -> Plan:
    """Whom each purpose's next key is to be sealed to, by the roles of now. Nothing for what no longer waits."""
    waits = select(KeyRotation).where(
        KeyRotation.owner_id == owner_id, KeyRotation.done_on.is_(None)
    )
    if main.scalars(waits).one_or_none() is None:
        return {}
    newest = (
        select(PurposeKey.purpose, func.max(PurposeKey.epoch))
        .where(PurposeKey.owner_id == owner_id)
        .group_by(PurposeKey.purpose)
    )
    holders = possible_holders(main)
    return {
        purpose: (epoch + 1, tuple(holders.of(owner_id, purpose)))
        for purpose, epoch in sorted(main.execute(newest).all())
    }


def _store(main: Session, owner_id: UUID, keys: list[PurposeKey]) -> None:
    row = main.scalars(
        select(KeyRotation)
        .where(KeyRotation.owner_id == owner_id, KeyRotation.done_on.is_(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        return
    main.add_all(keys)
    row.done_on = clock.today()
    main.flush()
    is_call = main.scalar(select(Call.id).where(Call.id == owner_id)) is not None
    event = AuditEvent.CALL_KEYS_RENEWED if is_call else AuditEvent.EVENT_KEYS_RENEWED
    audit.enter(main, row.asked_by, event, owner_id, detail=OfKeys(len(keys)))


def _throw_away(key_ids: list[UUID]) -> None:
    """Seals of keys that were not stored, because roles changed meanwhile."""
    with stores.writing("erasure") as erasure:
        erasure.execute(delete(PurposeKeySeal).where(PurposeKeySeal.purpose_key_id.in_(key_ids)))
