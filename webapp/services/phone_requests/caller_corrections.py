"""Rectification for a caller (UK GDPR article 16): contact details are resealed without their receipt.

A part carries the key of its owner's own copy, so a coordinator who may decrypt the part can also renew the copy: the
participant sees the new number with the receipt that they have. The order is that of every change here: the audit
entry; the new erasure secrets, durably; in `main`, one transaction under the lock on the submission; then the old
secrets are shredded. Optimistic locking: a correction that the participant makes meanwhile wins.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import OwnCopy, Part, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import offered
from webapp.rules.contact.questions import tells_of_helper
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds import Answer
from webapp.rules.forms.routing import form_without, parts_of
from webapp.rules.languages.spoken_languages import kept_beside
from webapp.services.answers import consents, own_copies
from webapp.services.answers.corrections import NothingLeft
from webapp.services.calls import published_calls
from webapp.services.infrastructure import audit, limits, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys import purpose_keys
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.opening import disclosure, looks
from webapp.services.opening.disclosure import LOOKS, Erased
from webapp.services.opening.looks import Why
from webapp.services.opening.missing_keys import entered_as_tried, of_person
from webapp.services.phone_requests.caller_acts import lock, subject_of
from webapp.services.phone_requests.resealing import Resealed
from webapp.services.sealed import parts, shredding, tombstones
from webapp.services.sealed.parts import PartContent


class NoCopyKey(Exception):
    """These details were sealed before a part carried the key of its own copy. Reissuing the receipt changes that."""


class NothingChanged(Exception):
    """The new details are those that are stored."""


@dataclass(frozen=True)
class ContactHeld:
    """One caller's contact details to be corrected. `seen` is their version (optimistic locking)."""

    form: FormDefinition
    answers: Mapping[str, Answer] = field(repr=False)
    seen: UUID


@dataclass(frozen=True)
class CallerCorrection:
    """Contact details to replace the version `seen`. `id` is the idempotency key."""

    id: UUID
    seen: UUID
    answers: Mapping[str, Answer] = field(repr=False)


def contact_form(
    form: FormDefinition, *, typed_by: str, answers: Mapping[str, Any]
) -> FormDefinition:
    """The questions about contact alone; those about a helper only where a helper typed or is named."""
    helped = typed_by == "helper" or tells_of_helper(answers)
    return form_without(form if helped else form.without_help, {"call", "equality"})


def open_contact(holder: Holder, submission_id: UUID, reason: str) -> ContactHeld:
    """Decrypt contact details to correct them. The audit entry is committed first.

    Raises `Erased`, `NoCopyKey`, `NotAuthorisedToOpen`, `TooMany`.
    """
    limits.take_for("caller-opening", holder.coordinator_id.hex)
    for look in range(LOOKS):
        attempt = of_person(submission_id, reason)
        with entered_as_tried(holder, attempt), stores.writing() as main:
            row, part = lock(main, submission_id), _contact(main, submission_id)
            disclosure.require_keys(main, holder, [part])
            if look == 0:
                looks.enter(main, holder, AuditEvent.CONTACT_OPENED_FOR_CALLER, row, Why(reason))
            form = published_calls.form_at(main, part.call_id, part.form_version)
            typed_by = row.typed_by
        # A concurrent correction shreds the part that was found; then the new one is there already.
        for _, content in disclosure.open_contents(holder, [part]):
            if content.copy_key is None:
                raise NoCopyKey
            asked = contact_form(form, typed_by=typed_by, answers=content.answers)
            return ContactHeld(asked, content.answers, part.id)
    raise Erased(submission_id)


def correct(holder: Holder, submission_id: UUID, correction: CallerCorrection, reason: str) -> bool:
    """Store these contact details instead. Returns whether nothing can open the old ones any more.

    A consent to be reached is withdrawn when no safe way is left. Raises `EditConflict` where the participant changed
    something meanwhile; `NothingChanged`, `NothingLeft`, `Stopped`, `AnswersMissing`, `Erased`, `NoCopyKey`,
    `NotAuthorisedToOpen`; `KeySwapped` or `NoPurposeKey` when nothing can be sealed.
    """
    attempt = of_person(submission_id, reason)
    with entered_as_tried(holder, attempt), stores.writing() as main:
        row, part = lock(main, submission_id), _contact(main, submission_id)
        if _is_done(main, correction):
            return shredding.finish_now()
        if part.id != correction.seen:
            raise EditConflict
        disclosure.require_keys(main, holder, [part])
        looks.enter(main, holder, AuditEvent.CONTACT_OPENED_FOR_CALLER, row, Why(reason))
        typed_by = row.typed_by
    held = next((content for _, content in disclosure.open_contents(holder, [part])), None)
    if held is not None:
        _replace(holder, part, held, typed_by, correction, reason)
        return shredding.finish_now()
    # Replaced a moment ago: by the participant, or by the same POST, sent twice.
    with stores.reading() as main:
        if not _is_done(main, correction):
            raise EditConflict
    return shredding.finish_now()


def _is_done(main: Session, correction: CallerCorrection) -> bool:
    return tombstones.is_erased(main, correction.id)


def _replace(
    holder: Holder,
    part: Part,
    held: PartContent,
    typed_by: str,
    correction: CallerCorrection,
    reason: str,
) -> None:
    with stores.reading() as main:
        form = published_calls.form_at(main, part.call_id, part.form_version)
        key = purpose_keys.newest(main, part.call_id, {"contact"})["contact"]
        copy = _copy_of(main, part)
    asked = contact_form(form, typed_by=typed_by, answers=held.answers)
    wanted = {**_wanted(asked, correction.answers), **kept_beside(held.answers)}
    if wanted == held.answers:
        raise NothingChanged
    resealed = _reseal(part, copy, held, wanted, key)
    resealed.store_secrets()
    with stores.writing() as main:
        if _swap(main, part, copy, resealed, correction):
            _decide(main, part, held.answers, wanted)
            audit.enter(
                main,
                holder.coordinator_id,
                AuditEvent.CONTACT_CORRECTED_FOR_CALLER,
                part.submission_id,
                reason,
            )


def _wanted(form: FormDefinition, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    wanted = parts_of(form, answers).get("contact")
    if not wanted:
        raise NothingLeft
    return wanted


def _reseal(
    old: Part,
    old_copy: OwnCopy | None,
    held: PartContent,
    wanted: dict[str, Answer],
    key: VerifiedClaim,
) -> Resealed:
    if held.copy_key is None:
        raise NoCopyKey
    part, secret = parts.seal_answers(
        old.bound_to,
        "contact",
        wanted,
        call_id=old.call_id,
        form_version=old.form_version,
        key=key,
        copy_key=held.copy_key,
    )
    part.due_on = old.due_on
    resealed = Resealed([part], [], [secret])
    if old_copy is not None:
        copy = OwnCopy(
            id=uuid4(),
            lookup=old_copy.lookup,
            submission_id=old.bound_to,
            purpose="contact",
            due_on=old.due_on,
        )
        content = own_copies.content_of(part, wanted)
        resealed.secrets.append(
            own_copies.seal_copy(copy, content, held.copy_key, old.form_version)
        )
        resealed.copies.append(copy)
    return resealed


def _swap(
    main: Session,
    old: Part,
    old_copy: OwnCopy | None,
    resealed: Resealed,
    correction: CallerCorrection,
) -> bool:
    """Replace the old rows by the new ones; False when the same POST did it. Raises `EditConflict`, `Erased`."""
    row = lock(main, old.bound_to)
    if _is_done(main, correction):
        return False
    part, copy = _contact(main, row.id), _copy_of(main, old)
    if part.id != old.id or (copy and copy.id) != (old_copy and old_copy.id):
        raise EditConflict
    shredding.shred_parts(main, [one for one in (part, copy) if one is not None])
    main.add_all(resealed.parts)
    main.add_all(resealed.copies)
    tombstones.leave(main, correction.id, done=True)
    row.contact_changed_on = row.changed_for_them_on = clock.today()
    main.flush()
    return True


def _decide(
    main: Session, part: Part, before: Mapping[str, Answer], after: Mapping[str, Answer]
) -> None:
    """Take back what cannot be done any more, and the mail to an address that went. Nothing is ever granted."""
    row = main.get_one(Submission, part.bound_to)
    subject = subject_of(main, row)
    useful = offered(subject.form, after)
    for wording in subject.form.consents:
        if wording not in useful:
            consents.take_back(main, subject, wording)
    if _address(before) != _address(after):
        shredding.forget_mails(main, row.id)


def _address(answers: Mapping[str, Answer]) -> str | None:
    contact = safe_contact(answers)
    return contact.email.address if contact and contact.email else None


def _contact(main: Session, submission_id: UUID) -> Part:
    """The contact part as it is now. Raises `Erased` when there is none."""
    part = main.scalars(
        select(Part).where(Part.submission_id == submission_id, Part.purpose == "contact")
    ).one_or_none()
    if part is None:
        raise Erased(submission_id)
    return part


def _copy_of(main: Session, part: Part) -> OwnCopy | None:
    """The own copy of a part; None where it is gone or false: the code that a false one names may be an attacker's."""
    query = select(OwnCopy).where(
        OwnCopy.submission_id == part.submission_id, OwnCopy.purpose == part.purpose
    )
    found = genuine(main.scalars(query.execution_options(**TOLERANT)))
    return found[0] if len(found) == 1 else None
