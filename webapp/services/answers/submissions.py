"""Storing what somebody told us: sealed first, secrets next, then everything else in one commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal
from uuid import UUID, uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from webapp.extensions import current_settings
from webapp.models import Call as CallRow
from webapp.models import Consent, ErasureSecret, OwnCopy, Part, Submission, Tombstone
from webapp.rules import clock
from webapp.rules.consent import offered
from webapp.rules.contact import safe_contact
from webapp.rules.forms.answers_on_form import AnswersOnForm
from webapp.rules.forms.form_definition import PartName
from webapp.rules.mail_kinds import CONFIRMATION_CONSENT, Confirmation
from webapp.rules.retention import due_on
from webapp.rules.spoken_languages import note
from webapp.services.answers import consents, own_copies, return_drafts
from webapp.services.answers.consents import Statements
from webapp.services.answers.submission_filters import EVERYBODY, Filter, chosen_of
from webapp.services.calls.published_calls import Call
from webapp.services.infrastructure import outbox, stores
from webapp.services.keys import purpose_keys
from webapp.services.keys.purpose_keys import SealingKey
from webapp.services.sealed import parts
from webapp.services.sealed.shredding import finish_now
from webapp.vault.contexts import MAIL, Context
from webapp.vault.sealing import seal_for_mailer

#: Whose fingers typed what somebody says.
TypedBy = Literal["self", "helper", "coordinator"]


class CallClosed(Exception):
    """The call takes no more answers."""


@dataclass(frozen=True)
class Told:
    """How answers that a coordinator enters reached us: on which day, and in which language permissions were read out.

    `spoken` names the person's language where Hearth does not speak it, and is sealed with the answers. `late`: the
    call has closed, and the caller has checked that these answers may still be entered.
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
    parts: list[Part]
    copies: list[OwnCopy]
    secrets: list[ErasureSecret]
    confirmation: outbox.OwnParameters | None


@dataclass(frozen=True)
class SubmissionRow:
    """One submission as the desk lists it: nothing of what was said."""

    id: UUID
    received_on: date
    language: str
    first_opened_on: date | None
    purposes: frozenset[str]
    has_contact: bool
    typed_by: str
    answers_changed_on: date | None
    contact_changed_on: date | None
    do_not_contact_on: date | None
    changed_for_them_on: date | None


def submit(
    call: Call,
    *,
    submission_id: UUID,
    receipt: str,
    answers: Mapping[str, Any],
    given: Mapping[str, bool],
    language: str,
    typed_by: TypedBy = "self",
    return_code: str | None = None,
    told: Told | None = None,
) -> None:
    """Store a submission once, however often it is sent.

    Raises `CallClosed`, `StoreUnavailable`; `KeySwapped` or `NoPurposeKey` when nothing can be sealed.

    A consent about reaching somebody is only kept with a safe way to do it, whatever was ticked.

    `told` says more about answers that a coordinator enters: a late paper may be stored though the call has closed.

    What waited unfinished under `return_code` goes in the same commit: it is sent now. If the power goes between the
    two stores, secrets remain that open nothing; the worker sweeps them.
    """
    with stores.reading() as main:
        # Before anything else: what is stored stays stored when the call closes, and erased when it was erased.
        if _is_known(main, submission_id, receipt):
            return
        if not (call.accepts_answers(clock.today()) or (told and told.late)):
            raise CallClosed(call.slug)
        keys = purpose_keys.newest(main, call.id, call.form.parts)
        statements = consents.Statements(main, call.id)
    row = Submission(
        id=submission_id,
        call_id=call.id,
        form_version=call.form_version,
        language=language,
        received_on=told.on if told else clock.today(),
        typed_by=typed_by,
    )
    told = told or Told(clock.today(), language)
    # Validated here, whoever has done it before: a service does not trust its caller (defence in depth).
    valid = AnswersOnForm(call.form, answers)
    sealed = _prepare(call, row, receipt, valid, given, keys, statements, told)
    _commit(call, sealed, receipt, return_code, late=told.late)
    if return_code is not None:
        # The secret of the draft; the worker does it when this does not come about.
        finish_now()


def _prepare(
    call: Call,
    row: Submission,
    receipt: str,
    answers: AnswersOnForm,
    given: Mapping[str, bool],
    keys: Mapping[str, SealingKey],
    statements: Statements,
    told: Told,
) -> Sealed:
    """Seal all that is stored, and keep of what was ticked only what means something with these answers."""
    useful = {one.purpose for one in offered(call.form, answers.kept)}
    given = {purpose: yes and purpose in useful for purpose, yes in given.items()}
    subject = consents.Subject(row.id, call.id, call.form, told.worded_in)
    grants = consents.first_grants(statements, subject, given)
    sealed = _seal(call, row, receipt, answers, grants, keys, note(told.spoken))
    if given.get(CONFIRMATION_CONSENT):
        return _with_confirmation(sealed, answers.given)
    return sealed


def _commit(
    call: Call, sealed: Sealed, receipt: str, return_code: str | None, *, late: bool
) -> None:
    """The secrets first, durably; then everything else at once, or, when the same post was quicker, nothing."""
    with stores.writing("erasure") as erasure:
        erasure.add_all(sealed.secrets)
    try:
        with stores.writing() as main:
            _store(main, call, sealed, late=late)
            if return_code is not None:
                return_drafts.discard(main, return_code)
    except IntegrityError:
        # The same post, twice at once: the other one stored it. Anything else is a real error.
        with stores.reading() as main:
            stored = _is_known(main, sealed.row.id, receipt)
        if not stored:
            raise


def _is_known(main: Session, submission_id: UUID, receipt: str) -> bool:
    """Whether this very submission is stored, or was and has been erased: a replayed post brings nothing back."""
    if own_copies.belongs_to(main, submission_id, receipt):
        return True
    return main.get(Tombstone, submission_id) is not None


def _seal(
    call: Call,
    row: Submission,
    receipt: str,
    answers: AnswersOnForm,
    grants: list[Consent],
    keys: Mapping[str, SealingKey],
    beside: Mapping[str, Any],
) -> Sealed:
    # Also for a participant who answered nothing: without an own copy their code would open nothing, and a doubled post
    # would not know itself.
    by_purpose: dict[PartName, dict[str, Any]] = {call.form.first_part: {}, **answers.parts}
    due = {
        purpose: due_on(call.closes_on, call.form.parts[purpose].keep_months)
        for purpose in by_purpose
    }
    labels = own_copies.labels_of(receipt)
    sealed_parts, secrets = [], []
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
        sealed_parts.append(part)
        secrets.append(secret)
        copied[purpose] = own_copies.content_of(part, content)
    copies, copy_secrets = own_copies.seal_copies(labels, row.id, call.form_version, copied, due)
    secrets += copy_secrets
    return Sealed(row, grants, sealed_parts, copies, secrets, confirmation=None)


def _with_confirmation(sealed: Sealed, answers: Mapping[str, Any]) -> Sealed:
    """The address for a confirmation that somebody asked for, if e-mail is a way that they called safe."""
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
    # Asked again under the lock: a call may close while somebody reads the last page.
    state = main.scalar(
        select(CallRow.state).where(CallRow.id == call.id).with_for_update(read=True)
    )
    if state != "open" and not late:
        raise CallClosed(call.slug)
    main.add(row)
    main.flush()
    main.add_all(sealed.parts)
    main.add_all(sealed.copies)
    main.add_all(sealed.grants)
    if sealed.confirmation is not None:
        outbox.put(
            main,
            kind=Confirmation.name,
            subject_id=row.id,
            language=row.language,
            dedupe_key=f"{Confirmation.name}:{row.id.hex}",
            own=sealed.confirmation,
        )


def list_for_call(
    call: Call, chosen: Filter = EVERYBODY, *, start: int = 0, most: int | None = None
) -> tuple[SubmissionRow, ...]:
    """The chosen submissions to a call, the newest day first, in no telling order within a day.

    `most` of them, from number `start` on (counted from 0).
    """
    with stores.reading() as main:
        rows = main.scalars(
            select(Submission)
            .where(chosen_of(call.id, chosen))
            .order_by(Submission.received_on.desc(), Submission.id)
            .offset(start)
            .limit(most)
        ).all()
        return _rows(main, list(rows))


def find_row(submission_id: UUID) -> tuple[SubmissionRow, UUID]:
    """One submission as the desk lists it, and its call's id. Raises `LookupError`."""
    with stores.reading() as main:
        row = main.get(Submission, submission_id)
        if row is None:
            raise LookupError(submission_id)
        return _rows(main, [row])[0], row.call_id


def _rows(main: Session, rows: list[Submission]) -> tuple[SubmissionRow, ...]:
    ids = [row.id for row in rows]
    purposes = consents.standing_purposes(main, ids)
    with_contact = set(
        main.scalars(
            select(Part.submission_id).where(Part.submission_id.in_(ids), Part.purpose == "contact")
        )
    )
    return tuple(
        SubmissionRow(
            row.id,
            row.received_on,
            row.language,
            row.first_opened_on,
            purposes[row.id],
            row.id in with_contact,
            row.typed_by,
            row.answers_changed_on,
            row.contact_changed_on,
            row.do_not_contact_on,
            row.changed_for_them_on,
        )
        for row in rows
    )


def count_by_call(main: Session) -> dict[UUID, tuple[int, int]]:
    """For each call: how many submissions, and how many that nobody has opened."""
    unopened = func.count().filter(Submission.first_opened_on.is_(None))
    rows = main.execute(
        select(Submission.call_id, func.count(), unopened).group_by(Submission.call_id)
    )
    return {call_id: (total, new) for call_id, total, new in rows}
