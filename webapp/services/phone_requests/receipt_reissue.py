"""Reissue of a receipt for a caller: everything that a coordinator can decrypt is resealed under a new one.

The old receipt is revoked, which protects a participant whose paper was found. The order is that of every change here:
the audit entry; the new erasure secrets, durably; in `main`, one transaction under the lock on the submission; then the
old secrets are shredded. What the participant corrects meanwhile is what is resealed.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import OwnCopy, Part
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.forms.questions import PartName
from webapp.services.answers import erasing, own_copies
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import purpose_keys
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, looks
from webapp.services.opening.disclosure import LOOKS, Erased
from webapp.services.opening.looks import Why
from webapp.services.opening.missing_keys import entered_as_tried, of_person
from webapp.services.phone_requests.caller_acts import lock
from webapp.services.phone_requests.resealing import Resealed
from webapp.services.sealed import parts, shredding
from webapp.services.sealed.parts import PartContent

#: What a coordinator can decrypt of one submission. Answers about equality name no submission.
OPENABLE: tuple[PartName, ...] = ("contact", "testimony")


def new_code(holder: Holder, submission_id: UUID, receipt: str, *, reason: str) -> bool:
    """Replace the receipt of a submission by this one. Returns whether the old one opens nothing any more.

    Idempotent by `receipt`, which is made in the step before. The caller has checked a fresh second factor (step-up),
    because this hands out access. The own copy of answers about equality is erased: only the old receipt could open it,
    and a lost paper must open nothing. Raises `Erased`, `EditConflict`, `NotAuthorisedToOpen`, `TooMany`.
    """
    if is_code_of(submission_id, receipt):
        return shredding.finish_now()
    for look in range(LOOKS):
        attempt = of_person(submission_id, reason)
        with entered_as_tried(holder, attempt), stores.writing() as main:
            row, held = lock(main, submission_id), _openable(main, submission_id)
            if not held:
                raise Erased(submission_id)
            disclosure.require_keys(main, holder, held)
            if look == 0:
                looks.enter(main, holder, AuditEvent.RECEIPT_REISSUED, row, Why(reason))
            form_version = row.form_version
        contents = {part.id: content for part, content in disclosure.open_contents(holder, held)}
        if len(contents) == len(held) and _give(held, contents, receipt, form_version):
            return shredding.finish_now()
    raise EditConflict


def is_code_of(submission_id: UUID, receipt: str) -> bool:
    """Whether this receipt belongs to this submission."""
    with stores.reading() as main:
        return own_copies.belongs_to(main, submission_id, own_copies.labels_of(receipt))


def _openable(main: Session, submission_id: UUID) -> list[Part]:
    mine = select(Part).where(Part.submission_id == submission_id, Part.purpose.in_(OPENABLE))
    return list(main.scalars(mine.order_by(Part.purpose)))


def _give(
    held: list[Part], contents: Mapping[UUID, PartContent], receipt: str, form_version: int
) -> bool:
    """Swap in the new versions. False when the participant changed something meanwhile: theirs is resealed next."""
    resealed = _reseal(held, contents, receipt, form_version)
    resealed.store_secrets()
    submission_id = held[0].bound_to
    with stores.writing() as main:
        row, now = lock(main, submission_id), _openable(main, submission_id)
        if [part.id for part in now] != [part.id for part in held]:
            return False
        shredding.shred_parts(main, now)
        erasing.shred_all(main, select(OwnCopy).where(OwnCopy.submission_id == submission_id))
        main.add_all(resealed.parts)
        main.add_all(resealed.copies)
        row.changed_for_them_on = clock.today()
    return True


def _reseal(
    held: list[Part], contents: Mapping[UUID, PartContent], receipt: str, form_version: int
) -> Resealed:
    labels = own_copies.labels_of(receipt)
    with stores.reading() as main:
        keys = purpose_keys.newest(main, held[0].call_id, {part.purpose for part in held})
    new_parts, secrets = [], []
    copied: dict[PartName, dict[str, Any]] = {}
    for old in held:
        answers = contents[old.id].answers
        part, secret = parts.seal_answers(
            old.submission_id,
            old.purpose,
            answers,
            call_id=old.call_id,
            form_version=old.form_version,
            key=keys[old.purpose],
            copy_key=own_copies.key_for_part(labels, old.purpose),
        )
        part.due_on = old.due_on
        new_parts.append(part)
        secrets.append(secret)
        copied[own_copies.part_name(old.purpose)] = own_copies.content_of(part, answers)
    due_on = {own_copies.part_name(old.purpose): old.due_on for old in held}
    copies, more = own_copies.seal_copies(labels, held[0].bound_to, form_version, copied, due_on)
    return Resealed(new_parts, copies, secrets + more)
