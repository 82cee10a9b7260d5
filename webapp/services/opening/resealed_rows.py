"""One batch of records that are sealed anew: opened in memory, sealed to the newest epoch, swapped in under a lock.

A fresh erasure secret for each, and not the one of before: what was sealed to the old key stays in backups of `main`
and in pages of its files, and opens for whoever kept that key, for as long as its secret is there. With its secret gone
it opens for nobody. What was shared of contact details is sealed with that secret, too, and is sealed again with the
new one, to the same key of the member.

Only a record that is as it was when it was opened is swapped: one that was erased, corrected or withdrawn meanwhile is
left alone.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import (
    ErasureSecret,
    Event,
    Part,
    Registration,
    RegistrationPart,
    Resealing,
    SharedContact,
)
from webapp.rules.audit_details import OfRecords
from webapp.rules.audit_events import AuditEvent
from webapp.rules.roles import SHARED
from webapp.services.answers import submission_locks
from webapp.services.infrastructure import audit, secret_tombstones, stores
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    TOLERANT_LOCK,
    genuine,
    is_genuine,
)
from webapp.services.keys import older_epochs, purpose_keys
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.keys.older_epochs import Record
from webapp.services.opening import disclosure, looks
from webapp.services.opening.looks import Why
from webapp.services.sealed import parts, shredding
from webapp.services.sealed.parts import PartContent
from webapp.services.sealed.shared_sealing import seal_again
from webapp.vault.shared_contacts import BothSecrets

log = logging.getLogger("hearth.resealing")

#: What is shared of each contact part.
Shared = Mapping[UUID, Sequence[SharedContact]]


@dataclass(frozen=True)
class _Made:
    """One record, ready before any lock is taken.

    `shared`: the new envelopes of what is shared of it, by row and its secret; None where that secret is gone: then it
    has ended, and a round of the worker removes it.
    """

    before: Record
    after: Record
    secret: ErasureSecret = field(repr=False)
    shared: Mapping[tuple[UUID, UUID], bytes | None]


@dataclass(frozen=True)
class _Chosen:
    """The rows of a batch as they were under their locks, what is shared of them, and the keys to seal to."""

    key: VerifiedClaim
    rows: Sequence[Any]
    shared: Shared
    member_keys: Mapping[tuple[UUID, int], bytes]


def seal_anew(holder: Holder, work: Resealing, ids: Sequence[UUID]) -> set[UUID]:
    """Seal these records of one purpose to its newest key. Returns those that do not open, and stay as they are.

    The record has an entry before anything is opened. Raises as `disclosure.open_contents` does, and `KeySwapped`.
    """
    chosen = _choose(holder, work, ids)
    found = [row for row in chosen.rows if is_genuine(row)]
    opened = list(disclosure.open_contents(holder, found, leave_out_damaged=True))
    _store(work, chosen.key, _reseal(chosen, opened))
    unfit = {row.id for row in chosen.rows} - {part.id for part, _ in opened}
    if unfit:
        log.warning("%s records are not sealed anew: erased, false or damaged", len(unfit))
    return unfit


def _choose(holder: Holder, work: Resealing, ids: Sequence[UUID]) -> _Chosen:
    """The rows, with the entry in the record and the look for each person, in one transaction."""
    with stores.writing() as main:
        key = purpose_keys.newest(main, work.owner_id, {work.purpose})[work.purpose]
        rows = _locked(main, work, key, ids)
        found = genuine(rows)
        if found:
            _enter(main, holder, work, found)
        shared = _shared(main, found)
        return _Chosen(key, rows, shared, _keys_of_members(main, shared))


def _reseal(chosen: _Chosen, opened: Sequence[tuple[Any, PartContent]]) -> list[_Made]:
    shared = (row for rows in chosen.shared.values() for row in rows)
    secrets = disclosure.secrets_of([row.secret_id for row in shared])
    return [_made(part, content, chosen, secrets) for part, content in opened]


def _enter(main: Session, holder: Holder, work: Resealing, found: Sequence[Record]) -> None:
    detail, why = OfRecords(len(found), work.purpose), Why(work.reason)
    if older_epochs.TABLE_OF[work.purpose] is Part:
        people = {row.bound_to for row in found}
        looks.enter_resealing(main, holder, work.owner_id, why, detail, people)
        return
    event, who = AuditEvent.EVENT_RESEALED, holder.coordinator_id
    audit.enter(main, who, event, work.owner_id, why.recorded, detail=detail)


def _locked(
    main: Session, work: Resealing, key: VerifiedClaim, ids: Sequence[UUID]
) -> Sequence[Record]:
    """Those that are still sealed to an older epoch, false ones among them, after their people were locked.

    Lock order: a submission, or the event and then its registrations, before what belongs to it.
    """
    table = older_epochs.TABLE_OF[work.purpose]
    if table is Part:
        people = main.scalars(select(Part.submission_id).where(Part.id.in_(ids)))
        submission_locks.lock_submissions(main, {one for one in people if one is not None})
    else:
        _lock_registrations(main, work.owner_id, ids)
    older = older_epochs.of(work.owner_id, work.purpose, key.epoch)
    these = select(table).where(table.id.in_(ids), older).order_by(table.id).with_for_update()
    rows: Sequence[Any] = main.scalars(these, execution_options=TOLERANT_LOCK).all()
    return rows


def _lock_registrations(main: Session, event_id: UUID, ids: Sequence[UUID]) -> None:
    main.execute(select(Event.id).where(Event.id == event_id).with_for_update())
    theirs = select(RegistrationPart.registration_id).where(RegistrationPart.id.in_(ids))
    people = set(main.scalars(theirs))
    rows = select(Registration.id).where(Registration.id.in_(people)).order_by(Registration.id)
    main.execute(rows.with_for_update())


def _shared(main: Session, found: Iterable[Record]) -> Shared:
    """What is shared of these contact parts, by part. A false row opens for nobody, and stays as it is."""
    ids = [row.id for row in found if isinstance(row, Part) and row.purpose == "contact"]
    these = select(SharedContact).where(SharedContact.part_id.in_(ids))
    shared: dict[UUID, list[SharedContact]] = {}
    for row in genuine(main.scalars(these, execution_options=TOLERANT)) if ids else ():
        shared.setdefault(row.part_id, []).append(row)
    return shared


def _keys_of_members(main: Session, shared: Shared) -> dict[tuple[UUID, int], bytes]:
    """The keys that it is sealed to, each of its own epoch: it opens for exactly whom it opened before."""
    wanted = {(row.organisation_id, row.epoch) for ones in shared.values() for row in ones}
    return {
        (owner_id, epoch): purpose_keys.verified(
            purpose_keys.find(main, owner_id, SHARED, epoch)
        ).public_key
        for owner_id, epoch in sorted(wanted)
    }


def _made(
    part: Record, content: PartContent, chosen: _Chosen, secrets: Mapping[UUID, bytes]
) -> _Made:
    after = _copy(part, epoch=chosen.key.epoch)
    secret = parts.seal(after, content.answers, chosen.key.public_key, content.copy_key)
    envelopes: dict[tuple[UUID, UUID], bytes | None] = {}
    for row in chosen.shared.get(part.id, ()):
        both = BothSecrets(secrets.get(row.secret_id), secret.secret)
        member_key = chosen.member_keys[row.organisation_id, row.epoch]
        envelopes[row.id, row.secret_id] = (
            seal_again(row, content.answers, both, member_key) if both.of_share else None
        )
    return _Made(part, after, secret, envelopes)


def _copy(part: Record, *, epoch: int) -> Record:
    """The same row under another epoch, in no session: what it is bound to when it is sealed."""
    values: dict[str, Any] = {**part.under_mac(), "epoch": epoch}
    return type(part)(**values)


def _store(work: Resealing, key: VerifiedClaim, made: Sequence[_Made]) -> None:
    """Secrets first, then the rows. A secret of a row that was not swapped protects nothing, and is swept."""
    if not made:
        return
    with stores.writing("erasure") as erasure:
        erasure.add_all(one.secret for one in made)
    with stores.writing() as main:
        rows = genuine(_locked(main, work, key, [one.before.id for one in made]))
        now, shared = {row.id: row for row in rows}, _shared(main, rows)
        for one in made:
            row = now.get(one.before.id)
            if row is not None and row.secret_id == one.before.secret_id:
                _swap(main, one, row, shared.get(row.id, ()))
        main.flush()
    shredding.finish_now()


def _swap(main: Session, one: _Made, row: Record, shared: Sequence[SharedContact]) -> None:
    """Unless something of it was shared meanwhile, with the old secret: then the next press takes it along."""
    standing = {(each.id, each.secret_id): each for each in shared}
    if not standing.keys() <= one.shared.keys():
        return
    secret_tombstones.leave(main, row.secret_id)
    row.epoch, row.secret_id = one.after.epoch, one.after.secret_id
    row.envelope = one.after.envelope
    for which, each in standing.items():
        each.envelope = one.shared[which] or each.envelope
