"""Consents: append-only grants and withdrawals. Of one submission and purpose, the highest number stands.

What is stored of them is read in `services.answers.stored_consents`, which checks it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Part, SharedContact, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.rules.bounded_counts import MOST, counted
from webapp.rules.consent import SHARING, lets_reach
from webapp.rules.forms.form_definition import ConsentWording, FormDefinition
from webapp.services.answers import stored_consents, withdrawal_log
from webapp.services.answers.consent_statements import Statements, statement_for
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.existence import is_any
from webapp.services.infrastructure.limits import TooMany
from webapp.services.infrastructure.row_authentication import forged, is_genuine
from webapp.services.keys import member_lists
from webapp.services.sealed import ended_shares, shredding

#: So many decisions about one purpose can be stored for one submission; at the end of them none can be given any more.
MOST_DECISIONS = 400
#: A call with fewer people is read by its people, where others have more who say yes.
FEW = 2000


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
    #: The list of members that was shown beside a consent to share (`member_lists`). Without one it covers no member.
    members: UUID | None = None


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
            statement_id=statements.shown(wording).id,
            changed_on=clock.today(),
            member_list_id=subject.members if wording.purpose == SHARING else None,
        )
        for wording in subject.form.consents
        if given.get(wording.purpose)
    ]


def stands(row: type[Consent], purpose: str | None = None) -> ColumnElement[bool]:
    """The SQL condition that a consent row is a grant which nothing newer has replaced.

    For counting, and to choose what is read: SQL does not see that a row is false. What is used goes through
    `standing_purposes`.
    """
    newer = aliased(Consent)
    replaced = exists().where(
        newer.submission_id == row.submission_id, newer.purpose == row.purpose, newer.n > row.n
    )
    conditions = [row.granted, ~replaced]
    if purpose is not None:
        conditions.append(row.purpose == purpose)
    return and_(*conditions)


def how_many_agree(
    main: Session,
    call_id: UUID,
    purpose: str,
    *person: ColumnElement[bool],
    yes: ColumnElement[bool] | None = None,
) -> int:
    """How many people of a call say yes to this purpose, up to a bound, as SQL sees it."""
    return counted(len(who_agree(main, call_id, purpose, *person, yes=yes)), MOST)


def who_agree(
    main: Session,
    call_id: UUID,
    purpose: str,
    *person: ColumnElement[bool],
    yes: ColumnElement[bool] | None = None,
) -> Sequence[UUID]:
    """Some of them, one more than the bound at most.

    `person`: more conditions on their `Submission`; `yes`: one more on the `Consent`. Read by the people of the call
    where these are few, and otherwise by who said yes to it, wherever that was: either way hardly more than counted.
    """
    asked = and_(Submission.call_id == call_id, *person)
    agreed = and_(stands(Consent, purpose), *(() if yes is None else (yes,)))
    theirs = Submission.id == Consent.submission_id
    one_more = select(Submission.id).where(Submission.call_id == call_id).offset(FEW).limit(1)
    if main.scalar(one_more) is None:
        found = select(Submission.id).where(asked, is_any(theirs, agreed))
    else:
        found = select(Consent.submission_id).where(agreed, is_any(theirs, asked))
    return main.scalars(found.limit(MOST + 1)).all()


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
        withdrawal_log.note_do_not_contact(submission.id, marked=False)


def change(subject: Subject, purpose: str, granted: bool) -> None:
    """Grant or withdraw one consent. Idempotent. Raises `NoSuchConsent`, `NoSafeWay`, `TooMany`.

    A withdrawal has no limit: each needs a grant before it, and those end, so that no submission fills the table.
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
    if purpose == SHARING and not granted:
        shredding.finish_now()


def _has_contact(main: Session, submission_id: UUID) -> bool:
    held = select(Part.id).where(Part.submission_id == submission_id, Part.purpose == "contact")
    return main.scalar(held) is not None


def decide(main: Session, subject: Subject, wording: ConsentWording, granted: bool) -> None:
    """The same for a submission that the caller has locked, inside the caller's transaction.

    By the participant alone: what does not add up is taken back first, so that what they decide now stands. Raises
    `RowForged` for a grant to a false submission, `TooMany`; a withdrawal is always written.
    """
    now = stored_consents.of_one(main, subject.submission_id)
    if granted and not is_genuine(now.submission):
        raise forged(now.submission)
    if not now.adds_up:
        now = _take_back_all(main, subject, now)
    if now.says_yes_to(wording.purpose) == granted:
        return
    before = now.latest.get(wording.purpose)
    if granted and before is not None and before.n >= MOST_DECISIONS:
        raise TooMany(wording.purpose)
    _append(main, subject, wording, now, granted)
    _note(main, subject, granted)
    if not granted and wording.purpose == SHARING:
        ended_shares.end(main, SharedContact.submission_id == subject.submission_id)
    if granted and lets_reach(wording):
        # A participant who allows contact with their own code is no longer marked *do not contact*.
        _lift(main, now.submission)


def _note(main: Session, subject: Subject, granted: bool) -> None:
    event = AuditEvent.CONSENT_GIVEN if granted else AuditEvent.CONSENT_WITHDRAWN
    audit.note(main, event, subject.submission_id)


def _take_back_all(main: Session, subject: Subject, now: StoredConsents) -> StoredConsents:
    """Deny by default: a consent was put in or removed by hand, so none is believed until it is given again."""
    now = now.without_false(main)
    for wording in subject.form.consents:
        if now.says_yes_to(wording.purpose):
            _note(main, subject, granted=False)
        rows = _withdrawn(main, subject, wording, now)
        main.add_all(rows)
        if rows:
            newest = max(row.n for row in rows)
            withdrawal_log.note_withdrawals(subject.submission_id, {wording.purpose: newest})
    ended_shares.end(main, SharedContact.submission_id == subject.submission_id)
    main.flush()
    now = stored_consents.of_one(main, subject.submission_id)
    now.count(len(now.rows))
    main.flush()
    return now


def _withdrawn(
    main: Session, subject: Subject, wording: ConsentWording, now: StoredConsents
) -> list[Consent]:
    """Withdrawals for every number that is missing, up to one that no removed row can have.

    A removed row may be put back later. It must find its number taken, and a newer withdrawal after it.
    """
    there = now.numbers(wording.purpose)
    newest = max(there, default=0)
    last = newest + now.says_yes_to(wording.purpose)
    if removed := now.removed:
        # No grant was ever written with a number beyond this.
        last = max(last, min(newest + removed + 1, MOST_DECISIONS + 1))
    missing = [n for n in range(1, last + 1) if n not in there]
    if not missing:
        return []
    before = now.latest.get(wording.purpose)
    statement_id = (
        before.statement_id
        if before
        else statement_for(main, subject.call_id, wording, subject.language).id
    )
    return [
        Consent(
            submission_id=subject.submission_id,
            purpose=wording.purpose,
            n=n,
            granted=False,
            statement_id=statement_id,
            changed_on=clock.today(),
        )
        for n in missing
    ]


def take_back(main: Session, subject: Subject, wording: ConsentWording) -> bool:
    """Withdraw for a participant who asked a coordinator to: never a grant. Returns whether it stood.

    The caller has locked the submission, and writes the audit entry.
    """
    now = stored_consents.of_one(main, subject.submission_id)
    if not now.says_yes_to(wording.purpose):
        return False
    _append(main, subject, wording, now.without_false(main), granted=False)
    if wording.purpose == SHARING:
        ended_shares.end(main, SharedContact.submission_id == subject.submission_id)
    return True


def take_back_until(main: Session, subject: Subject, wording: ConsentWording, n: int) -> bool:
    """The same after a restore: withdrawals up to this number, which the withdrawal log has. Returns whether it stood.

    A permission that is given afterwards then has a higher number than all that the log says, and stands after the
    next restore.
    """
    now = stored_consents.of_one(main, subject.submission_id).without_false(main)
    stood = now.says_yes_to(wording.purpose)
    while newest_of(now, wording.purpose) < min(n, MOST_DECISIONS + 1):
        _append(main, subject, wording, now, granted=False)
        now = stored_consents.of_one(main, subject.submission_id)
    if stood and wording.purpose == SHARING:
        ended_shares.end(main, SharedContact.submission_id == subject.submission_id)
    return stood


def newest_of(stored: StoredConsents, purpose: str) -> int:
    """The number of the newest decision about a purpose; 0 before the first."""
    newest = stored.latest.get(purpose)
    return newest.n if newest else 0


def _append(
    main: Session, subject: Subject, wording: ConsentWording, now: StoredConsents, granted: bool
) -> None:
    before = now.latest.get(wording.purpose)
    n = before.n + 1 if before else 1
    with_list = granted and wording.purpose == SHARING
    main.add(
        Consent(
            submission_id=subject.submission_id,
            purpose=wording.purpose,
            n=n,
            granted=granted,
            statement_id=before.statement_id
            if before and not granted
            else statement_for(main, subject.call_id, wording, subject.language).id,
            changed_on=clock.today(),
            member_list_id=member_lists.shown(main, subject.members) if with_list else None,
        )
    )
    now.count(now.submission.consent_count + 1)
    main.flush()
    if not granted:
        withdrawal_log.note_withdrawals(subject.submission_id, {wording.purpose: n})


def standing_purposes(main: Session, submission_ids: list[UUID]) -> dict[UUID, frozenset[str]]:
    """For each submission, the purposes whose consent stands; none where what is stored does not add up."""
    found = stored_consents.of_people(main, submission_ids)
    return {
        submission_id: found[submission_id].standing if submission_id in found else frozenset()
        for submission_id in submission_ids
    }
