"""A new code for a caller: everything that a coordinator can open is resealed under a new receipt.

The old code opens nothing any more, which is what a person whose paper was found needs. The order is that of every
change here: the opening in the record; the new secrets, durably; in `main`, one transaction under the lock on the
submission; then the old secrets go. What the person corrects meanwhile is what is resealed.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import ErasureSecret, OwnCopy, Part
from webapp.rules import clock
from webapp.rules.forms.questions import PartName
from webapp.services.answers import own_copies
from webapp.services.answers.corrections import ChangedMeanwhile
from webapp.services.infrastructure import audit, stores
from webapp.services.keys import coordinators, purpose_keys
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure
from webapp.services.opening.disclosure import LOOKS, Erased
from webapp.services.phone_requests.caller_acts import lock
from webapp.services.sealed import parts, shredding
from webapp.services.sealed.parts import PartContent

NEW_CODE = "new code for a caller"
#: What a coordinator can open of one person. Answers about equality are nobody's.
OPENABLE: tuple[PartName, ...] = ("contact", "testimony")
Resealed = tuple[list[Part], list[OwnCopy], list[ErasureSecret]]


def new_code(holder: Holder, submission_id: UUID, receipt: str, *, code: str, reason: str) -> bool:
    """Give a person this receipt in place of the one they have. Returns whether the old one opens nothing any more.

    `receipt` is made in the step before, so that two presses give one code; `code` is a fresh second factor, because
    this hands out access. Their copy of answers about equality goes: nobody but them could open it, and what a lost
    paper opens is to be nothing. Raises `WrongCode`, `Erased`, `ChangedMeanwhile`, `NotAuthorisedToOpen`, `TooMany`.
    """
    if is_code_of(submission_id, receipt):
        return shredding.finish_now()
    coordinators.confirm_second_factor(holder, code)
    for look in range(LOOKS):
        with stores.writing() as main:
            row, held = lock(main, submission_id), _openable(main, submission_id)
            if not held:
                raise Erased(submission_id)
            if look == 0:
                audit.enter(main, holder.coordinator_id, NEW_CODE, submission_id, reason)
            form_version = row.form_version
        contents = {part.id: content for part, content in disclosure.open_contents(holder, held)}
        if len(contents) == len(held) and _give(held, contents, receipt, form_version):
            return shredding.finish_now()
    raise ChangedMeanwhile


def is_code_of(submission_id: UUID, receipt: str) -> bool:
    """Whether this receipt leads to this person."""
    with stores.reading() as main:
        return own_copies.belongs_to(main, submission_id, receipt)


def _openable(main: Session, submission_id: UUID) -> list[Part]:
    mine = select(Part).where(Part.submission_id == submission_id, Part.purpose.in_(OPENABLE))
    return list(main.scalars(mine.order_by(Part.purpose)))


def _give(
    held: list[Part], contents: Mapping[UUID, PartContent], receipt: str, form_version: int
) -> bool:
    """Reseal under a new receipt. False when the person changed something meanwhile: then their version is resealed."""
    new_parts, new_copies, new_secrets = _reseal(held, contents, receipt, form_version)
    with stores.writing("erasure") as secrets:
        secrets.add_all(new_secrets)
    submission_id = held[0].bound_to
    with stores.writing() as main:
        row, now = lock(main, submission_id), _openable(main, submission_id)
        if [part.id for part in now] != [part.id for part in held]:
            return False
        copies = main.scalars(select(OwnCopy).where(OwnCopy.submission_id == submission_id)).all()
        shredding.shred_parts(main, [*now, *copies])
        main.add_all(new_parts)
        main.add_all(new_copies)
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
    return new_parts, copies, secrets + more
