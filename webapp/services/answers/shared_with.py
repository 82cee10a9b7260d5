"""Which sharing of contact details stands: exactly that which a yes of now covers, with a member of now.

The standing consent names the list of members that it was given with. So a later member, one that left, and one that
left and came back are not covered. What does not stand is refused whenever it would be read, and `end_uncovered`
deletes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from webapp.models import Consent, Part, Share, SharedContact
from webapp.rules.consent import SHARING
from webapp.rules.organisations import Standing
from webapp.services.answers import stored_consents, submission_locks
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.incremental_reading import Around
from webapp.services.infrastructure.row_authentication import TOLERANT, genuine, is_genuine
from webapp.services.keys import member_lists, organisations
from webapp.services.keys.member_lists import Listed
from webapp.services.keys.organisations import Coalition
from webapp.services.sealed import ended_shares, shredding

#: What is sealed to members, each with its share.
SHARED: Final = select(SharedContact, Share).outerjoin(Share, Share.id == SharedContact.share_id)
AROUND: Final = Around(200)


@dataclass(frozen=True)
class SharedWith:
    """For the participant: with whom their contact details were shared, and from when to when; None: it goes on."""

    name: str
    shared_on: date
    ended_on: date | None


@dataclass(frozen=True)
class Cover:
    """The members of today and every frozen list: what a yes is held against."""

    coalition: Coalition
    lists: Mapping[UUID, Listed]

    def period_of(self, organisation_id: UUID) -> UUID | None:
        """The membership of an organisation that goes on today; None for one that ended, or begins later."""
        known = next((one for one in self.coalition.everyone if one.id == organisation_id), None)
        term = known.going_on(Standing.MEMBER) if known else None
        return term.id if term and term.period.covers(self.coalition.on) else None

    def is_in(self, period_id: UUID) -> ColumnElement[bool]:
        """The SQL condition that a consent was given with a list that has this membership: for counting."""
        shown = [list_id for list_id, one in self.lists.items() if one.covers(period_id)]
        return Consent.member_list_id.in_(shown)

    def covers(self, person: StoredConsents | None, period_id: UUID | None) -> bool:
        """Whether this person's yes stands, and was given with a list that has this membership (deny by default)."""
        if person is None or period_id is None or SHARING not in person.standing:
            return False
        if person.submission.do_not_contact_on or person.submission.set_aside_id:
            return False
        list_id = person.latest[SHARING].member_list_id
        shown = self.lists.get(list_id) if list_id else None
        return shown is not None and shown.covers(period_id)


def cover(main: Session) -> Cover:
    """The same inside the caller's transaction."""
    return Cover(organisations.read(main), member_lists.by_id(main))


def is_what_was_shared(sealed: SharedContact, share: Share | None, part: Part | None) -> bool:
    """Whether a share, what is sealed of it, and the part that it was taken from are genuine and belong together."""
    if share is None or part is None:
        return False
    if not (is_genuine(sealed) and is_genuine(share) and is_genuine(part)):
        return False
    return (
        share.ended_on is None
        and part.purpose == "contact"
        and (sealed.organisation_id, sealed.submission_id)
        == (share.organisation_id, share.submission_id)
        and part.submission_id == sealed.submission_id
    )


def of_person(main: Session, submission_id: UUID) -> tuple[SharedWith, ...]:
    """With whom this person's contact details were shared, the newest first. A row put in by hand says nothing."""
    mine = select(Share).where(Share.submission_id == submission_id)
    rows = genuine(main.scalars(mine, execution_options=TOLERANT))
    if not rows:
        return ()
    names = {one.id: one.name for one in organisations.read(main).everyone}
    found = [
        SharedWith(names.get(row.organisation_id, ""), row.shared_on, row.ended_on) for row in rows
    ]
    return tuple(sorted(found, key=lambda one: (-one.shared_on.toordinal(), one.name)))


def told(submission_id: UUID) -> tuple[SharedWith, ...]:
    """The same for a page. Raises `StoreUnavailable`."""
    with stores.reading() as main:
        return of_person(main, submission_id)


def end_uncovered() -> int:
    """End all sharing that does not stand any more: of a member that left, for one. Returns how many.

    Idempotent, and not needed for reading to be refused. Raises `StoreUnavailable`.
    """
    with stores.reading() as main:
        waiting = _uncovered(main, main.execute(SHARED, execution_options=TOLERANT).all())
    return _end(waiting)


def end_uncovered_in_turn() -> int:
    """The same of what comes next, a few in each round (worker). Raises `StoreUnavailable`."""
    rows = AROUND.next(SHARED, SharedContact.id)
    with stores.reading() as main:
        waiting = _uncovered(main, rows)
    return _end(waiting)


def _end(waiting: Mapping[UUID, UUID]) -> int:
    if not waiting:
        return 0
    with stores.writing() as main:
        submission_locks.lock_submissions(main, set(waiting.values()))
        again = SHARED.where(SharedContact.id.in_(waiting))
        still = _uncovered(main, main.execute(again, execution_options=TOLERANT).all())
        ended_shares.end(main, SharedContact.id.in_(still))
    shredding.finish_now()
    return len(still)


def _uncovered(main: Session, rows: Sequence[Any]) -> dict[UUID, UUID]:
    if not rows:
        return {}
    people = stored_consents.of_people(main, [sealed.submission_id for sealed, *_ in rows])
    now = cover(main)
    return {
        sealed.id: sealed.submission_id
        for sealed, share, *_ in rows
        if not _stands(sealed, share, now, people.get(sealed.submission_id))
    }


def _stands(
    row: SharedContact, share: Share | None, now: Cover, person: StoredConsents | None
) -> bool:
    if share is None or not is_genuine(row) or not is_genuine(share) or share.ended_on:
        return False
    return share.period_id == now.period_of(row.organisation_id) and now.covers(
        person, share.period_id
    )
