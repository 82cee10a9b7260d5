"""Consents: append-only grants and withdrawals. Of one submission and purpose, the highest number stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, ConsentStatement, Part, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.consent import lets_reach
from webapp.rules.contact.questions import THROUGH_HELPER
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.rules.forms.texts import text_in
from webapp.services.infrastructure import audit, stores


class NoSuchConsent(LookupError):
    """This form does not ask for that consent."""


class NoSafeWay(Exception):
    """This consent needs a safe way to reach the participant, and there are no contact details."""


@dataclass(frozen=True)
class Subject:
    """Whose consent it is."""

    submission_id: UUID
    call_id: UUID
    form: FormDefinition
    language: str


@dataclass(frozen=True)
class Statement:
    """The exact words of one consent, in one version and language."""

    id: UUID
    purpose: str
    version: int
    language: str
    wording: str


@dataclass(frozen=True)
class HeldConsent:
    """One consent as it stands, with the exact words that were agreed to or would be."""

    purpose: str
    text: str
    language: str
    granted: bool
    changed_on: date | None


def statement_for(
    main: Session, call_id: UUID, wording: ConsentWording, language: str
) -> ConsentStatement:
    """The stored wording that a reader of this language sees."""
    shown_in = text_in(wording.text, language)[1]
    return main.scalars(
        select(ConsentStatement).where(
            ConsentStatement.owner_id == call_id,
            ConsentStatement.purpose == wording.purpose,
            ConsentStatement.version == wording.version,
            ConsentStatement.language == shown_in,
        )
    ).one()


class Statements:
    """All the words that a call's consents were ever published in, read at once."""

    def __init__(self, main: Session, call_id: UUID) -> None:
        rows = main.execute(
            select(
                ConsentStatement.id,
                ConsentStatement.purpose,
                ConsentStatement.version,
                ConsentStatement.language,
                ConsentStatement.wording,
            ).where(ConsentStatement.owner_id == call_id)
        )
        found = [Statement(*row) for row in rows]
        self._by_id = {one.id: one for one in found}
        self._by_wording = {(one.purpose, one.version, one.language): one for one in found}

    def shown(self, wording: ConsentWording, language: str) -> Statement:
        """The wording that a reader of this language sees."""
        return self._by_wording[
            wording.purpose, wording.version, text_in(wording.text, language)[1]
        ]

    def agreed(self, decision: Consent) -> Statement:
        """The words that a yes or a no was about."""
        return self._by_id[decision.statement_id]


def first_grants(
    statements: Statements, subject: Subject, given: Mapping[str, bool]
) -> list[Consent]:
    """What was ticked when the answers were sent. A box left empty leaves no row: silence is no record."""
    return [
        Consent(
            submission_id=subject.submission_id,
            purpose=wording.purpose,
            n=1,
            granted=True,
            statement_id=statements.shown(wording, subject.language).id,
            changed_on=clock.today(),
        )
        for wording in subject.form.consents
        if given.get(wording.purpose)
    ]


def latest(main: Session, submission_id: UUID) -> dict[str, Consent]:
    """For each purpose ever decided, the row that stands."""
    rows = main.scalars(
        select(Consent).where(Consent.submission_id == submission_id).order_by(Consent.n)
    )
    return {row.purpose: row for row in rows}


def stands(row: type[Consent], purpose: str | None = None) -> ColumnElement[bool]:
    """The SQL condition that a consent row is a grant which nothing newer has replaced."""
    newer = aliased(Consent)
    replaced = exists().where(
        newer.submission_id == row.submission_id, newer.purpose == row.purpose, newer.n > row.n
    )
    conditions = [row.granted, ~replaced]
    if purpose is not None:
        conditions.append(row.purpose == purpose)
    return and_(*conditions)


def may_be_contacted() -> ColumnElement[bool]:
    """The SQL condition, on a joined `Submission`, that the participant is not marked *do not contact*.

    It overrides every consent that lets us reach the participant.
    """
    return Submission.do_not_contact_on.is_(None)


def contact_again(submission_id: UUID) -> None:
    """Lift *do not contact*: by the participant alone, at the public door. Idempotent."""
    with stores.writing() as main:
        found = main.scalars(
            select(Submission).where(Submission.id == submission_id).with_for_update()
        ).one_or_none()
        if found is not None:
            _lift(main, found)


def _lift(main: Session, submission: Submission) -> None:
    if submission.do_not_contact_on is not None:
        submission.do_not_contact_on = None
        main.flush()
        audit.note(main, AuditEvent.CONTACT_ALLOWED_AGAIN, submission.id)


def change(subject: Subject, purpose: str, granted: bool) -> None:
    """Grant or withdraw one consent. Idempotent. Raises `NoSuchConsent`, `NoSafeWay`.

    Lock order: the submission's row first, as in an export. A withdrawal is either before an export or after it.
    """
    wording = subject.form.consent(purpose)
    if wording is None:
        raise NoSuchConsent(purpose)
    with stores.writing() as main:
        found = main.scalar(
            select(Submission.id).where(Submission.id == subject.submission_id).with_for_update()
        )
        if found is None:
            return
        # Checked under the lock (race): another tab may have removed the contact details.
        if granted and wording.uses_contact and not _has_contact(main, subject.submission_id):
            raise NoSafeWay(purpose)
        decide(main, subject, wording, granted)


def _has_contact(main: Session, submission_id: UUID) -> bool:
    held = select(Part.id).where(Part.submission_id == submission_id, Part.purpose == "contact")
    return main.scalar(held) is not None


def decide(main: Session, subject: Subject, wording: ConsentWording, granted: bool) -> None:
    """The same for a submission that the caller has locked, inside the caller's transaction."""
    now = latest(main, subject.submission_id).get(wording.purpose)
    if (now is not None and now.granted) == granted:
        return
    _append(main, subject, wording, now, granted)
    audit.note(
        main,
        AuditEvent.CONSENT_GIVEN if granted else AuditEvent.CONSENT_WITHDRAWN,
        subject.submission_id,
    )
    if granted and lets_reach(wording):
        # A participant who allows contact with their own code is no longer marked *do not contact*.
        _lift(main, main.get_one(Submission, subject.submission_id))


def take_back(main: Session, subject: Subject, wording: ConsentWording) -> bool:
    """Withdraw for a participant who asked a coordinator to: never a grant. Returns whether it stood.

    The caller has locked the submission, and writes the audit entry.
    """
    now = latest(main, subject.submission_id).get(wording.purpose)
    if now is None or not now.granted:
        return False
    _append(main, subject, wording, now, granted=False)
    return True


def _append(
    main: Session, subject: Subject, wording: ConsentWording, now: Consent | None, granted: bool
) -> None:
    statement_id = statement_for(main, subject.call_id, wording, subject.language).id
    if now is not None and not granted:
        statement_id = now.statement_id
    main.add(
        Consent(
            submission_id=subject.submission_id,
            purpose=wording.purpose,
            n=now.n + 1 if now else 1,
            granted=granted,
            statement_id=statement_id,
            changed_on=clock.today(),
        )
    )
    main.get_one(Submission, subject.submission_id).consent_count += 1
    main.flush()


def standing_purposes(main: Session, submission_ids: list[UUID]) -> dict[UUID, frozenset[str]]:
    """For each submission, the purposes whose consent stands."""
    found: dict[UUID, set[str]] = {submission_id: set() for submission_id in submission_ids}
    rows = main.execute(
        select(Consent.submission_id, Consent.purpose).where(
            Consent.submission_id.in_(submission_ids), stands(Consent)
        )
    )
    for submission_id, purpose in rows:
        found[submission_id].add(purpose)
    return {submission_id: frozenset(purposes) for submission_id, purposes in found.items()}


def held(
    main: Session, submission: Submission, form: FormDefinition, *, has_helper: bool
) -> tuple[HeldConsent, ...]:
    """Each consent of a form as it stands for one submission. The one for a helper only where a helper was named."""
    decided = latest(main, submission.id)
    statements = Statements(main, submission.call_id)
    found = []
    for wording in form.consents:
        now = decided.get(wording.purpose)
        if wording.purpose == THROUGH_HELPER and not (has_helper or (now and now.granted)):
            # No helper was named, so there is nothing to decide.
            continue
        agreed = statements.agreed(now) if now else statements.shown(wording, submission.language)
        found.append(
            HeldConsent(
                wording.purpose,
                agreed.wording,
                agreed.language,
                bool(now and now.granted),
                now.changed_on if now else None,
            )
        )
    return tuple(found)
