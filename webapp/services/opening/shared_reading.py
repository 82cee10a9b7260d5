"""Reading what was shared with one's own organisation: a list without content, and one person at a time with a reason.

Everything that a share rests on is looked at again at each opening: the yes, the membership, the person's organisation,
the rows. So what was taken back a moment ago does not open, whatever a crash or an attacker left behind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, literal, literal_column, select, tuple_
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Look, Share, SharedContact, Submission
from webapp.rules.audit_events import AuditEvent
from webapp.rules.bounded_counts import MOST, counted
from webapp.rules.contact.safe_channels import safe_contact
from webapp.rules.forms.form_definition import FormDefinition
from webapp.rules.forms.texts import Text
from webapp.rules.languages.spoken_languages import named
from webapp.rules.looks import LookKind
from webapp.rules.reasons import OUTSIDE, READING_SHARED, Reason, for_record
from webapp.services.answers import shared_with, submission_locks
from webapp.services.answers.shared_with import Cover, Found
from webapp.services.calls import published_calls
from webapp.services.infrastructure import limits, stores
from webapp.services.infrastructure.existence import is_any
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine
from webapp.services.keys.coordinators import Holder
from webapp.services.opening import disclosure, looks
from webapp.services.opening.disclosure import LOOKS, Erased, OpenedContact
from webapp.services.opening.looks import Why
from webapp.services.opening.missing_keys import entered_as_tried, of_person
from webapp.vault.shared_contacts import BothSecrets


@dataclass(frozen=True)
class SharedRow:
    """One person whose contact details were shared with an organisation: nothing that says who it is."""

    share_id: UUID
    submission_id: UUID
    title: Text
    language: str
    shared_on: date
    #: The last day on which a recipient of the organisation opened it.
    opened_on: date | None


@dataclass(frozen=True)
class SharedDetails:
    """How one participant may safely be reached, for a recipient's screen."""

    contact: OpenedContact
    form: FormDefinition


@dataclass(frozen=True)
class Place:
    """A place in the list, for keyset pagination: that of one share."""

    shared_on: date
    id: UUID


@dataclass(frozen=True)
class SharedPage:
    """Some of a list, in its order; `newer` and `older`: the places beyond which there are more, if there are."""

    rows: tuple[SharedRow, ...]
    newer: Place | None
    older: Place | None


def page_of(
    holder: Holder, most: int = 50, *, after: Place | None = None, before: Place | None = None
) -> SharedPage:
    """So much of what is shared with the coordinator's own organisation now: the newest day first, or next to a place.

    Opens nothing, and reads the sealed rows of this page alone.
    """
    with stores.reading() as main:
        organisation_id = _organisation_of(main, holder)
        if organisation_id is None:
            return SharedPage((), None, None)
        now = shared_with.cover(main)
        places = _places(main, now, organisation_id, most + 1, after, before)
        if (before and len(places) <= most) or (after and not places):
            # The beginning of the list is a whole page, and past its end nothing is shown.
            return page_of(holder, most)
        shown = places[:most] if before is None else places[:most][::-1]
        rows = _shown(main, now, organisation_id, shown)
    return SharedPage(
        rows,
        newer=shown[0] if after or before else None,
        older=shown[-1] if before or len(places) > most else None,
    )


def _places(
    main: Session,
    now: Cover,
    organisation_id: UUID,
    most: int,
    after: Place | None,
    before: Place | None,
) -> list[Place]:
    """Places of what stands as far as columns say, the nearest first."""
    key = (Share.shared_on, Share.id)
    theirs = select(*key).where(_standing(now, organisation_id))
    if before is not None:
        theirs = theirs.where(tuple_(*key) > _key(before))
    elif after is not None:
        theirs = theirs.where(tuple_(*key) < _key(after))
    order = [column.asc() if before else column.desc() for column in key]
    return [Place(day, one) for day, one in main.execute(theirs.order_by(*order).limit(most))]


def _standing(now: Cover, organisation_id: UUID) -> ColumnElement[bool]:
    """The SQL condition on `Share` that it stands, as far as columns say: in the order of an index on it."""
    sealed = is_any(
        SharedContact.share_id == Share.id,
        SharedContact.organisation_id == organisation_id,
        shared_with.stands_in_sql(now),
    )
    return and_(
        Share.organisation_id == organisation_id,
        Share.period_id == now.period_of(organisation_id),
        Share.ended_on.is_(None),
        sealed,
    )


def _key(place: Place) -> Any:
    values = zip((Share.shared_on, Share.id), (place.shared_on, place.id), strict=True)
    return tuple_(*(literal(value, column.type) for column, value in values))


def _shown(
    main: Session, now: Cover, organisation_id: UUID, places: Sequence[Place]
) -> tuple[SharedRow, ...]:
    """These, as far as all that they rest on is genuine, in their order."""
    these = SharedContact.share_id.in_([one.id for one in places])
    found = {
        one.sealed.share_id: one
        for one in shared_with.find(main, SharedContact.organisation_id == organisation_id, these)
        if one.stands(now)
    }
    opened = _opened_on(main, organisation_id, [one.sealed.submission_id for one in found.values()])
    return tuple(
        _row(main, found[one.id], opened.get(found[one.id].sealed.submission_id))
        for one in places
        if one.id in found
    )


def _opened_on(main: Session, organisation_id: UUID, people: Sequence[UUID]) -> dict[UUID, date]:
    """The last day on which a recipient of this organisation opened the details of each of these people."""
    theirs = select(Look).where(
        Look.submission_id.in_(people),
        Look.kind == LookKind.SHARED,
        Look.recipient_id == organisation_id,
    )
    days: dict[UUID, date] = {}
    for look in genuine(main.scalars(theirs, execution_options=TOLERANT)):
        known = days.get(look.submission_id, look.looked_on)
        days[look.submission_id] = max(known, look.looked_on)
    return days


def how_many(holder: Holder) -> int:
    """How many people's details are shared with the coordinator's organisation: a count for pages, up to a bound."""
    with stores.reading() as main:
        organisation_id = _organisation_of(main, holder)
        if organisation_id is None:
            return 0
        standing = _standing(shared_with.cover(main), organisation_id)
        some: Select[Any] = select(literal_column("1")).where(standing).limit(MOST + 1)
        return counted(main.scalar(select(func.count()).select_from(some.subquery())) or 0, MOST)


def open_shared(holder: Holder, share_id: UUID, reason: Reason) -> SharedDetails:
    """Open one person's details for a recipient, with the entry in the record first.

    Raises `Erased` for what is not shared with the coordinator's organisation, or not any more; `NotWhatItIsFor`,
    `NotAuthorisedToOpen`, `SignInAgainToOpen`, `DoesNotOpen`, `TooMany`.
    """
    recorded = for_record(reason, READING_SHARED, other=OUTSIDE)
    limits.take_opening("contacts", holder.coordinator_id.hex, reason)
    attempt = of_person(share_id, recorded)
    with entered_as_tried(holder, attempt), stores.writing() as main:
        found = _locked(main, holder, share_id)
        attempt.subject_id = found.sealed.submission_id
        disclosure.require_keys(main, holder, [found.sealed])
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
    answers = _opened(holder, found)
    opened = OpenedContact(
        submission.id,
        submission.language,
        submission.contact_told_on,
        safe_contact(answers),
        named(answers, submission.language),
    )
    return SharedDetails(opened, form)


def _locked(main: Session, holder: Holder, share_id: UUID) -> Found:
    """The share, under the lock of its submission: a withdrawal is either before this opening or after it."""
    organisation_id = _organisation_of(main, holder)
    named_in = select(SharedContact).where(SharedContact.share_id == share_id)
    row = main.scalars(named_in, execution_options=TOLERANT).one_or_none()
    if row is None or organisation_id is None or row.organisation_id != organisation_id:
        raise Erased(share_id)
    submission_locks.lock_submissions(main, [row.submission_id])
    for found in shared_with.find(main, SharedContact.id == row.id):
        if found.sealed.organisation_id == organisation_id and found.stands(
            shared_with.cover(main)
        ):
            return found
    raise Erased(share_id)


def _opened(holder: Holder, found: Found) -> dict[str, Any]:
    """What is sealed of a share; read again where the participant's part was sealed anew meanwhile."""
    for _ in range(LOOKS):
        try:
            return disclosure.open_shared(holder, found.sealed, _both_secrets(found))
        except Erased:
            with stores.reading() as main:
                now = shared_with.cover(main)
                again = shared_with.find(main, SharedContact.id == found.sealed.id)
                if not (again and again[0].stands(now)):
                    raise
                found = again[0]
    raise Erased(found.sealed.share_id)


def _organisation_of(main: Session, holder: Holder) -> UUID | None:
    """The organisation of a person who has not left. Raises `RowForged`."""
    row = main.get(Coordinator, holder.coordinator_id)
    return row.organisation_id if row is not None and row.left_on is None else None


def _row(main: Session, found: Found, opened_on: date | None) -> SharedRow:
    submission = main.get_one(Submission, found.sealed.submission_id)
    form = published_calls.form_at(main, submission.call_id, submission.form_version)
    shared_on = found.share.shared_on if found.share else submission.received_on
    return SharedRow(
        found.sealed.share_id,
        submission.id,
        form.title,
        submission.language,
        shared_on,
        opened_on,
    )


def _both_secrets(found: Found) -> BothSecrets:
    """Of the share and of the participant's part. One goes when the yes is taken back at this moment: `Erased`."""
    of_share, of_part = found.sealed.secret_id, found.part.secret_id if found.part else None
    held = disclosure.secrets_of([one for one in (of_share, of_part) if one])
    if of_share not in held or of_part not in held:
        raise Erased(found.sealed.share_id)
    return BothSecrets(held[of_share], held[of_part])
