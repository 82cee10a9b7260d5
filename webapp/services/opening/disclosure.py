"""Disclosure: the one service that decrypts with purpose keys. The audit entry is committed before decryption, and with
it the look that the person concerned can read in *My choices*."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp import metrics
from webapp.models import (
    ErasureSecret,
    Part,
    PurposeKey,
    RegistrationPart,
    SharedContact,
    Submission,
)
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import uses_of_standing
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.contact.safe_channels import SafeContact, safe_contact
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.languages.spoken_languages import named
from webapp.rules.reasons import DANGER, OUTSIDE, READING, Reason, for_record
from webapp.rules.roles import SHARED
from webapp.services.answers import consents
from webapp.services.calls import published_calls
from webapp.services.infrastructure import limits, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, forged, is_genuine
from webapp.services.keys import key_holders, purpose_keys, session_keyrings
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import looks, opening_pool
from webapp.services.opening.looks import Why
from webapp.services.opening.missing_keys import NotAuthorisedToOpen as NotAuthorisedToOpen
from webapp.services.opening.missing_keys import SignInAgainToOpen as SignInAgainToOpen
from webapp.services.opening.missing_keys import entered_as_tried, of_person
from webapp.services.sealed.parts import (
    PartContent,
    ReadPart,
    part_context,
    read_content,
    sealed_anew,
)
from webapp.services.sealed.shared_sealing import shared_context
from webapp.vault.envelope import DoesNotOpen, KeySwapped
from webapp.vault.opening import PurposeReader, reader_of
from webapp.vault.opening_messages import SealedPart
from webapp.vault.session_keyrings import Keyring
from webapp.vault.shared_contacts import BothSecrets, mixed

log = logging.getLogger("hearth.disclosure")

BATCH = 500
#: How often a part is looked for again whose secret is gone: each look may meet one correction.
LOOKS = 3
Sealed = TypeVar("Sealed", Part, RegistrationPart)
AnyPart = TypeVar("AnyPart", Part, RegistrationPart, ReadPart)
#: What a purpose key is found by: its owner, its purpose, its epoch.
Key = tuple[UUID, str, int]
#: What opening raises when stored bytes, or a stored key, are not as Hearth wrote them.
NOT_AS_WRITTEN = (DoesNotOpen, KeySwapped)


class Erased(LookupError):
    """It was crypto-shredded, or never given."""


class ConsentNotGiven(Exception):
    """No consent that uses these contact details stands (deny by default)."""


class AskedNotTo(Exception):
    """The participant asked not to be contacted; only danger opens the details (break-glass access)."""


@dataclass(frozen=True)
class OpenedAnswers:
    """One participant's answers, for the screen and nothing else."""

    submission_id: UUID
    form: FormDefinition
    language: str
    received_on: date
    answers: dict[str, Any]

    @property
    def spoken(self) -> str:
        """The person's language by its English name, also where Hearth does not speak it."""
        return named(self.answers, self.language)


@dataclass(frozen=True)
class OpenedContact:
    """How one participant may safely be reached; None when they want no contact or gave no safe way."""

    submission_id: UUID
    language: str
    confirmed_on: date
    contact: SafeContact | None
    #: Their language by its English name, also where Hearth does not speak it.
    spoken: str
    do_not_contact_on: date | None = None


def open_testimony(holder: Holder, submission_id: UUID, reason: Reason) -> OpenedAnswers:
    """Decrypt one participant's answers. Raises `NotWhatItIsFor`, `NotAuthorisedToOpen`, `Erased`, `RowForged`,
    `TooMany`."""
    recorded = for_record(reason, READING)
    limits.take_opening("answers", holder.coordinator_id.hex, reason)
    attempt = of_person(submission_id, recorded)
    with entered_as_tried(holder, attempt), stores.writing() as main:
        submission, part = _find(main, submission_id, "testimony")
        require_keys(main, holder, [part])
        submission.first_opened_on = submission.first_opened_on or clock.today()
        why = Why(recorded, reason.key)
        looks.enter(main, holder, AuditEvent.ANSWERS_OPENED, submission, why)
        form = published_calls.form_at(main, submission.call_id, submission.form_version)
    answers = _open_current(holder, part)
    return OpenedAnswers(submission_id, form, submission.language, submission.received_on, answers)


def open_contact(holder: Holder, submission_id: UUID, reason: Reason) -> OpenedContact:
    """Decrypt one participant's contact details, if a consent stands that allows it for this reason.

    Where they asked not to be contacted, danger alone opens them. Raises `ConsentNotGiven`, `NotWhatItIsFor`,
    `AskedNotTo`, `NotAuthorisedToOpen`, `Erased`, `RowForged`, `TooMany`.
    """
    limits.take_opening("contacts", holder.coordinator_id.hex, reason)
    for look in range(LOOKS):
        attempt = of_person(submission_id)
        with entered_as_tried(holder, attempt), stores.writing() as main:
            submission, part = _find(main, submission_id, "contact")
            standing, attempt.recorded = _lets_us_reach(main, submission, reason)
            asked_not_to = submission.do_not_contact_on
            if asked_not_to and reason.key != DANGER.key:
                raise AskedNotTo
            require_keys(main, holder, [part])
            if look == 0:
                why = Why(attempt.recorded, reason.key)
                looks.enter(main, holder, AuditEvent.CONTACT_OPENED, submission, why)
        # A concurrent correction shreds the part that was found, and a consent may have been withdrawn just before: so
        # the new part is checked as the first one was.
        for _, content in open_parts(holder, [part]):
            contact = safe_contact(content, through_helper=THROUGH_HELPER in standing)
            day = submission.contact_told_on
            language = submission.language
            spoken = named(content, language)
            return OpenedContact(submission_id, language, day, contact, spoken, asked_not_to)
    raise Erased(submission_id)


def _lets_us_reach(
    main: Session, submission: Submission, reason: Reason
) -> tuple[frozenset[str], str]:
    """The consents that stand for this participant, and the reason as the audit log has it.

    Deny by default: raises `ConsentNotGiven` when no consent allows contact, `NotWhatItIsFor` when none has this
    reason.
    """
    form = published_calls.form_at(main, submission.call_id, submission.form_version)
    standing = consents.standing_purposes(main, [submission.id])[submission.id]
    allowed = uses_of_standing(form, standing)
    if not allowed:
        raise ConsentNotGiven
    return standing, for_record(reason, allowed, other=OUTSIDE)


def _find(main: Session, submission_id: UUID, purpose: str) -> tuple[Submission, Part]:
    # Locked: it may be erased, or a consent withdrawn, at this very moment.
    submission = main.scalars(
        select(Submission).where(Submission.id == submission_id).with_for_update()
    ).one_or_none()
    part = main.scalars(
        select(Part).where(Part.submission_id == submission_id, Part.purpose == purpose),
        execution_options=TOLERANT,
    ).one_or_none()
    if submission is None or part is None:
        raise Erased(submission_id)
    return submission, part


def _open_current(holder: Holder, part: Part | None) -> dict[str, Any]:
    """Decrypt a testimony that was just found, or the version that took its place meanwhile. Raises `Erased`.

    A concurrent correction shreds the version that was found; then the new one is there already.
    """
    for _ in range(LOOKS):
        if part is None:
            break
        for _, content in open_parts(holder, [part]):
            return content
        part = _current(part)
    raise Erased


def _current(part: Part) -> Part | None:
    with stores.reading() as main:
        return main.scalars(
            select(Part).where(
                Part.submission_id == part.submission_id, Part.purpose == part.purpose
            )
        ).one_or_none()


def require_keys(
    main: Session, holder: Holder, sealed: Sequence[Part | RegistrationPart | SharedContact]
) -> None:
    """Find out whether this session can open these, before an entry says that it did.

    Raises `RowForged`, and what `open_parts` raises before the first.
    """
    for one in sealed:
        if not is_genuine(one):
            raise forged(one)
    require_keys_of(main, holder, {_key_of(one) for one in sealed})


def require_keys_of(main: Session, holder: Holder, wanted: set[Key]) -> None:
    """The same for what these keys open: owner, purpose, epoch. Its rows were checked."""
    _keys(holder, wanted, main)


def _key_of(sealed: Part | RegistrationPart | ReadPart | SharedContact) -> Key:
    if isinstance(sealed, SharedContact):
        return sealed.organisation_id, SHARED, sealed.epoch
    return sealed.owner_id, sealed.purpose, sealed.epoch


def open_parts(holder: Holder, parts: Sequence[Sealed]) -> Iterator[tuple[Sealed, dict[str, Any]]]:
    """Decrypt parts whose audit entry the calling service has committed. Erased ones are left out.

    Before the first, raises `NotAuthorisedToOpen` if a key is not held and `SignInAgainToOpen` if this session does not
    have it; `DoesNotOpen` if stored bytes were changed.
    """
    for part, content in open_contents(holder, parts):
        yield part, content.answers


def open_contents(
    holder: Holder, parts: Sequence[Sealed], *, leave_out_damaged: bool = False
) -> Iterator[tuple[Sealed, PartContent]]:
    """The same with the copy keys in them, for what is resealed.

    A part that was sealed anew to newer keys meanwhile is read again. `leave_out_damaged`: one part that does not open
    must not stop a whole search.
    """
    batches = (parts[start : start + BATCH] for start in range(0, len(parts), BATCH))
    wanted = {_key_of(part) for part in parts}
    for batch, opened in open_batches(holder, wanted, batches, len(parts)):
        for part in batch:
            if part.id not in opened:
                continue
            data = opened[part.id]
            if data is not None:
                yield part, read_content(data)
            elif not leave_out_damaged:
                raise DoesNotOpen
            else:
                log.warning("a part is left out: it does not open")
        if again := sealed_anew([part for part in batch if part.id not in opened]):
            yield from open_contents(holder, again, leave_out_damaged=leave_out_damaged)


def open_read(
    holder: Holder, wanted: set[Key], batches: Iterable[Sequence[ReadPart]], how_many: int
) -> Iterator[list[tuple[ReadPart, dict[str, Any]]]]:
    """Decrypt parts that are read a batch at a time; the list's audit entry is committed. Erased ones are left out.

    Raises `DoesNotOpen` if stored bytes were changed, and what `open_batches` raises before the first.
    """
    for batch, opened in open_batches(holder, wanted, batches, how_many):
        found = []
        for part in batch:
            if part.id in opened:
                if (data := opened[part.id]) is None:
                    raise DoesNotOpen
                found.append((part, read_content(data).answers))
        yield found


def open_batches(
    holder: Holder, wanted: set[Key], batches: Iterable[Sequence[AnyPart]], how_many: int
) -> Iterator[tuple[Sequence[AnyPart], dict[UUID, bytes | None]]]:
    """Decrypt one batch after another, of `how_many` parts in all: a long list on every core.

    Yields each batch with its plaintext by the ids of parts: None where a part does not open, and nothing where its
    erasure secret is gone, or its key is not among those `wanted`. Before the first, raises `NotAuthorisedToOpen` and
    `SignInAgainToOpen`.
    """
    keys = _keys(holder, wanted)
    places = {key: place for place, key in enumerate(keys)}
    readers = [reader for _, reader in keys.values()]
    sealed = (_with_secrets(batch, places) for batch in batches)
    seeds = [seed for seed, _ in keys.values()] if how_many >= opening_pool.WORTH_IT else []
    for (batch, there), opened in opening_pool.open_batches(
        seeds, sealed, partial(_open_here, readers)
    ):
        for part in batch:
            metrics.count_opened(part.purpose)
        yield batch, dict(zip(there, opened, strict=True))


def _with_secrets(
    batch: Sequence[AnyPart], places: Mapping[Key, int]
) -> tuple[tuple[Sequence[AnyPart], list[UUID]], list[SealedPart]]:
    """A batch with the ids of those parts that still have an erasure secret, and these ready to be opened."""
    secrets = secrets_of([part.secret_id for part in batch])
    # A part that was sealed anew to a newer key since its batch was chosen is left out as well, and asked for again.
    there = [part for part in batch if part.secret_id in secrets and _key_of(part) in places]
    sealed = [
        SealedPart(
            places[_key_of(part)], part.envelope, secrets[part.secret_id], part_context(part)
        )
        for part in there
    ]
    return (batch, [part.id for part in there]), sealed


def _open_here(readers: Sequence[PurposeReader], parts: Sequence[SealedPart]) -> list[bytes | None]:
    return [_open(readers[part.key], part) for part in parts]


def _open(reader: PurposeReader, part: SealedPart) -> bytes | None:
    try:
        return reader.open_part(part.envelope, secret=part.secret, context=part.context)
    except DoesNotOpen:
        return None


def open_shared(holder: Holder, row: SharedContact, secrets: BothSecrets) -> dict[str, Any]:
    """Decrypt what was shared with an organisation. Its audit entry is committed. Raises as `open_parts` does."""
    ((_, reader),) = _keys(holder, {_key_of(row)}).values()
    metrics.count_opened(SHARED)
    context = shared_context(row)
    return read_content(
        reader.open_part(row.envelope, secret=mixed(secrets), context=context)
    ).answers


def secrets_of(ids: Sequence[UUID]) -> dict[UUID, bytes]:
    """The erasure secrets of these ids, of those that there still are."""
    with stores.reading_rows("erasure") as erasure:
        rows = erasure.execute(
            select(ErasureSecret.id, ErasureSecret.secret).where(ErasureSecret.id.in_(ids))
        )
        return dict(rows.all())


def _keys(
    holder: Holder, wanted: set[Key], main: Session | None = None
) -> dict[Key, tuple[bytes, PurposeReader]]:
    """The private half of each of these keys, and what opens with it. `main`: in the transaction of the caller."""
    keyring = session_keyrings.open_for(holder) if wanted else None
    with nullcontext(main) if main is not None else stores.reading() as store:
        keys = {key: purpose_keys.find(store, *key) for key in wanted}
    return {wanted: _checked(holder, keyring, key) for wanted, key in keys.items()}


def _checked(
    holder: Holder, keyring: Keyring | None, key: PurposeKey
) -> tuple[bytes, PurposeReader]:
    claim = purpose_keys.verified(key)
    # The rows decide, under their MAC: a seal that a crash left behind opens nothing (revocation).
    me = holder.coordinator_id
    if me not in claim.holders or not key_holders.is_sealed_to(me, key.id):
        raise NotAuthorisedToOpen(key.purpose)
    if keyring is None:
        raise SignInAgainToOpen
    if key.id in keyring.damaged:
        raise DoesNotOpen
    if key.id not in keyring.seeds:
        raise SignInAgainToOpen
    seed = keyring.seeds[key.id]
    return seed, reader_of(seed, public_key=claim.public_key)
