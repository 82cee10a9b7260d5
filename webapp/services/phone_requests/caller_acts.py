"""Acts on a caller's behalf: a participant rings without their code, and a coordinator does what they ask, audited.

Each act locks the submission first, as openings and exports do, and enters the record in the transaction that it
belongs to. Each only takes away: a permission, contact, everything. What seals anew is in `caller_corrections` and
`caller_codes`. Nothing here grants anything, and what a person did themselves stays done.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import OwnCopy, Part, Submission, Tombstone
from webapp.rules import clock
from webapp.rules.audit_details import OfPurpose
from webapp.rules.audit_events import AuditEvent
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.services.answers import consents
from webapp.services.answers.consents import Subject
from webapp.services.calls import published_calls
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.keys.coordinators import Holder
from webapp.services.opening.disclosure import Erased
from webapp.services.sealed import shredding
from webapp.services.sealed.shredding import ErasureResult


@dataclass(frozen=True)
class Caller:
    """What may be done for one person who rang: nothing of what they told us."""

    submission_id: UUID
    slug: str
    form: FormDefinition
    received_on: date
    language: str
    standing: tuple[ConsentWording, ...]
    has_contact: bool
    has_answers: bool
    do_not_contact_on: date | None
    changed_for_them_on: date | None


def find(submission_id: UUID) -> Caller:
    """One person, unopened. Raises `Erased`."""
    with stores.reading() as main:
        row = main.get(Submission, submission_id)
        if row is None:
            raise Erased(submission_id)
        call = published_calls.call_at(main, row.call_id, row.form_version)
        agreed = consents.standing_purposes(main, [row.id])[row.id]
        held = set(main.scalars(select(Part.purpose).where(Part.submission_id == row.id)))
        return Caller(
            submission_id=row.id,
            slug=call.slug,
            form=call.form,
            received_on=row.received_on,
            language=row.language,
            standing=tuple(one for one in call.form.consents if one.purpose in agreed),
            has_contact="contact" in held,
            has_answers="testimony" in held,
            do_not_contact_on=row.do_not_contact_on,
            changed_for_them_on=row.changed_for_them_on,
        )


def lock(main: Session, submission_id: UUID) -> Submission:
    """Lock one submission until the transaction ends. Raises `Erased`."""
    if not shredding.lock_submissions(main, [submission_id]):
        raise Erased(submission_id)
    return main.get_one(Submission, submission_id, populate_existing=True)


def subject_of(main: Session, row: Submission) -> Subject:
    """Whose consents are decided, by the form that they answered."""
    form = published_calls.form_at(main, row.call_id, row.form_version)
    return Subject(row.id, row.call_id, form, row.language)


def take_back(
    holder: Holder, submission_id: UUID, purposes: Collection[str], reason: str
) -> frozenset[str]:
    """Take back permissions that a caller named. Returns those that stood until now; the others were taken back before.

    Raises `Erased`, `TooMany`, `StoreUnavailable`.
    """
    limits.take_for("caller-act", holder.coordinator_id.hex)
    with stores.writing() as main:
        row = lock(main, submission_id)
        subject = subject_of(main, row)
        taken = [
            wording.purpose
            for wording in subject.form.consents
            if wording.purpose in purposes and consents.take_back(main, subject, wording)
        ]
        for purpose in taken:
            audit.enter(
                main,
                holder.coordinator_id,
                AuditEvent.CONSENT_WITHDRAWN_FOR_CALLER,
                submission_id,
                reason,
                detail=OfPurpose(purpose),
            )
        if taken:
            row.changed_for_them_on = clock.today()
    return frozenset(taken)


def do_not_contact(holder: Holder, submission_id: UUID, reason: str) -> None:
    """Mark that a person is not to be contacted. Marking it again changes nothing, and only they can lift it.

    A mail that still waits for them is not sent. Raises `Erased`, `TooMany`, `StoreUnavailable`.
    """
    limits.take_for("caller-act", holder.coordinator_id.hex)
    with stores.writing() as main:
        row = lock(main, submission_id)
        if row.do_not_contact_on is not None:
            return
        row.do_not_contact_on = row.changed_for_them_on = clock.today()
        shredding.forget_mails(main, submission_id)
        audit.enter(
            main, holder.coordinator_id, AuditEvent.MARKED_DO_NOT_CONTACT, submission_id, reason
        )


def delete(holder: Holder, submission_id: UUID, reason: str) -> ErasureResult:
    """Crypto-shred everything that names this person. Deleting twice is deleting once.

    Answers about equality name nobody, so they stay until their day. Raises `Erased` where there never was anybody,
    `TooMany`, `StoreUnavailable`.
    """
    limits.take_for("caller-act", holder.coordinator_id.hex)
    with stores.writing() as main:
        if not shredding.lock_submissions(main, [submission_id]):
            if main.get(Tombstone, submission_id) is None:
                raise Erased(submission_id)
        else:
            parts = select(Part).where(Part.submission_id == submission_id)
            copies = select(OwnCopy).where(OwnCopy.submission_id == submission_id)
            shredding.shred_parts(main, main.scalars(parts).all())
            shredding.shred_parts(main, main.scalars(copies).all())
            shredding.remove_empty_submissions(main, [submission_id])
            audit.enter(
                main,
                holder.coordinator_id,
                AuditEvent.SUBMISSION_ERASED_FOR_CALLER,
                submission_id,
                reason,
            )
    return ErasureResult(shredding.finish_now())
