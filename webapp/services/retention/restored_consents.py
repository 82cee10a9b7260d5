"""Permissions of a backup of `main`: what people took back since then is taken back again, before anyone uses it.

What was granted since is not in the backup and stays lost: somebody is asked once more, and never contacted against
their word. The log that says so outlives the databases (`services.answers.withdrawal_log`).
"""

from uuid import UUID

from sqlalchemy.orm import Session

from webapp.models import SharedContact, Submission
from webapp.rules import clock
from webapp.rules.audit_events import AuditEvent
from webapp.services.answers import consents, stored_consents, submission_locks, withdrawal_log
from webapp.services.answers.consents import Subject
from webapp.services.calls import published_calls
from webapp.services.calls.published_calls import NoSuchCall
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.row_authentication import TOLERANT, RowForged, is_genuine
from webapp.services.sealed import ended_shares, shredding


def take_back_again() -> int:
    """Replay the withdrawal log over a `main` that was put back. Returns of how many people something was taken back.

    Idempotent, and without effect on a `main` of today. Raises `StoreUnavailable`.
    """
    noted = withdrawal_log.read()
    people = 0
    for person in sorted(noted.withdrawn.keys() | noted.do_not_contact):
        with stores.writing() as main:
            submission = _locked(main, person)
            if submission is None:
                continue
            changed = _withdraw(main, submission, noted.withdrawn.get(person, {}))
            if person in noted.do_not_contact:
                changed |= _mark(main, submission)
            if changed:
                people += 1
                audit.enter(main, audit.OPERATOR, AuditEvent.RESTORED_CONSENTS_WITHDRAWN, person)
    shredding.finish_waiting()
    return people


def _locked(main: Session, person: UUID) -> Submission | None:
    """The submission, locked; None where it is gone, or false: then nothing of it is used anyway."""
    if not submission_locks.lock_submissions(main, [person]):
        return None
    found = main.get_one(Submission, person, populate_existing=True, execution_options=TOLERANT)
    return found if is_genuine(found) else None


def _withdraw(main: Session, submission: Submission, numbers: dict[str, int]) -> bool:
    """Withdraw what was decided before a noted withdrawal, up to its number. Returns whether anything stood."""
    try:
        form = published_calls.form_at(main, submission.call_id, submission.form_version)
    except (RowForged, NoSuchCall):
        # Nothing of a call without its form is ever used.
        return False
    stored = stored_consents.of_one(main, submission.id)
    subject = Subject(submission.id, submission.call_id, form, submission.language)
    stood = [
        consents.take_back_until(main, subject, wording, numbers[wording.purpose])
        for wording in form.consents
        if consents.newest_of(stored, wording.purpose) < numbers.get(wording.purpose, 0)
    ]
    return any(stood)


def _mark(main: Session, submission: Submission) -> bool:
    """Mark *do not contact* anew. Returns whether the mark was missing."""
    if submission.do_not_contact_on is not None:
        return False
    submission.do_not_contact_on = submission.changed_for_them_on = clock.today()
    shredding.forget_mails(main, submission.id)
    ended_shares.end(main, SharedContact.submission_id == submission.id)
    return True
