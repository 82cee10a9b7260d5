"""Sharing contact details with a member organisation: resealed to its key, for those whose yes covers it.

No copy leaves Hearth: the organisation's recipients read it at the desk, until the yes is taken back. What is resealed
is the least that the consent is about: the name to use and the safe ways, nothing of a way that is not safe, and
nothing about a helper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.models import ErasureSecret, Part, Share, SharedContact, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfSharing
from webapp.rules.audit_events import AuditEvent
from webapp.rules.contact.safe_channels import only_safe, safe_contact
from webapp.rules.languages.spoken_languages import kept_beside
from webapp.rules.reasons import OUTSIDE, SHARING_FOR, Reason, for_record
from webapp.services.answers import shared_with, stored_consents, submission_locks
from webapp.services.answers.shared_with import Cover
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import member_lists, organisation_keys, organisations, second_factor
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.keys.organisation_changes import NotAMember
from webapp.services.keys.second_factor import WrongCode
from webapp.services.opening import disclosure
from webapp.services.sealed.shared_sealing import seal_to_organisation

BATCH = 500


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
class _Made:
    """One share, ready before any lock is taken."""

    share: Share
    sealed: SharedContact
    secret: ErasureSecret


def preview(call: Call) -> tuple[Offer, ...]:
    """Every member that details could be shared with, with numbers of people. Opens nothing."""
    with stores.reading() as main:
        return tuple(
            _offer(main, call.id, one.organisation_id, one.name)
            for one in member_lists.to_share_with(main)
        )


def _offer(main: Session, call_id: UUID, organisation_id: UUID, name: str) -> Offer:
    agreed = _agreed(main, call_id, organisation_id)
    there = _shared_already(main, organisation_id)
    return Offer(
        organisation_id,
        name,
        agreed=len(agreed),
        shared=len(agreed.keys() & there),
        has_recipients=bool(organisation_keys.recipients(main, organisation_id)),
    )


def share(holder: Holder, call: Call, organisation_id: UUID, *, reason: Reason, code: str) -> int:
    """Share with a member, for everyone of a call whose yes covers it and with whom it is not shared. Returns how many.

    The code is used up and the act is in the record before anything is opened. A crash leaves some unshared: the same
    act does the rest. Raises `NotAMember`, `NotWhatItIsFor`, `NoRecipient`, `WrongCode`, `TooMany`,
    `NotAuthorisedToOpen`, `SignInAgainToOpen`.
    """
    recorded = for_record(reason, SHARING_FOR, other=OUTSIDE)
    _ensure_member(organisation_id)
    key = organisation_keys.key_to_share_with(holder, organisation_id)
    chosen = _enter(holder, call.id, organisation_id, recorded, code)
    done = 0
    for start in range(0, len(chosen), BATCH):
        made = _reseal(holder, chosen[start : start + BATCH], organisation_id, key)
        done += _store(call.id, organisation_id, made)
    return done


def _ensure_member(organisation_id: UUID) -> None:
    with stores.reading() as main:
        _period(shared_with.cover(main), organisation_id)


def _enter(
    holder: Holder, call_id: UUID, organisation_id: UUID, reason: str, code: str
) -> list[Part]:
    second_factor.count_guess(holder)
    try:
        with stores.writing() as main:
            second_factor.spend_code(main, holder, code)
            chosen = _new(main, call_id, organisation_id)
            who, detail = holder.coordinator_id, OfSharing(len(chosen), str(call_id))
            audit.enter(main, who, AuditEvent.SECOND_FACTOR_CONFIRMED, who)
            audit.enter(
                main, who, AuditEvent.CONTACTS_SHARED, organisation_id, reason, detail=detail
            )
            return chosen
    except WrongCode:
        if _pressed_twice(holder, code):
            return []
        second_factor.note_wrong_code(holder)
        raise


def _pressed_twice(holder: Holder, code: str) -> bool:
    with stores.reading() as main:
        return second_factor.is_the_last_code(main, holder, code)


def _new(main: Session, call_id: UUID, organisation_id: UUID) -> list[Part]:
    agreed = _agreed(main, call_id, organisation_id)
    there = _shared_already(main, organisation_id)
    return [part for person, part in sorted(agreed.items()) if person not in there]


def _agreed(
    main: Session, call_id: UUID, organisation_id: UUID, *only: ColumnElement[bool]
) -> dict[UUID, Part]:
    """The contact part of everyone of a call whose standing yes covers this member of now. Raises `NotAMember`."""
    now = shared_with.cover(main)
    period_id = _period(now, organisation_id)
    people = stored_consents.where(main, Submission.call_id == call_id, *only)
    mine = select(Part).where(Part.call_id == call_id, Part.purpose == "contact")
    return {
        part.bound_to: part
        for part in genuine(main.scalars(mine, execution_options=TOLERANT))
        if now.covers(people.get(part.bound_to), period_id)
    }


def _period(now: Cover, organisation_id: UUID) -> UUID:
    period_id = now.period_of(organisation_id)
    if period_id is None:
        raise NotAMember(organisation_id)
    return period_id


def _shared_already(main: Session, organisation_id: UUID) -> set[UUID]:
    theirs = select(SharedContact).where(SharedContact.organisation_id == organisation_id)
    rows = main.scalars(theirs, execution_options=TOLERANT)
    return {row.submission_id for row in genuine(rows)}


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
        agreed = _agreed(main, call_id, organisation_id, Submission.id.in_(ids))
        there = _shared_already(main, organisation_id)
        period_id = _period(shared_with.cover(main), organisation_id)
        kept = [one for one in made if _is_as_it_was(one, agreed, there)]
        for one in kept:
            one.share.period_id = period_id
            main.add(one.share)
        main.flush()
        main.add_all(one.sealed for one in kept)
    return len(kept)


def _is_as_it_was(one: _Made, agreed: Mapping[UUID, Part], there: set[UUID]) -> bool:
    person = one.share.submission_id
    return person in agreed and agreed[person].id == one.sealed.part_id and person not in there
