"""Corrections: a new version of a submission's answers replaces the old one, under the same receipt. Idempotent.

Only the parts that changed are sealed anew, under new ids and new secrets; the day on which each must go stays as it
was promised. The order is that of every change here: 1. the secrets of the new version, durably; 2. in `main`, one
transaction: the new rows for the old ones, a tombstone for each of those; 3. the old secrets go, and with them the
old version. A concurrent reader finds the old version or the new one, never half; what a crash leaves between
the steps, the worker finishes.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import ErasureSecret, OwnCopy, Part, Submission, WaitingPart
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import offered, offered_later
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.kinds.kind import Answers
from webapp.rules.forms.questions import PART_OF_SECTION, PartName, SectionName
from webapp.rules.forms.routing import form_without
from webapp.rules.languages.spoken_languages import kept_beside
from webapp.rules.retention import due_on
from webapp.services.answers import consents, erasing, own_copies, submission_locks
from webapp.services.answers.own_copies import Held
from webapp.services.infrastructure import audit, disk_space, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.keys import purpose_keys
from webapp.services.sealed import equality_pool, parts, shredding, tombstones
from webapp.vault.macs import submission_mac

TAG_LENGTH = 32


class NothingLeft(Exception):
    """Nothing at all would be kept. That is erasing, and has a page of its own that says what it means."""


@dataclass(frozen=True)
class Correction:
    """What a participant wants to be kept instead.

    `id` is the idempotency key: sending it twice changes once. `seen` are the own copies it began with (the version,
    for optimistic locking). `given` are consents they ticked on the way.
    """

    id: UUID
    seen: Set[UUID]
    answers: Mapping[str, Any] = field(repr=False)
    given: Set[str]
    language: str
    #: The list that was shown beside a consent to share.
    members: UUID | None = None


@dataclass(frozen=True)
class Resealed:
    """The parts that change, ready before any lock is taken. A part that is None goes, with nothing in its place."""

    purposes: Set[PartName]
    parts: list[Part | WaitingPart]
    copies: list[OwnCopy]
    secrets: list[ErasureSecret]


def days(held: Held) -> dict[PartName, date]:
    """The day on which each part must go: as promised when it was given, or as it is for one given now."""
    return {
        purpose: held.due_on.get(purpose) or due_on(held.closes_on, rules.keep_months)
        for purpose, rules in held.form.parts.items()
    }


def tag_of(submission_id: UUID) -> str:
    """What a page may carry to say whose correction it is: always the same for one submission, and worth nothing.

    A MAC: no one else can make one for this submission, or learn the submission's id from it.
    """
    return submission_mac(current_settings().receipt_salt, submission_id).hex()[:TAG_LENGTH]


def too_late_for(held: Held) -> frozenset[SectionName]:
    """The sections whose retention day has come: answers given there now would be erased at once."""
    day_of = days(held)
    return frozenset(
        section
        for section, purpose in PART_OF_SECTION.items()
        if purpose in day_of and day_of[purpose] <= clock.today()
    )


def closed_for(held: Held) -> frozenset[SectionName]:
    """The sections that cannot be corrected: it is too late, or their own copy does not open.

    Where a copy does not open, what the desk holds stays as it is: it must not give way to a nearly empty form. Only
    how to reach the participant may be told anew, because a way may have become unsafe. Where no copy opens, nothing
    shows that the code belongs to these answers (an attacker may have moved them under it): then they can only be
    erased.
    """
    unseen = held.unreadable - {"contact"} if held.by_part else held.unreadable
    return too_late_for(held) | {
        section for section, purpose in PART_OF_SECTION.items() if purpose in unseen
    }


def form_for(held: Held) -> FormDefinition:
    """The form version that was answered, without the pages that cannot be corrected."""
    return form_without(held.form, closed_for(held))


def correct(code: str, correction: Correction) -> bool:
    """Keep this instead of what is held under a code. Returns whether nothing can open the old version any more.

    Possible as long as the answers are held, also after the call closed. A consent about contact is withdrawn
    when no safe way is left. Raises `NothingHeld`, `EditConflict`, `NothingLeft`, `Stopped`,
    `AnswersMissing`, `StoreUnavailable`; `KeySwapped` or `NoPurposeKey` when nothing can be sealed.
    """
    held = own_copies.find_held(code)
    if held.copies != correction.seen:
        return _done_before(held, correction)
    valid = AnswersOnForm(form_for(held), correction.answers)
    wanted = {
        part: {**answers, **kept_beside(held.by_part.get(part, {}))}
        for part, answers in valid.parts.items()
    }
    changed = _changed(held, wanted)
    if not set(wanted) and not (set(held.by_part) | held.unreadable) - changed:
        raise NothingLeft
    resealed = _reseal(code, held, wanted, changed)
    with stores.writing("erasure") as erasure_store:
        erasure_store.add_all(resealed.secrets)
    with stores.writing() as main:
        done = _swap(main, held, correction, resealed, valid.kept)
    if not done:
        return _done_before(own_copies.find_held(code), correction)
    return shredding.finish_now()


def add_equality(code: str, once: UUID, answers: Mapping[str, Any], language: str) -> bool:
    """Keep answers about equality beside what was sent under this code, once however often the id `once` is sent.

    They take the place of any given before; nothing else is touched. Returns what `correct` returns, and raises the
    same.
    """
    disk_space.ensure_room_to_store()
    for _ in range(own_copies.LOOKS):
        held = own_copies.find_held(code)
        with stores.reading() as main:
            if tombstones.is_erased(main, once):
                return shredding.finish_now()
        others = {
            key: answer
            for part, given in held.by_part.items()
            if part != "equality"
            for key, answer in given.items()
        }
        try:
            return correct(
                code, Correction(once, held.copies, {**others, **answers}, frozenset(), language)
            )
        except EditConflict:
            # Something else under this code was changed at this moment: these answers join that.
            continue
    raise EditConflict


def _done_before(held: Held, correction: Correction) -> bool:
    """Idempotent: the same post, sent twice, changed it. Raises `EditConflict` when another correction did."""
    with stores.reading() as main:
        if not tombstones.is_erased(main, correction.id):
            raise EditConflict
    return shredding.finish_now()


def _changed(held: Held, wanted: dict[PartName, dict[str, Any]]) -> set[PartName]:
    """The parts that are not as they were. Only those are touched: an unread part need not be read again."""
    closed = {PART_OF_SECTION[section] for section in closed_for(held)}
    first = held.form.first_part
    if first in held.by_part and first not in closed:
        # Kept also when every question was left out, as it is when answers are sent.
        wanted.setdefault(first, kept_beside(held.by_part[first]))
    return {
        purpose
        for purpose in (set(wanted) | set(held.by_part)) - closed
        if wanted.get(purpose) != held.by_part.get(purpose)
    }


def _reseal(
    code: str, held: Held, wanted: dict[PartName, dict[str, Any]], changed: Set[PartName]
) -> Resealed:
    with stores.reading() as main:
        keys = purpose_keys.newest(main, held.call_id, changed & set(wanted))
    day_of, labels = days(held), own_copies.labels_of(code)
    new_parts: list[Part | WaitingPart] = []
    secrets = []
    copied: dict[PartName, dict[str, Any]] = {}
    for purpose in sorted(changed & set(wanted)):
        person = None if purpose == "equality" else held.submission_id
        part, secret = parts.seal_answers(
            person,
            purpose,
            wanted[purpose],
            call_id=held.call_id,
            form_version=held.form_version,
            key=keys[purpose],
            copy_key=own_copies.key_for_part(labels, purpose),
        )
        part.due_on = day_of[purpose]
        new_parts.append(part if person else equality_pool.seal_into_pool(part, secret))
        secrets.append(secret)
        copied[purpose] = own_copies.content_of(part, wanted[purpose])
    copies, copy_secrets = own_copies.seal_copies(
        labels, held.submission_id, held.form_version, copied, day_of
    )
    return Resealed(changed, new_parts, copies, secrets + copy_secrets)


def _swap(
    main: Session, held: Held, correction: Correction, resealed: Resealed, kept: Answers
) -> bool:
    """The new rows for the old ones, unless another correction was first. Under the lock of exports and openings."""
    if not submission_locks.lock_submissions(main, [held.submission_id]):
        return False
    # False rows go like others: a correction is how a participant puts right what was changed by hand.
    mine = select(OwnCopy).where(OwnCopy.submission_id == held.submission_id)
    copies = main.scalars(mine.execution_options(**TOLERANT)).all()
    if {copy.id for copy in copies} != correction.seen:
        return False
    shredding.shred_parts(main, _old_parts(main, held, resealed.purposes))
    if "equality" in resealed.purposes:
        erasing.shred_equality(main, held)
    shredding.shred_parts(main, [copy for copy in copies if copy.purpose in resealed.purposes])
    main.add_all(resealed.parts)
    main.add_all(resealed.copies)
    if resealed.purposes:
        # The tombstone of the old version as a whole: it is the idempotency key of this correction.
        tombstones.leave(main, correction.id, done=True)
        _note_day(main, held, resealed.purposes)
    if resealed.purposes - {"equality"}:
        # What changed about equality stands apart, here too: a line with a day would lead to its new part.
        audit.note(main, AuditEvent.ANSWERS_CORRECTED, held.submission_id)
    _decide_consents(main, held, correction, kept)
    return True


def _old_parts(main: Session, held: Held, purposes: Set[PartName]) -> list[Part]:
    mine = select(Part).where(
        Part.submission_id == held.submission_id, Part.purpose.in_(sorted(purposes))
    )
    return list(main.scalars(mine.execution_options(**TOLERANT)))


def _note_day(main: Session, held: Held, purposes: Set[PartName]) -> None:
    """Note the day, for coordinators who read or used the old answers. Never for equality answers: they stand apart."""
    submission = main.get_one(Submission, held.submission_id)
    if "testimony" in purposes:
        submission.answers_changed_on = clock.today()
        # Unread again, for every coordinator.
        submission.first_opened_on = None
    if "contact" in purposes:
        submission.contact_changed_on = clock.today()
    main.flush()


def _decide_consents(main: Session, held: Held, correction: Correction, kept: Answers) -> None:
    """Keep the boxes that were ticked; take back what cannot be done any more, and the mail to an address that went."""
    subject = consents.Subject(
        held.submission_id, held.call_id, held.form, correction.language, correction.members
    )
    useful, later = offered(held.form, kept), offered_later(held.form, kept)
    for wording in held.form.consents:
        if wording not in useful:
            consents.decide(main, subject, wording, granted=False)
        elif wording in later and wording.purpose in correction.given:
            consents.decide(main, subject, wording, granted=True)
    if _address(held.answers) != _address(kept):
        shredding.forget_mails(main, held.submission_id)


def _address(answers: Mapping[str, Any]) -> str | None:
    contact = safe_contact(answers)
    return contact.email.address if contact and contact.email else None
