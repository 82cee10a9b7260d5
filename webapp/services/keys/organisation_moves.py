"""A person moves to another organisation; two members become one. By an owner, each in one transaction.

A move is a change of roles (`role_changes`): the roles within the organisation of before go, with the keys that they
opened, and every session ends. The other roles stay. A merger moves all people of one member, and ends its membership
(`organisation_changes`). What was shared with it rests on that membership, so it ends, and nobody's yes passes over.

Lock order: organisations, invitations, coordinators, the head of the record. Optimistic locking: both acts name what
their page showed, and change nothing where that is not so any more (`EditConflict`).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.models import Coordinator, Invitation
from webapp.rules import clock
from webapp.rules.audit_details import OfMerger, OfMove
from webapp.rules.audit_events import AuditEvent
from webapp.rules.organisations import Standing
from webapp.rules.roles import OF_ORGANISATION, Grants
from webapp.services.infrastructure import audit, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import (
    coordinators,
    invitations,
    member_lists,
    organisation_changes,
    organisations,
    role_changes,
)
from webapp.services.keys.coordinators import Holder
from webapp.services.keys.organisation_changes import IsHost, NotAMember
from webapp.services.keys.organisations import Coalition, Known
from webapp.services.keys.people import Person
from webapp.services.keys.role_changes import Taken


class IsChair(ValueError):
    """It is the chair: whether the other one is to be that is not for a merger to decide."""


@dataclass(frozen=True)
class Place:
    """Where a person was, and with which roles, as the page of a move showed it."""

    organisation_id: UUID
    grants: Grants


@dataclass(frozen=True)
class Picture:
    """What the page of a merger showed: the membership that ends, its people, its recipients, the names of members."""

    term_id: UUID
    people: frozenset[UUID]
    recipients: frozenset[UUID]
    names: Mapping[UUID, str]

    def agrees(self, now: "Picture", *both: UUID) -> bool:
        """Whether all of it is so now; of names, those of the two organisations that it is about."""
        return (self.term_id, self.people, self.recipients) == (
            now.term_id,
            now.people,
            now.recipients,
        ) and all(self.names.get(one) == now.names.get(one) for one in both)

    def as_text(self) -> str:
        """As JSON, for the hidden field of a form."""
        told = (
            self.term_id.hex,
            [one.hex for one in sorted(self.people)],
            [one.hex for one in sorted(self.recipients)],
            {one.hex: name for one, name in self.names.items()},
        )
        return json.dumps(told, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """What `as_text` wrote. Raises ValueError, TypeError or AttributeError for anything else."""
        term, people, recipients, names = json.loads(text)
        return cls(
            UUID(hex=term),
            frozenset(UUID(hex=one) for one in people),
            frozenset(UUID(hex=one) for one in recipients),
            {UUID(hex=one): str(name) for one, name in names.items()},
        )


@dataclass(frozen=True)
class Merger:
    """One member goes into another. `name`: a new one for that other, or empty. `reason`: at most 200 characters."""

    into: UUID
    seen: Picture
    reason: str
    name: str = ""


def picture(found: Coalition, known: Known, everyone: Iterable[Person]) -> Picture:
    """What a merger of this organisation is about now, for its page. Raises `NotAMember`."""
    here = [one for one in everyone if one.organisation_id == known.id and one.left_on is None]
    return _picture(found, known, {one.id: one.grants for one in here})


def move(
    by: Holder, coordinator_id: UUID, to: UUID, *, seen: Place | None, reason: str = ""
) -> None:
    """Put a person into another organisation, which is a member. `reason`: at most 200 characters.

    Raises `NotAMember`, `NotAnOwner`, `NoSuchCoordinator`, `EditConflict`; after the change as `role_changes.finish`.
    """
    sessions = coordinators.visit_ids(coordinator_id)
    with stores.writing() as main:
        invitations.ensure_member(main, to)
        _take_links_along(main, [coordinator_id], to)
        row = role_changes.person(main, by, coordinator_id)
        now = Place(row.organisation_id, coordinators.grants_of(main, row.id))
        if seen != now or row.organisation_id == to:
            raise EditConflict
        taken = _move(main, by, row, to, sessions, reason)
    role_changes.finish([taken])


def _move(
    main: Session, by: Holder, row: Coordinator, to: UUID, sessions: Iterable[bytes], reason: str
) -> Taken:
    grants = coordinators.grants_of(main, row.id).held
    for grant in sorted(one for one in grants if one.role in OF_ORGANISATION):
        role_changes.delete_grant(main, by, row.id, grant, reason)
    detail = OfMove(row.organisation_id.hex, to.hex)
    audit.enter(
        main, by.coordinator_id, AuditEvent.PERSON_MOVED, row.id, reason=reason, detail=detail
    )
    # After the entries: an owner who moves themselves did it as one of the organisation of before.
    row.organisation_id = to
    # What was shared with an organisation can be shared again: nobody is the last to hold its key.
    return role_changes.take_keys(main, by, row.id, sessions, even_alone=True)


def _take_links_along(main: Session, people: Sequence[UUID], to: UUID) -> None:
    """Links that reset these accounts go on, and do not end with the organisation of before."""
    links = select(Invitation).where(Invitation.account_id.in_(people)).with_for_update()
    for row in main.scalars(links):
        row.organisation_id = to
    main.flush()


def _lock_invitations(main: Session, organisation_id: UUID) -> None:
    """Lock those that the end of a membership takes back: whoever deletes one has its row, and waits for the record."""
    theirs = select(Invitation).where(Invitation.organisation_id == organisation_id)
    main.scalars(theirs.order_by(Invitation.id).with_for_update()).all()


def merge(by: Holder, organisation_id: UUID, merger: Merger) -> None:
    """Move all people of a member to another one, and end its membership today. Open invitations are taken back.

    The caller deletes what was shared with it (`shared_with.end_uncovered`), which opens for nobody from now on.
    Raises `NoSuchOrganisation`, `NotAMember`, `IsHost`, `IsChair`, `NotSuchADay`, `NameTaken`, `NotAnOwner`,
    `EditConflict`; after the change as `role_changes.finish`.
    """
    sessions = {one: coordinators.visit_ids(one) for one in merger.seen.people}
    with stores.writing() as main:
        found = organisations.locked(main)
        known = organisation_changes.find(found, organisation_id)
        into = organisation_changes.find(found, merger.into)
        _may_merge(known, into)
        _lock_invitations(main, known.id)
        _take_links_along(main, sorted(merger.seen.people), into.id)
        people = _people_as_seen(main, by, found, known, merger)
        taken = [
            _move(main, by, row, into.id, sessions[row.id], merger.reason)
            for row in sorted(people, key=lambda one: one.name.casefold())
        ]
        _become_one(main, by, found, known, merger)
    role_changes.finish(taken)


def _may_merge(known: Known, into: Known) -> None:
    if known.going_on(Standing.HOST):
        raise IsHost
    if known.going_on(Standing.CHAIR):
        raise IsChair
    if known.id == into.id or not into.going_on(Standing.MEMBER):
        raise NotAMember(into.id)


def _people_as_seen(
    main: Session, by: Holder, found: Coalition, known: Known, merger: Merger
) -> list[Coordinator]:
    """Its people, all coordinators locked. Raises `EditConflict` where the page showed others, or other names."""
    rows = coordinators.lock_as_owner(main, by.coordinator_id).values()
    people = [row for row in rows if row.organisation_id == known.id and row.left_on is None]
    now = _picture(found, known, {row.id: coordinators.grants_of(main, row.id) for row in people})
    if not merger.seen.agrees(now, known.id, merger.into):
        raise EditConflict
    return people


def _become_one(main: Session, by: Holder, found: Coalition, known: Known, merger: Merger) -> None:
    who, term = by.coordinator_id, known.going_on(Standing.MEMBER)
    if term is None:
        raise NotAMember(known.id)
    into = organisation_changes.find(found, merger.into)
    organisation_changes.end_term(main, who, known, term, clock.today())
    if merger.name and merger.name != into.name:
        organisation_changes.set_name(main, who, found, into.id, merger.name)
    member_lists.keep(main)
    event, detail = AuditEvent.ORGANISATION_MERGED, OfMerger(into.id.hex)
    audit.enter(main, who, event, known.id, merger.reason, detail=detail)


def _picture(found: Coalition, known: Known, people: Mapping[UUID, Grants]) -> Picture:
    term = known.going_on(Standing.MEMBER)
    if term is None:
        raise NotAMember(known.id)
    return Picture(
        term.id,
        frozenset(people),
        frozenset(who for who, grants in people.items() if OF_ORGANISATION & set(grants.roles)),
        {one.id: one.name for one in found.members if one.going_on(Standing.MEMBER)},
    )
