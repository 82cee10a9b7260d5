"""Sharing contact details with a member organisation: resealed to its key, for those whose yes covers it.

No copy leaves Hearth: the organisation's recipients read it at the desk, until the yes is taken back. What is resealed
is the least that the consent is about: the name to use and the safe ways, nothing of a way that is not safe, and
nothing about a helper.

People are read in batches, outside of any lock, and looked at again under the locks of one batch when it is stored.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import AuditEntry, ErasureSecret, Part, Share, SharedContact
from webapp.rules import clock
from webapp.rules.audit_details import OfSharing
from webapp.rules.audit_events import AuditEvent
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.reasons import OUTSIDE, SHARING_FOR, Reason, for_record
from webapp.services.answers import shared_with, stored_consents, submission_locks
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import organisation_keys, organisations
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.opening import disclosure, sharing_offers
from webapp.services.sealed import ended_shares, shredding
from webapp.services.sealed.shared_sealing import least_of, seal_to_organisation

BATCH = 500
#: For so many seconds, the same act of the same coordinator with nothing left to do is the second press of one button.
JUST_NOW = 120


class SharedBefore(Exception):
    """Recipients who came later would read what was shared before, and the act does not say that they may."""


@dataclass(frozen=True)
class Asked:
    """An act of sharing, as the page of it was sent.

    `readers`: the recipients whom the page named. `anew`: those of them who came later may read what was shared before.
    """

    organisation_id: UUID
    reason: Reason
    readers: frozenset[UUID]
    anew: bool = False


@dataclass(frozen=True)
class _Made:
    """One share, ready before any lock is taken."""

    share: Share
    sealed: SharedContact
    secret: ErasureSecret
    part_secret_id: UUID


def share(holder: Holder, call: Call, asked: Asked) -> int | None:
    """Share with a member, for everyone of a call whose yes covers it, so that all its recipients read it.

    Returns for how many that was not so before; None for the second press of one button. The act is in the record
    before anything is opened. A crash leaves some unshared: the same act does the rest. The caller has checked a fresh
    second factor. Raises `NotAMember`, `NotWhatItIsFor`, `NoRecipient`, `SharedBefore`; `EditConflict` where the
    recipients are others than the page named; `NotAuthorisedToOpen`, `SignInAgainToOpen`.
    """
    recorded = for_record(asked.reason, SHARING_FOR, other=OUTSIDE)
    organisation_id = asked.organisation_id
    _ensure_member(organisation_id)
    key = organisation_keys.key_to_share_with(holder, organisation_id, asked.readers)
    chosen = _chosen(call.id, asked)
    if not _enter(holder, call.id, organisation_id, recorded, len(chosen)):
        return None
    done = 0
    for ids in _batches(chosen):
        made = _reseal(holder, _parts(organisation_id, ids), organisation_id, key)
        done += _store(organisation_id, made)
    # Secrets of what was sealed anew; if that fails now, the worker does it.
    shredding.finish_now()
    return done


def _ensure_member(organisation_id: UUID) -> None:
    with stores.reading() as main:
        if shared_with.cover(main).period_of(organisation_id) is None:
            raise NotAMember(organisation_id)


def _chosen(call_id: UUID, asked: Asked) -> list[UUID]:
    """Whose details some recipient cannot read although their yes covers the member. Raises `SharedBefore`."""
    found: list[UUID] = []
    with stores.reading() as main:
        period_id = shared_with.cover(main).period_of(asked.organisation_id)
        for ids in _batches(sharing_offers.agreed(main, call_id, period_id)):
            now = _look(main, asked.organisation_id, ids)
            if not asked.anew and any(one not in now.read_by_all for one in now.read_by_some):
                raise SharedBefore(asked.organisation_id)
            found += sorted(now.covered - now.read_by_all)
    return found


def _batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    return (ids[start : start + BATCH] for start in range(0, len(ids), BATCH))


def _enter(holder: Holder, call_id: UUID, organisation_id: UUID, reason: str, people: int) -> bool:
    """Enter the act in the record, unless it is the second press of one button."""
    who = holder.coordinator_id
    with stores.writing() as main:
        if not people and _pressed_twice(main, holder, call_id, organisation_id):
            return False
        detail = OfSharing(people, str(call_id))
        audit.enter(main, who, AuditEvent.CONTACTS_SHARED, organisation_id, reason, detail=detail)
        return True


def _pressed_twice(main: Session, holder: Holder, call_id: UUID, organisation_id: UUID) -> bool:
    """Whether the same coordinator did the same act a moment ago, for somebody."""
    mine = (
        AuditEntry.actor == str(holder.coordinator_id),
        AuditEntry.tag == AuditEvent.CONTACTS_SHARED.value,
        AuditEntry.at >= int(clock.now_minute().timestamp()) - JUST_NOW,
    )
    newest = select(AuditEntry).where(*mine).order_by(AuditEntry.n.desc()).limit(1)
    entry = main.scalars(newest).one_or_none()
    if entry is None or entry.subject_id != organisation_id:
        return False
    detail = OfSharing.from_text(entry.detail or "")
    return detail is not None and detail.call == str(call_id) and detail.people > 0


@dataclass(frozen=True)
class _Looked:
    """Of some people: whose yes covers a member, and whose details are read there now, by some recipients or by all."""

    covered: frozenset[UUID]
    read_by_some: frozenset[UUID]
    read_by_all: frozenset[UUID]


def _look(main: Session, organisation_id: UUID, ids: Sequence[UUID]) -> _Looked:
    now = shared_with.cover(main)
    period_id = now.period_of(organisation_id)
    people = stored_consents.of_people(main, list(ids))
    theirs = (
        SharedContact.organisation_id == organisation_id,
        SharedContact.submission_id.in_(ids),
    )
    shared = {
        one.sealed.submission_id: one.sealed.epoch
        for one in shared_with.find(main, *theirs)
        if one.stands(now)
    }
    epochs = organisation_keys.epochs_for_all(main, organisation_id)
    return _Looked(
        frozenset(one for one, person in people.items() if now.covers(person, period_id)),
        frozenset(shared),
        frozenset(one for one, epoch in shared.items() if epoch in epochs),
    )


def _parts(organisation_id: UUID, ids: Sequence[UUID]) -> list[Part]:
    """The contact parts to reseal, of those for whom it still is as it was chosen."""
    with stores.reading() as main:
        now = _look(main, organisation_id, ids)
        wanted = now.covered - now.read_by_all
        mine = select(Part).where(Part.submission_id.in_(wanted), Part.purpose == "contact")
        parts = genuine(main.scalars(mine, execution_options=TOLERANT))
    return sorted(parts, key=lambda part: part.bound_to)


def _reseal(
    holder: Holder, chosen: Sequence[Part], organisation_id: UUID, key: VerifiedClaim
) -> list[_Made]:
    """Open and seal again, in memory. Leaves out who has no safe way of their own, was erased or is damaged."""
    secrets = disclosure.secrets_of([part.secret_id for part in chosen])
    made = []
    for part, content in disclosure.open_contents(holder, chosen, leave_out_damaged=True):
        if safe_contact(content.answers) is None or part.secret_id not in secrets:
            continue
        row = _share_row(part, organisation_id)
        least, of_part = least_of(content.answers), secrets[part.secret_id]
        made.append(
            _Made(row, *seal_to_organisation(row, part, of_part, least, key), part.secret_id)
        )
    return made


def _share_row(part: Part, organisation_id: UUID) -> Share:
    return Share(
        id=uuid4(),
        submission_id=part.bound_to,
        organisation_id=organisation_id,
        shared_on=clock.today(),
    )


def _store(organisation_id: UUID, made: list[_Made]) -> int:
    """Secrets first, then the rows, of those for whom it still is as it was: a yes may be taken back meanwhile."""
    if not made:
        return 0
    with stores.writing("erasure") as erasure:
        erasure.add_all(one.secret for one in made)
    with stores.writing() as main:
        organisations.locked(main)
        ids = submission_locks.lock_submissions(main, [one.share.submission_id for one in made])
        now, held = _look(main, organisation_id, ids), _held(main, ids)
        wanted = now.covered - now.read_by_all
        kept = [
            one
            for one in made
            if one.share.submission_id in wanted
            and held.get(one.share.submission_id) == one.part_secret_id
        ]
        _add(main, kept, shared_with.cover(main).period_of(organisation_id))
    return len(kept)


def _held(main: Session, ids: Sequence[UUID]) -> Mapping[UUID | None, UUID]:
    """The erasure secret of each person's contact part as it is now. A correction, or resealing, gives it another."""
    these = select(Part.submission_id, Part.secret_id).where(
        Part.submission_id.in_(ids), Part.purpose == "contact"
    )
    return dict(main.execute(these).all())


def _add(main: Session, kept: list[_Made], period_id: UUID | None) -> None:
    for one in kept:
        going_on = ended_shares.replace(
            main, one.share.submission_id, one.share.organisation_id, period_id
        )
        if going_on is not None:
            one.sealed.share_id = going_on
        elif period_id is not None:
            one.share.period_id = period_id
            main.add(one.share)
    main.flush()
    main.add_all(one.sealed for one in kept)
