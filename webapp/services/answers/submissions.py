"""Storing a submission, idempotently: sealed first, erasure secrets next, then everything else in one commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import Call as CallRow
from webapp.models import Consent, ErasureSecret, OwnCopy, Part, Submission, WaitingPart
from webapp.rules import clock
from webapp.rules.consent import SHARING, offered
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.questions import PartName
from webapp.rules.languages.spoken_languages import note
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT, Confirmation
from webapp.rules.retention import due_on
from webapp.rules.states import CallState
from webapp.services.answers import consent_statements, consents, own_copies, return_drafts
from webapp.services.answers.consent_statements import Statements
from webapp.services.answers.own_copies import ReceiptLabels
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import disk_space, outbox, stores
from webapp.services.infrastructure.new_rows import insert_new
from webapp.services.infrastructure.stores import Inside
from webapp.services.keys import member_lists, purpose_keys
from webapp.services.keys.key_macs import VerifiedClaim
from webapp.services.sealed import equality_pool, parts, tombstones
from webapp.services.sealed.shredding import finish_now
from webapp.vault.contexts import MAIL, Context
from webapp.vault.sealing import seal_for_mailer

#: Who typed the participant's answers.
TypedBy = Literal["self", "helper", "coordinator"]


class CallClosed(Exception):
    """The call takes no more answers."""


@dataclass(frozen=True)
class Told:
    """How answers that a coordinator enters reached us: on which day, and in which language permissions were read out.

    `spoken` names the participant's language where Hearth does not speak it, and is sealed with the answers. `late`:
    the call has closed, and the caller has checked that these answers may still be entered.
    """

    on: date
    worded_in: str
    spoken: str = field(default="", repr=False)
    late: bool = False


@dataclass(frozen=True)
class Sealed:
    """Everything one submission writes, ready before any lock is taken."""

    row: Submission
    grants: list[Consent]
    parts: list[Part | WaitingPart]
    copies: list[OwnCopy]
    secrets: list[ErasureSecret]
    confirmation: outbox.OwnParameters | None


def submit(
    call: Call,
    *,
    submission_id: UUID,
    receipt: str,
    answers: AnswersOnForm,
    given: Mapping[str, bool],
    language: str,
    typed_by: TypedBy = "self",
    return_code: str | None = None,
    told: Told | None = None,
    members: UUID | None = None,
) -> None:
    """Store a submission. Idempotent: `submission_id` is made before it is sent.

    Raises `CallClosed`, `StoreUnavailable`; `KeySwapped` or `NoPurposeKey` when nothing can be sealed; `RowForged` or
    `WordingMissing` where the call or the words of a consent were changed by hand.

    A consent about contact is only kept with a safe way to reach the participant, whatever was ticked.

    `told` says more about answers that a coordinator enters: a late paper may be stored though the call has closed.
    `members` is the list that was shown beside a consent to share.

    What waited unfinished under `return_code` goes in the same commit: it is sent now. If the power goes between the
    two stores, secrets remain that open nothing; the worker sweeps them.
    """
    labels = own_copies.labels_of(receipt)
    told = told or Told(clock.today(), language)
    keys = _keys_unless_known(call, submission_id, labels, late=told.late)
    if keys is None:
        return
    if members is not None:
        members = _members_shown(members) if given.get(SHARING) else None
    statements = consent_statements.published(call, told.worded_in)
    row = Submission(
        id=submission_id,
        call_id=call.id,
        form_version=call.form_version,
        language=language,
        received_on=told.on,
        typed_by=typed_by,
    )
    # On the form that is stored, whatever the caller asked on: nothing is sealed that no question accepts.
    valid = answers.on(call.form)
    sealed = _prepare(call, row, labels, valid, given, keys, statements, told, members)
    _commit(call, sealed, labels, return_code, late=told.late)
    if return_code is not None:
        # The secret of the draft; the worker does it when this does not come about.
        finish_now()


def _keys_unless_known(
    call: Call, submission_id: UUID, labels: ReceiptLabels, *, late: bool
) -> Mapping[str, VerifiedClaim] | None:
    """Idempotency first, then the keys to seal to: None for a submission that is stored, or was and is erased."""
    with stores.reading_rows() as main:
        # Before anything else: what is stored stays stored when the call closes, and erased when it was erased.
        if _is_known(main, submission_id, labels):
            return None
        if not (call.accepts_answers(clock.today()) or late):
            raise CallClosed(call.slug)
        disk_space.ensure_room_to_store()
        return purpose_keys.newest(main, call.id, call.form.parts)


def _members_shown(members: UUID) -> UUID | None:
    with stores.reading() as main:
        return member_lists.shown(main, members)


def _prepare(
    call: Call,
    row: Submission,
    labels: ReceiptLabels,
    answers: AnswersOnForm,
    given: Mapping[str, bool],
    keys: Mapping[str, VerifiedClaim],
    statements: Statements,
    told: Told,
    members: UUID | None,
) -> Sealed:
    """Seal all that is stored, and keep of what was ticked only what means something with these answers."""
    useful = {one.purpose for one in offered(call.form, answers.kept)}
    given = {purpose: yes and purpose in useful for purpose, yes in given.items()}
    subject = consents.Subject(row.id, call.id, call.form, told.worded_in, members)
    grants = consents.first_grants(statements, subject, given)
    row.consent_count = len(grants)
    sealed = _seal(call, row, labels, answers, grants, keys, note(told.spoken))
    if given.get(CONFIRMATION_CONSENT):
        return _with_confirmation(sealed, answers.given)
    return sealed


def _commit(
    call: Call, sealed: Sealed, labels: ReceiptLabels, return_code: str | None, *, late: bool
) -> None:
    """The secrets first, durably; then everything else at once, or, when the same post was quicker, nothing."""
    with stores.writing_rows("erasure") as erasure:
        insert_new(erasure, sealed.secrets)
    try:
        with stores.writing() as main:
            _store(main, call, sealed, late=late)
            if return_code is not None:
                return_drafts.discard(main, return_code)
    except IntegrityError:
        # A race: the same post, twice at once; the other one stored it. Anything else is a real error.
        with stores.reading_rows() as main:
            stored = _is_known(main, sealed.row.id, labels)
        if not stored:
            raise


def _is_known(main: Inside, submission_id: UUID, labels: ReceiptLabels) -> bool:
    """Idempotency: whether this submission is stored, or was and is erased. A replayed post brings nothing back."""
    if own_copies.belongs_to(main, submission_id, labels):
        return True
    return tombstones.is_erased(main, submission_id)


def _seal(
    call: Call,
    row: Submission,
    labels: ReceiptLabels,
    answers: AnswersOnForm,
    grants: list[Consent],
    keys: Mapping[str, VerifiedClaim],
    beside: Mapping[str, Any],
) -> Sealed:
    # Also where nothing was answered: without an own copy the receipt would open nothing, and a doubled post would not
    # be idempotent.
    by_purpose: dict[PartName, dict[str, Any]] = {call.form.first_part: {}, **answers.parts}
    due = {
        purpose: due_on(call.closes_on, call.form.parts[purpose].keep_months)
        for purpose in by_purpose
    }
    sealed_parts: list[Part | WaitingPart] = []
    secrets = []
    copied: dict[PartName, dict[str, Any]] = {}
    for purpose, answers_in_part in by_purpose.items():
        person = None if purpose == "equality" else row.id
        # Answers about equality must not be told apart by a rare language.
        content = {**answers_in_part, **(beside if person else {})}
        part, secret = parts.seal_answers(
            person,
            purpose,
            content,
            call_id=call.id,
            form_version=call.form_version,
            key=keys[purpose],
            copy_key=own_copies.key_for_part(labels, purpose),
        )
        part.due_on = due[purpose]
        sealed_parts.append(part if person else equality_pool.seal_into_pool(part, secret))
        secrets.append(secret)
        copied[purpose] = own_copies.content_of(part, content)
    copies, copy_secrets = own_copies.seal_copies(labels, row.id, call.form_version, copied, due)
    secrets += copy_secrets
    return Sealed(row, grants, sealed_parts, copies, secrets, confirmation=None)


def _with_confirmation(sealed: Sealed, answers: Mapping[str, Any]) -> Sealed:
    """The address for a confirmation that was asked for, if e-mail is a way that the participant called safe."""
    contact = safe_contact(answers)
    if contact is None or contact.email is None:
        return sealed
    message_id, secret = uuid4(), parts.new_secret()
    envelope = seal_for_mailer(
        parts.as_bytes({"address": contact.email.address}),
        public_key=current_settings().mailer_public_key,
        secret=secret.secret,
        context=Context(MAIL, owner_id=sealed.row.id, row_id=message_id),
    )
    own = outbox.OwnParameters(message_id, envelope, secret.id)
    return replace(sealed, secrets=[*sealed.secrets, secret], confirmation=own)


def _store(main: Session, call: Call, sealed: Sealed, *, late: bool) -> None:
    row = sealed.row
    # Checked again under the lock (time-of-check to time-of-use): a call may close while a participant is on the last
    # page.
    found = main.scalars(
        select(CallRow).where(CallRow.id == call.id).with_for_update(read=True)
    ).one()
    if found.state != CallState.OPEN and not late:
        raise CallClosed(call.slug)
    insert_new(main, [row, *sealed.grants, *sealed.copies, *sealed.parts])
    if sealed.confirmation is not None:
        outbox.put(
            main,
            kind=Confirmation.name,
            subject_id=row.id,
            language=row.language,
            dedupe_key=f"{Confirmation.name}:{row.id.hex}",
            own=sealed.confirmation,
        )
