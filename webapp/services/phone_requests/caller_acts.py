"""Acts on a caller's behalf: a participant rings without their code, and a coordinator does what they ask, audited.

Lock order: the submission first, as openings and exports do, then the end of the audit log, in one transaction. Each
act only takes away: a consent, contact, everything. What is resealed is in `caller_corrections` and `receipt_reissue`.
Nothing here grants anything, and what participants did themselves stays done.
"""

from collections.abc import Collection, Mapping, Set
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import OwnCopy, Part, SharedContact, Submission
from webapp.rules import clock
from webapp.rules.audit_details import OfPurpose
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import SHARING
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.texts import FALLBACK_LANGUAGE
from webapp.services.answers import (
    consents,
    erasing,
    stored_consents,
    submission_locks,
    withdrawal_log,
)
from webapp.services.answers.consents import Subject
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, RowForged, is_genuine
from webapp.services.keys.coordinators import Holder
from webapp.services.opening.disclosure import Erased
from webapp.services.opening.list_facts import NOT_OURS
from webapp.services.sealed import ended_shares, shredding, tombstones
from webapp.services.sealed.shredding import ErasureResult


@dataclass(frozen=True)
class Caller:
    """One caller's submission as metadata: what may be done, and nothing of the answers.

    `is_false`: something of it was put in, changed or removed by hand. Deleting everything is always possible. Where
    the call or its form is false, there is no `form`, and nothing else can be done.
    """

    submission_id: UUID
    title: Mapping[str, str]
    form: FormDefinition | None
    received_on: date
    language: str
    standing: tuple[ConsentWording, ...]
    has_contact: bool
    has_answers: bool
    do_not_contact_on: date | None
    changed_for_them_on: date | None
    is_false: bool


def find(submission_id: UUID) -> Caller:
    """One caller, nothing decrypted. Raises `Erased`."""
    with stores.reading() as main:
        row = main.get(Submission, submission_id, execution_options=TOLERANT)
        if row is None:
            raise Erased(submission_id)
        stored, form = stored_consents.of_one(main, row.id), _form_of(main, row)
        held = set(main.scalars(select(Part.purpose).where(Part.submission_id == row.id)))
        return Caller(
            submission_id=row.id,
            title=form.title if form else {FALLBACK_LANGUAGE: NOT_OURS},
            form=form,
            received_on=row.received_on,
            language=row.language if is_genuine(row) else FALLBACK_LANGUAGE,
            standing=_standing(form, stored.standing),
            has_contact=form is not None and "contact" in held,
            has_answers=form is not None and "testimony" in held,
            do_not_contact_on=row.do_not_contact_on,
            changed_for_them_on=row.changed_for_them_on,
            is_false=form is None or not stored.adds_up,
        )


def _form_of(main: Session, row: Submission) -> FormDefinition | None:
    try:
        return published_calls.call_at(main, row.call_id, row.form_version).form
    except (RowForged, NoSuchCall):
        return None


def _standing(form: FormDefinition | None, agreed: Set[str]) -> tuple[ConsentWording, ...]:
    return tuple(one for one in form.consents if one.purpose in agreed) if form else ()


def form_of(caller: Caller) -> FormDefinition:
    """The form that a caller answered. Raises `Erased` where there is none that could be used."""
    if caller.form is None:
        raise Erased(caller.submission_id)
    return caller.form


def lock(main: Session, submission_id: UUID) -> Submission:
    """Lock one submission until the transaction ends. Raises `Erased`."""
    if not submission_locks.lock_submissions(main, [submission_id]):
        raise Erased(submission_id)
    return main.get_one(Submission, submission_id, populate_existing=True)


def subject_of(main: Session, row: Submission) -> Subject:
    """Whose consents are decided, by the form that they answered."""
    form = published_calls.form_at(main, row.call_id, row.form_version)
    return Subject(row.id, row.call_id, form, row.language)


def take_back(
    holder: Holder, submission_id: UUID, purposes: Collection[str], reason: str
) -> frozenset[str]:
    """Withdraw consents that a caller named. Idempotent: returns those that stood until now.

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
    if SHARING in taken:
        shredding.finish_now()
    return frozenset(taken)


def do_not_contact(holder: Holder, submission_id: UUID, reason: str) -> None:
    """Mark a participant as not to be contacted. Idempotent, and only they can lift it.

    A mail that still waits in the outbox is not sent. Raises `Erased`, `TooMany`, `StoreUnavailable`.
    """
    limits.take_for("caller-act", holder.coordinator_id.hex)
    with stores.writing() as main:
        row = lock(main, submission_id)
        if row.do_not_contact_on is not None:
            return
        row.do_not_contact_on = row.changed_for_them_on = clock.today()
        shredding.forget_mails(main, submission_id)
        ended_shares.end(main, SharedContact.submission_id == submission_id)
        audit.enter(
            main, holder.coordinator_id, AuditEvent.MARKED_DO_NOT_CONTACT, submission_id, reason
        )
        withdrawal_log.note_do_not_contact(submission_id, marked=True)
    shredding.finish_now()


def delete(holder: Holder, submission_id: UUID, reason: str) -> ErasureResult:
    """Right to erasure: crypto-shred everything that names this participant. Idempotent.

    Answers about equality name no submission, so they stay until their day. Raises `Erased` where there never was one,
    `TooMany`, `StoreUnavailable`.
    """
    limits.take_for("caller-act", holder.coordinator_id.hex)
    with stores.writing() as main:
        if not submission_locks.lock_submissions(main, [submission_id]):
            if not tombstones.is_erased(main, submission_id):
                raise Erased(submission_id)
        else:
            erasing.shred_all(main, select(Part).where(Part.submission_id == submission_id))
            erasing.shred_all(main, select(OwnCopy).where(OwnCopy.submission_id == submission_id))
            erasing.remove_empty_submissions(main, [submission_id])
            audit.enter(
                main,
                holder.coordinator_id,
                AuditEvent.SUBMISSION_ERASED_FOR_CALLER,
                submission_id,
                reason,
            )
    return ErasureResult(shredding.finish_now())
