"""Changes to who may do what, by an owner: giving a role, taking one back, and a person who leaves.

Revocation: with a role go the purpose keys that the person's other roles do not open. In one transaction the role
goes, the person is taken out of the holders of those keys, and the calls and events to which something may still be
sealed are put on the work list of rotation. From then on nothing opens with those keys for them; their seals are
deleted next, and new epochs are made that were never sealed to them. A crash between the steps leaves work on the list
and seals that open nothing; `key_rotations.go_on` completes both.

All changes lock all coordinators, so that two owners at once cannot take each other's last owner role, and each acts on
what the other has done. Optimistic locking: `seen` are the roles that the page of the change showed; if they are others
by now, nothing is changed.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.models import (
    Call,
    Coordinator,
    Event,
    NewsWish,
    Passkey,
    PurposeKey,
    RoleGrant,
    Slot,
)
from webapp.rules import clock
from webapp.rules.audit_details import OfRole
from webapp.rules.audit_events import AuditEvent
from webapp.rules.roles import OF_ORGANISATION, SHARED, WHOLE, Grant, Grants, Role
from webapp.services.infrastructure import audit, ended_visits, secret_tombstones, stores
from webapp.services.infrastructure.edit_conflict import EditConflict
from webapp.services.keys import coordinators, key_holders, key_rotations, purpose_keys
from webapp.services.keys.coordinators import Holder, NoSuchCoordinator


class LastOwner(Exception):
    """Nobody would be left to look after people and roles."""


class NotForOneOwner(ValueError):
    """This role is about the whole coalition, there is no such call or event, or it is for another organisation."""


class LastToOpen(Exception):
    """No other person could open this any more: only the recovery sheets.

    `left` names calls and events by id, each with a purpose.
    """

    def __init__(self, left: frozenset[tuple[UUID, str]]) -> None:
        super().__init__(len(left))
        self.left = left


@dataclass(frozen=True)
class Loss:
    """What a person would not open any more: call or event by id, each with a purpose.

    `alone`: what no other person could open. `renewed`: which calls and events get new keys.
    """

    keys: frozenset[tuple[UUID, str]]
    alone: frozenset[tuple[UUID, str]]
    renewed: frozenset[UUID]


@dataclass(frozen=True)
class Taken:
    """A person from whom a change took these keys: what is left to do after its transaction."""

    coordinator_id: UUID
    key_ids: tuple[UUID, ...]


def give(
    by: Holder,
    coordinator_id: UUID,
    grant: Grant,
    *,
    reason: str = "",
    seen: Grants | None = None,
) -> None:
    """Give a role. Its keys are given by those who hold them (`giving_keys`). `reason`: at most 200 characters.

    Raises `NotAnOwner`, `NoSuchCoordinator`, `NotForOneOwner`, and `EditConflict` if the person has it already.
    """
    with stores.writing() as main:
        _check_scope(main, grant, person(main, by, coordinator_id))
        held = check_seen(main, coordinator_id, seen)
        if grant in held.held:
            raise EditConflict
        main.add(coordinators.role_row(coordinator_id, grant))
        _enter(main, by, AuditEvent.ROLE_GIVEN, coordinator_id, grant, reason)
    coordinators.end_visits(coordinator_id)


def take_back(
    by: Holder,
    coordinator_id: UUID,
    grant: Grant,
    *,
    even_alone: bool = False,
    reason: str = "",
    seen: Grants | None = None,
) -> None:
    """Take a role back, with the keys that went with it alone.

    Raises `NotAnOwner`, `NoSuchCoordinator`, `LastOwner`; `LastToOpen` unless `even_alone`; `EditConflict` if the
    person does not have it any more.
    """

    def change(main: Session, row: Coordinator) -> None:
        check_seen(main, row.id, seen)
        delete_grant(main, by, row.id, grant, reason)

    _reduce(by, coordinator_id, change, even_alone=even_alone)


def delete_grant(main: Session, by: Holder, who: UUID, grant: Grant, reason: str) -> None:
    """Delete the row of a role, with its audit entry, inside the caller's transaction, which goes on with `take_keys`.

    Raises `EditConflict` if the person does not have it any more.
    """
    held = main.scalars(
        select(RoleGrant).where(
            RoleGrant.coordinator_id == who,
            RoleGrant.role == grant.role,
            RoleGrant.scope_id.is_(None)
            if grant.scope is None
            else RoleGrant.scope_id == grant.scope,
        )
    ).one_or_none()
    if held is None:
        raise EditConflict
    main.delete(held)
    _enter(main, by, AuditEvent.ROLE_TAKEN_BACK, who, grant, reason)


def leave(
    by: Holder,
    coordinator_id: UUID,
    *,
    even_alone: bool = False,
    reason: str = "",
    seen: Grants | None = None,
) -> None:
    """Close the account of a person who leaves: all roles and keys go, and what unlocked the person's own key.

    The row stays, for the names in the record. The caller deletes the secret of their address (`shredding.finish_now`).
    Raises as `take_back` does.
    """

    def change(main: Session, row: Coordinator) -> None:
        check_seen(main, row.id, seen)
        row.left_on = clock.today()
        for table in (RoleGrant, Slot, Passkey):
            main.execute(delete(table).where(table.coordinator_id == row.id))
        _forget_address(main, row.id)
        audit.enter(main, by.coordinator_id, AuditEvent.COORDINATOR_LEFT, row.id, reason)

    _reduce(by, coordinator_id, change, even_alone=even_alone)


def loss(coordinator_id: UUID, without: Grant | None) -> Loss:
    """Dry run of `take_back`, or of `leave` where `without` is None, for the page before. Changes nothing."""
    with stores.reading() as main:
        held = coordinators.grants_of(main, coordinator_id).held
        left = Grants.of(held - {without}) if without else Grants.of(())
        keys = purpose_keys.all_keys(main)
        lost = key_holders.not_opened_by(keys, coordinator_id, left)
        return _loss(main, coordinator_id, lost)


def _reduce(
    by: Holder,
    coordinator_id: UUID,
    change: Callable[[Session, Coordinator], None],
    *,
    even_alone: bool,
) -> None:
    sessions = coordinators.visit_ids(coordinator_id)
    with stores.writing() as main:
        change(main, person(main, by, coordinator_id))
        taken = take_keys(main, by, coordinator_id, sessions, even_alone=even_alone)
    finish([taken])


def take_keys(
    main: Session, by: Holder, who: UUID, sessions: Iterable[bytes], *, even_alone: bool
) -> Taken:
    """After a change of roles, and in its transaction: the keys that none of them opens go, and the sessions end.

    The caller has locked the coordinators, and goes on with `finish`. Raises `LastOwner`; `LastToOpen` unless
    `even_alone`.
    """
    # With the role: no session outlives a crash with the roles of before.
    ended_visits.note_within(main, sessions)
    main.flush()
    _check_owners(main)
    grants = coordinators.grants_of(main, who)
    lost = key_holders.not_opened_by(purpose_keys.locked_keys(main), who, grants)
    told = _loss(main, who, lost)
    if told.alone and not even_alone:
        raise LastToOpen(told.alone)
    key_holders.take_away(lost, who)
    key_rotations.ask(main, told.renewed, by.coordinator_id)
    return Taken(who, tuple(key.id for key in lost))


def finish(changed: Sequence[Taken]) -> None:
    """After the transaction: sessions and seals are deleted, and new keys are made.

    Nothing opens without it, either. Raises as `key_rotations.go_on` does.
    """
    for one in changed:
        coordinators.end_visits(one.coordinator_id)
        key_holders.delete_seals(one.coordinator_id, one.key_ids)
    key_rotations.go_on()
    # Once more: who was just signing in when the role went.
    for one in changed:
        coordinators.end_visits(one.coordinator_id)


def _loss(main: Session, coordinator_id: UUID, lost: Sequence[PurposeKey]) -> Loss:
    others = set(main.scalars(select(Coordinator.id))) - {coordinator_id}
    live = key_holders.still_sealed_to(main, {key.owner_id for key in lost})
    alone = key_holders.without_a_person(lost, others)
    return Loss(
        keys=frozenset((key.owner_id, key.purpose) for key in lost),
        # What is shared with an organisation can be shared again, with recipients of then.
        alone=frozenset(one for one in alone if one[0] in live and one[1] != SHARED),
        renewed=live,
    )


def person(main: Session, by: Holder, coordinator_id: UUID) -> Coordinator:
    """The row of the person whom a change is about; all coordinators are locked (least authority: by an owner of now).

    Raises `NotAnOwner`, `NoSuchCoordinator`, and `EditConflict` for an account that is closed.
    """
    people = coordinators.lock_as_owner(main, by.coordinator_id)
    row = people.get(coordinator_id)
    if row is None:
        raise NoSuchCoordinator(coordinator_id)
    if row.left_on is not None:
        raise EditConflict
    return row


def check_seen(main: Session, coordinator_id: UUID, seen: Grants | None) -> Grants:
    """The roles of now. Raises `EditConflict` where the page of the change showed others."""
    now = coordinators.grants_of(main, coordinator_id)
    if seen is not None and seen != now:
        raise EditConflict
    return now


def _check_owners(main: Session) -> None:
    owners = main.scalars(select(RoleGrant).where(RoleGrant.role == Role.OWNER)).all()
    if not owners:
        raise LastOwner


def _check_scope(main: Session, grant: Grant, person: Coordinator) -> None:
    if grant.role in OF_ORGANISATION:
        if grant.scope != person.organisation_id:
            raise NotForOneOwner(grant.role)
        return
    if grant.scope is None:
        return
    if grant.role in WHOLE:
        raise NotForOneOwner(grant.role)
    if main.get(Call, grant.scope) is None and main.get(Event, grant.scope) is None:
        raise NotForOneOwner(grant.role)


def _enter(
    main: Session, by: Holder, event: AuditEvent, who: UUID, grant: Grant, reason: str
) -> None:
    detail = OfRole(grant.role.value, str(grant.scope) if grant.scope else None)
    audit.enter(main, by.coordinator_id, event, who, reason, detail=detail)


def _forget_address(main: Session, coordinator_id: UUID) -> None:
    """No more mails to a person who left; the secret of the address goes (crypto-shredding)."""
    wish = main.get(NewsWish, coordinator_id)
    if wish is not None:
        secret_tombstones.leave(main, wish.secret_id)
        main.delete(wish)
