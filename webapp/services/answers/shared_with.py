"""Which sharing of contact details stands: exactly that which a yes of now covers, with a member of now.

The standing consent names the list of members that it was given with. So a later member, one that left, and one that
left and came back are not covered. What does not stand is refused whenever it would be read, and `end_uncovered`
deletes it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, false, func, or_, select
from sqlalchemy.orm import Session, aliased

from webapp.models import Consent, Part, Share, SharedContact, Submission
from webapp.rules.consent import SHARING
from webapp.rules.organisations import Standing
from webapp.services.answers import consents, stored_consents, submission_locks
from webapp.services.answers.consents_in_bulk import ReadConsents
from webapp.services.answers.stored_consents import StoredConsents
from webapp.services.infrastructure import stores
from webapp.services.infrastructure.incremental_reading import Around
from webapp.services.infrastructure.row_authentication import (
    TOLERANT,
    TOLERANT_LOCK,
    genuine,
    is_genuine,
)
from webapp.services.keys import member_lists, organisations
from webapp.services.keys.member_lists import Listed
from webapp.services.keys.organisations import Coalition
from webapp.services.sealed import ended_shares, shredding

_Row = TypeVar("_Row", Share, Part)
#: SQL takes only so many values in one statement.
BATCH: Final = 500
AROUND: Final = Around(BATCH)


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

    def lists_with(self, period_id: UUID | None) -> frozenset[UUID]:
        """The lists whose yes covers a member during this membership; none without one (deny by default)."""
        if period_id is None:
            return frozenset()
        return frozenset(one.id for one in self.lists.values() if one.covers(period_id))

    def covers(self, person: StoredConsents | ReadConsents | None, period_id: UUID | None) -> bool:
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


@dataclass(frozen=True)
class Found:
    """What is sealed of one share, with all that it rests on, as it is stored now."""

    sealed: SharedContact
    share: Share | None
    part: Part | None
    person: StoredConsents | None

    def stands(self, now: Cover) -> bool:
        """Whether the organisation may read it now: all of it is genuine, belongs together, and is covered (deny by
        default)."""
        sealed, share, part = self.sealed, self.share, self.part
        if share is None or part is None:
            return False
        if not (is_genuine(sealed) and is_genuine(share) and is_genuine(part)):
            return False
        return (
            share.ended_on is None
            and (share.organisation_id, share.submission_id)
            == (sealed.organisation_id, sealed.submission_id)
            and (part.purpose, part.submission_id) == ("contact", sealed.submission_id)
            and share.period_id == now.period_of(sealed.organisation_id)
            and now.covers(self.person, share.period_id)
        )


def find(main: Session, *only: ColumnElement[bool]) -> list[Found]:
    """Shares that meet these conditions on `SharedContact`, read anew, false rows included."""
    rows = main.scalars(select(SharedContact).where(*only), execution_options=TOLERANT_LOCK).all()
    shares = _by_id(main, Share, [row.share_id for row in rows])
    parts = _by_id(main, Part, [row.part_id for row in rows])
    people = stored_consents.of_people(main, [row.submission_id for row in rows])
    return [
        Found(row, shares.get(row.share_id), parts.get(row.part_id), people.get(row.submission_id))
        for row in rows
    ]


def _by_id(main: Session, kind: type[_Row], ids: list[UUID]) -> dict[UUID, _Row]:
    found: dict[UUID, _Row] = {}
    for start in range(0, len(ids), BATCH):
        these = select(kind).where(kind.id.in_(ids[start : start + BATCH]))
        found |= {row.id: row for row in main.scalars(these, execution_options=TOLERANT_LOCK)}
    return found


def stands_in_sql(now: Cover) -> ColumnElement[bool]:
    """The same as an SQL condition on `SharedContact`, as far as columns say: to count, and to choose what is read.

    SQL does not see that a row is false. What is opened, or deleted, goes through `Found.stands`.
    """
    share, part = aliased(Share), aliased(Part)
    person, agreed = aliased(Submission), aliased(Consent)
    covered = [
        and_(
            share.organisation_id == one.id,
            share.period_id == period_id,
            agreed.member_list_id.in_(now.lists_with(period_id)),
        )
        for one in now.coalition.everyone
        if (period_id := now.period_of(one.id))
    ]
    return exists().where(
        share.id == SharedContact.share_id,
        share.ended_on.is_(None),
        share.organisation_id == SharedContact.organisation_id,
        share.submission_id == SharedContact.submission_id,
        part.id == SharedContact.part_id,
        part.purpose == "contact",
        part.submission_id == SharedContact.submission_id,
        person.id == SharedContact.submission_id,
        person.do_not_contact_on.is_(None),
        person.set_aside_id.is_(None),
        agreed.submission_id == SharedContact.submission_id,
        consents.stands(agreed, SHARING),
        or_(false(), *covered),
    )


def how_many(main: Session, organisation_id: UUID) -> int:
    """With how many people of an organisation something is shared now: a count, for pages."""
    counted = select(func.count()).where(
        SharedContact.organisation_id == organisation_id, stands_in_sql(cover(main))
    )
    return main.scalar(counted) or 0


def ends_with(organisation_id: UUID) -> int:
    """The same for the page before a membership ends. Raises `StoreUnavailable`."""
    with stores.reading() as main:
        return how_many(main, organisation_id)


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
        waiting = _uncovered(main)
    return _end_all(waiting)


def end_uncovered_in_turn() -> int:
    """The same of what comes next, a few in each round (worker). Raises `StoreUnavailable`."""
    with AROUND.next(select(SharedContact.id), SharedContact.id) as rows:
        if not rows:
            return 0
        with stores.reading() as main:
            waiting = _uncovered(main, SharedContact.id.in_([row.id for row in rows]))
        return _end_all(waiting)


def _uncovered(main: Session, *only: ColumnElement[bool]) -> list[tuple[UUID, UUID]]:
    """What does not stand by its columns, with its submission: no sealed value is read for it."""
    over = ~stands_in_sql(cover(main))
    rows = select(SharedContact.id, SharedContact.submission_id).where(over, *only)
    return list(main.execute(rows).all())


def _end_all(waiting: Sequence[tuple[UUID, UUID]]) -> int:
    ended = sum(
        _end(dict(waiting[start : start + BATCH])) for start in range(0, len(waiting), BATCH)
    )
    if ended:
        shredding.finish_now()
    return ended


def _end(waiting: Mapping[UUID, UUID]) -> int:
    with stores.writing() as main:
        submission_locks.lock_submissions(main, set(waiting.values()))
        now, found = cover(main), find(main, SharedContact.id.in_(waiting))
        over = [one.sealed.id for one in found if not one.stands(now)]
        ended_shares.end(main, SharedContact.id.in_(over))
    return len(over)
