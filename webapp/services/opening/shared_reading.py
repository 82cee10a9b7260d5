"""Reading what was shared with one's own organisation: a list without content, and one person at a time with a reason.

Everything that a share rests on is looked at again at each opening: the yes, the membership, the person's organisation,
the rows. So what was taken back a moment ago does not open, whatever a crash or an attacker left behind.
"""

from dataclasses import dataclass
from datetime import date
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, ErasureSecret, Part, Share, SharedContact, Submission
from webapp.rules.audit_events import AuditEvent
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import Text
from webapp.rules.languages.spoken_languages import named
from webapp.rules.reasons import READING_SHARED, Reason, for_record
from webapp.services.answers import shared_with, stored_consents, submission_locks
from webapp.services.answers.shared_with import Cover
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.calls import published_calls
from webapp.services.infrastructure import limits, stores
from webapp.services.infrastructure.row_authentication import TOLERANT
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, looks
from webapp.services.opening.disclosure import Erased, OpenedContact
from webapp.services.opening.looks import Why
from webapp.vault.shared_contacts import BothSecrets

_Row = TypeVar("_Row", Share, Part)


@dataclass(frozen=True)
class SharedRow:
    """One person whose contact details were shared with an organisation: nothing that says who it is."""

    share_id: UUID
    submission_id: UUID
    title: Text
    language: str
    shared_on: date


@dataclass(frozen=True)
class SharedDetails:
    """How one participant may safely be reached, for a recipient's screen."""

    contact: OpenedContact
    form: FormDefinition


@dataclass(frozen=True)
class _Found:
    """One share with all that it rests on, as it is stored now."""

    sealed: SharedContact
    share: Share | None
    part: Part | None
    person: StoredConsents | None

    def stands(self, now: Cover, organisation_id: UUID) -> bool:
        """Whether this organisation may read it now (deny by default)."""
        if not shared_with.is_what_was_shared(self.sealed, self.share, self.part):
            return False
        return (
            self.share is not None
            and self.sealed.organisation_id == organisation_id
            and self.share.period_id == now.period_of(organisation_id)
            and now.covers(self.person, self.share.period_id)
        )


def shared_with_us(holder: Holder) -> tuple[SharedRow, ...]:
    """Everything that is shared with the coordinator's own organisation now, the newest first. Opens nothing."""
    with stores.reading() as main:
        organisation_id = _organisation_of(main, holder)
        if organisation_id is None:
            return ()
        now = shared_with.cover(main)
        found = [one for one in _find(main, organisation_id) if one.stands(now, organisation_id)]
        rows = [_row(main, one) for one in found]
    return tuple(sorted(rows, key=lambda row: (-row.shared_on.toordinal(), row.share_id)))


def open_shared(holder: Holder, share_id: UUID, reason: Reason) -> SharedDetails:
    """Open one person's details for a recipient, with the entry in the record first.

    Raises `Erased` for what is not shared with the coordinator's organisation, or not any more; `NotWhatItIsFor`,
    `NotAuthorisedToOpen`, `SignInAgainToOpen`, `DoesNotOpen`, `TooMany`.
    """
    recorded = for_record(reason, READING_SHARED)
    limits.take_opening("contacts", holder.coordinator_id.hex, reason)
    with stores.writing() as main:
        found = _locked(main, holder, share_id)
        submission = main.get_one(Submission, found.sealed.submission_id)
        form = published_calls.form_at(main, submission.call_id, submission.form_version)
        looks.enter(
            main,
            holder,
            AuditEvent.SHARED_CONTACT_OPENED,
            submission,
            Why(recorded, reason.key),
            organisation_id=found.sealed.organisation_id,
        )
    answers = disclosure.open_shared(holder, found.sealed, _secrets(found))
    opened = OpenedContact(
        submission.id,
        submission.language,
        submission.contact_told_on,
        safe_contact(answers),
        named(answers, submission.language),
    )
    return SharedDetails(opened, form)


def _locked(main: Session, holder: Holder, share_id: UUID) -> _Found:
    """The share, under the lock of its submission: a withdrawal is either before this opening or after it."""
    organisation_id = _organisation_of(main, holder)
    named_in = select(SharedContact).where(SharedContact.share_id == share_id)
    row = main.scalars(named_in, execution_options=TOLERANT).one_or_none()
    if row is None or organisation_id is None or row.organisation_id != organisation_id:
        raise Erased(share_id)
    submission_locks.lock_submissions(main, [row.submission_id])
    for found in _find(main, organisation_id, SharedContact.share_id == share_id):
        if found.stands(shared_with.cover(main), organisation_id):
            return found
    raise Erased(share_id)


def _organisation_of(main: Session, holder: Holder) -> UUID | None:
    """The organisation of a person who has not left. Raises `RowForged`."""
    row = main.get(Coordinator, holder.coordinator_id)
    return row.organisation_id if row is not None and row.left_on is None else None


def _find(main: Session, organisation_id: UUID, *only: ColumnElement[bool]) -> list[_Found]:
    theirs = select(SharedContact).where(SharedContact.organisation_id == organisation_id, *only)
    fresh = {**TOLERANT, "populate_existing": True}
    rows = main.scalars(theirs, execution_options=fresh).all()
    shares = _by_id(main, Share, [row.share_id for row in rows])
    parts = _by_id(main, Part, [row.part_id for row in rows])
    people = stored_consents.of_people(main, [row.submission_id for row in rows])
    return [
        _Found(row, shares.get(row.share_id), parts.get(row.part_id), people.get(row.submission_id))
        for row in rows
    ]


def _by_id(main: Session, kind: type[_Row], ids: list[UUID]) -> dict[UUID, _Row]:
    these = select(kind).where(kind.id.in_(ids))
    fresh = {**TOLERANT, "populate_existing": True}
    return {row.id: row for row in main.scalars(these, execution_options=fresh)}


def _row(main: Session, found: _Found) -> SharedRow:
    submission = main.get_one(Submission, found.sealed.submission_id)
    form = published_calls.form_at(main, submission.call_id, submission.form_version)
    shared_on = found.share.shared_on if found.share else submission.received_on
    return SharedRow(
        found.sealed.share_id, submission.id, form.title, submission.language, shared_on
    )


def _secrets(found: _Found) -> BothSecrets:
    """Of the share and of the participant's part; None for one that was shredded."""
    part_secret = found.part.secret_id if found.part else None
    with stores.reading("erasure") as erasure:
        rows = erasure.execute(
            select(ErasureSecret.id, ErasureSecret.secret).where(
                ErasureSecret.id.in_([found.sealed.secret_id, part_secret])
            )
        )
        held = {row.id: row.secret for row in rows}
    return BothSecrets(held.get(found.sealed.secret_id), held.get(part_secret))
