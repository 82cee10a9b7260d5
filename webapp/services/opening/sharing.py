"""Sharing contact details with a member organisation: resealed to its key, for those whose yes covers it.

No copy leaves Hearth: the organisation's recipients read it at the desk, until the yes is taken back. What is resealed
is the least that the consent is about: the name to use and the safe ways, nothing of a way that is not safe, and
nothing about a helper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from webapp.models import (
    AuditEntry,
    Consent,
    ErasureSecret,
    Part,
    Share,
    SharedContact,
    Submission,
)
from webapp.rules import clock
from webapp.rules.audit_details import OfSharing
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import SHARING
from webapp.rules.contact.safe_channels import only_safe, safe_contact
from webapp.rules.languages.spoken_languages import kept_beside
from webapp.rules.reasons import OUTSIDE, SHARING_FOR, Reason, for_record
from webapp.services.answers import consents, shared_with, stored_consents, submission_locks
from webapp.services.answers.shared_with import Cover
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import member_lists, organisation_keys, organisations
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.keys.member_lists import Member
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.opening import disclosure
from webapp.services.sealed import ended_shares, shredding
from webapp.services.sealed.shared_sealing import seal_to_organisation

BATCH = 500
#: For so many seconds, the same act of the same coordinator with nothing left to do is the second press of one button.
JUST_NOW = 120


@dataclass(frozen=True)
class Offer:
    """One member organisation, and of how many people of a call: whose yes covers it, and to whom it is shared now."""

    organisation_id: UUID
    name: str
    agreed: int
    shared: int
    has_recipients: bool

    @property
    def new(self) -> int:
        """How many would be shared now."""
        return self.agreed - self.shared


@dataclass(frozen=True)
class _Agreed:
    """The people of a call who say yes to sharing, with their contact parts, and what each yes is held against."""

    cover: Cover
    people: Mapping[UUID, StoredConsents]
    parts: Mapping[UUID, Part]

    def with_member(self, organisation_id: UUID) -> dict[UUID, Part]:
        """The parts of those whose standing yes covers this member of now."""
        period_id = self.cover.period_of(organisation_id)
        return {
            person: part
            for person, part in self.parts.items()
            if self.cover.covers(self.people.get(person), period_id)
        }


@dataclass(frozen=True)
class _Made:
    """One share, ready before any lock is taken."""

    share: Share
    sealed: SharedContact
    secret: ErasureSecret


def preview(call: Call) -> tuple[Offer, ...]:
    """Every member that details could be shared with, with numbers of people. Opens nothing."""
    with stores.reading() as main:
        members = member_lists.to_share_with(main)
        if not members:
            return ()
        agreed = _agreed(main, call.id)
        return tuple(_offer(main, agreed, one) for one in members)


def _offer(main: Session, agreed: _Agreed, member: Member) -> Offer:
    people = agreed.with_member(member.organisation_id).keys()
    return Offer(
        member.organisation_id,
        member.name,
        agreed=len(people),
        shared=len(people & _shared_already(main, member.organisation_id)),
        has_recipients=bool(organisation_keys.recipients(main, member.organisation_id)),
    )


def share(holder: Holder, call: Call, organisation_id: UUID, *, reason: Reason) -> int | None:
    """Share with a member, for everyone of a call whose yes covers it and with whom it is not shared. Returns how many.

    None for the second press of one button.

    The act is in the record before anything is opened. A crash leaves some unshared: the same act does the rest. The
    caller has checked a fresh second factor. Raises `NotAMember`, `NotWhatItIsFor`, `NoRecipient`,
    `NotAuthorisedToOpen`, `SignInAgainToOpen`.
    """
    recorded = for_record(reason, SHARING_FOR, other=OUTSIDE)
    _ensure_member(organisation_id)
    key = organisation_keys.key_to_share_with(holder, organisation_id)
    chosen = _enter(holder, call.id, organisation_id, recorded)
    if chosen is None:
        return None
    done = 0
    for start in range(0, len(chosen), BATCH):
        made = _reseal(holder, chosen[start : start + BATCH], organisation_id, key)
        done += _store(call.id, organisation_id, made)
    # Secrets of what was sealed anew; if that fails now, the worker does it.
    shredding.finish_now()
    return done


def _ensure_member(organisation_id: UUID) -> None:
    with stores.reading() as main:
        if shared_with.cover(main).period_of(organisation_id) is None:
            raise NotAMember(organisation_id)


def _enter(holder: Holder, call_id: UUID, organisation_id: UUID, reason: str) -> list[Part] | None:
    who = holder.coordinator_id
    with stores.writing() as main:
        chosen = _locked(main, call_id, organisation_id)
        if not chosen and _pressed_twice(main, holder, call_id, organisation_id):
            return None
        detail = OfSharing(len(chosen), str(call_id))
        audit.enter(main, who, AuditEvent.CONTACTS_SHARED, organisation_id, reason, detail=detail)
        return chosen


def _pressed_twice(main: Session, holder: Holder, call_id: UUID, organisation_id: UUID) -> bool:
    """Whether the same coordinator did the same act a moment ago."""
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
    return detail is not None and detail.call == str(call_id)


def _locked(main: Session, call_id: UUID, organisation_id: UUID) -> list[Part]:
    """The parts to reseal, under the locks of their submissions: a withdrawal is either before this or after it."""
    people = _agreed(main, call_id).with_member(organisation_id).keys()
    only = Submission.id.in_(submission_locks.lock_submissions(main, people))
    agreed = _agreed(main, call_id, only).with_member(organisation_id)
    there = _shared_already(main, organisation_id)
    return [part for person, part in sorted(agreed.items()) if person not in there]


def _agreed(main: Session, call_id: UUID, *only: ColumnElement[bool]) -> _Agreed:
    """Everyone of a call who says yes to sharing, as SQL sees it; what is used of it is checked."""
    agreed = aliased(Consent)
    says_yes = exists().where(
        agreed.submission_id == Submission.id, consents.stands(agreed, SHARING)
    )
    people = stored_consents.where(main, Submission.call_id == call_id, says_yes, *only)
    mine = select(Part).where(Part.call_id == call_id, Part.purpose == "contact")
    parts = genuine(main.scalars(mine, execution_options=TOLERANT))
    return _Agreed(
        shared_with.cover(main),
        people,
        {part.bound_to: part for part in parts if part.bound_to in people},
    )


def _shared_already(main: Session, organisation_id: UUID) -> set[UUID]:
    """The people whom every recipient of now can read: where a recipient has come since, sharing again reseals."""
    theirs = select(SharedContact).where(SharedContact.organisation_id == organisation_id)
    epochs = organisation_keys.epochs_for_all(main, organisation_id)
    rows = genuine(main.scalars(theirs, execution_options=TOLERANT))
    return {row.submission_id for row in rows if row.epoch in epochs}


def _reseal(
    holder: Holder, chosen: Sequence[Part], organisation_id: UUID, key: VerifiedClaim
) -> list[_Made]:
    """Open and seal again, in memory. Leaves out who has no safe way of their own, was erased or is damaged."""
    secrets = _secrets([part.secret_id for part in chosen])
    made = []
    for part, content in disclosure.open_contents(holder, chosen, leave_out_damaged=True):
        if safe_contact(content.answers) is None or part.secret_id not in secrets:
            continue
        least = {**only_safe(content.answers), **kept_beside(content.answers)}
        row = _share_row(part, organisation_id)
        made.append(
            _Made(row, *seal_to_organisation(row, part, secrets[part.secret_id], least, key))
        )
    return made


def _share_row(part: Part, organisation_id: UUID) -> Share:
    return Share(
        id=uuid4(),
        submission_id=part.bound_to,
        organisation_id=organisation_id,
        shared_on=clock.today(),
    )


def _secrets(ids: list[UUID]) -> Mapping[UUID, bytes]:
    with stores.reading("erasure") as erasure:
        rows = erasure.execute(
            select(ErasureSecret.id, ErasureSecret.secret).where(ErasureSecret.id.in_(ids))
        )
        return {row.id: row.secret for row in rows}


def _store(call_id: UUID, organisation_id: UUID, made: list[_Made]) -> int:
    """Secrets first, then the rows, of those for whom it still is as it was: a yes may be taken back meanwhile."""
    if not made:
        return 0
    with stores.writing("erasure") as erasure:
        erasure.add_all(one.secret for one in made)
    with stores.writing() as main:
        organisations.locked(main)
        ids = submission_locks.lock_submissions(main, [one.share.submission_id for one in made])
        agreed = _agreed(main, call_id, Submission.id.in_(ids))
        there = _shared_already(main, organisation_id)
        covered = agreed.with_member(organisation_id)
        kept = [one for one in made if _is_as_it_was(one, covered, there)]
        _add(main, kept, agreed.cover.period_of(organisation_id))
    return len(kept)


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


def _is_as_it_was(one: _Made, agreed: Mapping[UUID, Part], there: set[UUID]) -> bool:
    person = one.share.submission_id
    return person in agreed and agreed[person].id == one.sealed.part_id and person not in there
